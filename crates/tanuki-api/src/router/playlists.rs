//! Routes of the playlists of a project.

use tanuki_core::playlists::{PLAYLISTS, shapes};

use crate::extract::QueryParameter;
use crate::manifest::Routes;
use crate::routes::playlists;

const LISTED: &[QueryParameter] = &[
    QueryParameter::Integer("page"),
    QueryParameter::Text("sort_by"),
    QueryParameter::Id("task_type_id"),
];

/// Mounts lists of playlists, a playlist in full, and adding entities to one.
pub(super) fn mount(routes: Routes) -> Routes {
    routes
        .tag("Playlists")
        .get(
            "/data/projects/{project_id}/playlists",
            "Playlists of a project, twenty to a page",
            playlists::of_project,
        )
        .query(LISTED)
        .answers(|| shapes::listed().list())
        .get(
            "/data/projects/{project_id}/episodes/{episode_id}/playlists",
            "Playlists of an episode, or of `main` or `all`",
            playlists::of_episode,
        )
        .query(LISTED)
        .query(&[QueryParameter::Text("for_entity")])
        .answers(|| shapes::listed().list())
        .get(
            "/data/projects/{project_id}/playlists/all",
            "Playlists of a project with all their columns",
            playlists::all_of_project,
        )
        .query(&[QueryParameter::Integer("page")])
        .answers(|| PLAYLISTS.shape().list_or_page())
        .get(
            "/data/projects/{project_id}/playlists/{playlist_id}",
            "A playlist with the previews of its entities",
            playlists::playlist,
        )
        .answers(shapes::full)
        .post(
            "/actions/playlists/{playlist_id}/add-entity",
            "Add an entity to a playlist",
            playlists::add_entity,
        )
        .answers(shapes::row)
        .post(
            "/actions/playlists/{playlist_id}/add-entities",
            "Add entities to a playlist",
            playlists::add_entities,
        )
        .answers(shapes::row)
}
