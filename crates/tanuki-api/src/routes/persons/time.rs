//! Time that people spent, by period.

use axum::Json;
use axum::extract::State;
use tanuki_core::tasks::{MinutesByPerson, Period, SpentRange, TableFilter, TimeTable, WorkedOn};
use tanuki_core::{Caller, MaybeId};

use super::{MonthPath, PersonDate, PersonDay, PersonMonth, PersonWeek, PersonYear, YearPath};
use crate::error::HandlerResult;
use crate::extract::{Authenticated, PathIds, Query};
use crate::{Api, response};

/// Reads a range of days.
pub(crate) fn range_in(query: &Query) -> SpentRange {
    let given = |name| query.first(name).filter(|text| !text.is_empty());
    SpentRange {
        start: given("start_date").map(str::to_owned),
        end: given("end_date").map(str::to_owned),
    }
}

/// `GET /data/persons/ID/time-spents`.
pub(crate) async fn all(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(person_id): PathIds<MaybeId>,
    query: Query,
) -> HandlerResult {
    let range = range_in(&query);
    let spent = api
        .core
        .tasks()
        .time_spents_of(&caller, &person_id, range)
        .await?;
    response::stream(spent).await
}

/// `GET /data/persons/ID/time-spents/DATE`.
pub(crate) async fn date(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<PersonDate>,
) -> HandlerResult {
    let spent = api
        .core
        .tasks()
        .time_spents_on(&caller, &path.person_id, &path.date)
        .await?;
    response::stream(spent).await
}

/// `GET /data/persons/ID/time-spents/month/all/YEAR/MONTH`.
pub(crate) async fn days_of_month(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<PersonMonth>,
) -> HandlerResult {
    let spent = api
        .core
        .tasks()
        .time_spents_in_month(&caller, &path.person_id, &path.year, &path.month)
        .await?;
    response::stream(spent).await
}

/// `GET /data/persons/ID/time-spents/year/YEAR`.
pub(crate) async fn year(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<PersonYear>,
    query: Query,
) -> HandlerResult<Json<Vec<WorkedOn>>> {
    by_task(&api, &caller, &path.person_id, path.period(), &query).await
}

/// `GET /data/persons/ID/time-spents/month/YEAR/MONTH`.
pub(crate) async fn month(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<PersonMonth>,
    query: Query,
) -> HandlerResult<Json<Vec<WorkedOn>>> {
    by_task(&api, &caller, &path.person_id, path.period(), &query).await
}

/// `GET /data/persons/ID/time-spents/week/YEAR/WEEK`.
pub(crate) async fn week(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<PersonWeek>,
    query: Query,
) -> HandlerResult<Json<Vec<WorkedOn>>> {
    by_task(&api, &caller, &path.person_id, path.period(), &query).await
}

/// `GET /data/persons/ID/time-spents/day/YEAR/MONTH/DAY`.
pub(crate) async fn day(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<PersonDay>,
    query: Query,
) -> HandlerResult<Json<Vec<WorkedOn>>> {
    by_task(&api, &caller, &path.person_id, path.period(), &query).await
}

async fn by_task(
    api: &Api,
    caller: &Caller,
    person: &MaybeId,
    period: Period<'_>,
    query: &Query,
) -> HandlerResult<Json<Vec<WorkedOn>>> {
    let project = query.id("project_id");
    let tasks = api
        .core
        .tasks()
        .tasks_worked_on(caller, person, period, project.as_ref())
        .await?;
    Ok(Json(tasks))
}

/// `GET /data/persons/time-spents/day-table/YEAR/MONTH`.
pub(crate) async fn day_table(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<MonthPath>,
    query: Query,
) -> HandlerResult<Json<MinutesByPerson>> {
    let table = TimeTable::Days(&path.year, &path.month);
    time_table(&api, &caller, table, &query).await
}

/// `GET /data/persons/time-spents/week-table/YEAR`.
pub(crate) async fn week_table(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<YearPath>,
    query: Query,
) -> HandlerResult<Json<MinutesByPerson>> {
    time_table(&api, &caller, TimeTable::Weeks(&path.year), &query).await
}

/// `GET /data/persons/time-spents/month-table/YEAR`.
pub(crate) async fn month_table(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<YearPath>,
    query: Query,
) -> HandlerResult<Json<MinutesByPerson>> {
    time_table(&api, &caller, TimeTable::Months(&path.year), &query).await
}

/// `GET /data/persons/time-spents/year-table`.
pub(crate) async fn year_table(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    query: Query,
) -> HandlerResult<Json<MinutesByPerson>> {
    time_table(&api, &caller, TimeTable::Years, &query).await
}

async fn time_table(
    api: &Api,
    caller: &Caller,
    table: TimeTable<'_>,
    query: &Query,
) -> HandlerResult<Json<MinutesByPerson>> {
    let filter = TableFilter {
        project: query.id("project_id"),
        department: query.id("department_id"),
        studio: query.id("studio_id"),
    };
    Ok(Json(
        api.core.tasks().time_table(caller, table, &filter).await?,
    ))
}
