//! Tasks: who does what on which entity.

mod create;
mod forms;
mod lists;
mod removal;
mod resource;
pub(crate) mod shapes;
pub mod time;

pub use create::NewTasks;
pub use resource::TASKS;
pub use tanuki_store::query::task_lists::Below;
