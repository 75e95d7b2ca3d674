//! Comments on tasks, and their replies.

pub(crate) mod attachments;
pub(crate) mod batch;
pub(crate) mod previews;
pub(crate) mod upkeep;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value};
use tanuki_core::comments::NewComment;
use tanuki_core::{JsonRow, MaybeId};
use uuid::Uuid;

use crate::error::HandlerResult;
use crate::extract::{ActionBody, Authenticated, Fields, FormRequest, PathIds, TextRule};
use crate::{Api, response};

type Rows = Json<Vec<Map<String, Value>>>;

/// The ids in the path of a comment whose task is checked first.
#[derive(Debug, Deserialize)]
pub(crate) struct CommentOfTaskPath {
    task_id: MaybeId,
    comment_id: MaybeId,
}

/// The ids in the path of a comment that is checked before its task.
#[derive(Debug, Deserialize)]
pub(crate) struct CommentPath {
    task_id: MaybeId,
    comment_id: Uuid,
}

impl ActionBody for NewComment {
    const SCHEMA: &'static str = "CommentCreateSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            task_status_id: fields.text("task_status_id", TextRule::ANY).into(),
            text: fields.text_or("comment", ""),
            person_id: Some(fields.text_or("person_id", ""))
                .filter(|id| !id.is_empty())
                .map(MaybeId::from),
            created_at: fields.text_or("created_at", ""),
            checklist: fields.json_list("checklist"),
            links: fields.json_list("links"),
            for_client: fields.flag_or("for_client", false),
        }
    }
}

/// `POST /actions/tasks/ID/comment`.
pub(crate) async fn create(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(task): PathIds<MaybeId>,
    form: FormRequest<NewComment>,
) -> HandlerResult<(StatusCode, Json<JsonRow>)> {
    if form.may_have_files() {
        api.core
            .comments()
            .may_comment(&caller, task.found()?)
            .await?;
    }
    let (arguments, files) = form.read(&api, &caller).await?.into_parts();
    let comment = arguments.validate()?;
    let task_id = task.found()?;
    let row = api
        .core
        .comments()
        .comment(&caller, task_id, comment, files)
        .await?;
    Ok((StatusCode::CREATED, Json(row)))
}

/// `GET /data/tasks/ID/comments`.
pub(crate) async fn of_task(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(task_id): PathIds<Uuid>,
) -> HandlerResult<Rows> {
    Ok(Json(
        api.core.comments().task_comments(&caller, task_id).await?,
    ))
}

/// `GET /data/tasks/ID/comments/ID`.
pub(crate) async fn read(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<CommentPath>,
) -> HandlerResult<Json<JsonRow>> {
    let comment = api
        .core
        .comments()
        .task_comment(&caller, &path.task_id, path.comment_id);
    Ok(Json(comment.await?))
}

/// The id in the path of a comment whose task does not matter.
#[derive(Debug, Deserialize)]
pub(crate) struct CommentAlonePath {
    comment_id: MaybeId,
}

/// `DELETE /data/tasks/ID/comments/ID`.
pub(crate) async fn delete(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<CommentAlonePath>,
) -> HandlerResult<Response> {
    api.core
        .comments()
        .delete_comment(&caller, &path.comment_id)
        .await?;
    Ok(response::no_content())
}

/// The body of `POST /data/tasks/ID/comments/ID/reply`.
#[derive(Debug)]
pub(crate) struct CommentReply {
    text: String,
}

impl ActionBody for CommentReply {
    const SCHEMA: &'static str = "CommentReplySchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            text: fields.text_or("text", ""),
        }
    }
}

/// `POST /data/tasks/ID/comments/ID/reply`.
pub(crate) async fn reply(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<CommentPath>,
    form: FormRequest<CommentReply>,
) -> HandlerResult<Json<JsonRow>> {
    let CommentPath {
        task_id,
        comment_id,
    } = path;
    let answering = api
        .core
        .comments()
        .may_reply(&caller, &task_id, comment_id)
        .await?;
    let (arguments, files) = form.read(&api, &caller).await?.into_parts();
    let CommentReply { text } = arguments.validate()?;
    let reply = api
        .core
        .comments()
        .reply(&caller, answering, (&text, files));
    Ok(Json(reply.await?))
}

/// The ids in the path of a reply; the task does not matter.
#[derive(Debug, Deserialize)]
pub(crate) struct ReplyPath {
    comment_id: Uuid,
    reply_id: MaybeId,
}

/// `DELETE /data/tasks/ID/comments/ID/reply/ID`.
pub(crate) async fn delete_reply(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<ReplyPath>,
) -> HandlerResult<Json<JsonRow>> {
    let comment = api
        .core
        .comments()
        .delete_reply(&caller, path.comment_id, &path.reply_id);
    Ok(Json(comment.await?))
}
