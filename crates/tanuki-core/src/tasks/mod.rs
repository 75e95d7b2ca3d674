//! Tasks: the work of one task type on one entity.

mod assign;
mod create;
mod creation;
mod full;
mod lists;
mod main_preview;
mod of_project;
mod open;
mod removal;
mod resource;
pub mod shapes;
mod spent;
pub mod time;
mod todos;

pub use create::NewTasks;
pub use open::OpenTasks;
pub use resource::TASKS;
pub use spent::{Day, Spend};
pub use tanuki_store::query::tasks::lists::Below;
