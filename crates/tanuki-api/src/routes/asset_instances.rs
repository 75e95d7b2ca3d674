//! Asset instances in scenes, in assets and in shots.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Map, Value};
use tanuki_core::Error;
use tanuki_core::breakdown::{Instances, NewInstance};

use crate::error::HandlerResult;
use crate::extract::{Arguments, Authenticated, Fields};
use crate::{Api, response};

type Created = HandlerResult<(StatusCode, Json<Map<String, Value>>)>;

/// `GET` of the asset instances in a scene, a shot or an asset, or of an asset.
pub(crate) async fn list(
    of: Instances,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(id): Path<String>,
) -> HandlerResult {
    response::stream(api.core.asset_instances(&caller, of, &id).await?).await
}

/// `POST /data/scenes/ID/asset-instances`.
pub(crate) async fn add_to_scene(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(scene): Path<String>,
    arguments: Arguments,
) -> Created {
    let new = read(arguments, "AddSceneAssetInstanceSchema", "asset_id")?;
    let row = api.core.instantiate_in_scene(&caller, &scene, new).await?;
    Ok((StatusCode::CREATED, Json(row)))
}

/// `POST /data/assets/ID/asset-asset-instances`.
pub(crate) async fn add_to_asset(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(asset): Path<String>,
    arguments: Arguments,
) -> Created {
    let new = read(arguments, "AssetInstanceSchema", "asset_to_instantiate_id")?;
    let row = api.core.instantiate_in_asset(&caller, &asset, new).await?;
    Ok((StatusCode::CREATED, Json(row)))
}

/// Reads a new instance; `asset` is the field with the id of the asset.
fn read(arguments: Arguments, schema: &str, asset: &str) -> Result<NewInstance, Error> {
    let mut fields = Fields::of(arguments, schema)?;
    let new = NewInstance {
        asset_id: fields.required_id(asset),
        description: fields.optional_text("description"),
    };
    fields.finish()?;
    Ok(new)
}

/// `POST /data/shots/ID/asset-instances`.
pub(crate) async fn add_to_shot(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(shot): Path<String>,
    arguments: Arguments,
) -> Created {
    let mut fields = Fields::of(arguments, "AddAssetInstanceSchema")?;
    let instance = fields.required_id("asset_instance_id");
    fields.finish()?;
    let row = api.core.cast_instance(&caller, &shot, instance).await?;
    Ok((StatusCode::CREATED, Json(row)))
}

/// `DELETE /data/shots/ID/asset-instances/ID`.
pub(crate) async fn remove_from_shot(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((shot, instance)): Path<(String, String)>,
) -> HandlerResult {
    api.core.uncast_instance(&caller, &shot, &instance).await?;
    Ok(response::no_content())
}
