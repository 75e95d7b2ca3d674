//! Routes of previews' files, avatars and backgrounds.

use axum::http::StatusCode;
use tanuki_core::Shape;
use tanuki_core::files::{PREVIEW_BACKGROUNDS, PREVIEW_FILES};

use crate::answer::Answer;
use crate::extract::QueryParameter;
use crate::manifest::Routes;
use crate::routes::previews::{self, avatars, backgrounds, files};

/// Mounts uploads of previews, avatars and backgrounds, and what serves them.
pub(super) fn mount(routes: Routes) -> Routes {
    let routes = mount_uploads(routes.tag("Previews"));
    let routes = mount_movies(mount_pictures(routes));
    mount_backgrounds(mount_avatars(routes))
}

fn mount_uploads(routes: Routes) -> Routes {
    routes
        .post(
            "/pictures/preview-files/{instance_id}",
            "Upload the file of a preview",
            previews::upload,
        )
        .query(&[
            QueryParameter::Flag("normalize"),
            QueryParameter::Flag("no_job"),
        ])
        .creates(|| PREVIEW_FILES.shape_without_links())
}

fn mount_pictures(routes: Routes) -> Routes {
    routes
        .get(
            "/pictures/thumbnails/preview-files/{instance_id}.png",
            "Thumbnail of a preview, 150 x 100 pixels",
            files::thumbnail,
        )
        .answers_file("image/png")
        .answer(processing)
        .get(
            "/pictures/thumbnails-square/preview-files/{instance_id}.png",
            "Square thumbnail of a preview, 100 x 100 pixels",
            files::square,
        )
        .answers_file("image/png")
        .answer(processing)
        .get(
            "/pictures/previews/preview-files/{instance_id}.png",
            "Picture of a preview, 1200 pixels wide",
            files::preview,
        )
        .answers_file("image/png")
        .answer(processing)
        .get(
            "/pictures/originals/preview-files/{instance_id}.png",
            "Whole picture of a preview",
            files::original,
        )
        .answers_file("image/png")
        .answer(processing)
        .also_at("/pictures/originals/preview-files/{instance_id}.{extension}")
        .answers_file("*/*")
        .get(
            "/pictures/originals/preview-files/{instance_id}/download",
            "Download the file of a preview",
            files::saved,
        )
        .answers_file("*/*")
        .answer(processing)
}

fn mount_movies(routes: Routes) -> Routes {
    routes
        .get(
            "/movies/originals/preview-files/{instance_id}.mp4",
            "Film of a preview",
            files::movie,
        )
        .answers_file("video/mp4")
        .answer(processing)
        .get(
            "/movies/originals/preview-files/{instance_id}/download",
            "Download the film of a preview",
            files::saved_movie,
        )
        .answers_file("video/mp4")
        .answer(processing)
        .get(
            "/movies/low/preview-files/{instance_id}.mp4",
            "Film of a preview in low definition",
            files::low_movie,
        )
        .answers_file("video/mp4")
        .answer(processing)
        .get(
            "/movies/source/preview-files/{instance_id}.mp4",
            "Film of a preview as it was sent",
            files::source_movie,
        )
        .answers_file("video/mp4")
        .answer(processing)
        .get(
            "/movies/tiles/preview-files/{instance_id}.png",
            "Frames of a preview's film side by side",
            files::tiles,
        )
        .answers_file("image/png")
        .answer(processing)
}

/// The answer for a program while a preview is processed.
pub(super) fn processing() -> Answer {
    let shape = Shape::object([
        ("status", Shape::text()),
        ("preview_file_id", Shape::text()),
    ]);
    Answer::json(StatusCode::ACCEPTED, shape)
}

fn mount_avatars(routes: Routes) -> Routes {
    let sent = || Shape::object([("thumbnail_path", Shape::text())]);
    routes
        .get(
            "/pictures/thumbnails/persons/{instance_id}",
            "Avatar of a person",
            avatars::of_person,
        )
        .answers_file("image/png")
        .also_at("/pictures/thumbnails/persons/{instance_id}.png")
        .post(
            "/pictures/thumbnails/persons/{instance_id}",
            "Upload the avatar of a person",
            avatars::set_of_person,
        )
        .creates(sent)
        .also_at("/pictures/thumbnails/persons/{instance_id}.png")
        .get(
            "/pictures/thumbnails/projects/{instance_id}",
            "Picture of a production",
            avatars::of_project,
        )
        .answers_file("image/png")
        .also_at("/pictures/thumbnails/projects/{instance_id}.png")
        .post(
            "/pictures/thumbnails/projects/{instance_id}",
            "Upload the picture of a production",
            avatars::set_of_project,
        )
        .creates(sent)
        .also_at("/pictures/thumbnails/projects/{instance_id}.png")
        .get(
            "/pictures/thumbnails/organisations/{instance_id}",
            "Picture of the organisation",
            avatars::of_organisation,
        )
        .answers_file("image/png")
        .also_at("/pictures/thumbnails/organisations/{instance_id}.png")
        .post(
            "/pictures/thumbnails/organisations/{instance_id}",
            "Upload the picture of the organisation",
            avatars::set_of_organisation,
        )
        .creates(sent)
        .also_at("/pictures/thumbnails/organisations/{instance_id}.png")
}

fn mount_backgrounds(routes: Routes) -> Routes {
    routes
        .post(
            "/pictures/preview-background-files/{instance_id}",
            "Upload the file of a background",
            backgrounds::upload,
        )
        .creates(|| PREVIEW_BACKGROUNDS.shape_without_links())
        .get(
            "/pictures/preview-background-files/{instance_id}.{extension}",
            "File of a background",
            backgrounds::file,
        )
        .answers_file("*/*")
        .get(
            "/pictures/thumbnails/preview-background-files/{instance_id}.png",
            "Thumbnail of a background",
            backgrounds::thumbnail,
        )
        .answers_file("image/png")
        .post(
            "/pictures/thumbnails/preview-background-files/{instance_id}.png",
            "Refused: backgrounds are uploaded elsewhere",
            backgrounds::not_here,
        )
        .answers_nothing()
}
