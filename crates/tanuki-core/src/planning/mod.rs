//! Schedules and budgets of productions, and what became of both.

pub mod budgets;
mod resource;
pub mod schedule;
pub mod time;
pub mod versions;

pub use resource::*;
