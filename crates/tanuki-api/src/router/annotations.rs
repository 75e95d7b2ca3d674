//! Routes of reviewing previews.

use tanuki_core::files as core;

use crate::extract::QueryParameter;
use crate::manifest::Routes;
use crate::routes::annotations;

/// Mounts drawings on previews, their order, and those that are not ready.
pub(super) fn mount(routes: Routes) -> Routes {
    routes
        .tag("Previews")
        .put(
            "/actions/preview-files/{preview_file_id}/update-annotations",
            "Add, replace and remove drawings on a preview",
            annotations::annotate,
        )
        .answers(core::preview_shape)
        .put(
            "/actions/preview-files/{preview_file_id}/update-position",
            "Move a preview among those of its revision",
            annotations::move_preview,
        )
        .answers(|| core::preview_shape().list())
        .get(
            "/data/playlists/preview-files/running",
            "The previews of open productions that are not ready, newest first",
            annotations::running,
        )
        .query(&[
            QueryParameter::Id("cursor_preview_file_id"),
            QueryParameter::Integer("limit"),
        ])
        .answers(|| core::running_shape().list())
}
