//! Files of previews: pictures, films and others.

use axum::Json;
use axum::extract::State;
use axum::http::header::{ACCEPT, CACHE_CONTROL, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use tanuki_core::files::{MovieQuality, PreviewFile, PreviewPicture};
use tanuki_core::{Caller, Error};
use uuid::Uuid;

use crate::error::{Failure, HandlerResult, not_found};
use crate::extract::{Authenticated, FileName, Mp4, PathIds, Png};
use crate::{Api, download};

/// After how many seconds a client should ask again for what is being made.
const RETRY_SECONDS: u16 = 5;

/// What clients read that do not wait for a preview.
const NOT_THERE: &str = "Preview file was not found.";

/// `GET /pictures/thumbnails/preview-files/ID.png`.
pub(crate) async fn thumbnail(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Png(id): Png,
    head: HeaderMap,
) -> HandlerResult {
    picture(&api, &caller, (id, PreviewPicture::Thumbnail), &head).await
}

/// `GET /pictures/thumbnails-square/preview-files/ID.png`.
pub(crate) async fn square(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Png(id): Png,
    head: HeaderMap,
) -> HandlerResult {
    picture(&api, &caller, (id, PreviewPicture::Square), &head).await
}

/// `GET /pictures/previews/preview-files/ID.png`.
pub(crate) async fn preview(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Png(id): Png,
    head: HeaderMap,
) -> HandlerResult {
    picture(&api, &caller, (id, PreviewPicture::Preview), &head).await
}

/// `GET /movies/tiles/preview-files/ID.png`.
pub(crate) async fn tiles(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Png(id): Png,
    head: HeaderMap,
) -> HandlerResult {
    picture(&api, &caller, (id, PreviewPicture::Tiles), &head).await
}

/// `GET /pictures/originals/preview-files/ID.png`, and with other extensions
/// the files of previews that are neither pictures nor films.
pub(crate) async fn original(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    FileName { id, extension }: FileName,
    head: HeaderMap,
) -> HandlerResult {
    let extension = extension.ok_or_else(not_found)?;
    let picture = match extension.as_str() {
        "png" => PreviewPicture::Original,
        _ => PreviewPicture::File(extension.to_lowercase()),
    };
    self::picture(&api, &caller, (id, picture), &head).await
}

/// `GET /pictures/originals/preview-files/ID/download`.
pub(crate) async fn saved(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
    head: HeaderMap,
) -> HandlerResult {
    let file = api.core.files().preview_download(&caller, id).await;
    send(&api, id, file, &head).await
}

/// `GET /movies/originals/preview-files/ID.mp4`.
pub(crate) async fn movie(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Mp4(id): Mp4,
    head: HeaderMap,
) -> HandlerResult {
    film(&api, &caller, (id, MovieQuality::High, false), &head).await
}

/// `GET /movies/originals/preview-files/ID/download`.
pub(crate) async fn saved_movie(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
    head: HeaderMap,
) -> HandlerResult {
    film(&api, &caller, (id, MovieQuality::High, true), &head).await
}

/// `GET /movies/low/preview-files/ID.mp4`.
pub(crate) async fn low_movie(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Mp4(id): Mp4,
    head: HeaderMap,
) -> HandlerResult {
    film(&api, &caller, (id, MovieQuality::Low, false), &head).await
}

/// `GET /movies/source/preview-files/ID.mp4`.
pub(crate) async fn source_movie(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Mp4(id): Mp4,
    head: HeaderMap,
) -> HandlerResult {
    let files = api.core.files();
    // Nothing is made of it later, so that there is none may be cached.
    match files
        .preview_movie(&caller, id, MovieQuality::Source, false)
        .await
    {
        Err(error @ Error::NotFound) => Err(error.into()),
        file => send(&api, id, file, &head).await,
    }
}

async fn picture(
    api: &Api,
    caller: &Caller,
    (id, picture): (Uuid, PreviewPicture),
    head: &HeaderMap,
) -> HandlerResult {
    let files = api.core.files();
    let file = files.preview_picture(caller, id, &picture).await;
    send(api, id, file, head).await
}

async fn film(
    api: &Api,
    caller: &Caller,
    (id, quality, saved): (Uuid, MovieQuality, bool),
    head: &HeaderMap,
) -> HandlerResult {
    let files = api.core.files();
    let file = files.preview_movie(caller, id, quality, saved).await;
    send(api, id, file, head).await
}

/// Responds with a file of a preview; 202 for a client that waits until it is
/// made. That there is none is not kept in any cache: there may be soon.
pub(crate) async fn send(
    api: &Api,
    id: Uuid,
    file: Result<PreviewFile, Error>,
    head: &HeaderMap,
) -> HandlerResult {
    let max_age = api.core.settings().files.max_age;
    match file {
        Ok(PreviewFile::Stored(file)) => download::answer_media(file, head, max_age).await,
        Ok(PreviewFile::Processing) if prefers_json(head) => {
            let body = json!({"status": "processing", "preview_file_id": id});
            let mut response = (StatusCode::ACCEPTED, Json(body)).into_response();
            let headers = response.headers_mut();
            headers.insert(RETRY_AFTER, RETRY_SECONDS.into());
            Ok(uncached(response))
        }
        Ok(PreviewFile::Processing) => {
            let response = Failure::new(StatusCode::NOT_FOUND, NOT_THERE);
            Ok(uncached(response.into_response()))
        }
        Err(error @ Error::NotFound) => Ok(uncached(Failure::from(error).into_response())),
        Err(error) => Err(error.into()),
    }
}

fn uncached(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Whether a client would rather have JSON than a picture, as programs say and
/// browsers do not.
fn prefers_json(head: &HeaderMap) -> bool {
    let accept = head.get_all(ACCEPT).iter();
    let accept = accept.filter_map(|value| value.to_str().ok());
    let accept: Vec<&str> = accept.flat_map(|value| value.split(',')).collect();
    quality(&accept, "application", "json") > quality(&accept, "image", "png")
}

/// Returns the quality that `Accept` gives a media type: that of the most
/// specific range; 0 if none has it.
fn quality(accept: &[&str], kind: &str, subtype: &str) -> f32 {
    let mut best = (0, 0.0);
    for range in accept {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let specificity = match name.split_once('/') {
            Some((of, sub)) if of == kind && sub == subtype => 3,
            Some((of, "*")) if of == kind => 2,
            Some(("*", "*")) => 1,
            _ => continue,
        };
        let given = parts.find_map(|part| part.strip_prefix("q="));
        let given = given.and_then(|given| given.parse().ok()).unwrap_or(1.0);
        if specificity > best.0 {
            best = (specificity, given);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_prefer_json_and_browsers_pictures() {
        for (accept, prefers) in [
            ("application/json", true),
            ("application/json, */*;q=0.5", true),
            ("*/*", false),
            ("image/avif,image/webp,image/png,*/*;q=0.8", false),
            ("image/*,application/json;q=0.9", false),
            ("application/json;q=0.9,image/png;q=0.1", true),
        ] {
            let mut head = HeaderMap::new();
            head.insert(ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(prefers_json(&head), prefers, "{accept}");
        }
        assert!(!prefers_json(&HeaderMap::new()));
    }
}
