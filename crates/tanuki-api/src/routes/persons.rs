//! `/data/persons`: people and bots.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};
use tanuki_core::people::PERSONS;
use tanuki_core::resource::Relations;

use crate::error::Answer;
use crate::extract::{Authenticated, JsonObject, Query};
use crate::{Api, wire};

pub(crate) async fn list(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Query(parameters): Query,
) -> Answer {
    wire::listing(api.core.list(&PERSONS, &caller, &parameters).await?).await
}

pub(crate) async fn create(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    JsonObject(data): JsonObject,
) -> Answer<(StatusCode, Json<Map<String, Value>>)> {
    let person = api.core.create(&PERSONS, &caller, data).await?;
    Ok((StatusCode::CREATED, Json(person)))
}

pub(crate) async fn read(
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
        api.core.read(&PERSONS, &caller, &id, relations).await?,
    ))
}

pub(crate) async fn update(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(id): Path<String>,
    JsonObject(data): JsonObject,
) -> Answer<Json<Map<String, Value>>> {
    Ok(Json(api.core.update(&PERSONS, &caller, &id, data).await?))
}

pub(crate) async fn delete(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(id): Path<String>,
    query: Query,
) -> Answer {
    let force = query.flag("force", false);
    api.core.delete(&PERSONS, &caller, &id, force).await?;
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
