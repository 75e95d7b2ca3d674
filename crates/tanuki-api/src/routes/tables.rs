//! Tables of people, projects, task types, tasks and time spent, and of a
//! production's entities and castings, as CSV.

use axum::extract::State;
use tanuki_core::Caller;
use tanuki_core::tables::EntityTableKind;
use uuid::Uuid;

use crate::error::HandlerResult;
use crate::extract::{Authenticated, PathIds, Query};
use crate::{Api, csv};

/// `GET /export/csv/persons.csv`.
pub(crate) async fn persons(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
) -> HandlerResult {
    csv::stream(api.core.tables().persons(caller.as_manager()?)).await
}

/// `GET /export/csv/projects.csv`.
pub(crate) async fn projects(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
) -> HandlerResult {
    csv::stream(api.core.tables().projects(caller.as_manager()?)).await
}

/// `GET /export/csv/task-types.csv`.
pub(crate) async fn task_types(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
) -> HandlerResult {
    csv::stream(api.core.tables().task_types(caller.as_manager()?)).await
}

/// `GET /export/csv/tasks.csv`.
pub(crate) async fn tasks(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
) -> HandlerResult {
    csv::stream(api.core.tables().tasks(caller.as_manager()?)).await
}

/// `GET /export/csv/time-spents.csv`.
pub(crate) async fn time_spents(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
) -> HandlerResult {
    let table = api.core.tables().time_spents(caller.as_manager()?).await?;
    csv::stream(table).await
}

/// `GET /export/csv/projects/ID/assets.csv`.
pub(crate) async fn assets(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<Uuid>,
    Query(query): Query,
) -> HandlerResult {
    entities(&api, &caller, project, EntityTableKind::Assets, &query).await
}

/// `GET /export/csv/projects/ID/shots.csv`.
pub(crate) async fn shots(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<Uuid>,
    Query(query): Query,
) -> HandlerResult {
    entities(&api, &caller, project, EntityTableKind::Shots, &query).await
}

/// `GET /export/csv/projects/ID/edits.csv`.
pub(crate) async fn edits(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<Uuid>,
) -> HandlerResult {
    entities(&api, &caller, project, EntityTableKind::Edits, &[]).await
}

async fn entities(
    api: &Api,
    caller: &Caller,
    project: Uuid,
    kind: EntityTableKind,
    query: &[(String, String)],
) -> HandlerResult {
    let tables = api.core.tables();
    let table = tables.entities(caller, project, kind, query).await?;
    Ok(csv::file(&table.name, &table.rows))
}

/// `GET /export/csv/projects/ID/casting.csv`.
pub(crate) async fn casting(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<Uuid>,
    Query(query): Query,
) -> HandlerResult {
    let tables = api.core.tables();
    csv::stream_plain(tables.casting(&caller, project, &query).await?).await
}
