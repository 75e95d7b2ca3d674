//! What happens to comments once they are written.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;

use super::Row;
use crate::error::Answer;
use crate::extract::{Arguments, Authenticated, Fields, TextRule};
use crate::{Api, wire};

/// `POST /data/tasks/ID/comments/ID/ack`.
pub(crate) async fn acknowledge(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((task_id, comment_id)): Path<(String, String)>,
) -> Answer<Row> {
    let comment = api.core.acknowledge(&caller, &task_id, &comment_id);
    Ok(Json(comment.await?))
}

/// `POST /actions/tasks/ID/comments/ID/move`.
pub(crate) async fn move_comment(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((task_id, comment_id)): Path<(String, String)>,
    arguments: Arguments,
) -> Answer<Row> {
    caller.require_manager()?;
    let mut fields = Fields::of(arguments, "MoveCommentSchema")?;
    let target_id = fields.text("target_task_id", TextRule::ANY);
    fields.finish()?;
    let comment = api
        .core
        .move_comment(&caller, &task_id, &comment_id, &target_id)
        .await?;
    Ok(Json(comment))
}

/// `DELETE /data/tasks/ID/comments/ID/attachments/ID`.
pub(crate) async fn delete_attachment(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((task_id, comment_id, attachment_id)): Path<(String, String, String)>,
) -> Answer<Response> {
    api.core
        .delete_attachment(&caller, &task_id, &comment_id, &attachment_id)
        .await?;
    Ok(wire::no_content())
}

/// `GET /data/projects/ID/attachment-files`.
pub(crate) async fn project_attachments(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(project_id): Path<String>,
) -> Answer {
    wire::stream(api.core.project_attachments(&caller, &project_id)?).await
}

/// `GET /data/tasks/ID/attachment-files`.
pub(crate) async fn task_attachments(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(task_id): Path<String>,
) -> Answer {
    wire::stream(api.core.task_attachments(&caller, &task_id)?).await
}
