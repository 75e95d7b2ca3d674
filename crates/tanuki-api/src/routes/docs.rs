//! The documentation page of the API.

use axum::http::StatusCode;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};

use crate::{Api, OriginalPath};

/// The content security policy: everything is loaded from this server.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// `GET /docs`. Redirects a path with a trailing slash, because the relative
/// links of the page would not resolve there.
pub(crate) async fn page(path: Option<Extension<OriginalPath>>) -> Response {
    if path.is_some_and(|Extension(OriginalPath(path))| path.ends_with('/')) {
        return (StatusCode::PERMANENT_REDIRECT, [(LOCATION, "../docs")]).into_response();
    }
    asset("text/html; charset=utf-8", include_str!("docs/index.html"))
}

/// `GET /oauth2-redirect.html`: where Zou's documentation returns to from a login
/// elsewhere. Ours has no such logins, and says so to whoever comes.
pub(crate) async fn oauth2_redirect() -> Response {
    let page = include_str!("docs/oauth2-redirect.html");
    asset("text/html; charset=utf-8", page)
}

/// Mounts the style sheet and the script of the page.
pub(crate) fn assets() -> Router<Api> {
    let style = async || asset("text/css; charset=utf-8", include_str!("docs/docs.css"));
    let script = async || {
        let script = include_str!("docs/docs.js");
        asset("text/javascript; charset=utf-8", script)
    };
    Router::new()
        .route("/docs/docs.css", get(style))
        .route("/docs/docs.js", get(script))
}

fn asset(content_type: &'static str, text: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, content_type),
        (CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, text).into_response()
}
