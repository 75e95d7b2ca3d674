//! Pictures of films, and the programs that make them.

use axum::Json;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tanuki_core::{JsonRow, MaybeId};

use crate::Api;
use crate::error::HandlerResult;
use crate::extract::{Authenticated, Parameters, PathIds};

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
