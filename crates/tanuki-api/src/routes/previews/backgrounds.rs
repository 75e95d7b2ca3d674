//! Backgrounds of 3D previews.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use tanuki_core::JsonRow;

use super::{OneFile, uploaded};
use crate::error::{Failure, HandlerResult, not_found};
use crate::extract::{Authenticated, FileName, FormRequest, Png};
use crate::{Api, download};

/// What clients read that send a background where its thumbnail is shown.
const SEND_ELSEWHERE: &str = "Preview backgrounds are uploaded through \
    /pictures/preview-background-files/<preview_background_file_id>.";

/// `POST /pictures/preview-background-files/ID`.
pub(crate) async fn upload(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    name: Result<FileName, Failure>,
    form: FormRequest<OneFile>,
) -> HandlerResult<(StatusCode, Json<JsonRow>)> {
    let admin = caller.as_admin()?;
    let id = name?.id_without_extension()?;
    let files = api.core.files();
    files.require_background(admin, id).await?;
    let file = uploaded(form, &api, &caller).await?;
    let row = files.upload_background(admin, id, file).await?;
    Ok((StatusCode::CREATED, Json(row)))
}

/// `GET /pictures/preview-background-files/ID.EXTENSION`.
pub(crate) async fn file(
    _: Authenticated,
    State(api): State<Api>,
    FileName { id, extension }: FileName,
    head: HeaderMap,
) -> HandlerResult {
    let extension = extension.ok_or_else(not_found)?;
    let file = api.core.files().background(id, &extension).await?;
    download::answer_media(file, &head, api.core.settings().files.max_age).await
}

/// `GET /pictures/thumbnails/preview-background-files/ID.png`.
pub(crate) async fn thumbnail(
    _: Authenticated,
    State(api): State<Api>,
    Png(id): Png,
    head: HeaderMap,
) -> HandlerResult {
    let file = api.core.files().background_thumbnail(id).await?;
    download::answer_media(file, &head, api.core.settings().files.max_age).await
}

/// `POST /pictures/thumbnails/preview-background-files/ID.png`: 405, as in Zou.
pub(crate) async fn not_here(_: Authenticated, _: Png) -> Failure {
    Failure::new(StatusCode::METHOD_NOT_ALLOWED, SEND_ELSEWHERE)
}
