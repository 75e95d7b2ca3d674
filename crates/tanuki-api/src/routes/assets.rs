//! Assets, castings of assets, and asset types.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Map, Value};
use tanuki_core::entities::Kind;

use crate::error::HandlerResult;
use crate::extract::{Authenticated, Query};
use crate::{Api, response};

/// `GET /data/assets`.
pub(crate) async fn all(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Query(parameters): Query,
) -> HandlerResult {
    response::stream(api.core.assets(&caller, &parameters).await?).await
}

/// `GET /data/projects/ID/assets`.
pub(crate) async fn of_project(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(project): Path<String>,
    query: Query,
) -> HandlerResult {
    let Query(parameters) = query.with("project_id", project);
    response::stream(api.core.assets(&caller, &parameters).await?).await
}

/// `GET /data/projects/ID/asset-types/ID/assets`.
pub(crate) async fn of_type(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((project, asset_type)): Path<(String, String)>,
    query: Query,
) -> HandlerResult {
    let query = query.with("project_id", project);
    let Query(parameters) = query.with("entity_type_id", asset_type);
    response::stream(api.core.assets(&caller, &parameters).await?).await
}

/// `GET /data/assets/ID/assets` and `/data/shots/ID/assets`.
pub(crate) async fn cast_in(
    kind: Kind,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(id): Path<String>,
) -> HandlerResult {
    response::stream(api.core.cast_assets(&caller, kind, &id).await?).await
}

/// `GET /data/asset-types`.
pub(crate) async fn types(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Query(parameters): Query,
) -> HandlerResult {
    response::stream(api.core.asset_types(&caller, &parameters)?).await
}

/// `GET /data/asset-types/ID`.
pub(crate) async fn asset_type(
    Authenticated(_): Authenticated,
    State(api): State<Api>,
    Path(id): Path<String>,
) -> HandlerResult<Json<Map<String, Value>>> {
    Ok(Json(api.core.asset_type(&id).await?))
}

/// `GET /data/projects/ID/asset-types`.
pub(crate) async fn types_of_project(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(project): Path<String>,
) -> HandlerResult {
    response::stream(api.core.project_asset_types(&caller, &project).await?).await
}

/// `GET /data/shots/ID/asset-types`.
pub(crate) async fn types_of_shot(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(shot): Path<String>,
) -> HandlerResult {
    response::stream(api.core.shot_asset_types(&caller, &shot).await?).await
}
