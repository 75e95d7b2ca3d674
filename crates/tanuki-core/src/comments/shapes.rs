//! The shapes of responses about comments, for the description of the API.

use tanuki_store::Shape;

use super::{COMMENTS, Part, of_project, read};
use crate::communication::{NOTIFICATIONS, SUBSCRIPTIONS};
use crate::files::PREVIEW_FILES;

/// The row of a comment.
pub fn comment() -> Shape {
    COMMENTS.shape()
}

/// An attachment in the response to its upload; sizes in bytes.
pub fn attachment() -> Shape {
    Shape::object([
        ("id", Shape::id()),
        ("name", Shape::text()),
        ("extension", Shape::text()),
        ("size", Shape::integer()),
    ])
}

/// A new comment with its author, status and attachments.
pub fn written() -> Shape {
    let [_, written] = &*read::WRITTEN;
    // The ids of linked attachments, or the new ones as objects.
    let attachments = Shape::id().or(attachment()).list();
    written.shape().with("attachment_files", attachments)
}

/// A new comment of a batch.
pub fn written_in_batch() -> Shape {
    written().with("preview_files", Shape::any().list())
}

/// A comment in the list of a task, with all that belongs to it.
pub fn listed() -> Shape {
    read::ENTRY.shape()
}

/// A comment that a guest has changed: its row with its attachments.
pub fn edited_by_guest() -> Shape {
    let attachments = attachment().list();
    read::LINKED.shape().with("attachment_files", attachments)
}

/// A reply to a comment.
pub fn reply() -> Shape {
    let attachment = attachment().with("reply_id", Shape::id());
    Shape::object([
        ("id", Shape::id()),
        ("date", Shape::text()),
        ("person_id", Shape::id()),
        ("text", Shape::text()),
        ("mentions", Shape::id().list()),
        ("department_mentions", Shape::id().list()),
        ("created_at", Shape::text()),
        ("attachment_files", attachment.list()),
        ("person", read::AUTHOR.shape().or_null()),
    ])
}

/// The row of a preview of a comment.
pub fn preview() -> Shape {
    PREVIEW_FILES.shape()
}

/// A row that belongs to the tasks of a project.
pub fn part_of_project(part: Part) -> Shape {
    match part {
        Part::Comments => COMMENTS.shape(),
        Part::Notifications => NOTIFICATIONS.shape(),
        Part::PreviewFiles => PREVIEW_FILES.shape(),
        Part::Subscriptions => SUBSCRIPTIONS.shape(),
    }
}

/// A preview of an entity's tasks.
pub fn preview_of_entity() -> Shape {
    of_project::PRESENTED.shape()
}
