//! The router: every endpoint of the API, in one file per area, and those of
//! the resources.

mod annotations;
mod asset_instances;
mod breakdown;
mod chats;
mod comments;
mod departments;
mod entities;
mod files;
mod films;
mod imports;
mod jobs;
mod persons;
mod planning;
mod playlists;
mod previews;
mod projects;
mod public;
mod second_factors;
mod shares;
mod studio;
mod tables;
mod tasks;
mod templates;
mod uploads;
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
use crate::{Api, openapi, pipeline};

/// The path of the OpenAPI description.
const DESCRIPTION: &str = "/openapi.json";

/// Returns the router of the API. Requests have to pass through
/// [`normalize`](crate::normalize) first; [`finish`] wraps it together with
/// other routers of the server.
pub fn router(api: Api) -> Router {
    let (router, operations) = routes().into_parts();
    // Built on the first request: it is big, and rarely requested.
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
        // Each extractor of a body has a limit of its own.
        .layer(DefaultBodyLimit::disable())
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(async || not_found())
        .with_state(api)
}

/// Returns the table of all routes.
fn routes() -> Routes {
    let routes = Routes::new();
    let routes = public::mount(routes);
    let routes = second_factors::mount(routes);
    let routes = work::mount(routes);
    let routes = studio::mount(routes);
    let routes = departments::mount(routes);
    let routes = tasks::mount(routes);
    let routes = entities::mount(routes);
    let routes = annotations::mount(routes);
    let routes = comments::mount(routes);
    let routes = chats::mount(routes);
    let routes = previews::mount(routes);
    let routes = persons::mount(routes);
    let routes = planning::mount(routes);
    let routes = playlists::mount(routes);
    let routes = shares::mount(routes);
    let routes = tables::mount(routes);
    let routes = imports::mount(routes);
    let routes = templates::mount(routes);
    let routes = projects::mount(routes);
    let routes = with_tasks::mount(routes);
    let routes = breakdown::mount(routes);
    let routes = asset_instances::mount(routes);
    let routes = files::mount(routes);
    let routes = films::mount(routes);
    let routes = uploads::mount(routes);
    let routes = jobs::mount(routes);
    RESOURCES.iter().fold(routes, |routes, (path, resource)| {
        routes.resource(path, resource)
    })
}

/// Adds the middleware for every request of the server: see
/// [`pipeline::handle`].
pub fn finish(router: Router, core: Core) -> Router {
    router.layer(middleware::from_fn_with_state(core, pipeline::handle))
}

/// Responds to a method that a path does not allow: 405, but 200 for `OPTIONS`.
/// axum has already set the `Allow` header.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::DescribeInput;

    #[test]
    fn every_route_describes_its_answers() {
        let (_, operations) = routes().into_parts();
        let silent = operations
            .iter()
            .filter(|operation| operation.resource.is_none() && operation.answers.is_empty())
            .map(|operation| format!("{} {}", operation.method, operation.path));
        assert_eq!(silent.collect::<Vec<_>>(), [""; 0]);
    }

    /// Shares the handler of lists with pages, and ignores the query string as
    /// Zou does.
    const IGNORES_THE_QUERY: [&str; 1] = ["GET /data/projects/{project_id}/subscriptions"];

    #[test]
    fn every_route_that_reads_the_query_string_describes_what_it_reads() {
        let (_, operations) = routes().into_parts();
        let silent = operations
            .iter()
            .filter(|operation| {
                let input = DescribeInput::all(&operation.input);
                input.reads_query && input.query.is_empty()
            })
            .map(|operation| format!("{} {}", operation.method, operation.path));
        assert_eq!(silent.collect::<Vec<_>>(), IGNORES_THE_QUERY);
    }
}
