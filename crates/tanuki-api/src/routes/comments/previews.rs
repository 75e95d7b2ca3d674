//! Previews of comments.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::Row;
use crate::error::HandlerResult;
use crate::extract::{ActionBody, Authenticated, Body, Fields, Query};
use crate::{Api, response};

/// The body of `POST /actions/tasks/ID/comments/ID/add-preview`.
#[derive(Debug)]
pub(crate) struct CommentPreview {
    revision: Option<i64>,
}

impl ActionBody for CommentPreview {
    const SCHEMA: &'static str = "CommentPreviewSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            revision: fields.optional_integer("revision", Some(0)),
        }
    }
}

/// `POST /actions/tasks/ID/comments/ID/add-preview`.
pub(crate) async fn add(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((task_id, comment_id)): Path<(String, String)>,
    arguments: Body<CommentPreview>,
) -> HandlerResult<(StatusCode, Row)> {
    let CommentPreview { revision } = arguments.validate()?;
    let preview = api
        .core
        .add_preview(&caller, &task_id, &comment_id, revision)
        .await?;
    Ok((StatusCode::CREATED, Json(preview)))
}

/// `POST /actions/tasks/ID/comments/ID/preview-files/ID`.
pub(crate) async fn add_beside(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((task_id, comment_id, preview_id)): Path<(String, String, String)>,
) -> HandlerResult<(StatusCode, Row)> {
    let preview = api
        .core
        .add_preview_beside(&caller, &task_id, &comment_id, &preview_id)
        .await?;
    Ok((StatusCode::CREATED, Json(preview)))
}

/// `DELETE /actions/tasks/ID/comments/ID/preview-files/ID`.
pub(crate) async fn remove(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((task_id, comment_id, preview_id)): Path<(String, String, String)>,
    query: Query,
) -> HandlerResult<Response> {
    let force = query.flag("force", false);
    let ids = [&*task_id, &*comment_id, &*preview_id];
    api.core.remove_comment_preview(&caller, ids, force).await?;
    Ok(response::no_content())
}
