//! Software that a project uses for a task type.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Map, Value};

use crate::error::HandlerResult;
use crate::extract::{ActionBody, Authenticated, Body, Fields, TextRule};
use crate::{Api, response};

/// `GET /data/projects/ID/task-type-softwares`.
pub(crate) async fn list(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(project): Path<String>,
) -> HandlerResult {
    response::stream(api.core.task_type_softwares(&caller, &project).await?).await
}

/// The body of `POST /data/projects/ID/task-types/ID/softwares`.
#[derive(Debug)]
pub(crate) struct ProjectTaskTypeSoftware {
    software: String,
}

impl ActionBody for ProjectTaskTypeSoftware {
    const SCHEMA: &'static str = "ProjectTaskTypeSoftwareSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            software: fields.text("software_id", TextRule::FILLED),
        }
    }
}

/// `POST /data/projects/ID/task-types/ID/softwares`.
pub(crate) async fn add(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((project, task_type)): Path<(String, String)>,
    arguments: Body<ProjectTaskTypeSoftware>,
) -> HandlerResult<(StatusCode, Json<Map<String, Value>>)> {
    let ProjectTaskTypeSoftware { software } = arguments.validate()?;
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
