//! Task types and statuses of projects, and their order.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Map, Value};
use tanuki_core::projects::{LinkOrder, TaskStatusLink, TaskTypeLink};
use tanuki_core::{ConstraintViolation, Error, JsonRow};
use uuid::Uuid;

use crate::Api;
use crate::error::{Failure, HandlerResult};
use crate::extract::{Authenticated, JsonValue, Parameters, PathIds};

type Rows = Json<Vec<Map<String, Value>>>;

/// `POST /data/task-type-links`.
pub(crate) async fn link_task_type(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    parameters: Parameters,
) -> HandlerResult<(StatusCode, Json<JsonRow>)> {
    let project_id = parameters.required_text("project_id")?;
    let task_type_id = parameters.required_text("task_type_id")?;
    let link = TaskTypeLink {
        priority: parameters.integer("priority", 1)?,
        project_id: project_id
            .ok_or(Error::Constraint(ConstraintViolation::Missing))?
            .into(),
        task_type_id: task_type_id.unwrap_or_default().into(),
    };
    let row = api.core.projects().link_task_type(&caller, link).await?;
    Ok((StatusCode::CREATED, Json(row)))
}

/// `POST /data/task-status-links`.
pub(crate) async fn link_task_status(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    parameters: Parameters,
) -> HandlerResult<(StatusCode, Json<JsonRow>)> {
    let project_id = parameters.required_text("project_id")?;
    let task_status_id = parameters.required_text("task_status_id")?;
    let link = TaskStatusLink {
        priority: parameters.integer("priority", 1)?,
        roles_for_board: parameters.texts("roles_for_board"),
        project_id: project_id
            .ok_or(Error::Constraint(ConstraintViolation::Missing))?
            .into(),
        task_status_id: task_status_id.unwrap_or_default().into(),
    };
    let row = api.core.projects().link_task_status(&caller, link).await?;
    Ok((StatusCode::CREATED, Json(row)))
}

/// `POST /actions/projects/ID/task-type-links/reorder`.
pub(crate) async fn order_project_task_types(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project_id): PathIds<Uuid>,
    body: JsonValue,
) -> HandlerResult<Rows> {
    let what = LinkOrder::TaskTypes;
    let manager = api
        .core
        .require_managed_project(&caller, project_id)
        .await?;
    let ids = ids(body, "task_type_ids")?;
    Ok(Json(
        api.core.projects().order_links(manager, what, &ids).await?,
    ))
}

/// `POST /actions/projects/ID/task-status-links/reorder`.
pub(crate) async fn order_project_task_statuses(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project_id): PathIds<Uuid>,
    body: JsonValue,
) -> HandlerResult<Rows> {
    let what = LinkOrder::TaskStatuses;
    let manager = api
        .core
        .require_managed_project(&caller, project_id)
        .await?;
    let ids = ids(body, "task_status_ids")?;
    Ok(Json(
        api.core.projects().order_links(manager, what, &ids).await?,
    ))
}

/// `POST /actions/task-types/reorder`.
pub(crate) async fn order_task_types(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    body: JsonValue,
) -> HandlerResult<Rows> {
    let admin = caller.as_admin()?;
    let ids = ids(body, "task_type_ids")?;
    Ok(Json(api.core.studio().order_task_types(admin, &ids).await?))
}

/// Returns the list of ids in a JSON body under `key`.
///
/// # Errors
///
/// `Invalid` if there is no such list.
fn ids(JsonValue(body): JsonValue, key: &str) -> Result<Vec<Value>, Failure> {
    match body?.get_mut(key) {
        Some(Value::Array(ids)) => Ok(std::mem::take(ids)),
        _ => Err(Error::invalid(format!(
            "Request body must be a JSON object with a '{key}' list."
        ))
        .into()),
    }
}
