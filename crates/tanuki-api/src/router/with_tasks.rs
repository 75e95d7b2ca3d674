//! Routes of boards: entities of a kind, with their tasks embedded.

use crate::manifest::Routes;
use crate::routes::with_tasks;

/// Mounts a board for each kind, and one of the entities that a concept is
/// linked to.
pub(super) fn mount(routes: Routes) -> Routes {
    routes
        .tag("Assets")
        .get(
            "/data/assets/with-tasks",
            "Assets with their tasks in them",
            with_tasks::assets,
        )
        .tag("Shots")
        .get(
            "/data/shots/with-tasks",
            "Shots with their tasks in them",
            with_tasks::shots,
        )
        .get(
            "/data/scenes/with-tasks",
            "Layout scenes with their tasks in them",
            with_tasks::scenes,
        )
        .get(
            "/data/sequences/with-tasks",
            "Sequences with their tasks in them",
            with_tasks::sequences,
        )
        .get(
            "/data/episodes/with-tasks",
            "Episodes with their tasks in them",
            with_tasks::episodes,
        )
        .tag("Edits")
        .get(
            "/data/edits/with-tasks",
            "Edits with their tasks in them",
            with_tasks::edits,
        )
        .tag("Concepts")
        .get(
            "/data/concepts/with-tasks",
            "Concepts with their tasks in them",
            with_tasks::concepts,
        )
        .tag("Entities")
        .get(
            "/data/entities/{entity_id}/entities-linked/with-tasks",
            "What a concept is linked to, with its tasks",
            with_tasks::linked,
        )
}
