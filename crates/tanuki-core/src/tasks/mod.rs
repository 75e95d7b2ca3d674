//! Tasks: who does what on which entity.

mod removal;
mod resource;
pub(crate) mod shapes;
pub mod time;

pub use resource::TASKS;
