//! Actions on tasks: assignment, priority, main previews, deletion.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};

use crate::Api;
use crate::error::{Failure, HandlerResult};
use crate::extract::{Arguments, Authenticated, Fields, Ids, TextRule};
use crate::response::no_content;

type Rows = HandlerResult<Json<Vec<Map<String, Value>>>>;

/// `PUT /actions/tasks/ID/assign`.
pub(crate) async fn assign(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(task): Path<String>,
    arguments: Arguments,
) -> HandlerResult {
    let mut fields = Fields::of(arguments, "AssignPersonSchema")?;
    let person = fields.text("person_id", TextRule::FILLED);
    fields.finish()?;
    let task = api.core.assign(&caller, &task, &person).await?;
    assigned(task)
}

/// `PUT /actions/persons/ID/assign`.
pub(crate) async fn assign_many(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(person): Path<String>,
    arguments: Arguments,
) -> HandlerResult {
    let tasks = task_ids(arguments, "AssignTasksSchema")?;
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

/// `PUT /actions/tasks/clear-assignation`.
pub(crate) async fn clear_assignation(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    arguments: Arguments,
) -> HandlerResult<Json<Vec<String>>> {
    let mut fields = Fields::of(arguments, "UnassignTasksSchema")?;
    let tasks = fields.some_texts("task_ids");
    let person = fields.optional_text("person_id");
    fields.finish()?;
    let cleared = api
        .core
        .unassign(&caller, &tasks, person.as_deref())
        .await?;
    Ok(Json(cleared))
}

/// `PUT /actions/tasks/set-priority`.
pub(crate) async fn set_priority(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    arguments: Arguments,
) -> Rows {
    let mut fields = Fields::of(arguments, "SetTasksPrioritySchema")?;
    let tasks = fields.some_texts("task_ids");
    let priority = fields.integer("priority", Some(0));
    fields.finish()?;
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

/// `PUT /actions/tasks/set-main-preview`.
pub(crate) async fn show_many(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    arguments: Arguments,
) -> Rows {
    let tasks = task_ids(arguments, "SetTasksMainPreviewSchema")?;
    Ok(Json(api.core.show_tasks(&caller, &tasks).await?))
}

/// `PUT /actions/preview-files/ID/set-main-preview`.
pub(crate) async fn show_preview(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(preview): Path<String>,
    arguments: Arguments,
) -> HandlerResult<Json<Map<String, Value>>> {
    let mut fields = Fields::of(arguments, "PreviewFileUploadSchema")?;
    let frame = fields.optional_integer("frame_number", None);
    fields.finish()?;
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

fn task_ids(arguments: Arguments, schema: &str) -> HandlerResult<Vec<String>> {
    let mut fields = Fields::of(arguments, schema)?;
    let tasks = fields.some_texts("task_ids");
    fields.finish()?;
    Ok(tasks)
}
