//! `/tanuki/sessions`: where people are logged in.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use tanuki_core::{JsonRow, MaybeId};

use crate::Api;
use crate::error::HandlerResult;
use crate::extract::{Authenticated, PathIds, Query};

/// The path of a session.
#[derive(Debug, Deserialize)]
pub(crate) struct SessionPath {
    session_id: MaybeId,
}

/// `GET /tanuki/sessions`. JSON: a list of sessions, newest first.
pub(crate) async fn list(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    query: Query,
) -> HandlerResult<Json<Vec<JsonRow>>> {
    let person = query.id("person_id");
    let sessions = api.core.auth().sessions(&caller, person.as_ref()).await?;
    Ok(Json(sessions))
}

/// `DELETE /tanuki/sessions/{session_id}`.
pub(crate) async fn end(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<SessionPath>,
) -> HandlerResult<StatusCode> {
    api.core
        .auth()
        .end_session(&caller, &path.session_id)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
