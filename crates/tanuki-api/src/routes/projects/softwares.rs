//! Software that a project uses for a task type.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Map, Value};

use crate::error::HandlerResult;
use crate::extract::{Arguments, Authenticated, Fields, TextRule};
use crate::{Api, response};

/// `GET /data/projects/ID/task-type-softwares`.
pub(crate) async fn list(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(project): Path<String>,
) -> HandlerResult {
    response::stream(api.core.task_type_softwares(&caller, &project).await?).await
}

/// `POST /data/projects/ID/task-types/ID/softwares`.
pub(crate) async fn add(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((project, task_type)): Path<(String, String)>,
    arguments: Arguments,
) -> HandlerResult<(StatusCode, Json<Map<String, Value>>)> {
    let mut fields = Fields::of(arguments, "ProjectTaskTypeSoftwareSchema")?;
    let software = fields.text("software_id", TextRule::FILLED);
    fields.finish()?;
    let core = &api.core;
    let link = core.add_task_type_software(&caller, &project, &task_type, &software);
    Ok((StatusCode::CREATED, Json(link.await?)))
}

/// `DELETE /data/projects/ID/task-types/ID/softwares/ID`.
pub(crate) async fn remove(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((project, task_type, software)): Path<(String, String, String)>,
) -> HandlerResult {
    let core = &api.core;
    core.remove_task_type_software(&caller, &project, &task_type, &software)
        .await?;
    Ok(response::no_content())
}
