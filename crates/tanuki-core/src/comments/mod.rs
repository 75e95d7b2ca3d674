//! Comments on tasks: who reads and changes them, whom they mention, and what
//! they do to the task.

mod access;
mod mentions;
mod read;
mod resource;

pub use resource::COMMENTS;
