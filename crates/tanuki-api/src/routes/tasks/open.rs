//! Tasks of open projects.

use axum::Json;
use axum::extract::State;
use serde_json::Value;
use tanuki_core::JsonRow;
use tanuki_core::tasks::OpenTasks;

use crate::error::HandlerResult;
use crate::extract::{Authenticated, Parameters};
use crate::{Api, response};

/// The default number of tasks on a page.
const USUAL: i64 = 100;

/// `GET /data/tasks/open-tasks`.
pub(crate) async fn list(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    parameters: Parameters,
) -> HandlerResult {
    let asked = asked(&parameters)?;
    let page = parameters.optional_integer("page")?;
    let limit = parameters.integer("limit", USUAL)?.unwrap_or(USUAL);
    response::stream(
        api.core
            .tasks()
            .open_tasks(&caller, &asked, page, limit)
            .await?,
    )
    .await
}

/// `GET /data/tasks/open-tasks/stats`.
pub(crate) async fn stats(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
) -> HandlerResult<Json<JsonRow>> {
    Ok(Json(api.core.tasks().open_tasks_stats(&caller).await?))
}

/// `GET /data/tasks/open-tasks/burndown`.
pub(crate) async fn burndown(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    parameters: Parameters,
) -> HandlerResult<Json<Value>> {
    let asked = asked(&parameters)?;
    Ok(Json(
        api.core
            .tasks()
            .open_tasks_burndown(&caller, &asked)
            .await?,
    ))
}

/// Reads the filters of the query string.
fn asked(parameters: &Parameters) -> HandlerResult<OpenTasks> {
    Ok(OpenTasks {
        project_id: parameters.id("project_id"),
        task_type_id: parameters.id("task_type_id"),
        task_status_id: parameters.id("task_status_id"),
        person_id: parameters.text("person_id"),
        studio_id: parameters.id("studio_id"),
        department_id: parameters.id("department_id"),
        start_date: parameters.text("start_date"),
        due_date: parameters.text("due_date"),
        priority: parameters.optional_integer("priority")?,
    })
}
