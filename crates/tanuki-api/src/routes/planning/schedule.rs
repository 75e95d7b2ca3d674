//! Milestones and schedule items of a project.

use axum::extract::State;
use serde::Deserialize;
use tanuki_core::MaybeId;
use tanuki_core::planning::schedule::ScheduledTable;

use crate::error::HandlerResult;
use crate::extract::{Authenticated, PathIds, Query};
use crate::{Api, response};

/// The ids in the path of the schedule of a task type.
#[derive(Debug, Deserialize)]
pub(crate) struct TaskTypePath {
    project_id: MaybeId,
    task_type_id: MaybeId,
}

/// `GET /data/projects/ID/milestones`.
pub(crate) async fn milestones(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<MaybeId>,
) -> HandlerResult {
    response::stream(api.core.planning().milestones(&caller, &project).await?).await
}

/// `GET /data/projects/ID/schedule-items`.
pub(crate) async fn items(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<MaybeId>,
) -> HandlerResult {
    response::stream(
        api.core
            .planning()
            .schedule_items(&caller, &project)
            .await?,
    )
    .await
}

/// `GET /data/projects/ID/schedule-items/task-types`.
pub(crate) async fn task_types(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<MaybeId>,
) -> HandlerResult {
    response::stream(
        api.core
            .planning()
            .task_type_schedule(&caller, &project)
            .await?,
    )
    .await
}

/// `GET /data/projects/ID/schedule-items/ID/asset-types`.
pub(crate) async fn asset_types(
    caller: Authenticated,
    state: State<Api>,
    path: PathIds<TaskTypePath>,
    query: Query,
) -> HandlerResult {
    items_of(ScheduledTable::AssetTypes, caller, state, path, query).await
}

/// `GET /data/projects/ID/schedule-items/ID/episodes`.
pub(crate) async fn episodes(
    caller: Authenticated,
    state: State<Api>,
    path: PathIds<TaskTypePath>,
    query: Query,
) -> HandlerResult {
    items_of(ScheduledTable::Episodes, caller, state, path, query).await
}

/// `GET /data/projects/ID/schedule-items/ID/sequences`.
pub(crate) async fn sequences(
    caller: Authenticated,
    state: State<Api>,
    path: PathIds<TaskTypePath>,
    query: Query,
) -> HandlerResult {
    items_of(ScheduledTable::Sequences, caller, state, path, query).await
}

/// `GET /data/projects/ID/schedule-items/ID/edits`.
pub(crate) async fn edits(
    caller: Authenticated,
    state: State<Api>,
    path: PathIds<TaskTypePath>,
    query: Query,
) -> HandlerResult {
    items_of(ScheduledTable::Edits, caller, state, path, query).await
}

async fn items_of(
    what: ScheduledTable,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<TaskTypePath>,
    query: Query,
) -> HandlerResult {
    let episode = query.id("episode_id");
    let items = api
        .core
        .planning()
        .schedule_of(
            &caller,
            &path.project_id,
            &path.task_type_id,
            what,
            episode.as_ref(),
        )
        .await?;
    response::stream(items).await
}
