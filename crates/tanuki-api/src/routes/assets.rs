//! Assets, castings of assets, and asset types.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use tanuki_core::entities::Kind;
use tanuki_core::{JsonRow, MaybeId};
use uuid::Uuid;

use crate::error::HandlerResult;
use crate::extract::{Authenticated, PathIds, Query};
use crate::{Api, response};

/// `GET /data/assets`.
pub(crate) async fn all(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Query(parameters): Query,
) -> HandlerResult {
    response::stream(api.core.entities().assets(&caller, &parameters).await?).await
}

/// `GET /data/projects/ID/assets`.
pub(crate) async fn of_project(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<MaybeId>,
    query: Query,
) -> HandlerResult {
    let Query(parameters) = query.with("project_id", project.as_str());
    response::stream(api.core.entities().assets(&caller, &parameters).await?).await
}

/// The ids in the path of the assets of a type in a project.
#[derive(Debug, Deserialize)]
pub(crate) struct ProjectAssetTypePath {
    project_id: MaybeId,
    asset_type_id: MaybeId,
}

/// `GET /data/projects/ID/asset-types/ID/assets`.
pub(crate) async fn of_type(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<ProjectAssetTypePath>,
    query: Query,
) -> HandlerResult {
    let query = query.with("project_id", path.project_id.as_str());
    let Query(parameters) = query.with("entity_type_id", path.asset_type_id.as_str());
    response::stream(api.core.entities().assets(&caller, &parameters).await?).await
}

/// `GET /data/assets/ID/assets` and `/data/shots/ID/assets`.
pub(crate) async fn cast_in(
    kind: Kind,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(api.core.entities().cast_assets(&caller, kind, id).await?).await
}

/// `GET /data/asset-types`.
pub(crate) async fn types(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Query(parameters): Query,
) -> HandlerResult {
    response::stream(api.core.entities().asset_types(&caller, &parameters)?).await
}

/// `GET /data/asset-types/ID`.
pub(crate) async fn asset_type(
    Authenticated(_): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
) -> HandlerResult<Json<JsonRow>> {
    Ok(Json(api.core.entities().asset_type(id).await?))
}

/// `GET /data/projects/ID/asset-types`.
pub(crate) async fn types_of_project(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<MaybeId>,
) -> HandlerResult {
    response::stream(
        api.core
            .entities()
            .project_asset_types(&caller, &project)
            .await?,
    )
    .await
}

/// `GET /data/shots/ID/asset-types`.
pub(crate) async fn types_of_shot(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(shot): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(api.core.entities().shot_asset_types(&caller, shot).await?).await
}
