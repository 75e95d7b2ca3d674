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
            "What is cast in an entity",
            breakdown::casting,
        )
        .answers(|| shapes::casting().list())
        .put(
            "/data/projects/{project_id}/entities/{entity_id}/casting",
            "Replace what is cast in an entity",
            breakdown::update,
        )
        .json(casting)
        .answers(|| Shape::any().list())
        .put(
            "/data/projects/{project_id}/entities/casting",
            "Replace what is cast in several entities",
            breakdown::update_many,
        )
        .json(|| json!({"type": "object", "additionalProperties": casting()}))
        .answers(|| Shape::any().list().by_key())
        .put(
            "/data/projects/{project_id}/entities/casting/assets/{asset_id}",
            "Cast an asset in several entities, or in none of them any longer",
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
            "Links of the breakdown of a production",
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
            "Take an asset out of what it is cast in",
            breakdown::remove_link,
        )
        .answers(shapes::link)
}

fn of_assets(routes: Routes) -> Routes {
    routes
        .tag("Assets")
        .get(
            "/data/assets/{asset_id}/casting",
            "What is cast in an asset",
            breakdown::asset_casting,
        )
        .answers(|| shapes::casting().list())
        .put(
            "/data/assets/{asset_id}/casting",
            "Replace what is cast in an asset",
            breakdown::update_asset,
        )
        .answers(|| shapes::wanted().list())
        .get(
            "/data/assets/{asset_id}/cast-in",
            "What an asset is cast in",
            breakdown::cast_in,
        )
        .answers(|| shapes::cast_in().list())
}

fn sharing(routes: Routes) -> Routes {
    routes
        .tag("Assets")
        .post(
            "/actions/assets/share",
            "Let other productions use assets, or no longer",
            sharing::assets,
        )
        .answers(|| shapes::asset().list())
        .post(
            "/actions/projects/{project_id}/assets/share",
            "Let other productions use the assets of one, or no longer",
            sharing::project_assets,
        )
        .answers(|| shapes::asset().list())
        .post(
            "/actions/projects/{project_id}/asset-types/{asset_type_id}/assets/share",
            "Let other productions use the assets of a type, or no longer",
            sharing::assets_of_type,
        )
        .answers(|| shapes::asset().list())
        .get(
            "/data/projects/{project_id}/assets/shared-used",
            "Assets of other productions that a production uses",
            sharing::used,
        )
        .answers(|| shapes::asset().list())
        .get(
            "/data/projects/{project_id}/episodes/{episode_id}/assets/shared-used",
            "Assets of other productions that an episode uses",
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
