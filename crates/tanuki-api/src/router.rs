//! Every route of the API: a file for each area, and the resources' table.

mod asset_instances;
mod breakdown;
mod comments;
mod entities;
mod planning;
mod projects;
mod public;
mod studio;
mod tasks;
mod templates;
mod with_tasks;
mod work;

use std::any::Any;
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use tanuki_core::Core;
use tower_http::catch_panic::CatchPanicLayer;

use crate::attempts::run_to_end;
use crate::error::{Failure, not_found};
use crate::extract::read_small_first;
use crate::manifest::Routes;
use crate::paths::redirect_merged;
use crate::request_log::log_request;
use crate::resources::RESOURCES;
use crate::routes::docs;
use crate::{Api, in_flight, openapi, unsupported};

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
        .layer(middleware::from_fn_with_state(
            api.in_flight.clone(),
            in_flight::count,
        ))
        // Each reader of bodies has a bound of its own.
        .layer(DefaultBodyLimit::disable())
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(async || not_found())
        .with_state(api)
}

/// Every route, with what it is for.
fn routes() -> Routes {
    let routes = Routes::new();
    let routes = public::mount(routes);
    let routes = work::mount(routes);
    let routes = studio::mount(routes);
    let routes = tasks::mount(routes);
    let routes = entities::mount(routes);
    let routes = comments::mount(routes);
    let routes = planning::mount(routes);
    let routes = templates::mount(routes);
    let routes = projects::mount(routes);
    let routes = with_tasks::mount(routes);
    let routes = breakdown::mount(routes);
    let routes = asset_instances::mount(routes);
    RESOURCES
        .iter()
        .fold(routes, |routes, (path, resource)| {
            routes.resource(path, resource)
        })
        .unsupported(unsupported::operations())
}

/// What every request of the server goes through: it has an id in the log, its
/// body is there if it is small, one that writes runs to its end, a handler
/// that panics is 500, and the response has security headers.
pub fn finish(router: Router, core: Core) -> Router {
    router
        .layer(middleware::from_fn_with_state(core, run_to_end))
        .layer(middleware::from_fn(read_small_first))
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
        .layer(middleware::from_fn(log_request))
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
