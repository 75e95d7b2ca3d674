//! Versions of a project's schedule.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use tanuki_core::MaybeId;
use tanuki_core::resource::Relations;
use uuid::Uuid;

use crate::error::HandlerResult;
use crate::extract::{
    ActionBody, Authenticated, Body, Fields, Parameters, PathIds, Query, TextRule,
};
use crate::{Api, response};

/// `GET /data/production-schedule-versions/ID/task-links`.
pub(crate) async fn task_links(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(version_id): PathIds<Uuid>,
    query: Query,
    parameters: Parameters,
) -> HandlerResult {
    let relations = if query.flag("relations", false) {
        Relations::With
    } else {
        Relations::Without
    };
    let task_type = parameters.id("task_type_id");
    let links = api
        .core
        .planning()
        .version_task_links(&caller, version_id, task_type.as_ref(), relations)
        .await?;
    response::stream(links).await
}

/// `POST /actions/production-schedule-versions/ID/set-task-links-from-production`.
pub(crate) async fn fill(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(version_id): PathIds<Uuid>,
) -> HandlerResult<Json<Value>> {
    let version = api
        .core
        .planning()
        .managed_version(&caller, version_id)
        .await?;
    let count = api.core.planning().fill_version(version).await?;
    Ok(Json(json!({"success": true, "task_link_count": count})))
}

/// The body of `POST /actions/production-schedule-versions/ID/set-task-links-from-production-schedule-version`.
#[derive(Debug)]
pub(crate) struct ScheduleVersionCopy {
    other: MaybeId,
}

impl ActionBody for ScheduleVersionCopy {
    const SCHEMA: &'static str = "ScheduleVersionCopySchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            other: fields
                .text("production_schedule_version_id", TextRule::FILLED)
                .into(),
        }
    }
}

/// `POST /actions/production-schedule-versions/ID/set-task-links-from-production-schedule-version`.
pub(crate) async fn copy(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(version_id): PathIds<Uuid>,
    body: Body<ScheduleVersionCopy>,
) -> HandlerResult<Json<Value>> {
    let version = api
        .core
        .planning()
        .managed_version(&caller, version_id)
        .await?;
    let ScheduleVersionCopy { other } = body.validate()?;
    let count = api
        .core
        .planning()
        .copy_version(version, other.found()?)
        .await?;
    Ok(Json(json!({"success": true, "task_link_count": count})))
}

/// `POST /actions/production-schedule-versions/ID/apply-to-production`.
pub(crate) async fn apply(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(version_id): PathIds<Uuid>,
) -> HandlerResult<Json<Value>> {
    let version = api
        .core
        .planning()
        .managed_version(&caller, version_id)
        .await?;
    let count = api.core.planning().apply_version(version).await?;
    Ok(Json(json!({"success": true, "task_count": count})))
}
