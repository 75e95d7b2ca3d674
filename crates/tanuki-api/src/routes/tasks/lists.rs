//! Lists of tasks.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse as _;
use serde::Deserialize;
use serde_json::{Map, Value};
use tanuki_core::comments::Part;
use tanuki_core::entities::Kind;
use tanuki_core::resource::Relations;
use tanuki_core::tasks::Below;
use tanuki_core::{JsonRow, MaybeId};
use uuid::Uuid;

use crate::error::HandlerResult;
use crate::extract::{Authenticated, IfNoneMatch, PathIds, Query};
use crate::{Api, response};

/// The ids in the path of the tasks of a type of an entity.
#[derive(Debug, Deserialize)]
pub(crate) struct EntityTaskType {
    entity_id: Uuid,
    task_type_id: MaybeId,
}

/// The ids in the path of the tasks of a type that are related to a person.
#[derive(Debug, Deserialize)]
pub(crate) struct PersonTaskType {
    person_id: Uuid,
    task_type_id: MaybeId,
}

/// `GET /data/…/ID/tasks` of an entity of a kind.
pub(crate) async fn of(
    kind: Kind,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
    query: Query,
) -> HandlerResult {
    // As in Zou, those of episodes and scenes have no assignees.
    let relations = match kind {
        Kind::Episode | Kind::Scene => Relations::Without,
        _ => relations(&query),
    };
    response::stream(
        api.core
            .tasks()
            .entity_tasks(&caller, id, kind, relations)
            .await?,
    )
    .await
}

/// `GET /data/sequences/ID/shot-tasks` and the like.
pub(crate) async fn below(
    below: Below,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
    query: Query,
) -> HandlerResult {
    let relations = relations(&query);
    response::stream(
        api.core
            .tasks()
            .tasks_below(&caller, id, below, relations)
            .await?,
    )
    .await
}

/// `GET /data/entities/ID/task-types/ID/tasks`.
pub(crate) async fn of_type(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<EntityTaskType>,
) -> HandlerResult {
    response::stream(
        api.core
            .tasks()
            .entity_tasks_of_type(&caller, path.entity_id, &path.task_type_id)
            .await?,
    )
    .await
}

/// Whether `?relations=true` requests lists of linked ids, such as assignees.
fn relations(query: &Query) -> Relations {
    if query.flag("relations", false) {
        Relations::With
    } else {
        Relations::Without
    }
}

/// `GET /data/tasks/ID/full`.
pub(crate) async fn full(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(task_id): PathIds<Uuid>,
) -> HandlerResult<Json<JsonRow>> {
    Ok(Json(api.core.tasks().full(&caller, task_id).await?))
}

/// `GET /data/tasks/ID/previews`.
pub(crate) async fn previews(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(task_id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(api.core.tasks().task_previews(&caller, task_id).await?).await
}

/// `GET /data/persons/ID/tasks` and `…/done-tasks`.
pub(crate) async fn of_person(
    is_done: bool,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(person_id): PathIds<Uuid>,
) -> HandlerResult {
    match api
        .core
        .tasks()
        .person_tasks(&caller, person_id, is_done)
        .await?
    {
        Some(tasks) => response::stream(tasks).await,
        None => Ok(Json(Vec::<Value>::new()).into_response()),
    }
}

/// `GET /data/persons/ID/related-tasks/ID`.
pub(crate) async fn related(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<PersonTaskType>,
) -> HandlerResult {
    let tasks = api
        .core
        .tasks()
        .person_related_tasks(&caller, path.person_id, &path.task_type_id)
        .await?;
    response::stream(tasks).await
}

/// `GET /data/persons/task-dates`.
pub(crate) async fn dates(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Query(parameters): Query,
) -> HandlerResult<Json<Vec<Map<String, Value>>>> {
    Ok(Json(
        api.core.tasks().task_dates(&caller, &parameters).await?,
    ))
}

/// `GET /data/projects/ID/tasks`.
pub(crate) async fn of_project(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project_id): PathIds<Uuid>,
    Query(parameters): Query,
    IfNoneMatch(if_none_match): IfNoneMatch,
) -> HandlerResult {
    let tasks = api
        .core
        .tasks()
        .project_tasks(&caller, project_id, &parameters, &if_none_match)
        .await?;
    response::conditional(tasks, response::stream).await
}

/// `GET /data/projects/ID/comments` and the like.
pub(crate) async fn part_of_project(
    part: Part,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<MaybeId>,
    Query(parameters): Query,
) -> HandlerResult {
    let rows = api
        .core
        .comments()
        .project_part(&caller, &project, part, &parameters)
        .await?;
    response::stream(rows).await
}

/// `GET /data/entities/ID/preview-files`.
pub(crate) async fn previews_of_entity(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(entity_id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(
        api.core
            .comments()
            .previews_of_entity(&caller, entity_id)
            .await?,
    )
    .await
}

/// `GET /data/entities/ID/time-spents`.
pub(crate) async fn time_of_entity(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(entity_id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(
        api.core
            .comments()
            .entity_time_spent(&caller, entity_id)
            .await?,
    )
    .await
}
