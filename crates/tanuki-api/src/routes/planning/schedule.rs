//! Milestones and schedule items of a project.

use axum::extract::{Path, State};
use tanuki_core::planning::schedule::ScheduledTable;

use crate::error::HandlerResult;
use crate::extract::{Authenticated, Query};
use crate::{Api, response};

type OfTaskType = Path<(String, String)>;

/// `GET /data/projects/ID/milestones`.
pub(crate) async fn milestones(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(project): Path<String>,
) -> HandlerResult {
    response::stream(api.core.milestones(&caller, &project).await?).await
}

/// `GET /data/projects/ID/schedule-items`.
pub(crate) async fn items(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(project): Path<String>,
) -> HandlerResult {
    response::stream(api.core.schedule_items(&caller, &project).await?).await
}

/// `GET /data/projects/ID/schedule-items/task-types`.
pub(crate) async fn task_types(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(project): Path<String>,
) -> HandlerResult {
    response::stream(api.core.task_type_schedule(&caller, &project).await?).await
}

/// `GET /data/projects/ID/schedule-items/ID/asset-types`.
pub(crate) async fn asset_types(
    caller: Authenticated,
    state: State<Api>,
    path: OfTaskType,
    query: Query,
) -> HandlerResult {
    items_of(ScheduledTable::AssetTypes, caller, state, path, query).await
}

/// `GET /data/projects/ID/schedule-items/ID/episodes`.
pub(crate) async fn episodes(
    caller: Authenticated,
    state: State<Api>,
    path: OfTaskType,
    query: Query,
) -> HandlerResult {
    items_of(ScheduledTable::Episodes, caller, state, path, query).await
}

/// `GET /data/projects/ID/schedule-items/ID/sequences`.
pub(crate) async fn sequences(
    caller: Authenticated,
    state: State<Api>,
    path: OfTaskType,
    query: Query,
) -> HandlerResult {
    items_of(ScheduledTable::Sequences, caller, state, path, query).await
}

/// `GET /data/projects/ID/schedule-items/ID/edits`.
pub(crate) async fn edits(
    caller: Authenticated,
    state: State<Api>,
    path: OfTaskType,
    query: Query,
) -> HandlerResult {
    items_of(ScheduledTable::Edits, caller, state, path, query).await
}

async fn items_of(
    what: ScheduledTable,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((project, task_type)): OfTaskType,
    query: Query,
) -> HandlerResult {
    let place = (&*project, &*task_type);
    let episode = query.first("episode_id");
    let items = api.core.schedule_of(&caller, place, what, episode).await?;
    response::stream(items).await
}
