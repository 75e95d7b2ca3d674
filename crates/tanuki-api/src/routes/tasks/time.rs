//! Time spent on tasks.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Map, Value};
use tanuki_core::tasks::{Day, Spend};

use crate::Api;
use crate::error::HandlerResult;
use crate::extract::{ActionBody, Authenticated, Body, Fields};

type Row = Map<String, Value>;

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

/// `POST /actions/tasks/ID/time-spents/DATE/persons/ID` and `…/add`.
pub(crate) async fn spend(
    how: Spend,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((task, date, person)): Path<(String, String, String)>,
    arguments: Body<TimeSpent>,
) -> HandlerResult<(StatusCode, Json<Row>)> {
    let read_duration = || {
        let TimeSpent { duration } = arguments.validate()?;
        Ok(duration)
    };
    let day = Day {
        task: &task,
        date: &date,
        person: &person,
    };
    let row = api.core.spend(&caller, day, how, read_duration).await?;
    Ok((StatusCode::CREATED, Json(row)))
}

/// `DELETE /actions/tasks/ID/time-spents/DATE/persons/ID`.
pub(crate) async fn take_back(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((task, date, person)): Path<(String, String, String)>,
) -> HandlerResult<(StatusCode, Json<Row>)> {
    let day = Day {
        task: &task,
        date: &date,
        person: &person,
    };
    let row = api.core.remove_spent(&caller, day).await?;
    Ok((StatusCode::CREATED, Json(row)))
}

/// `GET /actions/tasks/ID/time-spents`.
pub(crate) async fn of_task(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(task): Path<String>,
) -> HandlerResult<Json<Row>> {
    Ok(Json(api.core.time_spent_on(&caller, &task, None).await?))
}

/// `GET /actions/tasks/ID/time-spents/DATE`.
pub(crate) async fn of_day(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((task, date)): Path<(String, String)>,
) -> HandlerResult<Json<Row>> {
    let spent = api.core.time_spent_on(&caller, &task, Some(&date)).await?;
    Ok(Json(spent))
}
