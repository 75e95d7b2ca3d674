//! What is planned for productions, and how it comes along.

pub(crate) mod budgets;
pub(crate) mod schedule;
pub(crate) mod statistics;
pub(crate) mod time;
pub(crate) mod versions;
