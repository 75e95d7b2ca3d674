//! Routes of imports.

use serde_json::json;
use tanuki_core::Shape;
use tanuki_core::imports::{self, KITSU_IMPORTS, SHOTGUN_IMPORTS, SHOTGUN_REMOVALS};

use crate::extract::QueryParameter;
use crate::manifest::Routes;
use crate::routes::imports as handlers;

/// What the imports read from the query string.
const OPTIONS: &[QueryParameter] = &[
    QueryParameter::Flag("update"),
    QueryParameter::Flag("dry_run"),
];

/// Mounts the imports: of CSV files, and of the rows of another server.
pub(super) fn mount(routes: Routes) -> Routes {
    KITSU_IMPORTS.iter().fold(
        shotgun(edits(csv(routes.tag("Import")))),
        |routes, import| {
            let path = format!("/import/kitsu/{}", import.name);
            let rows = import.name.replace('-', " ");
            routes
                .post(
                    &path,
                    &format!("Create or update {rows} of another server"),
                    move |caller, api, query, body| {
                        handlers::rows(import, caller, api, query, body)
                    },
                )
                .query(&[QueryParameter::Flag("silent")])
                .json(|| json!({"type": "array", "items": {"type": "object"}}))
                .answers(|| import.shape())
        },
    )
}

fn shotgun(routes: Routes) -> Routes {
    let routes = SHOTGUN_IMPORTS.iter().fold(routes, |routes, import| {
        let path = format!("/import/shotgun/{}", import.name);
        let rows = import.name.replace('-', " ");
        routes
            .post(
                &path,
                &format!("Create or update {rows} of ShotGrid"),
                move |caller, api, body| handlers::shotgun_rows(import, caller, api, body),
            )
            .json(|| json!({"type": "array", "items": {"type": "object"}}))
            .answers(|| import.shape())
    });
    let routes = SHOTGUN_REMOVALS.iter().fold(routes, |routes, removal| {
        let path = format!("/import/shotgun/remove/{}", removal.name);
        let row = removal.name.replace('-', " ");
        routes
            .post(
                &path,
                &format!("Remove a {row} that was removed in ShotGrid"),
                move |caller, api, body| handlers::remove_shotgun_row(removal, caller, api, body),
            )
            .json(|| {
                json!({
                    "type": "object",
                    "required": ["id"],
                    "properties": {"id": {"type": "integer"}},
                })
            })
            .answers(imports::removal_shape)
    });
    routes
        .get(
            "/import/shotgun/errors",
            "List what could not be imported from ShotGrid",
            handlers::shotgun_errors,
        )
        .answers(|| imports::shotgun_error_shape().list())
        .post(
            "/import/shotgun/errors",
            "Keep what could not be imported from ShotGrid",
            handlers::add_shotgun_error,
        )
        .json(|| json!({"description": "What could not be imported: any JSON but null"}))
        .creates(imports::shotgun_error_shape)
        .delete(
            "/import/shotgun/errors/{error_id}",
            "Delete an error of an import from ShotGrid",
            handlers::delete_shotgun_error,
        )
        .answers_nothing()
}

fn edits(routes: Routes) -> Routes {
    routes
        .post(
            "/import/otio/projects/{project_id}",
            "Create or update shots from an edit: OpenTimelineIO or EDL",
            handlers::timeline,
        )
        .creates(imports::timeline_shape)
        .post(
            "/import/otio/projects/{project_id}/episodes/{episode_id}",
            "Create or update shots of an episode from an edit: OpenTimelineIO or EDL",
            handlers::timeline,
        )
        .creates(imports::timeline_shape)
}

fn csv(routes: Routes) -> Routes {
    routes
        .post(
            "/import/csv/persons",
            "Create or update people from a CSV file",
            handlers::persons,
        )
        .query(OPTIONS)
        .creates(imports::persons_shape)
        .post(
            "/import/csv/projects/{project_id}/assets",
            "Create or update assets from a CSV file",
            handlers::assets,
        )
        .query(OPTIONS)
        .creates(imports::rows_shape)
        .post(
            "/import/csv/projects/{project_id}/shots",
            "Create or update shots from a CSV file",
            handlers::shots,
        )
        .query(OPTIONS)
        .creates(imports::rows_shape)
        .post(
            "/import/csv/projects/{project_id}/edits",
            "Create or update edits from a CSV file",
            handlers::edits,
        )
        .query(OPTIONS)
        .creates(imports::rows_shape)
        .post(
            "/import/csv/projects/{project_id}/casting",
            "Cast assets as a CSV file says",
            handlers::casting,
        )
        .query(&[QueryParameter::Flag("dry_run")])
        .creates(|| Shape::null().list())
        .post(
            "/import/csv/projects/{project_id}/task-types/{task_type_id}/estimations",
            "Write estimations of tasks as a CSV file says",
            handlers::estimations,
        )
        .query(&[QueryParameter::Flag("dry_run")])
        .creates(|| Shape::null().list())
        .post(
            "/import/csv/projects/{project_id}/episodes/{episode_id}/task-types/{task_type_id}/estimations",
            "Write estimations of an episode's tasks as a CSV file says",
            handlers::estimations,
        )
        .query(&[QueryParameter::Flag("dry_run")])
        .creates(|| Shape::null().list())
}
