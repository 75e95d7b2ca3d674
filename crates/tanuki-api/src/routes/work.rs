//! `/data/user/…`: entities and tasks that are assigned to the caller.

use axum::extract::{Path, State};
use tanuki_core::work::{ASSET, SCENE, SEQUENCE, SHOT};

use crate::error::HandlerResult;
use crate::extract::Person;
use crate::{Api, response};

/// `GET /data/user/projects/ID/asset-types`.
pub(crate) async fn asset_types(
    Person(caller): Person,
    State(api): State<Api>,
    Path(project): Path<String>,
) -> HandlerResult {
    response::stream(api.core.my_asset_types(&caller, &project).await?).await
}

/// `GET /data/user/projects/ID/asset-types/ID/assets`.
pub(crate) async fn assets(
    Person(caller): Person,
    State(api): State<Api>,
    Path((project, asset_type)): Path<(String, String)>,
) -> HandlerResult {
    response::stream(api.core.my_assets(&caller, &project, &asset_type).await?).await
}

/// `GET /data/user/projects/ID/episodes`.
pub(crate) async fn episodes(
    Person(caller): Person,
    State(api): State<Api>,
    Path(project): Path<String>,
) -> HandlerResult {
    response::stream(api.core.my_episodes(&caller, &project).await?).await
}

/// `GET /data/user/projects/ID/sequences`.
pub(crate) async fn sequences(
    Person(caller): Person,
    State(api): State<Api>,
    Path(project): Path<String>,
) -> HandlerResult {
    response::stream(api.core.my_sequences(&caller, &project).await?).await
}

/// `GET /data/user/sequences/ID/shots`.
pub(crate) async fn shots(
    Person(caller): Person,
    State(api): State<Api>,
    Path(sequence): Path<String>,
) -> HandlerResult {
    response::stream(api.core.my_shots(&caller, &sequence).await?).await
}

/// `GET /data/user/sequences/ID/scenes`.
pub(crate) async fn scenes(
    Person(caller): Person,
    State(api): State<Api>,
    Path(sequence): Path<String>,
) -> HandlerResult {
    response::stream(api.core.my_scenes(&caller, &sequence).await?).await
}

/// `GET /data/user/shots/ID/tasks`.
pub(crate) async fn shot_tasks(
    Person(caller): Person,
    State(api): State<Api>,
    Path(id): Path<String>,
) -> HandlerResult {
    response::stream(api.core.my_tasks(&caller, &id, SHOT).await?).await
}

/// `GET /data/user/shots/ID/task-types`.
pub(crate) async fn shot_task_types(
    Person(caller): Person,
    State(api): State<Api>,
    Path(id): Path<String>,
) -> HandlerResult {
    response::stream(api.core.my_task_types(&caller, &id, SHOT).await?).await
}

/// `GET /data/user/assets/ID/tasks`.
pub(crate) async fn asset_tasks(
    Person(caller): Person,
    State(api): State<Api>,
    Path(id): Path<String>,
) -> HandlerResult {
    response::stream(api.core.my_tasks(&caller, &id, ASSET).await?).await
}

/// `GET /data/user/assets/ID/task-types`.
pub(crate) async fn asset_task_types(
    Person(caller): Person,
    State(api): State<Api>,
    Path(id): Path<String>,
) -> HandlerResult {
    response::stream(api.core.my_task_types(&caller, &id, ASSET).await?).await
}

/// `GET /data/user/scenes/ID/tasks`.
pub(crate) async fn scene_tasks(
    Person(caller): Person,
    State(api): State<Api>,
    Path(id): Path<String>,
) -> HandlerResult {
    response::stream(api.core.my_tasks(&caller, &id, SCENE).await?).await
}

/// `GET /data/user/scenes/ID/task-types`.
pub(crate) async fn scene_task_types(
    Person(caller): Person,
    State(api): State<Api>,
    Path(id): Path<String>,
) -> HandlerResult {
    response::stream(api.core.my_task_types(&caller, &id, SCENE).await?).await
}

/// `GET /data/user/sequences/ID/tasks`.
pub(crate) async fn sequence_tasks(
    Person(caller): Person,
    State(api): State<Api>,
    Path(id): Path<String>,
) -> HandlerResult {
    response::stream(api.core.my_tasks(&caller, &id, SEQUENCE).await?).await
}

/// `GET /data/user/sequences/ID/task-types`.
pub(crate) async fn sequence_task_types(
    Person(caller): Person,
    State(api): State<Api>,
    Path(id): Path<String>,
) -> HandlerResult {
    response::stream(api.core.my_task_types(&caller, &id, SEQUENCE).await?).await
}
