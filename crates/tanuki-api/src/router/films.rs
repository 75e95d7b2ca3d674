//! Routes of films: pictures of them, and the programs that make these.

use tanuki_core::files::media_programs_shape;

use crate::extract::QueryParameter;
use crate::manifest::Routes;
use crate::routes::films;

/// Mounts what makes pictures of films.
pub(super) fn mount(routes: Routes) -> Routes {
    routes
        .tag("Previews")
        .get(
            "/actions/preview-files/{preview_file_id}/extract-frame",
            "A frame of a film as PNG",
            films::extract_frame,
        )
        .query(&[QueryParameter::Integer("frame_number")])
        .answers_file("image/png")
        .get(
            "/actions/preview-files/{preview_file_id}/extract-tile",
            "The frames of a film in tiles, as PNG",
            films::extract_tile,
        )
        .answers_file("image/png")
        .get(
            "/actions/preview-files/{preview_file_id}/extract-annotated-frame",
            "A frame of a film, or a picture, with its drawings as PNG",
            films::annotated_frame,
        )
        .query(&[QueryParameter::Integer("frame_number")])
        .answers_file("image/png")
        .get(
            "/actions/preview-files/{preview_file_id}/extract-annotated-frames",
            "All frames that are drawn on, as PNG files in an archive",
            films::annotated_frames,
        )
        .answers_file("application/zip")
        .get(
            "/actions/preview-files/{preview_file_id}/extract-annotated-frames-pdf",
            "All frames that are drawn on, as pages of a PDF",
            films::annotated_frames_pdf,
        )
        .answers_file("application/pdf")
        .tag("Jobs")
        .get(
            "/tanuki/media",
            "Which ffmpeg encodes films",
            films::programs,
        )
        .answers(media_programs_shape)
}
