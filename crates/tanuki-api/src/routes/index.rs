//! Index, status and configuration of the server.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Value, json};
use tanuki_core::settings::Strategy;
use tanuki_core::{JsonRow, Shape};
use tanuki_domain::{API_NAME, API_VERSION};

use crate::error::HandlerResult;
use crate::extract::Authenticated;
use crate::{Api, OriginalPath};

/// `GET /`: name and version for programs; browsers are redirected to the
/// console.
pub(crate) async fn index(
    Extension(path): Extension<OriginalPath>,
    headers: HeaderMap,
) -> Response {
    let wants_page = headers
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accepted| accepted.contains("text/html"));
    if wants_page && path.0 == "/" {
        return Redirect::to("/console").into_response();
    }
    Json(json!({"api": API_NAME, "version": API_VERSION})).into_response()
}

/// The health of the server's parts, by the name that Zou has for each. Revoked
/// tokens, jobs and the search index are in the database, so it is what Zou
/// calls the key-value store, the job queue and the indexer as well.
async fn health(api: &Api) -> [(&'static str, bool); 5] {
    let database = api.core.database_answers().await;
    [
        ("database-up", database),
        ("key-value-store-up", database),
        ("event-stream-up", api.core.database().bus().has_listeners()),
        ("job-queue-up", database),
        ("indexer-up", database),
    ]
}

/// `GET /status`: the health of the server's parts.
pub(crate) async fn status(State(api): State<Api>) -> Json<JsonRow> {
    let mut status = JsonRow::new();
    status.insert("name".into(), API_NAME.into());
    status.insert("version".into(), API_VERSION.into());
    for (part, is_up) in health(&api).await {
        status.insert(part.into(), is_up.into());
    }
    Json(status)
}

/// `GET /status.txt`: the health of the server's parts, a line each.
pub(crate) async fn status_text(State(api): State<Api>) -> Response {
    let [database, store, stream, jobs, indexer] = health(&api).await;
    let mut text = format!("name: {API_NAME}\nversion: {API_VERSION}\n");
    for (part, is_up) in [database, stream, store, jobs, indexer] {
        text += part;
        text += if is_up { ": up\n" } else { ": down\n" };
    }
    ([(CONTENT_TYPE, "text")], text).into_response()
}

/// `GET /status/influx`: the health of the server's parts as numbers, for
/// InfluxDB; `time` in seconds since 1970.
pub(crate) async fn status_numbers(State(api): State<Api>) -> Json<JsonRow> {
    let parts = health(&api).await;
    let mut status: JsonRow = parts
        .into_iter()
        .map(|(part, is_up)| (part.to_owned(), u8::from(is_up).into()))
        .collect();
    let now = api.core.clock().now();
    let seconds = now.timestamp_micros() as f64 / 1e6;
    status.insert("time".into(), seconds.into());
    Json(status)
}

/// The shape of [`status_numbers`].
pub(crate) fn status_numbers_shape() -> Shape {
    Shape::object([
        ("database-up", Shape::integer()),
        ("key-value-store-up", Shape::integer()),
        ("event-stream-up", Shape::integer()),
        ("job-queue-up", Shape::integer()),
        ("indexer-up", Shape::integer()),
        ("time", Shape::number()),
    ])
}

/// `GET /status/resources`: the use of the machine.
pub(crate) async fn resources(State(api): State<Api>) -> HandlerResult<Json<Value>> {
    Ok(Json(api.core.machine_resources().await?))
}

/// `GET /status/test-event`: publishes `main:test`.
pub(crate) async fn test_event(State(api): State<Api>) -> HandlerResult<Json<Value>> {
    api.core.events().publish_test().await?;
    Ok(Json(json!({"success": true})))
}

/// `GET /stats`: how many previews and comments there are.
pub(crate) async fn stats(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
) -> HandlerResult<Json<Value>> {
    Ok(Json(api.core.studio().usage(&caller).await?))
}

/// The shape of [`status`].
pub(crate) fn status_shape() -> Shape {
    Shape::object([
        ("name", Shape::text()),
        ("version", Shape::text()),
        ("database-up", Shape::boolean()),
        ("key-value-store-up", Shape::boolean()),
        ("event-stream-up", Shape::boolean()),
        ("job-queue-up", Shape::boolean()),
        ("indexer-up", Shape::boolean()),
    ])
}

/// `GET /config`: the settings that the web client needs.
pub(crate) async fn config(State(api): State<Api>) -> HandlerResult<Json<Value>> {
    let organisation = api.core.organisation(false).await?;
    let settings = api.core.settings();
    let client = &settings.client;
    Ok(Json(json!({
        "is_self_hosted": client.is_self_hosted,
        "crisp_token": client.crisp_token,
        "dark_theme_by_default": organisation.get("dark_theme_by_default"),
        // The web client shows its search where this is true.
        "indexer_configured": true,
        "saml_enabled": settings.saml.enabled,
        "saml_idp_name": settings.saml.provider_name,
        "oidc_enabled": settings.oidc.enabled,
        "oidc_idp_name": settings.oidc.provider_name,
        "default_locale": settings.studio.default_locale,
        "default_timezone": settings.studio.default_timezone,
        "enforce_2fa": settings.auth.enforce_two_factor,
        "movie_highdef_bitrate": client.movie_highdef_bitrate,
        "movie_lowdef_bitrate": client.movie_lowdef_bitrate,
        "preview_accounts_enabled": settings.auth.strategy == Strategy::Password,
    })))
}

/// The shape of [`config`].
pub(crate) fn config_shape() -> Shape {
    Shape::object([
        ("is_self_hosted", Shape::boolean()),
        ("crisp_token", Shape::text()),
        ("dark_theme_by_default", Shape::boolean().or_null()),
        ("indexer_configured", Shape::boolean()),
        ("saml_enabled", Shape::boolean()),
        ("saml_idp_name", Shape::text()),
        ("oidc_enabled", Shape::boolean()),
        ("oidc_idp_name", Shape::text()),
        ("default_locale", Shape::text()),
        ("default_timezone", Shape::text()),
        ("enforce_2fa", Shape::boolean()),
        ("movie_highdef_bitrate", Shape::integer()),
        ("movie_lowdef_bitrate", Shape::integer()),
        ("preview_accounts_enabled", Shape::boolean()),
    ])
}
