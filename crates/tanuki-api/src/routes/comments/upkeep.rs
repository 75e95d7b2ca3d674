//! Acknowledging and moving comments.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use tanuki_core::{JsonRow, MaybeId};
use uuid::Uuid;

use super::CommentOfTaskPath;
use crate::Api;
use crate::error::HandlerResult;
use crate::extract::{ActionBody, Authenticated, Body, Fields, PathIds, TextRule};

/// The ids in the path of a comment to acknowledge.
#[derive(Debug, Deserialize)]
pub(crate) struct AcknowledgedPath {
    task_id: Uuid,
    comment_id: MaybeId,
}

/// `POST /data/tasks/ID/comments/ID/ack`.
pub(crate) async fn acknowledge(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<AcknowledgedPath>,
) -> HandlerResult<Json<JsonRow>> {
    let comment = api
        .core
        .comments()
        .acknowledge(&caller, path.task_id, &path.comment_id);
    Ok(Json(comment.await?))
}

/// The body of `POST /actions/tasks/ID/comments/ID/move`.
#[derive(Debug)]
pub(crate) struct MoveComment {
    target: MaybeId,
}

impl ActionBody for MoveComment {
    const SCHEMA: &'static str = "MoveCommentSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            target: fields.text("target_task_id", TextRule::ANY).into(),
        }
    }
}

/// `POST /actions/tasks/ID/comments/ID/move`.
pub(crate) async fn move_comment(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<CommentOfTaskPath>,
    arguments: Body<MoveComment>,
) -> HandlerResult<Json<JsonRow>> {
    let manager = caller.as_manager()?;
    let MoveComment { target } = arguments.validate()?;
    let comment = api
        .core
        .comments()
        .move_comment(manager, path.task_id.found()?, &path.comment_id, &target)
        .await?;
    Ok(Json(comment))
}
