//! The description of the API for people.

use axum::Router;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::Api;

/// Everything comes from this server.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// `/docs` and what belongs to it.
pub(crate) fn routes() -> Router<Api> {
    Router::new()
        .route(
            "/docs",
            get(async || page("text/html; charset=utf-8", include_str!("docs/index.html"))),
        )
        .route(
            "/docs/docs.css",
            get(async || page("text/css; charset=utf-8", include_str!("docs/docs.css"))),
        )
        .route(
            "/docs/docs.js",
            get(async || {
                page(
                    "text/javascript; charset=utf-8",
                    include_str!("docs/docs.js"),
                )
            }),
        )
}

fn page(content_type: &'static str, text: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, content_type),
        (CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, text).into_response()
}
