//! Previews of comments.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use tanuki_core::comments::PreviewOfComment;
use tanuki_core::{JsonRow, MalformedId, MaybeId};
use uuid::Uuid;

use super::CommentOfTaskPath;
use crate::error::HandlerResult;
use crate::extract::{ActionBody, Authenticated, Body, Fields, PathIds, Query};
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
    PathIds(path): PathIds<CommentOfTaskPath>,
    arguments: Body<CommentPreview>,
) -> HandlerResult<(StatusCode, Json<JsonRow>)> {
    let CommentPreview { revision } = arguments.validate()?;
    let preview = api
        .core
        .comments()
        .add_preview(&caller, path.task_id.found()?, &path.comment_id, revision)
        .await?;
    Ok((StatusCode::CREATED, Json(preview)))
}

/// The ids in the path of another preview of the task.
#[derive(Debug, Deserialize)]
pub(crate) struct PreviewBesidePath {
    task_id: Uuid,
    comment_id: MaybeId,
    preview_file_id: MaybeId,
}

/// `POST /actions/tasks/ID/comments/ID/preview-files/ID`.
pub(crate) async fn add_beside(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<PreviewBesidePath>,
) -> HandlerResult<(StatusCode, Json<JsonRow>)> {
    let PreviewBesidePath {
        task_id,
        comment_id,
        preview_file_id,
    } = path;
    let preview = api
        .core
        .comments()
        .add_preview_beside(&caller, task_id, &comment_id, &preview_file_id)
        .await?;
    Ok((StatusCode::CREATED, Json(preview)))
}

/// The ids in the path of a preview of a comment.
#[derive(Debug, Deserialize)]
pub(crate) struct CommentPreviewPath {
    task_id: MaybeId,
    comment_id: MaybeId,
    preview_file_id: MaybeId,
}

/// `DELETE /actions/tasks/ID/comments/ID/preview-files/ID`.
pub(crate) async fn remove(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<CommentPreviewPath>,
    query: Query,
) -> HandlerResult<Response> {
    let force = query.flag("force", false);
    let preview = PreviewOfComment {
        task_id: path.task_id.hyphenated(MalformedId::InPath)?,
        comment_id: path.comment_id.hyphenated(MalformedId::InPath)?,
        preview_id: path.preview_file_id.hyphenated(MalformedId::InPath)?,
    };
    api.core
        .comments()
        .remove_comment_preview(&caller, preview, force)
        .await?;
    Ok(response::no_content())
}
