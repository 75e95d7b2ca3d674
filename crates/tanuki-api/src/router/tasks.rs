//! Routes of tasks.

use tanuki_core::entities::Kind;
use tanuki_core::tasks::Below;

use crate::manifest::Routes;
use crate::routes::tasks::{create, lists};

/// Tasks, and what is done with them.
pub(super) fn mount(routes: Routes) -> Routes {
    let routes = of_entities(routes);
    creation(routes)
}

/// Tasks of entities of every kind, and below them.
fn of_entities(routes: Routes) -> Routes {
    let of = |kind| move |caller, api, id, query| lists::of(kind, caller, api, id, query);
    let below = |place| move |caller, api, id, query| lists::below(place, caller, api, id, query);
    routes
        .tag("Assets")
        .get(
            "/data/assets/{asset_id}/tasks",
            "Tasks of an asset",
            of(Kind::Asset),
        )
        .tag("Shots")
        .get(
            "/data/shots/{shot_id}/tasks",
            "Tasks of a shot",
            of(Kind::Shot),
        )
        .get(
            "/data/scenes/{scene_id}/tasks",
            "Tasks of a layout scene",
            of(Kind::Scene),
        )
        .get(
            "/data/sequences/{sequence_id}/tasks",
            "Tasks of a sequence itself",
            of(Kind::Sequence),
        )
        .get(
            "/data/episodes/{episode_id}/tasks",
            "Tasks of an episode itself",
            of(Kind::Episode),
        )
        .get(
            "/data/sequences/{sequence_id}/shot-tasks",
            "Tasks of the shots of a sequence",
            below(Below::Sequence),
        )
        .get(
            "/data/episodes/{episode_id}/shot-tasks",
            "Tasks of the shots of an episode",
            below(Below::Episode),
        )
        .get(
            "/data/episodes/{episode_id}/asset-tasks",
            "Tasks of the assets that an episode brought in",
            below(Below::AssetsOfEpisode),
        )
        .tag("Edits")
        .get(
            "/data/edits/{edit_id}/tasks",
            "Tasks of an edit",
            of(Kind::Edit),
        )
        .get(
            "/data/episodes/{episode_id}/edit-tasks",
            "Tasks of the edits of an episode",
            below(Below::EditsOfEpisode),
        )
        .tag("Concepts")
        .get(
            "/data/concepts/{concept_id}/tasks",
            "Tasks of a concept",
            of(Kind::Concept),
        )
        .tag("Tasks")
        .get(
            "/data/entities/{entity_id}/task-types/{task_type_id}/tasks",
            "Tasks of an entity that are of one type",
            lists::of_type,
        )
}

/// Making tasks.
fn creation(routes: Routes) -> Routes {
    let of =
        |kind| move |caller, api, path, query, ids| create::of(kind, caller, api, path, query, ids);
    routes
        .tag("Tasks")
        .post(
            "/actions/projects/{project_id}/task-types/{task_type_id}/assets/create-tasks",
            "Make a task of a type for assets that have none",
            of(Kind::Asset),
        )
        .post(
            "/actions/projects/{project_id}/task-types/{task_type_id}/shots/create-tasks",
            "Make a task of a type for shots that have none",
            of(Kind::Shot),
        )
        .post(
            "/actions/projects/{project_id}/task-types/{task_type_id}/edits/create-tasks",
            "Make a task of a type for edits that have none",
            of(Kind::Edit),
        )
        .post(
            "/actions/projects/{project_id}/task-types/{task_type_id}/concepts/create-tasks",
            "Make a task of a type for concepts that have none",
            of(Kind::Concept),
        )
        .post(
            "/actions/projects/{project_id}/task-types/{task_type_id}/create-tasks/{entity_type}",
            "Make a task of a type for entities of a type that have none",
            create::of_named,
        )
        .tag("Entities")
        .post(
            "/data/entities/{entity_id}/tasks",
            "Make the tasks of an entity",
            create::of_entity,
        )
}
