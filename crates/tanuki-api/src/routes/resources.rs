//! The five operations of every resource: list, create, read, update, delete.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{MethodRouter, get};
use tanuki_core::resource::Resource;
use tanuki_core::{JsonRow, MaybeId};

use crate::error::HandlerResult;
use crate::extract::{Authenticated, PathIds, Query, ResourceBody};
use crate::{Api, response};

/// Returns the methods of a resource's list.
pub(crate) fn rows(resource: &'static Resource) -> MethodRouter<Api> {
    get(move |caller, state, query| list(resource, caller, state, query))
        .post(move |caller, state, body| create(resource, caller, state, body))
}

/// Returns the methods of a row.
pub(crate) fn row(resource: &'static Resource) -> MethodRouter<Api> {
    get(move |caller, state, id, query| read(resource, caller, state, id, query))
        .put(move |caller, state, id, body| update(resource, caller, state, id, body))
        .delete(move |caller, state, id, query| delete(resource, caller, state, id, query))
}

async fn list(
    resource: &'static Resource,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Query(parameters): Query,
) -> HandlerResult {
    response::stream(
        api.core
            .resources()
            .list(resource, &caller, &parameters)
            .await?,
    )
    .await
}

async fn create(
    resource: &'static Resource,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    ResourceBody(data): ResourceBody,
) -> HandlerResult<(StatusCode, Json<JsonRow>)> {
    let row = api.core.resources().create(resource, &caller, data).await?;
    Ok((StatusCode::CREATED, Json(row)))
}

async fn read(
    resource: &'static Resource,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<MaybeId>,
    Query(parameters): Query,
) -> HandlerResult<Json<JsonRow>> {
    let row = api
        .core
        .resources()
        .read(resource, &caller, &id, &parameters)
        .await?;
    Ok(Json(row))
}

async fn update(
    resource: &'static Resource,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<MaybeId>,
    ResourceBody(data): ResourceBody,
) -> HandlerResult<Json<JsonRow>> {
    Ok(Json(
        api.core
            .resources()
            .update(resource, &caller, &id, data)
            .await?,
    ))
}

async fn delete(
    resource: &'static Resource,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<MaybeId>,
    query: Query,
) -> HandlerResult {
    let force = query.flag("force", false);
    api.core
        .resources()
        .delete(resource, &caller, &id, force)
        .await?;
    Ok(response::no_content())
}
