//! Routes of tables for spreadsheets.

use axum::http::StatusCode;

use crate::answer::Answer;
use crate::manifest::Routes;
use crate::routes::tables;

/// Mounts the tables of the whole studio.
pub(super) fn mount(routes: Routes) -> Routes {
    let file = || Answer::file(StatusCode::OK, "text/csv");
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
