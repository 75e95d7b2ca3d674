//! Planning of projects: schedules, budgets, time and statistics.

pub(crate) mod budgets;
pub(crate) mod schedule;
pub(crate) mod statistics;
pub(crate) mod time;
pub(crate) mod versions;
