//! Tasks: the work of one task type on one entity.

mod assign;
mod create;
mod creation;
pub(crate) mod day_offs;
mod full;
mod lists;
mod main_preview;
mod of_project;
pub(crate) mod open;
mod removal;
mod resource;
pub mod shapes;
mod spent;
pub mod time;
mod timesheets;
mod todos;
mod working_files;

pub use create::NewTasks;
pub use day_offs::Period;
pub use open::OpenTasks;
pub use resource::TASKS;
pub use spent::{Day, Spend};
pub use tanuki_store::query::tasks::lists::Below;
pub use tanuki_store::query::tasks::timesheets::WorkedOn;
pub use timesheets::{MinutesByPerson, SpentRange, TableFilter, TimeTable};
pub use working_files::NewWorkingFile;
