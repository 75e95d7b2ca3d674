//! Productions.

use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value};
use tanuki_core::projects::PROJECTS;

use crate::error::Answer;
use crate::extract::{Authenticated, Person, Query};
use crate::{Api, wire};

/// `GET /data/projects`.
pub(crate) async fn list(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Query(parameters): Query,
) -> Answer {
    wire::listing(api.core.list(&PROJECTS, &caller, &parameters).await?).await
}

/// `GET /data/user/projects/open`.
pub(crate) async fn open(
    Person(caller): Person,
    State(api): State<Api>,
    query: Query,
) -> Answer<Json<Vec<Map<String, Value>>>> {
    let name = query.first("name");
    Ok(Json(api.core.open_projects(&caller, name).await?))
}
