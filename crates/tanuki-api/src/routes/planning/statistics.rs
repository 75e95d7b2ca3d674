//! Statistics of projects: episodes, quotas, frames of shots.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Map, Value};
use tanuki_core::MaybeId;
use tanuki_core::planning::quotas::QuotaRequest;
use uuid::Uuid;

use crate::Api;
use crate::error::HandlerResult;
use crate::extract::{Authenticated, Parameters, PathIds, Query};
use crate::response::long_json;

/// The ids in the path of the quotas of a task type.
#[derive(Debug, Deserialize)]
pub(crate) struct TaskTypeQuotas {
    project_id: Uuid,
    task_type_id: MaybeId,
}

/// The ids in the path of the quotas of a person.
#[derive(Debug, Deserialize)]
pub(crate) struct PersonQuotas {
    project_id: Uuid,
    person_id: MaybeId,
}

/// The ids in the path of an action on a task type of a project.
#[derive(Debug, Deserialize)]
pub(crate) struct TaskTypePath {
    project_id: MaybeId,
    task_type_id: MaybeId,
}

/// `GET /data/projects/ID/episodes/stats`.
pub(crate) async fn episodes(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project_id): PathIds<Uuid>,
) -> HandlerResult {
    long_json(
        api.core
            .planning()
            .episode_stats(&caller, project_id)
            .await?,
    )
    .await
}

/// `GET /data/projects/ID/episodes/retake-stats`.
pub(crate) async fn retakes(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project_id): PathIds<Uuid>,
) -> HandlerResult {
    let stats = api
        .core
        .planning()
        .episode_retake_stats(&caller, project_id)
        .await?;
    long_json(stats).await
}

/// `GET /data/projects/ID/quotas/ID`.
pub(crate) async fn quotas(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<TaskTypeQuotas>,
    parameters: Parameters,
) -> HandlerResult {
    let asked = asked(&parameters);
    let quotas = api
        .core
        .planning()
        .project_quotas(&caller, path.project_id, &path.task_type_id, asked)
        .await?;
    long_json(quotas).await
}

/// `GET /data/projects/ID/quotas/persons/ID`.
pub(crate) async fn person_quotas(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<PersonQuotas>,
    parameters: Parameters,
) -> HandlerResult {
    let asked = asked(&parameters);
    let quotas = api
        .core
        .planning()
        .person_quotas(&caller, path.project_id, &path.person_id, asked)
        .await?;
    long_json(quotas).await
}

fn asked(parameters: &Parameters) -> QuotaRequest {
    let count_mode = parameters.text("count_mode");
    QuotaRequest {
        count_mode: count_mode.unwrap_or_else(|| "weighted".to_owned()),
        studio_id: parameters.id("studio_id"),
    }
}

/// `POST /actions/projects/ID/task-types/ID/set-shot-nb-frames`.
pub(crate) async fn set_shot_frames(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<TaskTypePath>,
    query: Query,
) -> HandlerResult<Json<Vec<Map<String, Value>>>> {
    let episode = query.id("episode_id");
    let shots = api
        .core
        .planning()
        .set_frames_from_previews(
            &caller,
            &path.project_id,
            &path.task_type_id,
            episode.as_ref(),
        )
        .await?;
    Ok(Json(shots))
}
