//! Days off of people, by period.

use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value};
use tanuki_core::tasks::Period;
use tanuki_core::{Caller, MaybeId};

use super::{MonthPath, PersonDate, PersonMonth, PersonWeek, PersonYear, YearPath};
use crate::error::HandlerResult;
use crate::extract::{Authenticated, PathIds};
use crate::{Api, response};

/// `GET /data/persons/ID/day-offs`.
pub(crate) async fn all(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(person_id): PathIds<MaybeId>,
) -> HandlerResult {
    of_person(&api, &caller, &person_id, None).await
}

/// `GET /data/persons/ID/day-offs/year/YEAR`.
pub(crate) async fn year(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<PersonYear>,
) -> HandlerResult {
    of_person(&api, &caller, &path.person_id, Some(path.period())).await
}

/// `GET /data/persons/ID/day-offs/month/YEAR/MONTH`.
pub(crate) async fn month(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<PersonMonth>,
) -> HandlerResult {
    of_person(&api, &caller, &path.person_id, Some(path.period())).await
}

/// `GET /data/persons/ID/day-offs/week/YEAR/WEEK`.
pub(crate) async fn week(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<PersonWeek>,
) -> HandlerResult {
    of_person(&api, &caller, &path.person_id, Some(path.period())).await
}

async fn of_person(
    api: &Api,
    caller: &Caller,
    person: &MaybeId,
    period: Option<Period<'_>>,
) -> HandlerResult {
    let off = api.core.tasks().day_offs_of(caller, person, period).await?;
    response::stream(off).await
}

/// `GET /data/persons/ID/day-offs/DATE`.
pub(crate) async fn date(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<PersonDate>,
) -> HandlerResult<Json<Map<String, Value>>> {
    let off = api
        .core
        .tasks()
        .day_off_on(&caller, &path.person_id, &path.date)
        .await?;
    Ok(Json(off))
}

/// `GET /data/persons/day-offs/YEAR`.
pub(crate) async fn everybody_in_year(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<YearPath>,
) -> HandlerResult {
    let period = Period::Year(&path.year);
    response::stream(api.core.tasks().day_offs_in(&caller, period).await?).await
}

/// `GET /data/persons/day-offs/YEAR/MONTH`.
pub(crate) async fn everybody_in_month(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<MonthPath>,
) -> HandlerResult {
    let period = Period::Month(&path.year, &path.month);
    response::stream(api.core.tasks().day_offs_in(&caller, period).await?).await
}
