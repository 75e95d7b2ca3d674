//! Tables of people, projects, task types, tasks and time spent, as CSV.

use axum::extract::State;

use crate::error::HandlerResult;
use crate::extract::Authenticated;
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
