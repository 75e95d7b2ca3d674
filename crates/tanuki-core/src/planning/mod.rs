//! Schedules and budgets of productions, and what became of both.

pub mod budgets;
mod frames;
pub mod quotas;
mod resource;
pub mod schedule;
pub mod statistics;
pub mod time;
pub mod versions;

pub use resource::*;
