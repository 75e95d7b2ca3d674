//! What every request of the server goes through, as one middleware: a layer
//! of its own for each step would clone the router and allocate once more for
//! each of them.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use axum::extract::{Request, State};
use axum::http::header::{
    CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use tanuki_core::Core;

use crate::attempts::run_to_end;
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

/// Runs a request: it has an id in the log, its body is read first if it is
/// small, a write runs to its end and is retried after a deadlock, a handler
/// that panics is answered with 500, and the response has security headers.
pub(crate) async fn handle(State(core): State<Core>, request: Request, next: Next) -> Response {
    log_request(request, |request| async move {
        let running = async {
            match read_small_first(request).await {
                Ok(request) => run_to_end(&core, request, next).await,
                Err(failure) => failure.into_response(),
            }
        };
        let response = AssertUnwindSafe(running).catch_unwind().await;
        let mut response = response.unwrap_or_else(|panic| panicked(&*panic));
        let headers = response.headers_mut();
        for (name, value) in SECURITY_HEADERS {
            headers.entry(name).or_insert(value);
        }
        response
    })
    .await
}

/// What requests of the API go through besides.
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

fn panicked(panic: &(dyn Any + Send)) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("unknown");
    Failure::internal(&format!("a handler panicked: {message}")).into_response()
}
