//! Time spent on tasks.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use tanuki_core::tasks::{Day, Spend};
use tanuki_core::{JsonRow, MaybeId};
use uuid::Uuid;

use crate::Api;
use crate::error::HandlerResult;
use crate::extract::{ActionBody, Authenticated, Body, Fields, PathIds};

/// The body of `POST /actions/tasks/ID/time-spents/DATE/persons/ID` and `…/add`.
#[derive(Debug)]
pub(crate) struct TimeSpent {
    duration: f64,
}

impl ActionBody for TimeSpent {
    const SCHEMA: &'static str = "TimeSpentSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            duration: fields.positive("duration"),
        }
    }
}

/// The path of the time that a person spent on a task on a day.
#[derive(Debug, Deserialize)]
pub(crate) struct SpentPath {
    task_id: MaybeId,
    date: String,
    person_id: MaybeId,
}

/// The path of the time spent on a task on a day.
#[derive(Debug, Deserialize)]
pub(crate) struct TaskDay {
    task_id: Uuid,
    date: String,
}

/// `POST /actions/tasks/ID/time-spents/DATE/persons/ID` and `…/add`.
pub(crate) async fn spend(
    how: Spend,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<SpentPath>,
    arguments: Body<TimeSpent>,
) -> HandlerResult<(StatusCode, Json<JsonRow>)> {
    let read_duration = || {
        let TimeSpent { duration } = arguments.validate()?;
        Ok(duration)
    };
    let day = Day {
        task: &path.task_id,
        date: &path.date,
        person: &path.person_id,
    };
    let row = api
        .core
        .tasks()
        .spend(&caller, day, how, read_duration)
        .await?;
    Ok((StatusCode::CREATED, Json(row)))
}

/// `DELETE /actions/tasks/ID/time-spents/DATE/persons/ID`.
pub(crate) async fn take_back(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<SpentPath>,
) -> HandlerResult<(StatusCode, Json<JsonRow>)> {
    let day = Day {
        task: &path.task_id,
        date: &path.date,
        person: &path.person_id,
    };
    let row = api.core.tasks().remove_spent(&caller, day).await?;
    Ok((StatusCode::CREATED, Json(row)))
}

/// `GET /actions/tasks/ID/time-spents`.
pub(crate) async fn of_task(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(task_id): PathIds<Uuid>,
) -> HandlerResult<Json<JsonRow>> {
    Ok(Json(
        api.core
            .tasks()
            .time_spent_on(&caller, task_id, None)
            .await?,
    ))
}

/// `GET /actions/tasks/ID/time-spents/DATE`.
pub(crate) async fn of_day(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<TaskDay>,
) -> HandlerResult<Json<JsonRow>> {
    let spent = api
        .core
        .tasks()
        .time_spent_on(&caller, path.task_id, Some(&path.date))
        .await?;
    Ok(Json(spent))
}
