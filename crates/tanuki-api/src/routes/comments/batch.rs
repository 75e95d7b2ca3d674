//! Creation of several comments in one request.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use futures_util::FutureExt as _;
use serde_json::{Map, Value};
use tanuki_core::comments::{BatchComment, NewComment, TaskComment};
use tanuki_core::json_input::{self, JsonError};
use tanuki_core::{Caller, Error, MaybeId};

use super::Rows;
use uuid::Uuid;

use crate::Api;
use crate::error::{Failure, HandlerResult};
use crate::extract::{
    ActionBody, Arguments, Authenticated, Body, BodyList, Fields, FormRequest, PathIds, WithFiles,
};

/// The body of the routes that write a batch of comments, with attachments. Its
/// items are parsed by [`comments`], whose errors name them.
#[derive(Debug)]
pub(crate) struct CommentBatch;

impl ActionBody for CommentBatch {
    const SCHEMA: &'static str = "BatchCommentSchema";

    fn read(fields: &mut Fields) -> Self {
        fields.json_list("comments");
        Self
    }
}

/// `POST /actions/tasks/ID/batch-comment`.
pub(crate) async fn on_task(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(task): PathIds<MaybeId>,
    form: FormRequest<CommentBatch>,
) -> HandlerResult<(StatusCode, Rows)> {
    if form.may_have_files() {
        api.core
            .comments()
            .may_comment_in_batch(&caller, &[&task])
            .await?;
    }
    let form = form.read(&api, &caller).await?;
    write(&api, &caller, Some(&task), form).await
}

/// `POST /actions/tasks/batch-comment`.
pub(crate) async fn on_tasks(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    form: FormRequest<CommentBatch>,
) -> HandlerResult<(StatusCode, Rows)> {
    if form.may_have_files() {
        api.core.comments().may_upload_anywhere(&caller).await?;
    }
    let form = form
        .read_checked(&api, &caller, |before| {
            may_send(api.clone(), caller.clone(), before).boxed()
        })
        .await?;
    write(&api, &caller, None, form).await
}

/// Checks the permission to comment before files are received, for the tasks
/// that the form names before its first file.
async fn may_send(api: Api, caller: Caller, before: Value) -> Result<(), Failure> {
    // Fields after the files are checked once everything is received.
    let Ok(batch) = comments(&before, true) else {
        return Ok(());
    };
    let tasks: Vec<&MaybeId> = batch.iter().filter_map(|item| item.task.as_ref()).collect();
    Ok(api
        .core
        .comments()
        .may_comment_in_batch(&caller, &tasks)
        .await?)
}

async fn write(
    api: &Api,
    caller: &Caller,
    task: Option<&MaybeId>,
    form: WithFiles<CommentBatch>,
) -> HandlerResult<(StatusCode, Rows)> {
    let Arguments(arguments) = form.arguments.into_unvalidated();
    let mut batch = comments(&arguments, task.is_none())?;
    for (name, file) in form.files {
        if let Some(comment) = place(&name, "attachment_file-").and_then(|at| batch.get_mut(at)) {
            comment.files.push(file);
        } else if let Some(comment) = place(&name, "preview_file-").and_then(|at| batch.get_mut(at))
        {
            comment.previews.push(file);
        }
    }
    let rows = api
        .core
        .comments()
        .comment_batch(caller, task, batch)
        .await?;
    Ok((StatusCode::CREATED, Json(rows)))
}

/// Returns the index of the comment that a file belongs to, from the name of its
/// field: `attachment_file-0-1` and `preview_file-0` belong to the first
/// comment.
fn place(name: &str, prefix: &str) -> Option<usize> {
    let (_, place) = name.split_once(prefix)?;
    let end = place.find(|letter: char| !letter.is_ascii_digit());
    place[..end.unwrap_or(place.len())].parse().ok()
}

/// Parses the comments of a body: a list, a single object, or a string of JSON
/// in a form.
fn comments(arguments: &Value, name_tasks: bool) -> Result<Vec<BatchComment>, Error> {
    let wrong = || Error::invalid("Wrong value for parameter comments.");
    let parsed;
    let given = match arguments.get("comments") {
        None => return Err(Error::invalid("Missing required parameter: comments")),
        Some(Value::String(text)) => {
            parsed = json_input::parse(text.as_bytes()).map_err(|error| match error {
                JsonError::Malformed => wrong(),
                beyond => beyond.into(),
            })?;
            &parsed
        }
        Some(given) => given,
    };
    let list = match given {
        Value::Array(list) => list.as_slice(),
        Value::Object(_) => std::slice::from_ref(given),
        _ => return Err(wrong()),
    };
    list.iter()
        .map(|item| comment(item.as_object().ok_or_else(wrong)?, name_tasks))
        .collect()
}

fn comment(item: &Map<String, Value>, names_task: bool) -> Result<BatchComment, Error> {
    let text = |key: &str| match item.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Error::invalid(format!(
            "{key} of a comment must be a text."
        ))),
    };
    let required =
        |key: &str| text(key)?.ok_or_else(|| Error::invalid(format!("A comment needs a {key}.")));
    let list = |key: &str| match item.get(key) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(list)) => Ok(list.clone()),
        Some(_) => Err(Error::invalid(format!(
            "{key} of a comment must be a list."
        ))),
    };
    Ok(BatchComment {
        task: match names_task {
            true => Some(required("task_id")?.into()),
            false => None,
        },
        comment: NewComment {
            task_status_id: required("task_status_id")?.into(),
            text: required("text")?,
            person_id: text("person_id")?
                .filter(|id| !id.is_empty())
                .map(MaybeId::from),
            created_at: text("created_at")?.unwrap_or_default(),
            checklist: list("checklist")?,
            links: list("links")?,
            for_client: false,
        },
        files: Vec::new(),
        previews: Vec::new(),
    })
}

impl ActionBody for TaskComment {
    const SCHEMA: &'static str = "BatchCommentItemSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            task_id: fields.optional_id("object_id"),
            task_status_id: fields.optional_id("task_status_id"),
            text: fields.optional_text("comment"),
            links: fields.texts("links"),
        }
    }
}

/// `POST /actions/projects/ID/tasks/comment-many`.
pub(crate) async fn on_many(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<MaybeId>,
    body: BodyList<TaskComment>,
) -> HandlerResult<(StatusCode, Rows)> {
    let batch = body.validate()?;
    let rows = api
        .core
        .comments()
        .comment_many(&caller, &project, batch)
        .await?;
    Ok((StatusCode::CREATED, Json(rows)))
}

/// The body of `POST /actions/projects/ID/tasks/copy-client-comments`.
#[derive(Debug)]
pub(crate) struct CopyClientComments {
    tasks: Vec<Uuid>,
    prefix: String,
}

impl ActionBody for CopyClientComments {
    const SCHEMA: &'static str = "CopyClientCommentsSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            tasks: fields.some_ids("task_ids"),
            prefix: fields.text_or("prefix", ""),
        }
    }
}

/// `POST /actions/projects/ID/tasks/copy-client-comments`.
pub(crate) async fn copy_clients(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<MaybeId>,
    arguments: Body<CopyClientComments>,
) -> HandlerResult<(StatusCode, Rows)> {
    let CopyClientComments { tasks, prefix } = arguments.validate()?;
    let rows = api
        .core
        .comments()
        .copy_client_comments(&caller, project.found()?, &tasks, &prefix)
        .await?;
    Ok((StatusCode::CREATED, Json(rows)))
}
