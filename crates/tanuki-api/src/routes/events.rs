//! Recorded events, and the login log.

use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value};
use tanuki_core::event_log::{EventQuery, LoginLogQuery};

use crate::Api;
use crate::error::HandlerResult;
use crate::extract::{Authenticated, Parameters};

type Rows = Json<Vec<Map<String, Value>>>;

/// The default number of rows.
const USUAL: i64 = 100;

/// `GET /data/events/last`. JSON: a list of events, newest first.
pub(crate) async fn last(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    parameters: Parameters,
) -> HandlerResult<Rows> {
    let asked = EventQuery {
        limit: parameters.integer("limit", USUAL)?.unwrap_or(USUAL),
        after: parameters.text("after"),
        before: parameters.text("before"),
        only_files: parameters
            .text("only_files")
            .is_some_and(|flag| flag == "true"),
        cursor_event_id: parameters.id("cursor_event_id"),
        project_id: parameters.id("project_id"),
        name: parameters.text("name"),
        name_prefixes: parameters.texts("name_prefixes"),
        name_suffixes: parameters.texts("name_suffixes"),
        person_ids: parameters.ids("person_ids"),
    };
    Ok(Json(api.core.events().last_events(&caller, asked).await?))
}

/// `GET /data/events/names`.
pub(crate) async fn names(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
) -> HandlerResult<Json<Vec<String>>> {
    Ok(Json(api.core.events().event_names(&caller).await?))
}

/// `GET /data/events/login-logs/last`.
pub(crate) async fn last_logins(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    parameters: Parameters,
) -> HandlerResult<Rows> {
    let asked = LoginLogQuery {
        limit: parameters.integer("limit", USUAL)?.unwrap_or(USUAL),
        after: parameters.text("after"),
        before: parameters.text("before"),
        cursor_login_log_id: parameters.id("cursor_login_log_id"),
        person_ids: parameters.ids("person_ids"),
    };
    Ok(Json(api.core.events().last_logins(&caller, asked).await?))
}
