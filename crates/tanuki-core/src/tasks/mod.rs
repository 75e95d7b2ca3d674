//! Tasks: who does what on which entity.

mod removal;
mod resource;
pub mod time;

pub use resource::TASKS;
