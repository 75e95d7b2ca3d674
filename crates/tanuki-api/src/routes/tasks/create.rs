//! Creation of tasks.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Map, Value};
use tanuki_core::entities::Kind;
use tanuki_core::tasks::NewTasks;

use crate::Api;
use crate::error::HandlerResult;
use crate::extract::{ActionBody, Authenticated, Body, Fields, Ids, Query};

type Created = HandlerResult<(StatusCode, Json<Vec<Map<String, Value>>>)>;

/// `POST /actions/projects/ID/task-types/ID/…/create-tasks` for the entities of
/// a kind.
pub(crate) async fn of(
    kind: Kind,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((project, task_type)): Path<(String, String)>,
    Query(parameters): Query,
    Ids(entities): Ids,
) -> Created {
    let asked = NewTasks {
        project: &project,
        task_type: &task_type,
        entities,
        parameters: &parameters,
    };
    let tasks = api.core.create_tasks(&caller, kind, asked).await?;
    Ok((StatusCode::CREATED, Json(tasks)))
}

/// `POST /actions/projects/ID/task-types/ID/create-tasks/TYPE`.
pub(crate) async fn of_named(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((project, task_type, entity_type)): Path<(String, String, String)>,
    Query(parameters): Query,
    Ids(entities): Ids,
) -> Created {
    let asked = NewTasks {
        project: &project,
        task_type: &task_type,
        entities,
        parameters: &parameters,
    };
    let tasks = api
        .core
        .create_tasks_of_named(&caller, &entity_type, asked)
        .await?;
    Ok((StatusCode::CREATED, Json(tasks)))
}

/// The body of `POST /data/entities/ID/tasks`.
#[derive(Debug)]
pub(crate) struct CreateEntityTasks {
    types: Vec<String>,
}

impl ActionBody for CreateEntityTasks {
    const SCHEMA: &'static str = "CreateEntityTasksSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            types: fields.texts("task_type_ids"),
        }
    }
}

/// `POST /data/entities/ID/tasks`.
pub(crate) async fn of_entity(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(entity): Path<String>,
    arguments: Body<CreateEntityTasks>,
) -> Created {
    let read_types = || {
        let CreateEntityTasks { types } = arguments.validate()?;
        Ok(types)
    };
    let tasks = api
        .core
        .create_entity_tasks(&caller, &entity, read_types)
        .await?;
    Ok((StatusCode::CREATED, Json(tasks)))
}
