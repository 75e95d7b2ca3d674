//! The static assets (style sheet, script, icon), embedded in the binary.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use tanuki_http::IfNoneMatch;

struct Asset {
    name: &'static str,
    content_type: &'static str,
    content: &'static str,
}

const ASSETS: &[Asset] = &[
    Asset {
        name: "console.css",
        content_type: "text/css; charset=utf-8",
        content: include_str!("../assets/console.css"),
    },
    Asset {
        name: "console.js",
        content_type: "text/javascript; charset=utf-8",
        content: include_str!("../assets/console.js"),
    },
    Asset {
        name: "tanuki.svg",
        content_type: "image/svg+xml",
        content: include_str!("../assets/tanuki.svg"),
    },
];

/// `GET /console/assets/{name}`. Browsers cache an asset and revalidate its
/// ETag each time, so that an update of the server takes effect at once.
pub(crate) async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let tag = format!("\"{:x}\"", Sha256::digest(asset.content));
    let caching = [(ETAG, tag.as_str()), (CACHE_CONTROL, "no-cache")];
    if IfNoneMatch::of(&headers).matches(&tag) {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    let content_type = [(CONTENT_TYPE, asset.content_type)];
    (caching, content_type, asset.content).into_response()
}
