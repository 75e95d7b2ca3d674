//! Normalization of request paths.

use std::borrow::Cow;

use axum::extract::Request;
use axum::http::header::LOCATION;
use axum::http::uri::PathAndQuery;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Characters to escape in a path.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The path as the client sent it, before [`normalize`]; an extension of the
/// request.
#[derive(Debug, Clone)]
pub struct OriginalPath(pub String);

/// The path with repeated slashes merged, if the request's path had any.
#[derive(Debug, Clone)]
struct Merged(String);

/// Decodes the percent-encoding of a path; invalid UTF-8 is replaced.
pub fn decoded_path(path: &str) -> Cow<'_, str> {
    percent_decode_str(path).decode_utf8_lossy()
}

/// Normalizes a request's path to the form of the routes: without the `/api`
/// prefix (the API is served with and without), without a trailing slash, with
/// one leading slash, and with percent-encoding only where it is necessary.
pub fn normalize(mut request: Request) -> Request {
    let original = request.uri().path().to_owned();
    let decoded = decoded_path(&original);
    let mut path = format!("/{}", decoded.trim_start_matches('/'));
    let prefixed = path == "/api" || path.starts_with("/api/");
    if prefixed {
        path = format!("/{}", path["/api".len()..].trim_start_matches('/'));
    }
    if path.contains("//") {
        while path.contains("//") {
            path = path.replace("//", "/");
        }
        let prefix = if prefixed { "/api" } else { "" };
        let mut merged = format!("{prefix}{}", utf8_percent_encode(&path, ESCAPED));
        if let Some(query) = request.uri().query() {
            merged.push('?');
            merged.push_str(query);
        }
        request.extensions_mut().insert(Merged(merged));
    }
    if path.len() > 1 && path.ends_with('/') {
        path.pop();
    }
    set_path(
        &mut request,
        &utf8_percent_encode(&path, ESCAPED).to_string(),
    );
    request.extensions_mut().insert(OriginalPath(original));
    request
}

fn set_path(request: &mut Request, path: &str) {
    let target = match request.uri().query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = request.uri().clone().into_parts();
    if let Ok(target) = target.parse::<PathAndQuery>() {
        parts.path_and_query = Some(target);
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
}

/// Whether a request's path had repeated slashes.
pub(crate) fn is_merged(request: &Request) -> bool {
    request.extensions().get::<Merged>().is_some()
}

/// Redirects (308) to the path with single slashes if an endpoint has it, which
/// is found out with an `OPTIONS` request, without side effects; otherwise 404.
pub(crate) async fn redirect_merged(mut request: Request, next: Next) -> Response {
    let location = request.extensions_mut().remove::<Merged>();
    *request.method_mut() = Method::OPTIONS;
    let response = next.run(request).await;
    match location {
        Some(Merged(location)) if response.status() != StatusCode::NOT_FOUND => {
            (StatusCode::PERMANENT_REDIRECT, [(LOCATION, location)]).into_response()
        }
        _ => response,
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn it_reads_every_form_of_a_path() {
        for (sent, path) in [
            ("/", "/"),
            ("/api", "/"),
            ("/api/", "/"),
            ("/api/data/persons", "/data/persons"),
            ("/api//data/persons", "/data/persons"),
            ("/data/persons/", "/data/persons"),
            ("/data/persons%2F", "/data/persons"),
            ("/data/%70ersons", "/data/persons"),
            ("/data/a%20b", "/data/a%20b"),
            ("//data/persons", "/data/persons"),
            ("/data//persons", "/data/persons"),
            ("/data/persons//", "/data/persons"),
            ("/data//persons///", "/data/persons"),
            ("/apixyz", "/apixyz"),
            ("/api/data/persons/?page=1", "/data/persons?page=1"),
        ] {
            let request = Request::builder().uri(sent).body(Body::empty()).unwrap();
            assert_eq!(normalize(request).uri().to_string(), path, "{sent}");
        }
    }
}
