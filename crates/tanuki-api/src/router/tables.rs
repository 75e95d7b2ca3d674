//! Routes of tables for spreadsheets.

use axum::http::StatusCode;

use crate::answer::Answer;
use crate::extract::QueryParameter;
use crate::manifest::Routes;
use crate::routes::tables;

/// Mounts the tables of the whole studio and of its productions.
pub(super) fn mount(routes: Routes) -> Routes {
    mount_productions(mount_studio(routes))
}

fn file() -> Answer {
    Answer::file(StatusCode::OK, "text/csv")
}

fn mount_studio(routes: Routes) -> Routes {
    routes
        .tag("Export")
        .get(
            "/export/csv/persons.csv",
            "All people as a table",
            tables::persons,
        )
        .answer(file)
        .get(
            "/export/csv/projects.csv",
            "The caller's projects as a table",
            tables::projects,
        )
        .answer(file)
        .get(
            "/export/csv/task-types.csv",
            "Task types by department as a table",
            tables::task_types,
        )
        .answer(file)
        .get(
            "/export/csv/tasks.csv",
            "The tasks of open projects as a table",
            tables::tasks,
        )
        .answer(file)
        .get(
            "/export/csv/time-spents.csv",
            "The time spent on open projects as a table",
            tables::time_spents,
        )
        .answer(file)
}

/// What selects the assets and shots of a table.
const FILTERS: &[QueryParameter] = &[
    QueryParameter::Id("id"),
    QueryParameter::Text("episode_id"),
    QueryParameter::Id("assigned_to"),
];

fn mount_productions(routes: Routes) -> Routes {
    routes
        .get(
            "/export/csv/projects/{project_id}/assets.csv",
            "The assets of a production as a table",
            tables::assets,
        )
        .query(FILTERS)
        .answer(file)
        .get(
            "/export/csv/projects/{project_id}/shots.csv",
            "The shots of a production as a table",
            tables::shots,
        )
        .query(FILTERS)
        .answer(file)
        .get(
            "/export/csv/projects/{project_id}/edits.csv",
            "The edits of a production as a table",
            tables::edits,
        )
        .answer(file)
        .get(
            "/export/csv/projects/{project_id}/casting.csv",
            "Castings of a production as a table",
            tables::casting,
        )
        .query(&[
            QueryParameter::Text("episode_id"),
            QueryParameter::Flag("is_shot_casting"),
        ])
        .answer(file)
}
