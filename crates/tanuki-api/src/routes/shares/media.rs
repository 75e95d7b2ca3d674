//! The pictures and films that a link shares.

use axum::Json;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use tanuki_core::files::{MovieQuality, PreviewPicture};
use uuid::Uuid;

use crate::error::{HandlerResult, not_found};
use crate::extract::{FileName, Mp4, PathIds, Png, Shared};
use crate::routes::previews::files::send;
use crate::{Api, download};

/// The preview that a path names.
#[derive(Debug, Deserialize)]
pub(crate) struct PreviewPath {
    preview_file_id: Uuid,
}

/// `GET /shared/playlists/TOKEN/preview-files/ID`.
pub(crate) async fn preview(
    shared: Shared,
    State(api): State<Api>,
    PathIds(path): PathIds<PreviewPath>,
) -> HandlerResult {
    let shares = api.core.shares();
    let preview = shares.preview(&shared.link, path.preview_file_id).await?;
    Ok(shared.answer(Json(preview)))
}

/// `GET /shared/playlists/TOKEN/preview-files/ID/download`.
pub(crate) async fn saved(
    shared: Shared,
    State(api): State<Api>,
    PathIds(path): PathIds<PreviewPath>,
    head: HeaderMap,
) -> HandlerResult {
    let id = path.preview_file_id;
    let shares = api.core.shares();
    let file = shares.preview_download(&shared.link, &shared.secrets, id);
    let sent = send(&api, id, file.await, &head).await?;
    Ok(shared.answer(for_viewer(&shared, sent)))
}

/// `GET /shared/playlists/TOKEN/movies/originals/preview-files/ID.mp4`.
pub(crate) async fn movie(
    shared: Shared,
    State(api): State<Api>,
    Mp4(id): Mp4,
    head: HeaderMap,
) -> HandlerResult {
    film(&api, &shared, (id, MovieQuality::High), &head).await
}

/// `GET /shared/playlists/TOKEN/movies/low/preview-files/ID.mp4`.
pub(crate) async fn low_movie(
    shared: Shared,
    State(api): State<Api>,
    Mp4(id): Mp4,
    head: HeaderMap,
) -> HandlerResult {
    film(&api, &shared, (id, MovieQuality::Low), &head).await
}

async fn film(
    api: &Api,
    shared: &Shared,
    (id, quality): (Uuid, MovieQuality),
    head: &HeaderMap,
) -> HandlerResult {
    let shares = api.core.shares();
    let file = shares.preview_movie(&shared.link, &shared.secrets, id, quality);
    let sent = send(api, id, file.await, head).await?;
    Ok(shared.answer(for_viewer(shared, sent)))
}

/// Has browsers ask again before they show a film that may name the viewer: they
/// may have been somebody else before.
fn for_viewer(shared: &Shared, mut sent: Response) -> Response {
    if shared.link.burns_in() && sent.status() != StatusCode::ACCEPTED {
        let again = HeaderValue::from_static("private, no-cache");
        sent.headers_mut().insert(CACHE_CONTROL, again);
    }
    sent
}

/// `GET /shared/playlists/TOKEN/movies/tiles/preview-files/ID.png`.
pub(crate) async fn tiles(
    shared: Shared,
    State(api): State<Api>,
    Png(id): Png,
    head: HeaderMap,
) -> HandlerResult {
    picture(&api, &shared, (id, PreviewPicture::Tiles), &head).await
}

/// `GET /shared/playlists/TOKEN/pictures/thumbnails/preview-files/ID.png`.
pub(crate) async fn thumbnail(
    shared: Shared,
    State(api): State<Api>,
    Png(id): Png,
    head: HeaderMap,
) -> HandlerResult {
    picture(&api, &shared, (id, PreviewPicture::Thumbnail), &head).await
}

/// `GET /shared/playlists/TOKEN/pictures/originals/preview-files/ID.png`, and
/// with other extensions the files of previews that are neither pictures nor
/// films.
pub(crate) async fn original(
    shared: Shared,
    State(api): State<Api>,
    FileName { id, extension }: FileName,
    head: HeaderMap,
) -> HandlerResult {
    let extension = extension.ok_or_else(not_found)?;
    let kind = match extension.as_str() {
        "png" => PreviewPicture::Original,
        _ => PreviewPicture::File(extension.to_lowercase()),
    };
    picture(&api, &shared, (id, kind), &head).await
}

async fn picture(
    api: &Api,
    shared: &Shared,
    (id, kind): (Uuid, PreviewPicture),
    head: &HeaderMap,
) -> HandlerResult {
    let shares = api.core.shares();
    let file = shares.preview_picture(&shared.link, id, &kind).await;
    Ok(shared.answer(send(api, id, file, head).await?))
}

/// `GET /shared/playlists/TOKEN/pictures/thumbnails/persons/ID.png`.
pub(crate) async fn avatar(
    shared: Shared,
    State(api): State<Api>,
    Png(id): Png,
    head: HeaderMap,
) -> HandlerResult {
    let avatar = api.core.shares().avatar(&shared.link, id).await?;
    let max_age = api.core.settings().files.max_age;
    let avatar = download::answer_media(avatar, &head, max_age).await?;
    Ok(shared.answer(avatar))
}
