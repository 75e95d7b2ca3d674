//! Request ids and spans: which log line belongs to which request.
//!
//! The id is taken from a proxy's `X-Request-Id` or generated. It is a field of
//! every log line that is written during the request and a header of the
//! response, so that a user can quote it.

use std::borrow::Cow;
use std::time::Instant;

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use tracing::Instrument as _;
use uuid::Uuid;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The maximum length of an id that is taken from a request, in bytes. Proxies
/// send UUIDs, trace ids or a few dozen hexadecimal digits.
const MAX_ID_LENGTH: usize = 128;

/// Runs a request in a span with its id, method and path, and logs its status
/// and duration at level `debug`.
pub(crate) async fn log_request<F>(request: Request, run: impl FnOnce(Request) -> F) -> Response
where
    F: Future<Output = Response>,
{
    let id = request_id(request.headers().get(X_REQUEST_ID));
    let path = shown_path(request.uri().path());
    let span = tracing::info_span!(
        "request",
        id = id.to_str().unwrap_or_default(),
        method = %request.method(),
        path = &*path,
    );
    let running = run(request);
    async move {
        let begun = Instant::now();
        let mut response = running.await;
        let status = response.status().as_u16();
        tracing::debug!(status, took = ?begun.elapsed(), "response");
        response.headers_mut().insert(X_REQUEST_ID, id);
        response
    }
    .instrument(span)
    .await
}

/// Returns a path without the token of a shared link, which opens it for
/// everybody who reads the log. Its beginning tells links apart. A query string,
/// which may hold a password, is never logged.
fn shown_path(path: &str) -> Cow<'_, str> {
    const SHOWN: usize = 8;
    let Some((before, rest)) = path.split_once(SHARED) else {
        return path.into();
    };
    let (token, after) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if token.len() <= SHOWN || !token.is_ascii() {
        return path.into();
    }
    format!("{before}{SHARED}{}…{after}", &token[..SHOWN]).into()
}

/// The beginning of the paths of shared links.
const SHARED: &str = "/shared/playlists/";

/// Returns the id that a proxy gave the request, if it is printable ASCII of a
/// sane length, or else a new UUID. Anything else could forge log lines.
fn request_id(sent: Option<&HeaderValue>) -> HeaderValue {
    let is_sane = |id: &&HeaderValue| {
        (1..=MAX_ID_LENGTH).contains(&id.len()) && id.as_bytes().iter().all(u8::is_ascii_graphic)
    };
    match sent.filter(is_sane) {
        Some(id) => id.clone(),
        None => new_id(),
    }
}

fn new_id() -> HeaderValue {
    let mut buffer = Uuid::encode_buffer();
    let id = Uuid::new_v4().hyphenated().encode_lower(&mut buffer);
    // A UUID is always a valid header value.
    HeaderValue::from_str(id).unwrap_or_else(|_| HeaderValue::from_static("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_of_a_shared_link_is_cut_short() {
        for (path, shown) in [
            ("/data/persons", "/data/persons"),
            (
                "/api/shared/playlists/0f8fad5b-d9cb-469f-a165-70867728950e/comments",
                "/api/shared/playlists/0f8fad5b…/comments",
            ),
            (
                "/shared/playlists/0f8fad5b-d9cb-469f-a165-70867728950e",
                "/shared/playlists/0f8fad5b…",
            ),
            ("/shared/playlists/x", "/shared/playlists/x"),
        ] {
            assert_eq!(shown_path(path), shown);
        }
    }

    #[test]
    fn an_id_of_a_proxy_is_kept_if_it_cannot_forge_log_lines() {
        let id = |text: &'static str| request_id(Some(&HeaderValue::from_static(text)));
        assert_eq!(id("7f-a/b=:1"), "7f-a/b=:1");
        for refused in ["", "two words", "a\ttab"] {
            assert_eq!(id(refused).len(), 36, "{refused:?}");
        }
        let long = HeaderValue::try_from("x".repeat(MAX_ID_LENGTH + 1)).unwrap();
        assert_eq!(request_id(Some(&long)).len(), 36);
        assert_ne!(request_id(None), request_id(None));
    }
}
