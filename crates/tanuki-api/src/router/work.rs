//! Routes of the caller's own work: `/data/user/…`.

use tanuki_core::projects::shapes::open_project;
use tanuki_core::work as core;

use crate::extract::QueryParameter;
use crate::manifest::Routes;
use crate::routes::{context, projects, work};

/// Mounts the routes of what is assigned to the caller.
pub(super) fn mount(routes: Routes) -> Routes {
    routes
        .tag("User")
        .get(
            "/data/user/context",
            "Everything that the web client loads at login",
            context::context,
        )
        .answers(core::context_shape)
        .get(
            "/data/user/projects/open",
            "The caller's open productions",
            projects::open_of_user,
        )
        .query(&[QueryParameter::Text("name")])
        .answers(|| open_project().list())
        .get(
            "/data/user/projects/{project_id}/asset-types",
            "Asset types of the caller's tasks in a production",
            work::asset_types,
        )
        .answers(|| core::asset_type_shape().list())
        .get(
            "/data/user/projects/{project_id}/asset-types/{asset_type_id}/assets",
            "Assets of a type with tasks of the caller",
            work::assets,
        )
        .answers(|| core::entity_shape().list())
        .get(
            "/data/user/projects/{project_id}/episodes",
            "Episodes with tasks of the caller",
            work::episodes,
        )
        .answers(|| core::entity_shape().list())
        .get(
            "/data/user/projects/{project_id}/sequences",
            "Sequences with tasks of the caller",
            work::sequences,
        )
        .answers(|| core::entity_shape().list())
        .get(
            "/data/user/sequences/{sequence_id}/shots",
            "Shots of a sequence with tasks of the caller",
            work::shots,
        )
        .answers(|| core::entity_shape().list())
        .get(
            "/data/user/sequences/{sequence_id}/scenes",
            "Scenes of a sequence with tasks of the caller",
            work::scenes,
        )
        .answers(|| core::entity_shape().list())
        .get(
            "/data/user/shots/{shot_id}/tasks",
            "The caller's tasks on a shot",
            work::shot_tasks,
        )
        .answers(|| core::task_shape().list())
        .get(
            "/data/user/shots/{shot_id}/task-types",
            "Types of the caller's tasks on a shot",
            work::shot_task_types,
        )
        .answers(|| core::task_type_shape().list())
        .get(
            "/data/user/assets/{asset_id}/tasks",
            "The caller's tasks on an asset",
            work::asset_tasks,
        )
        .answers(|| core::task_shape().list())
        .get(
            "/data/user/assets/{asset_id}/task-types",
            "Types of the caller's tasks on an asset",
            work::asset_task_types,
        )
        .answers(|| core::task_type_shape().list())
        .get(
            "/data/user/scenes/{scene_id}/tasks",
            "The caller's tasks on a layout scene",
            work::scene_tasks,
        )
        .answers(|| core::task_shape().list())
        .get(
            "/data/user/scenes/{scene_id}/task-types",
            "Types of the caller's tasks on a layout scene",
            work::scene_task_types,
        )
        .answers(|| core::task_type_shape().list())
        .get(
            "/data/user/sequences/{sequence_id}/tasks",
            "The caller's tasks on a sequence",
            work::sequence_tasks,
        )
        .answers(|| core::task_shape().list())
        .get(
            "/data/user/sequences/{sequence_id}/task-types",
            "Types of the caller's tasks on a sequence",
            work::sequence_task_types,
        )
        .answers(|| core::task_type_shape().list())
}
