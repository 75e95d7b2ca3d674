//! Every route of the API.

use std::any::Any;

use axum::Router;
use axum::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use tanuki_core::people::PERSONS;
use tanuki_core::studio;
use tower_http::catch_panic::CatchPanicLayer;

use crate::Api;
use crate::error::{Failure, not_found};
use crate::paths::redirect_merged;
use crate::routes::resources::resource;
use crate::routes::{auth, context, index, projects, work};

/// The API's routes. [`normalize`](crate::normalize) belongs in front of
/// them, [`finish`] around them and whatever stands beside them.
pub fn router(api: Api) -> Router {
    Router::new()
        .route("/", get(index::index))
        .route("/status", get(index::status))
        .route("/config", get(index::config))
        // Logging in and out
        .route("/auth/login", post(auth::login))
        .route("/auth/authenticated", get(auth::authenticated))
        .route("/auth/logout", get(auth::logout))
        .route("/auth/refresh-token", get(auth::refresh_token))
        .route("/auth/change-password", post(auth::change_password))
        .route("/auth/reset-password", post(auth::request_password_reset))
        .route("/auth/reset-password", put(auth::reset_password))
        .route("/auth/app-login/code", post(auth::app_login_code))
        .route("/auth/app-login/token", post(auth::app_login_token))
        // People and bots
        .merge(resource("/data/persons", &PERSONS))
        // What is set up once for the studio
        .merge(resource("/data/organisations", &studio::ORGANISATIONS))
        .merge(resource("/data/studios", &studio::STUDIOS))
        .merge(resource("/data/departments", &studio::DEPARTMENTS))
        .merge(resource("/data/project-status", &studio::PROJECT_STATUSES))
        .merge(resource("/data/task-status", &studio::TASK_STATUSES))
        .merge(resource(
            "/data/status-automations",
            &studio::STATUS_AUTOMATIONS,
        ))
        .merge(resource("/data/custom-actions", &studio::CUSTOM_ACTIONS))
        .merge(resource("/data/file-status", &studio::FILE_STATUSES))
        .merge(resource("/data/output-types", &studio::OUTPUT_TYPES))
        .merge(resource("/data/softwares", &studio::SOFTWARES))
        .merge(resource("/data/hardware-items", &studio::HARDWARE_ITEMS))
        // Productions
        .route("/data/projects", get(projects::list))
        // The caller's own work
        .route("/data/user/context", get(context::context))
        .route("/data/user/projects/open", get(projects::open))
        .route(
            "/data/user/projects/{project}/asset-types",
            get(work::asset_types),
        )
        .route(
            "/data/user/projects/{project}/asset-types/{asset_type}/assets",
            get(work::assets),
        )
        .route(
            "/data/user/projects/{project}/sequences",
            get(work::sequences),
        )
        .route("/data/user/sequences/{sequence}/shots", get(work::shots))
        .route("/data/user/sequences/{sequence}/scenes", get(work::scenes))
        .route("/data/user/shots/{id}/tasks", get(work::shot_tasks))
        .route(
            "/data/user/shots/{id}/task-types",
            get(work::shot_task_types),
        )
        .route("/data/user/assets/{id}/tasks", get(work::asset_tasks))
        .route(
            "/data/user/assets/{id}/task-types",
            get(work::asset_task_types),
        )
        .route_layer(middleware::from_fn(redirect_merged))
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(async || not_found())
        .with_state(api)
}

/// What every answer of the server goes through: security headers, and 500
/// for a handler that panicked.
pub fn finish(router: Router) -> Router {
    router
        .layer(CatchPanicLayer::custom(|panic: Box<dyn Any + Send>| {
            let message = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("unknown");
            Failure::internal(&format!("a handler panicked: {message}")).into_response()
        }))
        .layer(middleware::from_fn(
            async |request: axum::extract::Request, next: Next| {
                let mut answer = next.run(request).await;
                let headers = answer.headers_mut();
                for (name, value) in [
                    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
                    (X_FRAME_OPTIONS, "SAMEORIGIN"),
                    (CONTENT_SECURITY_POLICY, "frame-ancestors 'self'"),
                    (REFERRER_POLICY, "strict-origin-when-cross-origin"),
                ] {
                    headers
                        .entry(name)
                        .or_insert(HeaderValue::from_static(value));
                }
                answer
            },
        ))
}

/// `OPTIONS` tells what a path allows; axum has put that into the answer's
/// `Allow` header before this is asked.
async fn method_not_allowed(method: Method) -> Response {
    if method == Method::OPTIONS {
        return (StatusCode::OK, [(CONTENT_TYPE, "text/html; charset=utf-8")]).into_response();
    }
    Failure::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "The method is not allowed for the requested URL.",
    )
    .into_response()
}
