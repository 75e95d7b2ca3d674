//! The caller's to-do list, and the tasks that wait for their feedback.

use axum::Json;
use axum::extract::State;
use tanuki_core::work::{ToCheck, ToCheckValues};

use crate::error::HandlerResult;
use crate::extract::{Parameters, Person};
use crate::{Api, response};

/// The default number of tasks on a page.
const PAGE_SIZE: i64 = 100;

/// `GET /data/user/tasks` and `/data/user/done-tasks`.
pub(crate) async fn list(
    is_done: bool,
    Person(caller): Person,
    State(api): State<Api>,
) -> HandlerResult {
    response::stream(api.core.work().my_todos(&caller, is_done).await?).await
}

/// `GET /data/user/tasks-to-check`.
pub(crate) async fn to_check(
    Person(caller): Person,
    State(api): State<Api>,
    parameters: Parameters,
) -> HandlerResult {
    let asked = ToCheck {
        project_id: parameters.id("project_id"),
        task_type_id: parameters.id("task_type_id"),
        task_status_id: parameters.id("task_status_id"),
        episode_id: parameters.id("episode_id"),
        person_id: parameters.text("person_id"),
        due_date_since: parameters.text("due_date_since"),
        due_date_until: parameters.text("due_date_until"),
        order_by: parameters.text("order_by"),
        page: parameters.optional_integer("page")?,
        limit: parameters.integer("limit", PAGE_SIZE)?.unwrap_or(PAGE_SIZE),
    };
    response::stream(api.core.work().tasks_to_check(&caller, &asked).await?).await
}

/// `GET /data/user/tasks-to-check/filter-values`.
pub(crate) async fn filter_values(
    Person(caller): Person,
    State(api): State<Api>,
) -> HandlerResult<Json<ToCheckValues>> {
    Ok(Json(api.core.work().to_check_values(&caller).await?))
}
