//! Asset instances in scenes, in assets and in shots.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Map, Value};
use tanuki_core::breakdown::{Instances, NewInstance};
use uuid::Uuid;

use crate::error::HandlerResult;
use crate::extract::{ActionBody, Authenticated, Body, Fields};
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

/// The body of `POST /data/scenes/ID/asset-instances`.
#[derive(Debug)]
pub(crate) struct InSceneBody(NewInstance);

impl ActionBody for InSceneBody {
    const SCHEMA: &'static str = "AddSceneAssetInstanceSchema";

    fn read(fields: &mut Fields) -> Self {
        Self(new_instance(fields, "asset_id"))
    }
}

/// `POST /data/scenes/ID/asset-instances`.
pub(crate) async fn add_to_scene(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(scene): Path<String>,
    arguments: Body<InSceneBody>,
) -> Created {
    let InSceneBody(new) = arguments.validate()?;
    let row = api.core.instantiate_in_scene(&caller, &scene, new).await?;
    Ok((StatusCode::CREATED, Json(row)))
}

/// The body of `POST /data/assets/ID/asset-asset-instances`.
#[derive(Debug)]
pub(crate) struct InAssetBody(NewInstance);

impl ActionBody for InAssetBody {
    const SCHEMA: &'static str = "AssetInstanceSchema";

    fn read(fields: &mut Fields) -> Self {
        Self(new_instance(fields, "asset_to_instantiate_id"))
    }
}

/// `POST /data/assets/ID/asset-asset-instances`.
pub(crate) async fn add_to_asset(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(asset): Path<String>,
    arguments: Body<InAssetBody>,
) -> Created {
    let InAssetBody(new) = arguments.validate()?;
    let row = api.core.instantiate_in_asset(&caller, &asset, new).await?;
    Ok((StatusCode::CREATED, Json(row)))
}

/// Reads a new instance; `asset` is the field with the id of the asset.
fn new_instance(fields: &mut Fields, asset: &str) -> NewInstance {
    NewInstance {
        asset_id: fields.required_id(asset),
        description: fields.optional_text("description"),
    }
}

/// The body of `POST /data/shots/ID/asset-instances`.
#[derive(Debug)]
pub(crate) struct AddAssetInstance {
    instance: Uuid,
}

impl ActionBody for AddAssetInstance {
    const SCHEMA: &'static str = "AddAssetInstanceSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            instance: fields.required_id("asset_instance_id"),
        }
    }
}

/// `POST /data/shots/ID/asset-instances`.
pub(crate) async fn add_to_shot(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(shot): Path<String>,
    arguments: Body<AddAssetInstance>,
) -> Created {
    let AddAssetInstance { instance } = arguments.validate()?;
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
