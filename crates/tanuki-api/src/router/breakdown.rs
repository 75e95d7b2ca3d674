//! Routes of the breakdown: castings, and assets that projects share.

use serde_json::{Value, json};
use tanuki_core::Shape;
use tanuki_core::breakdown::{Castings, shapes};

use crate::extract::{QueryParameter, id_schema};
use crate::manifest::Routes;
use crate::routes::{breakdown, sharing};

/// Mounts castings, then shared assets.
pub(super) fn mount(routes: Routes) -> Routes {
    sharing(of_assets(castings(routes)))
}

fn castings(routes: Routes) -> Routes {
    routes
        .tag("Breakdown")
        .get(
            "/data/projects/{project_id}/entities/{entity_id}/casting",
            "Casting of an entity",
            breakdown::casting,
        )
        .answers(|| shapes::casting().list())
        .put(
            "/data/projects/{project_id}/entities/{entity_id}/casting",
            "Replace the casting of an entity",
            breakdown::update,
        )
        .json(casting)
        .answers(|| Shape::any().list())
        .put(
            "/data/projects/{project_id}/entities/casting",
            "Replace the castings of several entities",
            breakdown::update_many,
        )
        .json(|| json!({"type": "object", "additionalProperties": casting()}))
        .answers(|| Shape::any().list().by_key())
        .put(
            "/data/projects/{project_id}/entities/casting/assets/{asset_id}",
            "Set how often an asset is cast in several entities",
            breakdown::cast_asset,
        )
        .answers(|| shapes::casting().list().by_key())
        .get(
            "/data/projects/{project_id}/episodes/casting",
            "Castings of the episodes of a production",
            breakdown::of_episodes,
        )
        .answers(|| Castings::Episodes.shape())
        .get(
            "/data/projects/{project_id}/sequences/all/casting",
            "Castings of the shots of a production",
            breakdown::of_shots,
        )
        .answers(|| Castings::Shots.shape())
        .get(
            "/data/projects/{project_id}/episodes/{episode_id}/sequences/all/casting",
            "Castings of the shots of an episode",
            breakdown::of_episode,
        )
        .answers(|| Castings::Shots.shape())
        .get(
            "/data/projects/{project_id}/sequences/{sequence_id}/casting",
            "Castings of the shots of a sequence",
            breakdown::of_sequence,
        )
        .answers(|| Castings::Shots.shape())
        .get(
            "/data/projects/{project_id}/asset-types/{asset_type_id}/casting",
            "Castings of the assets of a type",
            breakdown::of_asset_type,
        )
        .answers(|| Castings::AssetsOfType(&String::new().into()).shape())
        .get(
            "/data/projects/{project_id}/entity-links",
            "Casting links of a production",
            breakdown::links,
        )
        .query(&[
            QueryParameter::Integer("page"),
            QueryParameter::Integer("limit"),
            QueryParameter::Text("cursor_created_at"),
        ])
        .answers(shapes::links)
        .delete(
            "/data/projects/{project_id}/entity-links/{entity_link_id}",
            "Delete a casting link",
            breakdown::remove_link,
        )
        .answers(shapes::link)
}

fn of_assets(routes: Routes) -> Routes {
    routes
        .tag("Assets")
        .get(
            "/data/assets/{asset_id}/casting",
            "Casting of an asset",
            breakdown::asset_casting,
        )
        .answers(|| shapes::casting().list())
        .put(
            "/data/assets/{asset_id}/casting",
            "Replace the casting of an asset",
            breakdown::update_asset,
        )
        .answers(|| shapes::wanted().list())
        .get(
            "/data/assets/{asset_id}/cast-in",
            "Shots and assets that an asset is cast in",
            breakdown::cast_in,
        )
        .answers(|| shapes::cast_in().list())
}

fn sharing(routes: Routes) -> Routes {
    routes
        .tag("Assets")
        .post(
            "/actions/assets/share",
            "Share assets with other productions, or stop sharing them",
            sharing::assets,
        )
        .answers(|| shapes::asset().list())
        .post(
            "/actions/projects/{project_id}/assets/share",
            "Share the assets of a production, or stop sharing them",
            sharing::project_assets,
        )
        .answers(|| shapes::asset().list())
        .post(
            "/actions/projects/{project_id}/asset-types/{asset_type_id}/assets/share",
            "Share the assets of a type, or stop sharing them",
            sharing::assets_of_type,
        )
        .answers(|| shapes::asset().list())
        .get(
            "/data/projects/{project_id}/assets/shared-used",
            "Shared assets of other productions that are cast in a production",
            sharing::used,
        )
        .answers(|| shapes::asset().list())
        .get(
            "/data/projects/{project_id}/episodes/{episode_id}/assets/shared-used",
            "Shared assets of other productions that are cast in an episode",
            sharing::used_in_episode,
        )
        .answers(|| shapes::asset().list())
}

/// The schema of a casting, as it is replaced.
fn casting() -> Value {
    json!({
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "asset_id": id_schema(),
                "nb_occurences": {"type": "integer", "default": 1},
                "label": {"type": ["string", "null"]},
            },
            "required": ["asset_id"],
        },
    })
}
