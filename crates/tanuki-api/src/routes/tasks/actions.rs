//! Actions on tasks: assignment, priority, main previews, deletion.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tanuki_core::{JsonRow, MaybeId};
use uuid::Uuid;

use crate::Api;
use crate::error::{Failure, HandlerResult};
use crate::extract::{ActionBody, Authenticated, Body, Fields, Ids, PathIds, TextRule};
use crate::response::no_content;

type Rows = HandlerResult<Json<Vec<Map<String, Value>>>>;

/// The body of `PUT /actions/tasks/ID/assign`.
#[derive(Debug)]
pub(crate) struct AssignPerson {
    person: MaybeId,
}

impl ActionBody for AssignPerson {
    const SCHEMA: &'static str = "AssignPersonSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            person: fields.text("person_id", TextRule::FILLED).into(),
        }
    }
}

/// `PUT /actions/tasks/ID/assign`.
pub(crate) async fn assign(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(task): PathIds<MaybeId>,
    arguments: Body<AssignPerson>,
) -> HandlerResult {
    let AssignPerson { person } = arguments.validate()?;
    let task = api.core.tasks().assign(&caller, &task, &person).await?;
    assigned(task)
}

/// The body of `PUT /actions/persons/ID/assign`.
#[derive(Debug)]
pub(crate) struct AssignTasks {
    tasks: Vec<MaybeId>,
}

/// Reads a required list of task ids that may be malformed.
fn some_ids(fields: &mut Fields) -> Vec<MaybeId> {
    let tasks = fields.some_texts("task_ids");
    tasks.into_iter().map(MaybeId::from).collect()
}

impl ActionBody for AssignTasks {
    const SCHEMA: &'static str = "AssignTasksSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            tasks: some_ids(fields),
        }
    }
}

/// `PUT /actions/persons/ID/assign`.
pub(crate) async fn assign_many(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(person): PathIds<MaybeId>,
    arguments: Body<AssignTasks>,
) -> HandlerResult {
    let AssignTasks { tasks } = arguments.validate()?;
    let tasks = api
        .core
        .tasks()
        .assign_many(&caller, &person, &tasks)
        .await?;
    assigned(tasks)
}

/// Responds with the assigned tasks; 400 if the assignee does not exist.
fn assigned(tasks: Option<impl serde::Serialize>) -> HandlerResult<Response> {
    match tasks {
        Some(tasks) => Ok(Json(tasks).into_response()),
        None => Err(Failure::body(
            StatusCode::BAD_REQUEST,
            json!({"error": "Assignee doesn't exist in database."}),
        )),
    }
}

/// The body of `PUT /actions/tasks/clear-assignation`.
#[derive(Debug)]
pub(crate) struct UnassignTasks {
    tasks: Vec<MaybeId>,
    person: Option<MaybeId>,
}

impl ActionBody for UnassignTasks {
    const SCHEMA: &'static str = "UnassignTasksSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            tasks: some_ids(fields),
            person: fields.optional_text("person_id").map(MaybeId::from),
        }
    }
}

/// `PUT /actions/tasks/clear-assignation`.
pub(crate) async fn clear_assignation(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    arguments: Body<UnassignTasks>,
) -> HandlerResult<Json<Vec<String>>> {
    let UnassignTasks { tasks, person } = arguments.validate()?;
    let cleared = api
        .core
        .tasks()
        .unassign(&caller, &tasks, person.as_ref())
        .await?;
    Ok(Json(cleared))
}

/// The body of `PUT /actions/tasks/set-priority`.
#[derive(Debug)]
pub(crate) struct SetTasksPriority {
    tasks: Vec<MaybeId>,
    priority: i64,
}

impl ActionBody for SetTasksPriority {
    const SCHEMA: &'static str = "SetTasksPrioritySchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            tasks: some_ids(fields),
            priority: fields.integer("priority", Some(0)),
        }
    }
}

/// `PUT /actions/tasks/set-priority`.
pub(crate) async fn set_priority(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    arguments: Body<SetTasksPriority>,
) -> Rows {
    let SetTasksPriority { tasks, priority } = arguments.validate()?;
    Ok(Json(
        api.core
            .tasks()
            .set_priority(&caller, &tasks, priority)
            .await?,
    ))
}

/// `PUT /actions/tasks/ID/set-main-preview`.
pub(crate) async fn show(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(task_id): PathIds<Uuid>,
) -> HandlerResult<Json<JsonRow>> {
    Ok(Json(api.core.tasks().show_task(&caller, task_id).await?))
}

/// The body of `PUT /actions/tasks/set-main-preview`.
#[derive(Debug)]
pub(crate) struct SetTasksMainPreview {
    tasks: Vec<MaybeId>,
}

impl ActionBody for SetTasksMainPreview {
    const SCHEMA: &'static str = "SetTasksMainPreviewSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            tasks: some_ids(fields),
        }
    }
}

/// `PUT /actions/tasks/set-main-preview`.
pub(crate) async fn show_many(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    arguments: Body<SetTasksMainPreview>,
) -> Rows {
    let SetTasksMainPreview { tasks } = arguments.validate()?;
    Ok(Json(api.core.tasks().show_tasks(&caller, &tasks).await?))
}

/// The body of `PUT /actions/preview-files/ID/set-main-preview`.
#[derive(Debug)]
pub(crate) struct PreviewFileUpload {
    frame: Option<i64>,
}

impl ActionBody for PreviewFileUpload {
    const SCHEMA: &'static str = "PreviewFileUploadSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            frame: fields.optional_integer("frame_number", None),
        }
    }
}

/// `PUT /actions/preview-files/ID/set-main-preview`.
pub(crate) async fn show_preview(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(preview): PathIds<MaybeId>,
    arguments: Body<PreviewFileUpload>,
) -> HandlerResult<Json<JsonRow>> {
    let PreviewFileUpload { frame } = arguments.validate()?;
    let entity = api
        .core
        .tasks()
        .show_preview(&caller, preview.found()?, frame);
    Ok(Json(entity.await?))
}

/// `POST /actions/projects/ID/delete-tasks`.
pub(crate) async fn delete(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project_id): PathIds<Uuid>,
    Ids(tasks): Ids,
) -> HandlerResult {
    let deleted = api.core.tasks().delete(&caller, project_id, &tasks).await?;
    Ok(Json(deleted).into_response())
}

/// The ids in the path of a task type of a project.
#[derive(Debug, Deserialize)]
pub(crate) struct TaskTypePath {
    project_id: MaybeId,
    task_type_id: MaybeId,
}

/// `DELETE /actions/projects/ID/task-types/ID/delete-tasks`.
pub(crate) async fn delete_of_type(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<TaskTypePath>,
) -> HandlerResult {
    let admin = caller.as_admin()?;
    let (project_id, task_type_id) = (path.project_id.found()?, path.task_type_id.found()?);
    api.core
        .tasks()
        .delete_of_type(admin, project_id, task_type_id)
        .await?;
    Ok(no_content())
}
