//! Every route of the API.

use std::any::Any;
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use tower_http::catch_panic::CatchPanicLayer;

use crate::error::{Failure, not_found};
use crate::manifest::Routes;
use crate::paths::redirect_merged;
use crate::resources::RESOURCES;
use crate::routes::{auth, context, docs, events, index, order, projects, work};
use crate::{Api, openapi};

/// Where the description of the API is.
const DESCRIPTION: &str = "/openapi.json";

/// The API's routes. [`normalize`](crate::normalize) belongs in front of
/// them, [`finish`] around them and whatever stands beside them.
pub fn router(api: Api) -> Router {
    let (router, operations) = routes().into_parts();
    // Made when somebody asks: it is big, and most servers are never asked.
    let description = LazyLock::new(move || Bytes::from(openapi::describe(&operations)));
    let description = Arc::new(description);
    let description = async move || {
        let json: Bytes = Bytes::clone(&description);
        ([(CONTENT_TYPE, "application/json")], json)
    };
    router
        .route(DESCRIPTION, get(description))
        .merge(docs::assets())
        .route_layer(middleware::from_fn(redirect_merged))
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(async || not_found())
        .with_state(api)
}

/// Every route, with what it is for.
fn routes() -> Routes {
    let routes = Routes::new();
    let routes = public(routes);
    let routes = own_work(routes);
    let routes = actions(routes);
    RESOURCES.iter().fold(routes, |routes, (path, resource)| {
        routes.resource(path, resource)
    })
}

/// What needs no token, and what gives and takes tokens.
fn public(routes: Routes) -> Routes {
    routes
        .tag("Index")
        .open_to_everybody()
        .elsewhere(DESCRIPTION, "This description")
        .get("/docs", "This description, for people", docs::page)
        .get("/", "Name and version of the API", index::index)
        .get(
            "/status",
            "Whether what the server stands on works",
            index::status,
        )
        .get(
            "/config",
            "What a web client needs to know before a login",
            index::config,
        )
        .tag("Authentication")
        .post("/auth/login", "Log in", auth::login)
        .post(
            "/auth/reset-password",
            "Ask for a link to choose another password",
            auth::request_password_reset,
        )
        .put(
            "/auth/reset-password",
            "Choose another password with such a link",
            auth::reset_password,
        )
        .post(
            "/auth/app-login/token",
            "Exchange the code of a login in the browser for tokens",
            auth::app_login_token,
        )
        .with_token()
        .get(
            "/auth/authenticated",
            "Who the token speaks for",
            auth::authenticated,
        )
        .get("/auth/logout", "Log out", auth::logout)
        .get(
            "/auth/refresh-token",
            "A new access token",
            auth::refresh_token,
        )
        .post(
            "/auth/change-password",
            "Change one's password",
            auth::change_password,
        )
        .post(
            "/auth/app-login/code",
            "A code that lets a desktop application log in",
            auth::app_login_code,
        )
}

/// What the caller works on.
fn own_work(routes: Routes) -> Routes {
    routes
        .tag("User")
        .get(
            "/data/user/context",
            "Everything that a client starts with",
            context::context,
        )
        .get(
            "/data/user/projects/open",
            "The caller's open productions",
            projects::open,
        )
        .get(
            "/data/user/projects/{project_id}/asset-types",
            "Asset types that the caller works on in a production",
            work::asset_types,
        )
        .get(
            "/data/user/projects/{project_id}/asset-types/{asset_type_id}/assets",
            "Assets of a type that the caller works on",
            work::assets,
        )
        .get(
            "/data/user/projects/{project_id}/sequences",
            "Sequences that the caller works on",
            work::sequences,
        )
        .get(
            "/data/user/sequences/{sequence_id}/shots",
            "Shots of a sequence that the caller works on",
            work::shots,
        )
        .get(
            "/data/user/sequences/{sequence_id}/scenes",
            "Scenes of a sequence that the caller works on",
            work::scenes,
        )
        .get(
            "/data/user/shots/{shot_id}/tasks",
            "The caller's tasks on a shot",
            work::shot_tasks,
        )
        .get(
            "/data/user/shots/{shot_id}/task-types",
            "Types of the caller's tasks on a shot",
            work::shot_task_types,
        )
        .get(
            "/data/user/assets/{asset_id}/tasks",
            "The caller's tasks on an asset",
            work::asset_tasks,
        )
        .get(
            "/data/user/assets/{asset_id}/task-types",
            "Types of the caller's tasks on an asset",
            work::asset_task_types,
        )
}

/// The log, and orders of task types and statuses.
fn actions(routes: Routes) -> Routes {
    routes
        .tag("Events")
        .get(
            "/data/events/last",
            "The last events, newest first",
            events::last,
        )
        .get(
            "/data/events/login-logs/last",
            "The last logins, newest first",
            events::last_logins,
        )
        .tag("Crud")
        .post(
            "/data/task-type-links",
            "Let a production use a task type",
            order::link_task_type,
        )
        .post(
            "/data/task-status-links",
            "Let a production use a task status",
            order::link_task_status,
        )
        .post(
            "/actions/projects/{project_id}/task-type-links/reorder",
            "Put the task types of a production into order",
            order::order_project_task_types,
        )
        .post(
            "/actions/projects/{project_id}/task-status-links/reorder",
            "Put the task statuses of a production into order",
            order::order_project_task_statuses,
        )
        .post(
            "/actions/task-types/reorder",
            "Put the task types of the studio into order",
            order::order_task_types,
        )
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
