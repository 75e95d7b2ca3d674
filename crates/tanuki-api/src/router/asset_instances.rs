//! Routes of asset instances.

use tanuki_core::breakdown::{Instances, shapes};
use tanuki_core::entities::Kind;

use crate::manifest::Routes;
use crate::routes::asset_instances as instances;

/// Mounts instances in assets, then those in scenes and shots.
pub(super) fn mount(routes: Routes) -> Routes {
    of_breakdown(of_assets(routes))
}

fn of_assets(routes: Routes) -> Routes {
    routes
        .tag("Assets")
        .get(
            "/data/assets/{asset_id}/shot-asset-instances",
            "Instances of an asset by the shots that they are in",
            |caller, state, id| instances::list(Instances::OfAssetByShot, caller, state, id),
        )
        .answers(|| shapes::instance().list().by_key())
        .get(
            "/data/assets/{asset_id}/scene-asset-instances",
            "Instances of an asset by the layout scenes that they are in",
            |caller, state, id| instances::list(Instances::OfAssetByScene, caller, state, id),
        )
        .answers(|| shapes::instance().list().by_key())
        .get(
            "/data/assets/{asset_id}/asset-asset-instances",
            "Instances of other assets that are in an asset",
            |caller, state, id| instances::list(Instances::InAsset, caller, state, id),
        )
        .answers(|| shapes::instance().list().by_key())
        .post(
            "/data/assets/{asset_id}/asset-asset-instances",
            "Put an instance of an asset into another one",
            instances::add_to_asset,
        )
        .creates(shapes::instance)
}

fn of_breakdown(routes: Routes) -> Routes {
    routes
        .tag("Breakdown")
        .get(
            "/data/scenes/{scene_id}/asset-instances",
            "Instances of assets that are in a layout scene",
            |caller, state, id| instances::list(Instances::InScene, caller, state, id),
        )
        .answers(|| shapes::instance().list().by_key())
        .post(
            "/data/scenes/{scene_id}/asset-instances",
            "Put an instance of an asset into a layout scene",
            instances::add_to_scene,
        )
        .creates(shapes::instance)
        .get(
            "/data/scenes/{scene_id}/camera-instances",
            "Instances of cameras that are in a layout scene",
            |caller, state, id| instances::list(Instances::CamerasInScene, caller, state, id),
        )
        .answers(|| shapes::instance().list().by_key())
        .get(
            "/data/shots/{shot_id}/asset-instances",
            "Instances of assets that are in a shot",
            |caller, state, id| instances::list(Instances::InShot, caller, state, id),
        )
        .answers(|| shapes::instance().list().by_key())
        .post(
            "/data/shots/{shot_id}/asset-instances",
            "Put an instance of an asset into a shot",
            instances::add_to_shot,
        )
        .creates(|| Kind::Shot.row_shape())
        .delete(
            "/data/shots/{shot_id}/asset-instances/{asset_instance_id}",
            "Take an instance of an asset out of a shot",
            instances::remove_from_shot,
        )
        .answers_nothing()
}
