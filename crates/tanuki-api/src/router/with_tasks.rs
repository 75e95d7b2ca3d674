//! Routes of boards: entities of a kind, with their tasks embedded.

use tanuki_core::entities::{self, BoardKind};

use crate::answer::Answer;
use crate::extract::QueryParameter;
use crate::manifest::Routes;
use crate::routes::with_tasks;

/// Mounts a board for each kind, and one of the entities that a concept is
/// linked to.
pub(super) fn mount(routes: Routes) -> Routes {
    routes
        .tag("Assets")
        .get(
            "/data/assets/with-tasks",
            "Assets with their tasks",
            with_tasks::assets,
        )
        .board(&entities::ASSETS)
        .tag("Shots")
        .get(
            "/data/shots/with-tasks",
            "Shots with their tasks",
            with_tasks::shots,
        )
        .board(&entities::SHOTS)
        .get(
            "/data/scenes/with-tasks",
            "Layout scenes with their tasks",
            with_tasks::scenes,
        )
        .board(&entities::SCENES)
        .get(
            "/data/sequences/with-tasks",
            "Sequences with their tasks",
            with_tasks::sequences,
        )
        .board(&entities::SEQUENCES)
        .get(
            "/data/episodes/with-tasks",
            "Episodes with their tasks",
            with_tasks::episodes,
        )
        .board(&entities::EPISODES)
        .tag("Edits")
        .get(
            "/data/edits/with-tasks",
            "Edits with their tasks",
            with_tasks::edits,
        )
        .board(&entities::EDITS)
        .tag("Concepts")
        .get(
            "/data/concepts/with-tasks",
            "Concepts with their tasks",
            with_tasks::concepts,
        )
        .board(&entities::CONCEPTS)
        .tag("Entities")
        .get(
            "/data/entities/{entity_id}/entities-linked/with-tasks",
            "Entities linked to a concept, with their tasks",
            with_tasks::linked,
        )
        .answers(|| entities::shapes::linked_with_tasks().list())
}

impl Routes {
    /// Describes what the previous route reads and answers: a board.
    fn board(self, kind: &'static BoardKind) -> Self {
        let routes = self.query(&[
            QueryParameter::Id("project_id"),
            QueryParameter::Text("episode_id"),
            QueryParameter::Text("assigned_to"),
        ]);
        if !kind.has_formats() {
            return routes.answers(|| kind.shape().list());
        }
        routes
            .query(&[
                QueryParameter::Id("id"),
                QueryParameter::Flag("compact"),
                QueryParameter::Flag("stream"),
            ])
            .answers(|| kind.shape().list().or(kind.compact_shape()))
            .answer(|| Answer::lines(kind.line_shape()))
    }
}
