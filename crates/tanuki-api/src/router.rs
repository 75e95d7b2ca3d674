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

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use tanuki_core::Core;

use crate::error::{Failure, not_found};
use crate::manifest::Routes;
use crate::resources::RESOURCES;
use crate::routes::docs;
use crate::{Api, openapi, pipeline, unsupported};

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
        .layer(middleware::from_fn_with_state(
            api.in_flight.clone(),
            pipeline::handle_api,
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

/// Adds what every request of the server goes through: see
/// [`pipeline::handle`].
pub fn finish(router: Router, core: Core) -> Router {
    router.layer(middleware::from_fn_with_state(core, pipeline::handle))
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
