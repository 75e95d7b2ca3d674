//! Tasks: who does what on which entity.

mod assign;
mod create;
mod forms;
mod lists;
mod main_preview;
mod removal;
mod resource;
pub(crate) mod shapes;
mod spent;
pub mod time;

pub use create::NewTasks;
pub use resource::TASKS;
pub use spent::{Day, Spend};
pub use tanuki_store::query::task_lists::Below;
