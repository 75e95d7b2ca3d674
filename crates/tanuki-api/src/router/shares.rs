//! Routes of playlists that are shared by links.

use tanuki_core::shares::shapes;

use super::previews::processing;
use crate::extract::QueryParameter;
use crate::manifest::Routes;
use crate::routes::shares::{self, comments, links, media};

/// Mounts the links of a playlist, and what is reached through them.
pub(super) fn mount(routes: Routes) -> Routes {
    let routes = managing(routes.tag("Playlists"));
    let routes = reading(routes.open_to_everybody());
    let routes = writing(routes);
    playing(routes).with_token()
}

fn managing(routes: Routes) -> Routes {
    routes
        .get(
            "/data/playlists/{playlist_id}/share",
            "Links that share a playlist",
            links::list,
        )
        .answers(|| shapes::link().list())
        .post(
            "/data/playlists/{playlist_id}/share",
            "Share a playlist by a link",
            links::create,
        )
        .creates(shapes::link)
        .delete(
            "/data/playlists/{playlist_id}/share/{token}",
            "Revoke a link of a playlist",
            links::revoke,
        )
        .answers(shapes::link)
        .post(
            "/data/playlists/{playlist_id}/share/{token}/invite",
            "Invite people to a link by mail",
            links::invite,
        )
        .answers(shapes::sent)
}

fn reading(routes: Routes) -> Routes {
    routes
        .get(
            "/shared/playlists/{token}",
            "A shared playlist",
            shares::playlist,
        )
        .answers(shapes::playlist)
        .get(
            "/shared/playlists/{token}/context",
            "What a viewer of a shared playlist needs of its production",
            shares::context,
        )
        .answers(shapes::context)
        .get(
            "/shared/playlists/{token}/comments",
            "Comments that a link shows",
            comments::list,
        )
        .answers(|| shapes::comment().list())
        .get(
            "/shared/playlists/{token}/attachment-files/{attachment_file_id}/file/{file_name}",
            "An attachment of a comment that a link shows",
            comments::attachment,
        )
        .answers_file("*/*")
        .get(
            "/shared/playlists/{token}/preview-files/{preview_file_id}",
            "A preview that a link shares",
            media::preview,
        )
        .answers(shapes::preview)
}

fn writing(routes: Routes) -> Routes {
    routes
        .post(
            "/shared/playlists/{token}/guest",
            "Name oneself as a guest, or return as one",
            shares::enter,
        )
        .creates(shapes::guest)
        .answers(shapes::known_guest)
        .post(
            "/shared/playlists/{token}/comments",
            "Comment as a guest",
            comments::create,
        )
        .creates(shapes::written)
        .put(
            "/shared/playlists/{token}/comments/{comment_id}",
            "Change a comment of one's own as a guest",
            comments::edit,
        )
        .answers(shapes::edited)
        .delete(
            "/shared/playlists/{token}/comments/{comment_id}",
            "Delete a comment of one's own as a guest",
            comments::delete,
        )
        .answers_nothing()
        .post(
            "/shared/playlists/{token}/comments/{comment_id}/attachments",
            "Attach files to a comment of one's own as a guest",
            comments::attach,
        )
        .query(&[QueryParameter::Text("guest_token")])
        .creates(shapes::edited)
        .delete(
            "/shared/playlists/{token}/comments/{comment_id}/attachments/{attachment_file_id}",
            "Delete an attachment of a comment of one's own as a guest",
            comments::detach,
        )
        .answers_nothing()
        .put(
            "/shared/playlists/{token}/annotations",
            "Draw on a shared preview as a guest",
            comments::annotate,
        )
        .answers(shapes::preview)
}

fn playing(routes: Routes) -> Routes {
    routes
        .get(
            "/shared/playlists/{token}/preview-files/{preview_file_id}/download",
            "Download the file of a shared preview",
            media::saved,
        )
        .answers_file("*/*")
        .answer(processing)
        .get(
            "/shared/playlists/{token}/movies/originals/preview-files/{preview_file_id}.mp4",
            "Film of a shared preview",
            media::movie,
        )
        .answers_file("video/mp4")
        .answer(processing)
        .get(
            "/shared/playlists/{token}/movies/low/preview-files/{preview_file_id}.mp4",
            "Film of a shared preview in low definition",
            media::low_movie,
        )
        .answers_file("video/mp4")
        .answer(processing)
        .get(
            "/shared/playlists/{token}/movies/tiles/preview-files/{preview_file_id}.png",
            "Frames of a shared film in tiles",
            media::tiles,
        )
        .answers_file("image/png")
        .answer(processing)
        .get(
            "/shared/playlists/{token}/pictures/thumbnails/preview-files/{preview_file_id}.png",
            "Thumbnail of a shared preview",
            media::thumbnail,
        )
        .answers_file("image/png")
        .answer(processing)
        .get(
            "/shared/playlists/{token}/pictures/originals/preview-files/{preview_file_id}.png",
            "Whole picture of a shared preview",
            media::original,
        )
        .answers_file("image/png")
        .answer(processing)
        .also_at(
            "/shared/playlists/{token}/pictures/originals/preview-files/{preview_file_id}.{extension}",
        )
        .answers_file("*/*")
        .get(
            "/shared/playlists/{token}/pictures/thumbnails/persons/{person_id}.png",
            "Avatar of somebody whom a link shows",
            media::avatar,
        )
        .answers_file("image/png")
}
