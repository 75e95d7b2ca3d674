//! Creation of tasks.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use tanuki_core::MaybeId;
use tanuki_core::entities::Kind;
use tanuki_core::tasks::NewTasks;
use uuid::Uuid;

use crate::Api;
use crate::error::HandlerResult;
use crate::extract::{ActionBody, Authenticated, Body, Fields, Ids, PathIds, Query};

type Created = HandlerResult<(StatusCode, Json<Vec<Map<String, Value>>>)>;

/// The ids in the path of a task type of a project.
#[derive(Debug, Deserialize)]
pub(crate) struct TaskTypePath {
    project_id: MaybeId,
    task_type_id: MaybeId,
}

/// The path of a task type of a project and the name of an asset type.
#[derive(Debug, Deserialize)]
pub(crate) struct EntityTypePath {
    project_id: MaybeId,
    task_type_id: MaybeId,
    entity_type: String,
}

/// `POST /actions/projects/ID/task-types/ID/…/create-tasks` for the entities of
/// a kind.
pub(crate) async fn of(
    kind: Kind,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<TaskTypePath>,
    Query(parameters): Query,
    Ids(entities): Ids,
) -> Created {
    let asked = NewTasks {
        project: &path.project_id,
        task_type: &path.task_type_id,
        entities,
        parameters: &parameters,
    };
    let tasks = api.core.tasks().create(&caller, kind, asked).await?;
    Ok((StatusCode::CREATED, Json(tasks)))
}

/// `POST /actions/projects/ID/task-types/ID/create-tasks/TYPE`.
pub(crate) async fn of_named(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<EntityTypePath>,
    Query(parameters): Query,
    Ids(entities): Ids,
) -> Created {
    let asked = NewTasks {
        project: &path.project_id,
        task_type: &path.task_type_id,
        entities,
        parameters: &parameters,
    };
    let tasks = api
        .core
        .tasks()
        .create_of_named(&caller, &path.entity_type, asked)
        .await?;
    Ok((StatusCode::CREATED, Json(tasks)))
}

/// The body of `POST /data/entities/ID/tasks`.
#[derive(Debug)]
pub(crate) struct CreateEntityTasks {
    types: Vec<MaybeId>,
}

impl ActionBody for CreateEntityTasks {
    const SCHEMA: &'static str = "CreateEntityTasksSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            types: fields
                .texts("task_type_ids")
                .into_iter()
                .map(MaybeId::from)
                .collect(),
        }
    }
}

/// `POST /data/entities/ID/tasks`.
pub(crate) async fn of_entity(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(entity_id): PathIds<Uuid>,
    arguments: Body<CreateEntityTasks>,
) -> Created {
    let read_types = || {
        let CreateEntityTasks { types } = arguments.validate()?;
        Ok(types)
    };
    let tasks = api
        .core
        .tasks()
        .create_entity_tasks(&caller, entity_id, read_types)
        .await?;
    Ok((StatusCode::CREATED, Json(tasks)))
}
