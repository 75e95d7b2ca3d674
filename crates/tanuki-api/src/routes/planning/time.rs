//! Time spent on a project, and days off of its team.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Map, Value};
use tanuki_core::planning::time::Days;

use crate::error::HandlerResult;
use crate::extract::{Authenticated, Parameters};
use crate::{Api, response};

/// `GET /data/projects/ID/time-spents`.
pub(crate) async fn spent(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(project): Path<String>,
) -> HandlerResult {
    response::stream(api.core.project_time_spents(&caller, &project).await?).await
}

/// `GET /data/projects/ID/task-types/ID/time-spents`.
pub(crate) async fn spent_on_task_type(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((project, task_type)): Path<(String, String)>,
    parameters: Parameters,
) -> HandlerResult<Json<Map<String, Value>>> {
    let days = days(&parameters);
    let spent = api
        .core
        .task_type_time_spents(&caller, &project, &task_type, days)
        .await?;
    Ok(Json(spent))
}

/// `GET /data/projects/ID/day-offs`.
pub(crate) async fn day_offs(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(project): Path<String>,
    parameters: Parameters,
) -> HandlerResult<Json<Map<String, Value>>> {
    let days = days(&parameters);
    let off = api.core.project_day_offs(&caller, &project, days).await?;
    Ok(Json(off))
}

fn days(parameters: &Parameters) -> Days {
    Days {
        start: parameters.text("start_date"),
        end: parameters.text("end_date"),
    }
}
