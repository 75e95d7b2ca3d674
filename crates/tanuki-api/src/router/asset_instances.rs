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
            "Asset instances of an asset in shots, by shot",
            |caller, state, id| instances::list(Instances::OfAssetByShot, caller, state, id),
        )
        .answers(|| shapes::instance().list().by_key())
        .get(
            "/data/assets/{asset_id}/scene-asset-instances",
            "Asset instances of an asset in layout scenes, by scene",
            |caller, state, id| instances::list(Instances::OfAssetByScene, caller, state, id),
        )
        .answers(|| shapes::instance().list().by_key())
        .get(
            "/data/assets/{asset_id}/asset-asset-instances",
            "Asset instances in an asset, by asset",
            |caller, state, id| instances::list(Instances::InAsset, caller, state, id),
        )
        .answers(|| shapes::instance().list().by_key())
        .post(
            "/data/assets/{asset_id}/asset-asset-instances",
            "Create an asset instance in an asset",
            instances::add_to_asset,
        )
        .creates(shapes::instance)
}

fn of_breakdown(routes: Routes) -> Routes {
    routes
        .tag("Breakdown")
        .get(
            "/data/scenes/{scene_id}/asset-instances",
            "Asset instances of a layout scene",
            |caller, state, id| instances::list(Instances::InScene, caller, state, id),
        )
        .answers(|| shapes::instance().list().by_key())
        .post(
            "/data/scenes/{scene_id}/asset-instances",
            "Create an asset instance in a layout scene",
            instances::add_to_scene,
        )
        .creates(shapes::instance)
        .get(
            "/data/scenes/{scene_id}/camera-instances",
            "Camera instances of a layout scene",
            |caller, state, id| instances::list(Instances::CamerasInScene, caller, state, id),
        )
        .answers(|| shapes::instance().list().by_key())
        .get(
            "/data/shots/{shot_id}/asset-instances",
            "Asset instances of a shot",
            |caller, state, id| instances::list(Instances::InShot, caller, state, id),
        )
        .answers(|| shapes::instance().list().by_key())
        .post(
            "/data/shots/{shot_id}/asset-instances",
            "Add an asset instance to a shot",
            instances::add_to_shot,
        )
        .creates(|| Kind::Shot.row_shape())
        .delete(
            "/data/shots/{shot_id}/asset-instances/{asset_instance_id}",
            "Remove an asset instance from a shot",
            instances::remove_from_shot,
        )
        .answers_nothing()
}
