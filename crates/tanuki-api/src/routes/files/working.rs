//! Working files: lists, creation, comments and content.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::json;
use tanuki_core::tasks::NewWorkingFile;
use tanuki_core::{Error, JsonRow};
use uuid::Uuid;

use super::{STORABLE, file_name, text_of};
use crate::error::{Failure, HandlerResult};
use crate::extract::{
    ActionBody, Authenticated, Body, Fields, FormRequest, PathIds, Query, TextRule, unreadable,
};
use crate::routes::comments::attachments::FilesOnly;
use crate::{Api, download, response};

/// `GET /data/tasks/ID/working-files`.
pub(crate) async fn of_task(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(task): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(api.core.files().task_working_files(&caller, task).await?).await
}

/// `GET /data/tasks/ID/working-files/last-revisions`.
pub(crate) async fn last_of_task(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(task): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(api.core.files().last_working_files(&caller, task).await?).await
}

/// `GET /data/entities/ID/working-files`.
pub(crate) async fn of_entity(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(entity): PathIds<Uuid>,
    Query(parameters): Query,
) -> HandlerResult {
    let files = api.core.files();
    let listed = files.entity_working_files(&caller, entity, &parameters);
    response::stream(listed.await?).await
}

impl ActionBody for NewWorkingFile {
    const SCHEMA: &'static str = "NewWorkingFileSchema";

    fn read(fields: &mut Fields) -> Self {
        let given = |text: &String| !text.is_empty();
        Self {
            name: fields.text("name", file_name()),
            mode: fields.text_or("mode", "working"),
            comment: fields.text_within("comment", text_of(usize::from(u16::MAX)), ""),
            person_id: fields
                .optional_text("person_id")
                .filter(given)
                .map(Into::into),
            software_id: fields.optional_text("software_id").map(Into::into),
            revision: fields.integer_between("revision", (0, i32::MAX.into()), 0),
            separator: fields.text_or("sep", "/"),
        }
    }
}

/// `POST /data/tasks/ID/working-files/new`.
pub(crate) async fn create(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(task): PathIds<Uuid>,
    arguments: Body<NewWorkingFile>,
) -> HandlerResult<(StatusCode, Json<JsonRow>)> {
    let new = arguments.validate()?;
    let made = api.core.tasks().create_working_file(&caller, task, &new);
    let row = made.await.map_err(named_error)?;
    Ok((StatusCode::CREATED, Json(row)))
}

/// In these responses the key of the message is `error`.
pub(super) fn named_error(error: Error) -> Failure {
    match error {
        Error::Conflict(message) => {
            Failure::body(StatusCode::BAD_REQUEST, json!({"error": message}))
        }
        other => other.into(),
    }
}

/// The body of `PUT /actions/working-files/ID/comment`.
#[derive(Debug)]
pub(crate) struct CommentBody {
    comment: String,
}

impl ActionBody for CommentBody {
    const SCHEMA: &'static str = "WorkingFileCommentSchema";

    fn read(fields: &mut Fields) -> Self {
        let rule = TextRule {
            pattern: Some(STORABLE),
            ..TextRule::FILLED
        };
        Self {
            comment: fields.text("comment", rule),
        }
    }
}

/// `PUT /actions/working-files/ID/comment`.
pub(crate) async fn comment(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
    arguments: Body<CommentBody>,
) -> HandlerResult<Json<JsonRow>> {
    let CommentBody { comment } = arguments.validate()?;
    let files = api.core.files();
    Ok(Json(
        files.comment_working_file(&caller, id, &comment).await?,
    ))
}

/// `PUT /actions/working-files/ID/modified`.
pub(crate) async fn modified(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
) -> HandlerResult<Json<JsonRow>> {
    Ok(Json(
        api.core.files().touch_working_file(&caller, id).await?,
    ))
}

/// `GET /data/working-files/ID/file`.
pub(crate) async fn content(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
    head: HeaderMap,
) -> HandlerResult {
    let content = api.core.files().working_file_content(&caller, id).await?;
    let nothing = || {
        let message = format!("Working file not found for: {id}");
        Failure::new(StatusCode::NOT_FOUND, &message)
    };
    let content = content.ok_or_else(nothing)?;
    download::answer(content, &head, api.core.settings().files.max_age).await
}

/// `POST /data/working-files/ID/file`, a form with the content as `file`.
pub(crate) async fn upload(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
    form: FormRequest<FilesOnly>,
) -> HandlerResult<(StatusCode, Json<JsonRow>)> {
    let files = api.core.files();
    files.may_upload_working_file(&caller, id).await?;
    let received = form.read(&api, &caller).await?.files;
    let mut named = received.into_iter().filter(|(field, _)| field == "file");
    let (_, content) = named.next().ok_or_else(unreadable)?;
    let row = files.upload_working_file(&caller, id, content).await?;
    Ok((StatusCode::CREATED, Json(row)))
}
