//! Routes of assets, shots, sequences, episodes, scenes, edits and concepts.

use tanuki_core::Shape;
use tanuki_core::entities::{ENTITIES, ENTITY_TYPES, Kind, shapes};

use crate::extract::QueryParameter;
use crate::manifest::Routes;
use crate::routes::entities::{change, create, news};
use crate::routes::{assets, entities};

/// The paths and descriptions of a kind's routes.
struct Served {
    kind: Kind,
    tag: &'static str,
    /// The segment of the path.
    path: &'static str,
    one: &'static str,
    many: &'static str,
}

const fn served(kind: Kind, tag: &'static str, [path, one, many]: [&'static str; 3]) -> Served {
    Served {
        kind,
        tag,
        path,
        one,
        many,
    }
}

static ASSETS: Served = served(Kind::Asset, "Assets", ["assets", "asset", "assets"]);
static SHOTS: Served = served(Kind::Shot, "Shots", ["shots", "shot", "shots"]);
static SEQUENCES: Served = served(
    Kind::Sequence,
    "Shots",
    ["sequences", "sequence", "sequences"],
);
static EPISODES: Served = served(Kind::Episode, "Shots", ["episodes", "episode", "episodes"]);
static SCENES: Served = served(Kind::Scene, "Shots", ["scenes", "scene", "layout scenes"]);
static EDITS: Served = served(Kind::Edit, "Edits", ["edits", "edit", "edits"]);
static CONCEPTS: Served = served(
    Kind::Concept,
    "Concepts",
    ["concepts", "concept", "concepts"],
);
static FOLDERS: Served = served(
    Kind::ConceptFolder,
    "Concepts",
    ["concept-folders", "concept_folder", "folders of concepts"],
);

/// Whether what is deleted takes along what it owns, instead of being called
/// off.
const FORCE: &[QueryParameter] = &[QueryParameter::Flag("force")];

/// Filters and paging of news.
const NEWS_FILTERS: &[QueryParameter] = &[
    QueryParameter::Flag("only_preview"),
    QueryParameter::Id("task_type_id"),
    QueryParameter::Id("task_status_id"),
    QueryParameter::Id("episode_id"),
    QueryParameter::Id("person_id"),
    QueryParameter::Text("after"),
    QueryParameter::Text("before"),
    QueryParameter::Integer("page"),
    QueryParameter::Integer("limit"),
];

/// Mounts the routes of each kind of entity.
pub(super) fn mount(routes: Routes) -> Routes {
    let routes = each(
        routes,
        [
            &ASSETS, &SHOTS, &SEQUENCES, &EPISODES, &SCENES, &EDITS, &CONCEPTS,
        ],
        single,
    );
    let routes = each(
        routes,
        [
            &SHOTS, &SEQUENCES, &EPISODES, &SCENES, &EDITS, &CONCEPTS, &FOLDERS,
        ],
        in_project,
    );
    let routes = each(
        routes,
        [&SHOTS, &SEQUENCES, &EPISODES, &EDITS, &CONCEPTS],
        |routes, of| {
            let Served {
                kind, path, many, ..
            } = *of;
            let summary = format!("All {many} that the caller may see");
            let routes = routes.get(
                &format!("/data/{path}"),
                &summary,
                move |caller, state, query| entities::all(kind, caller, state, query),
            );
            all(routes, kind)
        },
    );
    // The paths that gazu requests.
    let routes = each(routes, [&SHOTS, &SCENES, &EDITS], |routes, of| {
        let Served {
            kind, path, many, ..
        } = *of;
        let summary = format!("All {many} that the caller may see");
        let routes = routes.get(
            &format!("/data/{path}/all"),
            &summary,
            move |caller, state, query| entities::all(kind, caller, state, query),
        );
        all(routes, kind)
    });
    let routes = each(routes, [&SHOTS, &EDITS], |routes, of| {
        let Served {
            kind, path, one, ..
        } = *of;
        let summary = format!("Versions of the {one}");
        routes
            .get(
                &format!("/data/{path}/{{{one}_id}}/versions"),
                &summary,
                move |caller, state, id| entities::versions(kind, caller, state, id),
            )
            .answers(|| shapes::version().list())
    });
    let routes = each(routes, [&SHOTS, &EDITS, &CONCEPTS], |routes, of| {
        let Served {
            kind, path, one, ..
        } = *of;
        let summary = format!("Previews of the {one} by task type");
        routes
            .get(
                &format!("/data/{path}/{{{one}_id}}/preview-files"),
                &summary,
                move |caller, state, id| entities::previews(kind, caller, state, id),
            )
            .answers(shapes::previews)
    });
    let routes = each(routes, [&ASSETS, &SHOTS], |routes, of| {
        let Served {
            kind, path, one, ..
        } = *of;
        let summary = format!("Assets of the casting of the {one}");
        routes
            .get(
                &format!("/data/{path}/{{{one}_id}}/assets"),
                &summary,
                move |caller, state, id| assets::cast_in(kind, caller, state, id),
            )
            .answers(|| Kind::Asset.row_shape().list())
    });
    of_assets(changes(within(routes)))
}

fn each<const N: usize>(
    routes: Routes,
    kinds: [&'static Served; N],
    mount: fn(Routes, &'static Served) -> Routes,
) -> Routes {
    kinds
        .into_iter()
        .fold(routes, |routes, of| mount(routes.tag(of.tag), of))
}

/// Mounts the routes of a single entity.
fn single(routes: Routes, of: &'static Served) -> Routes {
    let Served {
        kind, path, one, ..
    } = *of;
    let row = format!("/data/{path}/{{{one}_id}}");
    routes
        .get(
            &row,
            &format!("The {one} with its tasks and parents"),
            move |caller, state, id| entities::read(kind, caller, state, id),
        )
        .answers(move || kind.full_shape())
        .delete(
            &row,
            &format!("Delete the {one}, or cancel it"),
            move |caller, state, id, query| change::delete(kind, caller, state, id, query),
        )
        .query(FORCE)
        .answers_nothing()
        .get(
            &format!("{row}/task-types"),
            &format!("Task types of the {one}"),
            move |caller, state, id| entities::task_types(kind, caller, state, id),
        )
        .answers(|| shapes::task_type().list())
}

/// Mounts the list of a project's entities, and their creation.
fn in_project(routes: Routes, of: &'static Served) -> Routes {
    let Served {
        kind, path, many, ..
    } = *of;
    let place = format!("/data/projects/{{project_id}}/{path}");
    routes
        .get(
            &place,
            &format!("The {many} of a production"),
            move |caller, state, project| entities::of_project(kind, caller, state, project),
        )
        .answers(move || kind.row_shape().list())
        .post(
            &place,
            &format!("Create one of the {many} of a production"),
            move |caller, state, project, arguments| {
                create::create(kind, caller, state, project, arguments)
            },
        )
        .body(create::schema(kind), move |fields| {
            create::new_entity(kind, fields)
        })
        .creates(move || kind.row_shape())
}

/// Describes what the lists of all entities of a kind read and answer.
fn all(routes: Routes, kind: Kind) -> Routes {
    let routes = match kind {
        Kind::Shot => routes.query(&[QueryParameter::Id("sequence_id")]),
        Kind::Sequence => routes.query(&[QueryParameter::Id("episode_id")]),
        _ => routes,
    };
    routes
        .filters(&ENTITIES)
        .answers(move || kind.named_shape().list())
}

/// Mounts changes that only a few kinds have.
fn changes(routes: Routes) -> Routes {
    routes
        .tag("Shots")
        .put("/data/shots/{shot_id}", "Update a shot", change::shot)
        .body(change::SHOT, change::shot_fields)
        .answers(|| ENTITIES.shape())
        .post(
            "/data/scenes/{scene_id}/shots",
            "Set the layout scene of a shot",
            change::add_shot_to_scene,
        )
        .creates(|| ENTITIES.shape())
        .delete(
            "/data/scenes/{scene_id}/shots/{shot_id}",
            "Remove a shot from a layout scene",
            change::remove_shot_from_scene,
        )
        .answers_nothing()
        .tag("Entities")
        .post(
            "/actions/projects/{project_id}/delete-entities",
            "Delete assets, shots, edits and concepts, or cancel them",
            change::delete_many,
        )
        .query(FORCE)
        .answers(|| Shape::id().list())
        .tag("Playlists")
        .get(
            "/data/playlists/entities/{entity_id}/preview-files",
            "Previews of an entity, by task type",
            entities::previews_of_any_kind,
        )
        .answers(shapes::previews)
        .tag("Concepts")
        .put(
            "/data/concept-folders/{concept_folder_id}",
            "Rename a concept folder",
            change::concept_folder,
        )
        .answers(|| Kind::ConceptFolder.row_shape())
        .delete(
            "/data/concept-folders/{concept_folder_id}",
            "Delete a concept folder, but not its concepts",
            change::delete_concept_folder,
        )
        .answers_nothing()
        .post(
            "/actions/projects/{project_id}/move-concepts",
            "Move concepts into a folder, or out of it",
            change::move_concepts,
        )
        .answers(|| Shape::id().list())
}

/// Mounts lists of the children of an entity.
fn within(routes: Routes) -> Routes {
    routes
        .tag("Shots")
        .get(
            "/data/episodes/{episode_id}/sequences",
            "Sequences of an episode",
            entities::episode_sequences,
        )
        .filters(&ENTITIES)
        .answers(|| Kind::Sequence.row_shape().list())
        .get(
            "/data/episodes/{episode_id}/shots",
            "Shots of an episode",
            entities::episode_shots,
        )
        .query(&[QueryParameter::Flag("relations")])
        .answers(|| Kind::Shot.linked_shape().list())
        .get(
            "/data/sequences/{sequence_id}/shots",
            "Shots of a sequence",
            entities::sequence_shots,
        )
        .filters(&ENTITIES)
        .answers(|| Kind::Shot.named_shape().list())
        .get(
            "/data/sequences/{sequence_id}/scenes",
            "Layout scenes of a sequence",
            entities::sequence_scenes,
        )
        .answers(|| Kind::Scene.row_shape().list())
        .get(
            "/data/scenes/{scene_id}/shots",
            "Shots of a layout scene",
            entities::scene_shots,
        )
        .answers(|| Kind::Shot.named_shape().list())
        .tag("Entities")
        .get(
            "/data/entities/{entity_id}/news",
            "News of an entity",
            news::of_entity,
        )
        .answers(shapes::news)
        .tag("News")
        .get(
            "/data/projects/{project_id}/news",
            "News of a production",
            news::of_project,
        )
        .query(NEWS_FILTERS)
        .answers(shapes::news_with_stats)
        .get(
            "/data/projects/{project_id}/news/{news_id}",
            "An entry of a production's news",
            news::entry,
        )
        .answers(shapes::news_entry)
        .get(
            "/data/projects/news",
            "News of open productions",
            news::of_open_projects,
        )
        .query(&[QueryParameter::Id("project_id")])
        .query(NEWS_FILTERS)
        .answers(shapes::news_with_stats)
        .tag("Files")
        .post(
            "/data/entities/guess-from-path",
            "Guess the project, entity and task of a file path",
            entities::guess_from_path,
        )
        .answers(|| shapes::guess().list())
        .post(
            "/data/entities/guess_from_path",
            "Guess the project, entity and task of a file path (the path that gazu uses)",
            entities::guess_from_path,
        )
        .answers(|| shapes::guess().list())
        .tag("Edits")
        .get(
            "/data/episodes/{episode_id}/edits",
            "Edits of an episode",
            entities::episode_edits,
        )
        .query(&[QueryParameter::Flag("relations")])
        .answers(|| Kind::Edit.linked_shape().list())
}

/// Mounts assets and their types.
fn of_assets(routes: Routes) -> Routes {
    routes
        .tag("Assets")
        .get(
            "/data/assets",
            "All assets that the caller may see",
            assets::all,
        )
        .filters(&ENTITIES)
        .query(&[QueryParameter::Id("episode_id")])
        .answers(|| Kind::Asset.row_shape().list())
        .get(
            "/data/assets/all",
            "All assets that the caller may see",
            assets::all,
        )
        .filters(&ENTITIES)
        .query(&[QueryParameter::Id("episode_id")])
        .answers(|| Kind::Asset.row_shape().list())
        .get(
            "/data/projects/{project_id}/assets",
            "The assets of a production",
            assets::of_project,
        )
        .filters(&ENTITIES)
        .query(&[QueryParameter::Id("episode_id")])
        .answers(|| Kind::Asset.row_shape().list())
        .get(
            "/data/projects/{project_id}/asset-types/{asset_type_id}/assets",
            "The assets of a type in a production",
            assets::of_type,
        )
        .filters(&ENTITIES)
        .query(&[QueryParameter::Id("episode_id")])
        .answers(|| Kind::Asset.row_shape().list())
        .post(
            "/data/projects/{project_id}/asset-types/{asset_type_id}/assets/new",
            "Create an asset",
            create::asset,
        )
        .body(create::schema(Kind::Asset), move |fields| {
            create::new_entity(Kind::Asset, fields)
        })
        .creates(|| Kind::Asset.row_shape())
        .get("/data/asset-types", "All asset types", assets::types)
        .filters(&ENTITY_TYPES)
        .query(&[QueryParameter::Id("project_id")])
        .answers(|| shapes::asset_type().list())
        .get(
            "/data/asset-types/{asset_type_id}",
            "An asset type",
            assets::asset_type,
        )
        .answers(shapes::asset_type)
        .get(
            "/data/projects/{project_id}/asset-types",
            "Asset types of a production",
            assets::types_of_project,
        )
        .answers(|| shapes::asset_type().list())
        .get(
            "/data/shots/{shot_id}/asset-types",
            "Asset types of the casting of a shot",
            assets::types_of_shot,
        )
        .answers(|| shapes::asset_type().list())
}
