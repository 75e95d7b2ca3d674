//! The shapes of the responses about playlists.

use tanuki_store::Shape;
use tanuki_store::view::playlists::{BUILD, LISTED, REVISION};

use super::full::ROW;

/// A playlist of a list.
pub fn listed() -> Shape {
    LISTED.shape()
}

/// A playlist with all its columns.
pub fn row() -> Shape {
    ROW.shape()
}

/// A playlist with its build jobs and the previews of its entities.
pub fn full() -> Shape {
    let preview = REVISION
        .shape()
        .without("entity_id")
        .without("task_type_id")
        .without("position");
    let revision = preview.clone().with("previews", preview.clone().list());
    let previews = revision.list().by_key().or(Shape::any().list());
    let shot = Shape::object([
        ("id", Shape::id()),
        ("entity_id", Shape::id()),
        ("preview_files", previews),
        ("preview_file_id", Shape::id()),
        ("preview_file_extension", Shape::text()),
        ("preview_file_revision", Shape::integer()),
        ("preview_file_width", Shape::integer()),
        ("preview_file_height", Shape::integer()),
        ("preview_file_duration", Shape::number()),
        ("preview_file_status", Shape::text()),
        ("preview_file_task_id", Shape::id()),
        ("preview_file_previews", preview.list()),
    ]);
    ROW.shape()
        .with("build_jobs", BUILD.shape().list())
        .with("shots", shot.list())
}
