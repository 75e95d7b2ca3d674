//! Limits on request bodies, and the responses to bodies that exceed them.

use std::time::Duration;

use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};

use crate::error::Failure;

/// The maximum size of an action's arguments, in bytes. They are few and short,
/// and requests without a login may send them.
pub(super) const MAX_ARGUMENTS: u64 = 1024 * 1024;

/// Bodies of up to this many bytes are buffered before the request is handled.
pub(crate) const BUFFERED_BODY_LIMIT: u64 = 64 * 1024;

/// The time-out for reading a request body.
pub(super) const BODY_TIMEOUT: Duration = Duration::from_secs(60);

/// Returns the `Content-Length` in bytes.
pub(super) fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// 408: the body did not arrive in time.
pub(super) fn too_slow() -> Failure {
    Failure::new(
        StatusCode::REQUEST_TIMEOUT,
        "The body of the request did not arrive in time.",
    )
}

/// 413: the body exceeds a limit, in bytes.
pub(super) fn too_large(limit: u64) -> Failure {
    let message =
        format!("The data value transmitted exceeds the capacity limit of {limit} bytes.");
    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, &message)
}

/// Refuses a body whose head says that it exceeds a limit, before it is read.
///
/// # Errors
///
/// 413 that names the limit.
pub(super) fn check_length(headers: &HeaderMap, limit: u64) -> Result<(), Failure> {
    match content_length(headers) {
        Some(length) if length > limit => Err(too_large(limit)),
        _ => Ok(()),
    }
}

/// 400: the body is malformed.
pub(crate) fn unreadable() -> Failure {
    Failure::new(
        StatusCode::BAD_REQUEST,
        "The browser (or proxy) sent a request that this server could not understand.",
    )
}

/// Returns the media type of a body in lower case, without parameters; empty if
/// there is no `Content-Type`.
pub(super) fn media_type(headers: &HeaderMap) -> String {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .map(|value| value.trim().to_ascii_lowercase())
        .unwrap_or_default()
}
