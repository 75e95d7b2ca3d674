//! Routes of the breakdown: castings, and assets that projects share.

use serde_json::{Value, json};

use crate::extract::id_schema;
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
        .put(
            "/data/projects/{project_id}/entities/{entity_id}/casting",
            "Replace what is cast in an entity",
            breakdown::update,
        )
        .json(casting)
        .put(
            "/data/projects/{project_id}/entities/casting",
            "Replace what is cast in several entities",
            breakdown::update_many,
        )
        .json(|| json!({"type": "object", "additionalProperties": casting()}))
        .put(
            "/data/projects/{project_id}/entities/casting/assets/{asset_id}",
            "Cast an asset in several entities, or in none of them any longer",
            breakdown::cast_asset,
        )
        .get(
            "/data/projects/{project_id}/episodes/casting",
            "Castings of the episodes of a production",
            breakdown::of_episodes,
        )
        .get(
            "/data/projects/{project_id}/sequences/all/casting",
            "Castings of the shots of a production",
            breakdown::of_shots,
        )
        .get(
            "/data/projects/{project_id}/episodes/{episode_id}/sequences/all/casting",
            "Castings of the shots of an episode",
            breakdown::of_episode,
        )
        .get(
            "/data/projects/{project_id}/sequences/{sequence_id}/casting",
            "Castings of the shots of a sequence",
            breakdown::of_sequence,
        )
        .get(
            "/data/projects/{project_id}/asset-types/{asset_type_id}/casting",
            "Castings of the assets of a type",
            breakdown::of_asset_type,
        )
        .get(
            "/data/projects/{project_id}/entity-links",
            "Links of the breakdown of a production",
            breakdown::links,
        )
        .delete(
            "/data/projects/{project_id}/entity-links/{entity_link_id}",
            "Take an asset out of what it is cast in",
            breakdown::remove_link,
        )
}

fn of_assets(routes: Routes) -> Routes {
    routes
        .tag("Assets")
        .get(
            "/data/assets/{asset_id}/casting",
            "What is cast in an asset",
            breakdown::asset_casting,
        )
        .put(
            "/data/assets/{asset_id}/casting",
            "Replace what is cast in an asset",
            breakdown::update_asset,
        )
        .get(
            "/data/assets/{asset_id}/cast-in",
            "What an asset is cast in",
            breakdown::cast_in,
        )
}

fn sharing(routes: Routes) -> Routes {
    routes
        .tag("Assets")
        .post(
            "/actions/assets/share",
            "Let other productions use assets, or no longer",
            sharing::assets,
        )
        .post(
            "/actions/projects/{project_id}/assets/share",
            "Let other productions use the assets of one, or no longer",
            sharing::project_assets,
        )
        .post(
            "/actions/projects/{project_id}/asset-types/{asset_type_id}/assets/share",
            "Let other productions use the assets of a type, or no longer",
            sharing::assets_of_type,
        )
        .get(
            "/data/projects/{project_id}/assets/shared-used",
            "Assets of other productions that a production uses",
            sharing::used,
        )
        .get(
            "/data/projects/{project_id}/episodes/{episode_id}/assets/shared-used",
            "Assets of other productions that an episode uses",
            sharing::used_in_episode,
        )
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
