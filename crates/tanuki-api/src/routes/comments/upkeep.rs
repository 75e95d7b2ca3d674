//! Acknowledging and moving comments.

use axum::Json;
use axum::extract::{Path, State};

use super::Row;
use crate::Api;
use crate::error::HandlerResult;
use crate::extract::{Arguments, Authenticated, Fields, TextRule};

/// `POST /data/tasks/ID/comments/ID/ack`.
pub(crate) async fn acknowledge(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((task_id, comment_id)): Path<(String, String)>,
) -> HandlerResult<Row> {
    let comment = api.core.acknowledge(&caller, &task_id, &comment_id);
    Ok(Json(comment.await?))
}

/// `POST /actions/tasks/ID/comments/ID/move`.
pub(crate) async fn move_comment(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((task_id, comment_id)): Path<(String, String)>,
    arguments: Arguments,
) -> HandlerResult<Row> {
    let manager = caller.as_manager()?;
    let mut fields = Fields::of(arguments, "MoveCommentSchema")?;
    let target_id = fields.text("target_task_id", TextRule::ANY);
    fields.finish()?;
    let comment = api
        .core
        .move_comment(manager, &task_id, &comment_id, &target_id)
        .await?;
    Ok(Json(comment))
}
