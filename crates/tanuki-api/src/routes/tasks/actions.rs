//! Actions on tasks: assignment, priority, main previews, deletion.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};

use crate::Api;
use crate::error::{Failure, HandlerResult};
use crate::extract::{ActionBody, Authenticated, Body, Fields, Ids, TextRule};
use crate::response::no_content;

type Rows = HandlerResult<Json<Vec<Map<String, Value>>>>;

/// The body of `PUT /actions/tasks/ID/assign`.
#[derive(Debug)]
pub(crate) struct AssignPerson {
    person: String,
}

impl ActionBody for AssignPerson {
    const SCHEMA: &'static str = "AssignPersonSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            person: fields.text("person_id", TextRule::FILLED),
        }
    }
}

/// `PUT /actions/tasks/ID/assign`.
pub(crate) async fn assign(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(task): Path<String>,
    arguments: Body<AssignPerson>,
) -> HandlerResult {
    let AssignPerson { person } = arguments.validate()?;
    let task = api.core.assign(&caller, &task, &person).await?;
    assigned(task)
}

/// The body of `PUT /actions/persons/ID/assign`.
#[derive(Debug)]
pub(crate) struct AssignTasks {
    tasks: Vec<String>,
}

impl ActionBody for AssignTasks {
    const SCHEMA: &'static str = "AssignTasksSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            tasks: fields.some_texts("task_ids"),
        }
    }
}

/// `PUT /actions/persons/ID/assign`.
pub(crate) async fn assign_many(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(person): Path<String>,
    arguments: Body<AssignTasks>,
) -> HandlerResult {
    let AssignTasks { tasks } = arguments.validate()?;
    let tasks = api.core.assign_many(&caller, &person, &tasks).await?;
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
    tasks: Vec<String>,
    person: Option<String>,
}

impl ActionBody for UnassignTasks {
    const SCHEMA: &'static str = "UnassignTasksSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            tasks: fields.some_texts("task_ids"),
            person: fields.optional_text("person_id"),
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
        .unassign(&caller, &tasks, person.as_deref())
        .await?;
    Ok(Json(cleared))
}

/// The body of `PUT /actions/tasks/set-priority`.
#[derive(Debug)]
pub(crate) struct SetTasksPriority {
    tasks: Vec<String>,
    priority: i64,
}

impl ActionBody for SetTasksPriority {
    const SCHEMA: &'static str = "SetTasksPrioritySchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            tasks: fields.some_texts("task_ids"),
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
        api.core.set_priority(&caller, &tasks, priority).await?,
    ))
}

/// `PUT /actions/tasks/ID/set-main-preview`.
pub(crate) async fn show(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(task): Path<String>,
) -> HandlerResult<Json<Map<String, Value>>> {
    Ok(Json(api.core.show_task(&caller, &task).await?))
}

/// The body of `PUT /actions/tasks/set-main-preview`.
#[derive(Debug)]
pub(crate) struct SetTasksMainPreview {
    tasks: Vec<String>,
}

impl ActionBody for SetTasksMainPreview {
    const SCHEMA: &'static str = "SetTasksMainPreviewSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            tasks: fields.some_texts("task_ids"),
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
    Ok(Json(api.core.show_tasks(&caller, &tasks).await?))
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
    Path(preview): Path<String>,
    arguments: Body<PreviewFileUpload>,
) -> HandlerResult<Json<Map<String, Value>>> {
    let PreviewFileUpload { frame } = arguments.validate()?;
    let entity = api.core.show_preview(&caller, &preview, frame);
    Ok(Json(entity.await?))
}

/// `POST /actions/projects/ID/delete-tasks`.
pub(crate) async fn delete(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(project): Path<String>,
    Ids(tasks): Ids,
) -> HandlerResult {
    let deleted = api.core.delete_tasks(&caller, &project, &tasks).await?;
    Ok(Json(deleted).into_response())
}

/// `DELETE /actions/projects/ID/task-types/ID/delete-tasks`.
pub(crate) async fn delete_of_type(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((project, task_type)): Path<(String, String)>,
) -> HandlerResult {
    api.core
        .delete_tasks_of_type(&caller, &project, &task_type)
        .await?;
    Ok(no_content())
}
