//! Statistics of projects: episodes, quotas, frames of shots.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Map, Value};
use tanuki_core::planning::quotas::QuotaRequest;

use crate::Api;
use crate::error::HandlerResult;
use crate::extract::{Authenticated, Parameters, Query};
use crate::response::long_json;

/// `GET /data/projects/ID/episodes/stats`.
pub(crate) async fn episodes(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(project): Path<String>,
) -> HandlerResult {
    long_json(api.core.episode_stats(&caller, &project).await?).await
}

/// `GET /data/projects/ID/episodes/retake-stats`.
pub(crate) async fn retakes(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(project): Path<String>,
) -> HandlerResult {
    let stats = api.core.episode_retake_stats(&caller, &project).await?;
    long_json(stats).await
}

/// `GET /data/projects/ID/quotas/ID`.
pub(crate) async fn quotas(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((project, task_type)): Path<(String, String)>,
    parameters: Parameters,
) -> HandlerResult {
    let asked = asked(&parameters);
    let quotas = api
        .core
        .project_quotas(&caller, &project, &task_type, asked)
        .await?;
    long_json(quotas).await
}

/// `GET /data/projects/ID/quotas/persons/ID`.
pub(crate) async fn person_quotas(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((project, person)): Path<(String, String)>,
    parameters: Parameters,
) -> HandlerResult {
    let asked = asked(&parameters);
    let quotas = api
        .core
        .person_quotas(&caller, &project, &person, asked)
        .await?;
    long_json(quotas).await
}

fn asked(parameters: &Parameters) -> QuotaRequest {
    let count_mode = parameters.text("count_mode");
    QuotaRequest {
        count_mode: count_mode.unwrap_or_else(|| "weighted".to_owned()),
        studio_id: parameters.text("studio_id"),
    }
}

/// `POST /actions/projects/ID/task-types/ID/set-shot-nb-frames`.
pub(crate) async fn set_shot_frames(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((project, task_type)): Path<(String, String)>,
    query: Query,
) -> HandlerResult<Json<Vec<Map<String, Value>>>> {
    let place = (&*project, &*task_type);
    let episode = query.first("episode_id");
    let shots = api
        .core
        .set_frames_from_previews(&caller, place, episode)
        .await?;
    Ok(Json(shots))
}
