//! Productions.

use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value};

use crate::Api;
use crate::error::Answer;
use crate::extract::{Person, Query};

/// `GET /data/user/projects/open`.
pub(crate) async fn open(
    Person(caller): Person,
    State(api): State<Api>,
    query: Query,
) -> Answer<Json<Vec<Map<String, Value>>>> {
    let name = query.first("name");
    Ok(Json(api.core.open_projects(&caller, name).await?))
}
