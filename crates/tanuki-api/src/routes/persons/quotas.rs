//! The shots that count in the quotas of a person.

use axum::Json;
use axum::extract::State;
use tanuki_core::planning::QuotaShots;
use tanuki_core::tasks::Period;
use tanuki_core::{Caller, JsonRow, MaybeId};

use super::{PersonDay, PersonMonth, PersonWeek};
use crate::Api;
use crate::error::HandlerResult;
use crate::extract::{Authenticated, PathIds, Query};

/// `GET /data/persons/ID/quota-shots/month/YEAR/MONTH`.
pub(crate) async fn month(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<PersonMonth>,
    query: Query,
) -> HandlerResult<Json<Vec<JsonRow>>> {
    shots(&api, &caller, &path.person_id, path.period(), &query).await
}

/// `GET /data/persons/ID/quota-shots/week/YEAR/WEEK`.
pub(crate) async fn week(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<PersonWeek>,
    query: Query,
) -> HandlerResult<Json<Vec<JsonRow>>> {
    shots(&api, &caller, &path.person_id, path.period(), &query).await
}

/// `GET /data/persons/ID/quota-shots/day/YEAR/MONTH/DAY`.
pub(crate) async fn day(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<PersonDay>,
    query: Query,
) -> HandlerResult<Json<Vec<JsonRow>>> {
    shots(&api, &caller, &path.person_id, path.period(), &query).await
}

async fn shots(
    api: &Api,
    caller: &Caller,
    person: &MaybeId,
    period: Period<'_>,
    query: &Query,
) -> HandlerResult<Json<Vec<JsonRow>>> {
    let asked = QuotaShots {
        count_mode: query.first("count_mode").unwrap_or("weighted").to_owned(),
        project: query.id("project_id"),
        task_type: query.id("task_type_id"),
    };
    let planning = api.core.planning();
    let shots = planning.quota_shots(caller, person, period, &asked);
    Ok(Json(shots.await?))
}
