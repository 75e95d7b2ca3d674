//! The shapes of responses about shared links.

use tanuki_store::Shape;
use tanuki_store::view::people::FULL;
use tanuki_store::view::playlists::BUILD;
use tanuki_store::view::shares::{
    LINK, NEW_GUEST, SHARED_COMMENT, SHARED_PREVIEW, SHARED_TASK_STATUS, SHARED_TASK_TYPE,
};

use crate::comments::shapes as comments;
use crate::files::preview_shape;
use crate::playlists::ROW;
use crate::playlists::shapes::entry;

/// A link as its managers read it.
pub fn link() -> Shape {
    LINK.shape()
}

/// The addresses that were invited.
pub fn sent() -> Shape {
    Shape::object([("sent", Shape::text().list())])
}

/// A shared playlist.
pub fn playlist() -> Shape {
    let preview = SHARED_PREVIEW.shape();
    let task_type = SHARED_TASK_TYPE.shape();
    let shot = entry(Shape::any(), preview)
        .with("preview_file_annotations", Shape::any())
        .with("name", Shape::text())
        .with("parent_name", Shape::text())
        .with("preview_file_task_type", task_type)
        .with("preview_file_task_type_name", Shape::text())
        .with("task_status_color", Shape::text());
    ROW.shape()
        .with("build_jobs", BUILD.shape().list())
        .with("shots", shot.list())
        .with("project_fps", Shape::text().or_null())
        .with("project_name", Shape::text())
}

/// What a viewer needs of the production.
pub fn context() -> Shape {
    let project = Shape::object([
        ("id", Shape::id()),
        ("name", Shape::text()),
        ("fps", Shape::text().or_null()),
        ("ratio", Shape::text().or_null()),
        ("resolution", Shape::text().or_null()),
        ("team", Shape::id().list()),
    ]);
    Shape::object([
        ("project", project),
        ("task_types", SHARED_TASK_TYPE.shape().list()),
        ("task_statuses", SHARED_TASK_STATUS.shape().list()),
    ])
}

/// A guest with their secret.
pub fn guest() -> Shape {
    NEW_GUEST.shape().with("guest_token", Shape::text())
}

/// A guest who is known, with their secret.
pub fn known_guest() -> Shape {
    FULL.shape().with("guest_token", Shape::text())
}

/// A comment that a link shows.
pub fn comment() -> Shape {
    SHARED_COMMENT.shape()
}

/// A new comment of a guest.
pub fn written() -> Shape {
    comments::written()
}

/// A comment that a guest has changed.
pub fn edited() -> Shape {
    comments::edited_by_guest()
}

/// A preview that a link shares.
pub fn preview() -> Shape {
    preview_shape()
}
