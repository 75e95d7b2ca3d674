//! Pictures of films, and the programs that make them.

use axum::Json;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use tanuki_core::files::FrameBundle;
use tanuki_core::{Caller, JsonRow, MaybeId};

use crate::error::{Failure, HandlerResult};
use crate::extract::{ActionBody, Authenticated, Body, Fields, Parameters, PathIds};
use crate::{Api, download};

/// The path of a preview.
#[derive(Debug, Deserialize)]
pub(crate) struct PreviewPath {
    preview_file_id: MaybeId,
}

/// `GET /actions/preview-files/{preview_file_id}/extract-frame`: a frame as PNG.
pub(crate) async fn extract_frame(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<PreviewPath>,
    parameters: Parameters,
) -> HandlerResult {
    let id = path.preview_file_id.found()?;
    let number = parameters.integer("frame_number", 0)?.unwrap_or(0);
    let number = u64::try_from(number).unwrap_or(0);
    let frame = api.core.files().extract_frame(&caller, id, number).await?;
    Ok(png(frame))
}

/// The parameters of
/// `GET /actions/preview-files/{preview_file_id}/extract-annotated-frame`.
#[derive(Debug)]
pub(crate) struct AnnotatedFrame(Option<u64>);

impl ActionBody for AnnotatedFrame {
    const SCHEMA: &'static str = "ExtractAnnotatedFrameSchema";

    fn read(fields: &mut Fields) -> Self {
        let number = fields.optional_integer("frame_number", Some(1));
        Self(number.and_then(|number| u64::try_from(number).ok()))
    }
}

/// `GET /actions/preview-files/{preview_file_id}/extract-annotated-frame`: a
/// frame of a film, or a picture, with what is drawn on it, as PNG.
pub(crate) async fn annotated_frame(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<PreviewPath>,
    body: Body<AnnotatedFrame>,
) -> HandlerResult {
    let AnnotatedFrame(number) = body.validate()?;
    let id = path.preview_file_id.found()?;
    let files = api.core.files();
    let frame = files.annotated_frame(&caller, id, number).await?;
    frame.map(png).ok_or_else(not_stored)
}

/// `GET /actions/preview-files/{preview_file_id}/extract-annotated-frames`: all
/// of them as PNG files in an archive.
pub(crate) async fn annotated_frames(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<PreviewPath>,
    head: HeaderMap,
) -> HandlerResult {
    bundle(&api, &caller, path, (FrameBundle::Zip, &head)).await
}

/// `GET /actions/preview-files/{preview_file_id}/extract-annotated-frames-pdf`:
/// all of them as pages of a document.
pub(crate) async fn annotated_frames_pdf(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<PreviewPath>,
    head: HeaderMap,
) -> HandlerResult {
    bundle(&api, &caller, path, (FrameBundle::Pdf, &head)).await
}

async fn bundle(
    api: &Api,
    caller: &Caller,
    path: PreviewPath,
    (bundle, head): (FrameBundle, &HeaderMap),
) -> HandlerResult {
    let id = path.preview_file_id.found()?;
    let files = api.core.files();
    let file = files.annotated_frames(caller, id, bundle).await?;
    // It is made anew each time.
    let max_age = 0;
    download::answer_media(file.ok_or_else(not_stored)?, head, max_age).await
}

/// The answer where no picture is stored.
fn not_stored() -> Failure {
    let body = json!({"error": "preview file binary is not available"});
    Failure::body(StatusCode::NOT_FOUND, body)
}

/// `GET /actions/preview-files/{preview_file_id}/extract-tile`: the tiles as
/// PNG, made anew and stored.
pub(crate) async fn extract_tile(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<PreviewPath>,
) -> HandlerResult {
    let id = path.preview_file_id.found()?;
    let tiles = api.core.files().extract_tile(&caller, id).await?;
    Ok(png(tiles))
}

/// `GET /tanuki/media`: which ffmpeg encodes films, or why none does.
pub(crate) async fn programs(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
) -> HandlerResult<Json<JsonRow>> {
    Ok(Json(api.core.files().media_programs(&caller).await?))
}

fn png(bytes: Vec<u8>) -> Response {
    let headers = [
        (CONTENT_TYPE, "image/png"),
        (CONTENT_DISPOSITION, "inline"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, bytes).into_response()
}
