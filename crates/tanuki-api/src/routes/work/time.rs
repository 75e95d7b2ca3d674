//! The time that the caller spent, and their days off.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use tanuki_core::{JsonRow, MaybeId};

use crate::error::HandlerResult;
use crate::extract::{PathIds, Person, Query};
use crate::routes::persons::time::range_in;
use crate::{Api, response};

/// The path of a task on a date.
#[derive(Debug, Deserialize)]
pub(crate) struct TaskDate {
    task_id: MaybeId,
    date: String,
}

/// `GET /data/user/time-spents`.
pub(crate) async fn all(
    Person(caller): Person,
    State(api): State<Api>,
    query: Query,
) -> HandlerResult {
    let spent = api.core.work().my_time_spents(&caller, range_in(&query))?;
    response::stream(spent).await
}

/// `GET /data/user/time-spents/DATE`.
pub(crate) async fn on_date(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(date): PathIds<String>,
) -> HandlerResult {
    response::stream(api.core.work().my_time_spents_on(&caller, &date)?).await
}

/// `GET /data/user/tasks/ID/time-spents/DATE`.
pub(crate) async fn on_task(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(path): PathIds<TaskDate>,
) -> HandlerResult<Json<Option<JsonRow>>> {
    let work = api.core.work();
    let spent = work.my_time_spent_on_task(&caller, &path.task_id, &path.date);
    Ok(Json(spent.await?))
}

/// `GET /data/user/day-offs/DATE`.
pub(crate) async fn day_off(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(date): PathIds<String>,
) -> HandlerResult<Json<JsonRow>> {
    Ok(Json(api.core.work().my_day_off(&caller, &date).await?))
}
