//! What every request of the server passes through, as a single middleware: a
//! layer for each step would clone the router and allocate once more for each.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT_ENCODING, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use tanuki_core::Core;

use crate::attempts::run_to_end;
use crate::compression::compress;
use crate::error::Failure;
use crate::extract::read_small_first;
use crate::in_flight::{self, InFlight};
use crate::paths::{is_merged, redirect_merged};
use crate::request_log::log_request;

const SECURITY_HEADERS: [(HeaderName, HeaderValue); 4] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN")),
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("frame-ancestors 'self'"),
    ),
    (
        REFERRER_POLICY,
        HeaderValue::from_static("strict-origin-when-cross-origin"),
    ),
];

/// Middleware for every request: logs it with its request id, buffers a small
/// body, runs a write to completion and retries it after a deadlock, responds
/// with 500 if a handler panics, compresses a long response, and adds security
/// headers to it.
pub(crate) async fn handle(State(core): State<Core>, request: Request, next: Next) -> Response {
    log_request(request, |request| async move {
        let accept_encoding = request.headers().get(ACCEPT_ENCODING).cloned();
        let running = async {
            match read_small_first(request).await {
                Ok(request) => run_to_end(&core, request, next).await,
                Err(failure) => failure.into_response(),
            }
        };
        let response = AssertUnwindSafe(running).catch_unwind().await;
        let response = response.unwrap_or_else(|panic| panicked(&*panic));
        let mut response = compress(accept_encoding.as_ref(), response);
        let headers = response.headers_mut();
        for (name, value) in SECURITY_HEADERS {
            headers.entry(name).or_insert(value);
        }
        response
    })
    .await
}

/// Middleware for requests of the API only: redirects paths with repeated
/// slashes, and limits the memory that request bodies hold.
pub(crate) async fn handle_api(
    State(in_flight): State<InFlight>,
    request: Request,
    next: Next,
) -> Response {
    if is_merged(&request) {
        return redirect_merged(request, next).await;
    }
    in_flight::count(in_flight, request, next).await
}

/// Logs a panic and returns the 500 for it.
fn panicked(panic: &(dyn Any + Send)) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("unknown");
    Failure::internal(&format!("a handler panicked: {message}")).into_response()
}
