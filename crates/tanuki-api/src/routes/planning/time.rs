//! Time spent on a project, and days off of its team.

use axum::extract::State;
use serde::Deserialize;
use tanuki_core::MaybeId;
use tanuki_core::planning::time::Days;
use uuid::Uuid;

use crate::error::HandlerResult;
use crate::extract::{Authenticated, Parameters, PathIds};
use crate::{Api, response};

/// The ids in the path of a task type of a project.
#[derive(Debug, Deserialize)]
pub(crate) struct TaskTypePath {
    project_id: MaybeId,
    task_type_id: MaybeId,
}

/// `GET /data/projects/ID/time-spents`.
pub(crate) async fn spent(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<MaybeId>,
) -> HandlerResult {
    response::stream(
        api.core
            .planning()
            .project_time_spents(&caller, &project)
            .await?,
    )
    .await
}

/// `GET /data/projects/ID/task-types/ID/time-spents`.
pub(crate) async fn spent_on_task_type(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<TaskTypePath>,
    parameters: Parameters,
) -> HandlerResult {
    let days = days(&parameters);
    let spent = api
        .core
        .planning()
        .task_type_time_spents(&caller, &path.project_id, &path.task_type_id, days)
        .await?;
    response::stream(spent).await
}

/// `GET /data/projects/ID/day-offs`.
pub(crate) async fn day_offs(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project_id): PathIds<Uuid>,
    parameters: Parameters,
) -> HandlerResult {
    let days = days(&parameters);
    let off = api
        .core
        .planning()
        .project_day_offs(&caller, project_id, days)
        .await?;
    response::stream(off).await
}

fn days(parameters: &Parameters) -> Days {
    Days {
        start: parameters.text("start_date"),
        end: parameters.text("end_date"),
    }
}
