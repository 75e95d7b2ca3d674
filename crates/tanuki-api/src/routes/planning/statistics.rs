//! How productions come along: episodes, quotas, lengths of shots.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Map, Value};
use tanuki_core::planning::quotas::{Asked, Quotas};
use tanuki_core::planning::statistics::{RetakeCounts, StatusCount};

use crate::Api;
use crate::error::Answer;
use crate::extract::{Authenticated, Parameters, Query};

type ByEpisode<T> = Json<BTreeMap<String, BTreeMap<String, T>>>;

/// `GET /data/projects/ID/episodes/stats`.
pub(crate) async fn episodes(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(project): Path<String>,
) -> Answer<ByEpisode<BTreeMap<String, StatusCount>>> {
    Ok(Json(api.core.episode_stats(&caller, &project).await?))
}

/// `GET /data/projects/ID/episodes/retake-stats`.
pub(crate) async fn retakes(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(project): Path<String>,
) -> Answer<ByEpisode<RetakeCounts>> {
    let stats = api.core.episode_retake_stats(&caller, &project).await?;
    Ok(Json(stats))
}

/// `GET /data/projects/ID/quotas/ID`.
pub(crate) async fn quotas(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((project, task_type)): Path<(String, String)>,
    parameters: Parameters,
) -> Answer<Json<Quotas>> {
    let asked = asked(&parameters);
    let quotas = api
        .core
        .project_quotas(&caller, &project, &task_type, asked)
        .await?;
    Ok(Json(quotas))
}

/// `GET /data/projects/ID/quotas/persons/ID`.
pub(crate) async fn person_quotas(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((project, person)): Path<(String, String)>,
    parameters: Parameters,
) -> Answer<Json<Quotas>> {
    let asked = asked(&parameters);
    let quotas = api
        .core
        .person_quotas(&caller, &project, &person, asked)
        .await?;
    Ok(Json(quotas))
}

fn asked(parameters: &Parameters) -> Asked {
    let count_mode = parameters.text("count_mode");
    Asked {
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
) -> Answer<Json<Vec<Map<String, Value>>>> {
    let place = (&*project, &*task_type);
    let episode = query.first("episode_id");
    let shots = api
        .core
        .set_frames_from_previews(&caller, place, episode)
        .await?;
    Ok(Json(shots))
}
