//! The shapes of the responses about playlists.

use tanuki_store::Shape;
use tanuki_store::view::playlists::{BUILD, LISTED, REVISION};

use super::builds::BUILD_ROW;
use super::full::ROW;
use crate::entities;

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
    ROW.shape()
        .with("build_jobs", BUILD.shape().list())
        .with("shots", entry(previews, preview).list())
}

/// An entry of a playlist: `previews` are those of its entity, `preview` the
/// shape of one that is of the revision shown.
pub(crate) fn entry(previews: Shape, preview: Shape) -> Shape {
    Shape::object([
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
    ])
}

/// An entry of a playlist that is not stored.
pub fn temporary_entry() -> Shape {
    Shape::object([
        ("id", Shape::id()),
        ("name", Shape::text()),
        ("preview_file_task_id", Shape::id()),
        ("parent_name", Shape::text()),
        ("episode_id", Shape::text()),
        ("episode_name", Shape::text()),
        ("sequence_id", Shape::text()),
        ("sequence_name", Shape::text()),
        ("asset_type_id", Shape::text()),
        ("asset_type_name", Shape::text()),
        ("preview_file_id", Shape::id()),
        ("preview_file_extension", Shape::text()),
        ("preview_file_width", Shape::integer()),
        ("preview_file_height", Shape::integer()),
        ("preview_file_duration", Shape::number()),
        ("preview_file_revision", Shape::integer()),
        ("preview_file_status", Shape::text()),
        ("preview_file_annotations", Shape::any().list()),
        ("preview_file_previews", Shape::any().list()),
        ("preview_files", entities::shapes::previews()),
    ])
}

/// A film that is built of a playlist.
pub fn build() -> Shape {
    BUILD_ROW.shape()
}
