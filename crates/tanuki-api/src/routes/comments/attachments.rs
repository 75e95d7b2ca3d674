//! Attachments of comments.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::Rows;
use crate::error::HandlerResult;
use crate::extract::{ActionBody, Authenticated, Fields, FormRequest, Png};
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
    Path((task_id, comment_id)): Path<(String, String)>,
    form: FormRequest<FilesOnly>,
) -> HandlerResult<(StatusCode, Rows)> {
    let place = (&*task_id, &*comment_id);
    api.core.may_add_attachments(&caller, place).await?;
    let (_, files) = form.read(&api).await?.into_parts();
    let attached = api.core.add_attachments(&caller, place, files).await?;
    Ok((StatusCode::CREATED, Json(attached)))
}

/// `GET /data/attachment-files/ID/file/NAME`. The name is ignored.
pub(crate) async fn file(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((id, _)): Path<(String, String)>,
    head: HeaderMap,
) -> HandlerResult {
    let file = api.core.attachment(&caller, &id).await?;
    download::answer(file, &head, api.core.settings().files.max_age).await
}

/// `GET /pictures/thumbnails/attachment-files/ID.png`.
pub(crate) async fn thumbnail(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Png(id): Png,
    head: HeaderMap,
) -> HandlerResult {
    let file = api.core.attachment_thumbnail(&caller, &id).await?;
    download::answer(file, &head, api.core.settings().files.max_age).await
}

/// `DELETE /data/tasks/ID/comments/ID/attachments/ID`.
pub(crate) async fn delete_attachment(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((task_id, comment_id, attachment_id)): Path<(String, String, String)>,
) -> HandlerResult<Response> {
    api.core
        .delete_attachment(&caller, &task_id, &comment_id, &attachment_id)
        .await?;
    Ok(response::no_content())
}

/// `GET /data/projects/ID/attachment-files`.
pub(crate) async fn project_attachments(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(project_id): Path<String>,
) -> HandlerResult {
    response::stream(api.core.project_attachments(&caller, &project_id)?).await
}

/// `GET /data/tasks/ID/attachment-files`.
pub(crate) async fn task_attachments(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(task_id): Path<String>,
) -> HandlerResult {
    response::stream(api.core.task_attachments(&caller, &task_id)?).await
}
