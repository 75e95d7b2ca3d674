//! `/data/user/…`: entities and tasks that are assigned to the caller, and
//! their time.

pub(crate) mod time;
pub(crate) mod todos;

use axum::extract::State;
use serde::Deserialize;
use tanuki_core::MaybeId;
use tanuki_core::work::{ASSET, SCENE, SEQUENCE, SHOT};
use uuid::Uuid;

use crate::error::HandlerResult;
use crate::extract::{PathIds, Person};
use crate::{Api, response};

/// The ids in the path of the assets of a type in a project.
#[derive(Debug, Deserialize)]
pub(crate) struct AssetTypePath {
    project_id: Uuid,
    asset_type_id: MaybeId,
}

/// `GET /data/user/projects/ID/asset-types`.
pub(crate) async fn asset_types(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(project_id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(api.core.work().my_asset_types(&caller, project_id).await?).await
}

/// `GET /data/user/projects/ID/asset-types/ID/assets`.
pub(crate) async fn assets(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(path): PathIds<AssetTypePath>,
) -> HandlerResult {
    response::stream(
        api.core
            .work()
            .my_assets(&caller, path.project_id, &path.asset_type_id)
            .await?,
    )
    .await
}

/// `GET /data/user/projects/ID/episodes`.
pub(crate) async fn episodes(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(project_id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(api.core.work().my_episodes(&caller, project_id).await?).await
}

/// `GET /data/user/projects/ID/sequences`.
pub(crate) async fn sequences(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(project_id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(api.core.work().my_sequences(&caller, project_id).await?).await
}

/// `GET /data/user/sequences/ID/shots`.
pub(crate) async fn shots(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(sequence_id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(api.core.work().my_shots(&caller, sequence_id).await?).await
}

/// `GET /data/user/sequences/ID/scenes`.
pub(crate) async fn scenes(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(sequence_id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(api.core.work().my_scenes(&caller, sequence_id).await?).await
}

/// `GET /data/user/shots/ID/tasks`.
pub(crate) async fn shot_tasks(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(api.core.work().my_tasks(&caller, id, SHOT).await?).await
}

/// `GET /data/user/shots/ID/task-types`.
pub(crate) async fn shot_task_types(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(api.core.work().my_task_types(&caller, id, SHOT).await?).await
}

/// `GET /data/user/assets/ID/tasks`.
pub(crate) async fn asset_tasks(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(api.core.work().my_tasks(&caller, id, ASSET).await?).await
}

/// `GET /data/user/assets/ID/task-types`.
pub(crate) async fn asset_task_types(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(api.core.work().my_task_types(&caller, id, ASSET).await?).await
}

/// `GET /data/user/scenes/ID/tasks`.
pub(crate) async fn scene_tasks(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(api.core.work().my_tasks(&caller, id, SCENE).await?).await
}

/// `GET /data/user/scenes/ID/task-types`.
pub(crate) async fn scene_task_types(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(api.core.work().my_task_types(&caller, id, SCENE).await?).await
}

/// `GET /data/user/sequences/ID/tasks`.
pub(crate) async fn sequence_tasks(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(api.core.work().my_tasks(&caller, id, SEQUENCE).await?).await
}

/// `GET /data/user/sequences/ID/task-types`.
pub(crate) async fn sequence_task_types(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(api.core.work().my_task_types(&caller, id, SEQUENCE).await?).await
}
