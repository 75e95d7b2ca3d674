//! Attachments of comments.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use tanuki_core::MaybeId;
use uuid::Uuid;

use super::{CommentPath, Rows};
use crate::error::HandlerResult;
use crate::extract::{ActionBody, Authenticated, Fields, FormRequest, PathIds, Png};
use crate::{Api, download, response};

/// A form that has files and no fields.
#[derive(Debug)]
pub(crate) struct FilesOnly;

impl ActionBody for FilesOnly {
    const SCHEMA: &'static str = "AddAttachmentSchema";

    fn read(_: &mut Fields) -> Self {
        Self
    }
}

/// `POST /actions/tasks/ID/comments/ID/add-attachment`.
pub(crate) async fn add(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<CommentPath>,
    form: FormRequest<FilesOnly>,
) -> HandlerResult<(StatusCode, Rows)> {
    let CommentPath {
        task_id,
        comment_id,
    } = path;
    api.core
        .comments()
        .may_add_attachments(&caller, &task_id, comment_id)
        .await?;
    let (_, files) = form.read(&api, &caller).await?.into_parts();
    let attached = api
        .core
        .comments()
        .add_attachments(&caller, &task_id, comment_id, files);
    Ok((StatusCode::CREATED, Json(attached.await?)))
}

/// The id in the path of an attachment; its name does not matter.
#[derive(Debug, Deserialize)]
pub(crate) struct AttachmentPath {
    attachment_file_id: Uuid,
}

/// `GET /data/attachment-files/ID/file/NAME`. The name is ignored.
pub(crate) async fn file(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<AttachmentPath>,
    head: HeaderMap,
) -> HandlerResult {
    let id = path.attachment_file_id;
    let file = api.core.comments().attachment(&caller, id).await?;
    download::answer(file, &head, api.core.settings().files.max_age).await
}

/// `GET /pictures/thumbnails/attachment-files/ID.png`.
pub(crate) async fn thumbnail(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Png(id): Png,
    head: HeaderMap,
) -> HandlerResult {
    let file = api
        .core
        .comments()
        .attachment_thumbnail(&caller, id)
        .await?;
    download::answer(file, &head, api.core.settings().files.max_age).await
}

/// The ids in the path of an attachment of a comment.
#[derive(Debug, Deserialize)]
pub(crate) struct CommentAttachmentPath {
    task_id: MaybeId,
    comment_id: Uuid,
    attachment_file_id: MaybeId,
}

/// `DELETE /data/tasks/ID/comments/ID/attachments/ID`.
pub(crate) async fn delete_attachment(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<CommentAttachmentPath>,
) -> HandlerResult<Response> {
    let CommentAttachmentPath {
        task_id,
        comment_id,
        attachment_file_id,
    } = path;
    api.core
        .comments()
        .delete_attachment(&caller, &task_id, comment_id, &attachment_file_id)
        .await?;
    Ok(response::no_content())
}

/// `GET /data/projects/ID/attachment-files`.
pub(crate) async fn project_attachments(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<MaybeId>,
) -> HandlerResult {
    response::stream(api.core.comments().project_attachments(&caller, &project)?).await
}

/// `GET /data/tasks/ID/attachment-files`.
pub(crate) async fn task_attachments(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(task): PathIds<MaybeId>,
) -> HandlerResult {
    response::stream(api.core.comments().task_attachments(&caller, &task)?).await
}
