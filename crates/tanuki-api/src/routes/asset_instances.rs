//! Asset instances in scenes, in assets and in shots.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use tanuki_core::breakdown::{Instances, NewInstance};
use tanuki_core::{JsonRow, MaybeId};
use uuid::Uuid;

use crate::error::HandlerResult;
use crate::extract::{ActionBody, Authenticated, Body, Fields, PathIds};
use crate::{Api, response};

type Created = HandlerResult<(StatusCode, Json<JsonRow>)>;

/// `GET` of the asset instances in a scene, a shot or an asset, or of an asset.
pub(crate) async fn list(
    of: Instances,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(
        api.core
            .breakdown()
            .asset_instances(&caller, of, id)
            .await?,
    )
    .await
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
    PathIds(scene): PathIds<MaybeId>,
    arguments: Body<InSceneBody>,
) -> Created {
    let InSceneBody(new) = arguments.validate()?;
    let scene = scene.found()?;
    let row = api
        .core
        .breakdown()
        .instantiate_in_scene(&caller, scene, new)
        .await?;
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
    PathIds(asset): PathIds<MaybeId>,
    arguments: Body<InAssetBody>,
) -> Created {
    let InAssetBody(new) = arguments.validate()?;
    let asset = asset.found()?;
    let row = api
        .core
        .breakdown()
        .instantiate_in_asset(&caller, asset, new)
        .await?;
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
    PathIds(shot): PathIds<MaybeId>,
    arguments: Body<AddAssetInstance>,
) -> Created {
    let AddAssetInstance { instance } = arguments.validate()?;
    let shot = shot.found()?;
    let row = api
        .core
        .breakdown()
        .cast_instance(&caller, shot, instance)
        .await?;
    Ok((StatusCode::CREATED, Json(row)))
}

/// The ids in the path of an instance that is cast in a shot.
#[derive(Debug, Deserialize)]
pub(crate) struct ShotInstancePath {
    shot_id: Uuid,
    asset_instance_id: MaybeId,
}

/// `DELETE /data/shots/ID/asset-instances/ID`.
pub(crate) async fn remove_from_shot(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<ShotInstancePath>,
) -> HandlerResult {
    api.core
        .breakdown()
        .uncast_instance(&caller, path.shot_id, &path.asset_instance_id)
        .await?;
    Ok(response::no_content())
}
