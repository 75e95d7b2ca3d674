//! The web client: a built Kitsu (`WEB_DIR`), served at `/`.
//!
//! Kitsu is a single-page application. A path that is no file is a page of it
//! and gets `index.html`.

mod compressed;
mod files;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, VARY};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use tower_http::services::ServeDir;
use tower_http::services::fs::DefaultServeDirFallback;

use files::Files;

/// The page of the application.
const INDEX: &str = "/index.html";

/// The folder of Kitsu's scripts and style sheets. Their names contain a hash
/// of their content, so a file never changes.
const HASHED: &str = "/assets/";

const FOR_A_YEAR: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const REVALIDATED: HeaderValue = HeaderValue::from_static("no-cache");

/// The first part of the paths that belong to the server and not to the web
/// client.
const OF_THE_SERVER: [&str; 5] = ["api", "socket.io", "console", "docs", "openapi.json"];

/// The folder of a built web client.
#[derive(Debug, Clone)]
pub struct WebClient {
    files: ServeDir<DefaultServeDirFallback, Files>,
}

impl WebClient {
    /// # Errors
    ///
    /// If the folder does not exist or holds no web client.
    pub fn open(folder: &Path) -> Result<Self> {
        let shown = folder.display();
        let remedy = "WEB_DIR must be the folder of a built Kitsu, the one with index.html and \
                      assets (unpack a release of Kitsu there), or be left out";
        if !folder.is_dir() {
            bail!("there is no folder {shown}: {remedy}");
        }
        if !folder.join("index.html").is_file() {
            bail!("there is no index.html in {shown}: {remedy}");
        }
        let folder = PathBuf::from(folder);
        let files = ServeDir::with_backend(&folder, Files::new(folder.clone()))
            .append_index_html_on_directories(false)
            .precompressed_br()
            .precompressed_gzip();
        Ok(Self { files })
    }

    /// Returns the router of the web client: files, and `index.html` for any
    /// other path.
    pub fn into_router(self) -> Router {
        Router::new().fallback(respond).with_state(self)
    }

    /// Returns a file; `None` if there is none at this path.
    async fn file(&self, request: &Parts, path: Uri) -> Option<Response> {
        let mut file = Request::new(Body::empty());
        *file.method_mut() = request.method.clone();
        *file.uri_mut() = path;
        *file.headers_mut() = request.headers.clone();
        let found = self.files.clone().try_call(file).await;
        let mut response = match found {
            Ok(response) if response.status() == StatusCode::NOT_FOUND => return None,
            Ok(response) => response.map(Body::new),
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::error!(%error, path = %request.uri, "a file of WEB_DIR cannot be read");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        };
        if response.status() == StatusCode::NOT_MODIFIED {
            let vary = HeaderValue::from_static("accept-encoding");
            response.headers_mut().insert(VARY, vary);
        }
        Some(response)
    }
}

/// Whether a path belongs to the server (the API, Socket.IO, the console, the
/// documentation) rather than to the web client.
///
/// Where there is a web client the API has the prefix `/api` only: `/people` or
/// `/productions` are pages.
pub fn is_of_server(path: &str) -> bool {
    let path = tanuki_api::decoded_path(path);
    let first = path.trim_start_matches('/').split('/').next();
    first.is_some_and(|first| OF_THE_SERVER.contains(&first))
}

/// Serves a path of the web client.
async fn respond(State(client): State<WebClient>, request: Request) -> Response {
    let (request, _body) = request.into_parts();
    if !matches!(request.method, Method::GET | Method::HEAD) {
        let message = "This is the web client; the API is under /api.\n";
        let headers = [(ALLOW, HeaderValue::from_static("GET, HEAD"))];
        return (StatusCode::METHOD_NOT_ALLOWED, headers, message).into_response();
    }
    let path = tanuki_api::decoded_path(request.uri.path());
    if path.split('/').any(|part| part.starts_with('.')) {
        return missing();
    }
    if let Some(mut response) = client.file(&request, request.uri.clone()).await {
        let is_hashed = path.starts_with(HASHED) && !response.status().is_server_error();
        let kept = if is_hashed { FOR_A_YEAR } else { REVALIDATED };
        response.headers_mut().insert(CACHE_CONTROL, kept);
        return response;
    }
    // A page that is older than the server's files asks for scripts that are
    // gone, and could not run a page in their place.
    let is_asset = path.starts_with(HASHED) && Path::new(&*path).extension().is_some();
    if is_asset {
        return missing();
    }
    let Some(mut page) = client.file(&request, Uri::from_static(INDEX)).await else {
        tracing::warn!("WEB_DIR has lost its index.html");
        let headers = [(RETRY_AFTER, HeaderValue::from_static("5"))];
        let message = "The web client is being replaced. Try again in a moment.\n";
        return (StatusCode::SERVICE_UNAVAILABLE, headers, message).into_response();
    };
    page.headers_mut().insert(CACHE_CONTROL, REVALIDATED);
    page
}

fn missing() -> Response {
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    let headers = [(CONTENT_TYPE, plain), (CACHE_CONTROL, REVALIDATED)];
    (StatusCode::NOT_FOUND, headers, "Not found\n").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_of_the_web_client_are_told_from_the_server_s_paths() {
        for path in [
            "/api",
            "/api/data/projects",
            "//api/data/projects",
            "/%61pi/data/projects",
            "/api%2Fdata%2Fprojects",
            "/socket.io/?EIO=4",
            "/console/login",
            "/docs",
            "/docs/docs.js",
            "/openapi.json",
        ] {
            assert!(is_of_server(path), "{path}");
        }
        for path in [
            "/",
            "/login",
            "/productions/x",
            "/apis",
            "/data/projects",
            "/x/api",
        ] {
            assert!(!is_of_server(path), "{path}");
        }
    }
}
