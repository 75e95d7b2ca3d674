//! Routes of the playlists of a project.

use tanuki_core::playlists::{PLAYLISTS, shapes};
use tanuki_store::Shape;

use crate::extract::QueryParameter;
use crate::manifest::Routes;
use crate::routes::{playlist_builds, playlists};

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
        .post(
            "/data/projects/{project_id}/playlists/temp",
            "Tasks as the entries of a playlist that is not stored",
            playlists::temporary,
        )
        .query(&[QueryParameter::Flag("sort")])
        .answers(|| shapes::temporary_entry().list())
        .post(
            "/data/playlists/{playlist_id}/notify-clients",
            "Notify the clients of the production that a playlist is ready",
            playlists::notify_clients,
        )
        .answers(|| Shape::object([("status", Shape::text())]))
        .get(
            "/data/playlists/{playlist_id}/build/mp4",
            "Build a film of a playlist",
            playlist_builds::start,
        )
        .answers(shapes::build)
        .query(&[QueryParameter::Text("burn_in")])
        .get(
            "/data/playlists/{playlist_id}/jobs/{build_job_id}",
            "A build of a playlist",
            playlist_builds::read,
        )
        .answers(shapes::build)
        .delete(
            "/data/playlists/{playlist_id}/jobs/{build_job_id}",
            "Delete a build of a playlist with its film",
            playlist_builds::remove,
        )
        .answers_nothing()
        .get(
            "/data/playlists/{playlist_id}/jobs/{build_job_id}/build/mp4",
            "The film of a build",
            playlist_builds::film,
        )
        .answers_file("video/mp4")
        .get(
            "/data/projects/{project_id}/build-jobs",
            "The builds of all playlists of a project",
            playlist_builds::of_project,
        )
        .answers(|| shapes::build().list())
        .get(
            "/data/playlists/{playlist_id}/download/zip",
            "All previews of a playlist",
            playlist_builds::archive,
        )
        .answers_file("application/zip")
        .get(
            "/export/csv/playlists/{playlist_id}",
            "A playlist as a table, with the last comment on each entry",
            playlist_builds::table,
        )
        .answers_file("text/csv")
        .get(
            "/tanuki/playlists/{playlist_id}/otio",
            "A playlist as an OpenTimelineIO file",
            playlist_builds::otio,
        )
        .answers_file("application/json")
        .get(
            "/tanuki/playlists/{playlist_id}/edl",
            "A playlist as an edit decision list (CMX3600)",
            playlist_builds::edl,
        )
        .query(&[QueryParameter::Flag("drop_frame")])
        .answers_file("text/plain")
}
