//! Software that a project uses for a task type.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use tanuki_core::{JsonRow, MaybeId};
use uuid::Uuid;

use crate::error::HandlerResult;
use crate::extract::{ActionBody, Authenticated, Body, Fields, PathIds, TextRule};
use crate::{Api, response};

/// The ids in the path of a task type of a project.
#[derive(Debug, Deserialize)]
pub(crate) struct TaskTypePath {
    project_id: MaybeId,
    task_type_id: MaybeId,
}

/// The ids in the path of a software of a task type of a project.
#[derive(Debug, Deserialize)]
pub(crate) struct SoftwarePath {
    project_id: Uuid,
    task_type_id: MaybeId,
    software_id: MaybeId,
}

/// `GET /data/projects/ID/task-type-softwares`.
pub(crate) async fn list(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project_id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(
        api.core
            .projects()
            .task_type_softwares(&caller, project_id)
            .await?,
    )
    .await
}

/// The body of `POST /data/projects/ID/task-types/ID/softwares`.
#[derive(Debug)]
pub(crate) struct ProjectTaskTypeSoftware {
    software: MaybeId,
}

impl ActionBody for ProjectTaskTypeSoftware {
    const SCHEMA: &'static str = "ProjectTaskTypeSoftwareSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            software: fields.text("software_id", TextRule::FILLED).into(),
        }
    }
}

/// `POST /data/projects/ID/task-types/ID/softwares`.
pub(crate) async fn add(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<TaskTypePath>,
    arguments: Body<ProjectTaskTypeSoftware>,
) -> HandlerResult<(StatusCode, Json<JsonRow>)> {
    let ProjectTaskTypeSoftware { software } = arguments.validate()?;
    let core = &api.core;
    let project_id = path.project_id.found()?;
    let link =
        core.projects()
            .add_task_type_software(&caller, project_id, &path.task_type_id, &software);
    Ok((StatusCode::CREATED, Json(link.await?)))
}

/// `DELETE /data/projects/ID/task-types/ID/softwares/ID`.
pub(crate) async fn remove(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<SoftwarePath>,
) -> HandlerResult {
    let core = &api.core;
    core.projects()
        .remove_task_type_software(
            &caller,
            path.project_id,
            &path.task_type_id,
            &path.software_id,
        )
        .await?;
    Ok(response::no_content())
}
