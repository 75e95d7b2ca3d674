//! The five operations that every resource has, for whichever it is.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Map, Value};
use tanuki_core::resource::{Relations, Resource};

use crate::error::Answer;
use crate::extract::{Authenticated, JsonObject, Query};
use crate::{Api, wire};

/// The routes of a resource: `path` for the list, `path/ID` for a row.
pub(crate) fn resource(path: &str, resource: &'static Resource) -> Router<Api> {
    let rows = get(move |caller, state, query| list(resource, caller, state, query))
        .post(move |caller, state, body| create(resource, caller, state, body));
    let row = get(move |caller, state, id, query| read(resource, caller, state, id, query))
        .put(move |caller, state, id, body| update(resource, caller, state, id, body))
        .delete(move |caller, state, id, query| delete(resource, caller, state, id, query));
    Router::new()
        .route(path, rows)
        .route(&format!("{path}/{{id}}"), row)
}

async fn list(
    resource: &'static Resource,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Query(parameters): Query,
) -> Answer {
    wire::listing(api.core.list(resource, &caller, &parameters).await?).await
}

async fn create(
    resource: &'static Resource,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    JsonObject(data): JsonObject,
) -> Answer<(StatusCode, Json<Map<String, Value>>)> {
    let row = api.core.create(resource, &caller, data).await?;
    Ok((StatusCode::CREATED, Json(row)))
}

async fn read(
    resource: &'static Resource,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(id): Path<String>,
    query: Query,
) -> Answer<Json<Map<String, Value>>> {
    let relations = if query.flag("relations", true) {
        Relations::With
    } else {
        Relations::Without
    };
    Ok(Json(
        api.core.read(resource, &caller, &id, relations).await?,
    ))
}

async fn update(
    resource: &'static Resource,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(id): Path<String>,
    JsonObject(data): JsonObject,
) -> Answer<Json<Map<String, Value>>> {
    Ok(Json(api.core.update(resource, &caller, &id, data).await?))
}

async fn delete(
    resource: &'static Resource,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(id): Path<String>,
    query: Query,
) -> Answer {
    let force = query.flag("force", false);
    api.core.delete(resource, &caller, &id, force).await?;
    Ok(no_content())
}

/// 204 as the reference sends it, with a content type.
fn no_content() -> Response {
    (
        StatusCode::NO_CONTENT,
        [(CONTENT_TYPE, "text/html; charset=utf-8")],
    )
        .into_response()
}
