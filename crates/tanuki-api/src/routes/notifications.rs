//! `/data/user/notifications`: the caller's notifications.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use tanuki_core::{JsonRow, MaybeId};
use uuid::Uuid;

use crate::Api;
use crate::error::HandlerResult;
use crate::extract::{ActionBody, Body, Fields, PathIds, Person, Query};

/// The body of `PUT /data/user/notifications/ID`.
#[derive(Debug)]
pub(crate) struct NotificationChange {
    is_read: bool,
}

impl ActionBody for NotificationChange {
    const SCHEMA: &'static str = "NotificationUpdateSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            is_read: fields.flag("read"),
        }
    }
}

/// `GET /data/user/notifications`.
pub(crate) async fn notifications(
    Person(caller): Person,
    State(api): State<Api>,
    Query(parameters): Query,
) -> HandlerResult<Json<Vec<JsonRow>>> {
    let listed = api.core.work().notifications(&caller, &parameters).await?;
    Ok(Json(listed))
}

/// `GET /data/user/notifications/ID`.
pub(crate) async fn notification(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(id): PathIds<MaybeId>,
) -> HandlerResult<Json<JsonRow>> {
    Ok(Json(api.core.work().notification(&caller, &id).await?))
}

/// `PUT /data/user/notifications/ID`.
pub(crate) async fn update(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
    body: Body<NotificationChange>,
) -> HandlerResult<Json<JsonRow>> {
    let NotificationChange { is_read } = body.validate()?;
    let changed = api.core.work().mark_notification(&caller, id, is_read);
    Ok(Json(changed.await?))
}

/// `POST /actions/user/notifications/mark-all-as-read`.
pub(crate) async fn mark_all(
    Person(caller): Person,
    State(api): State<Api>,
) -> HandlerResult<Json<Value>> {
    api.core.work().mark_notifications(&caller).await?;
    Ok(Json(json!({"success": true})))
}
