//! Comments on tasks: creating, reading, updating and deleting them, mentions,
//! and their effects on the task.

mod access;
mod attachments;
mod automations;
mod chain;
mod create;
mod draft;
mod guests;
mod imported;
mod mentions;
mod moderation;
mod of_project;
mod previews;
mod read;
mod recount;
mod replies;
mod resource;
mod revisions;
pub mod shapes;
mod tags;
mod write;

pub use attachments::ATTACHMENT_FILES;
pub use create::{BatchComment, TaskComment};
pub use draft::NewComment;
pub(crate) use guests::GuestComment;
pub(crate) use imported::ImportedComment;
pub use of_project::Part;
pub use previews::PreviewOfComment;
pub use replies::ReplyTarget;
pub use resource::COMMENTS;
