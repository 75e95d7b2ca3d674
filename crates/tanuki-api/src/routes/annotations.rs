//! Reviewing previews: drawings on them, their order, and those that are not
//! ready.

use axum::Json;
use axum::extract::State;
use tanuki_core::files::AnnotationChanges;
use tanuki_core::{JsonRow, MaybeId};

use crate::error::HandlerResult;
use crate::extract::{ActionBody, Authenticated, Body, Fields, Parameters, PathIds};
use crate::{Api, response};

/// The body of `PUT /actions/preview-files/{preview_file_id}/update-annotations`.
#[derive(Debug)]
pub(crate) struct AnnotationsUpdate(AnnotationChanges);

impl ActionBody for AnnotationsUpdate {
    const SCHEMA: &'static str = "AnnotationsUpdateSchema";

    fn read(fields: &mut Fields) -> Self {
        Self(AnnotationChanges {
            additions: fields.dictionaries("additions"),
            updates: fields.dictionaries("updates"),
            deletions: fields.dictionaries("deletions"),
        })
    }
}

/// `PUT /actions/preview-files/{preview_file_id}/update-annotations`.
pub(crate) async fn annotate(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(preview): PathIds<MaybeId>,
    arguments: Body<AnnotationsUpdate>,
) -> HandlerResult<Json<JsonRow>> {
    let files = api.core.files();
    files.may_annotate(&caller, &preview).await?;
    let AnnotationsUpdate(changes) = arguments.validate()?;
    Ok(Json(files.annotate(&caller, &preview, changes).await?))
}

/// The body of `PUT /actions/preview-files/{preview_file_id}/update-position`.
#[derive(Debug)]
pub(crate) struct PreviewFilePosition(i64);

impl ActionBody for PreviewFilePosition {
    const SCHEMA: &'static str = "PreviewFilePositionSchema";

    fn read(fields: &mut Fields) -> Self {
        Self(fields.integer_or("position", 0, 0))
    }
}

/// `PUT /actions/preview-files/{preview_file_id}/update-position`.
pub(crate) async fn move_preview(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(preview): PathIds<MaybeId>,
    arguments: Body<PreviewFilePosition>,
) -> HandlerResult<Json<Vec<JsonRow>>> {
    let PreviewFilePosition(position) = arguments.validate()?;
    let files = api.core.files();
    let previews = files.move_preview(&caller, &preview, position).await?;
    Ok(Json(previews))
}

/// `GET /data/playlists/preview-files/running`.
pub(crate) async fn running(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    parameters: Parameters,
) -> HandlerResult {
    let admin = caller.as_admin()?;
    let cursor = parameters.id("cursor_preview_file_id");
    let limit = parameters.optional_integer("limit")?;
    let list = api
        .core
        .files()
        .running_previews(admin, cursor.as_ref(), limit);
    response::stream(list.await?).await
}
