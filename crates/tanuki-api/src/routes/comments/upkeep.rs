//! Acknowledging and moving comments.

use axum::Json;
use axum::extract::{Path, State};

use super::Row;
use crate::Api;
use crate::error::HandlerResult;
use crate::extract::{ActionBody, Authenticated, Body, Fields, TextRule};

/// `POST /data/tasks/ID/comments/ID/ack`.
pub(crate) async fn acknowledge(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((task_id, comment_id)): Path<(String, String)>,
) -> HandlerResult<Row> {
    let comment = api.core.acknowledge(&caller, &task_id, &comment_id);
    Ok(Json(comment.await?))
}

/// The body of `POST /actions/tasks/ID/comments/ID/move`.
#[derive(Debug)]
pub(crate) struct MoveComment {
    target_id: String,
}

impl ActionBody for MoveComment {
    const SCHEMA: &'static str = "MoveCommentSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            target_id: fields.text("target_task_id", TextRule::ANY),
        }
    }
}

/// `POST /actions/tasks/ID/comments/ID/move`.
pub(crate) async fn move_comment(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((task_id, comment_id)): Path<(String, String)>,
    arguments: Body<MoveComment>,
) -> HandlerResult<Row> {
    let manager = caller.as_manager()?;
    let MoveComment { target_id } = arguments.validate()?;
    let comment = api
        .core
        .move_comment(manager, &task_id, &comment_id, &target_id)
        .await?;
    Ok(Json(comment))
}
