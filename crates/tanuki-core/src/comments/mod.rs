//! Comments on tasks: who writes, reads and changes them, whom they mention,
//! and what they do to the task.

mod access;
mod attachments;
mod automations;
mod chain;
mod draft;
mod mentions;
mod post;
mod previews;
mod read;
mod replies;
mod resource;
mod revisions;
mod tags;
mod upkeep;
mod write;

pub use draft::NewComment;
pub use post::{BatchComment, TaskComment};
pub(crate) use read::author;
pub use replies::Answering;
pub use resource::COMMENTS;
