//! Cascades that changes in several areas cause.

mod durations;
mod tasks;

pub(crate) use durations::sum_durations;
pub(crate) use tasks::{delete_locked, news_deleted, task_deleted};
