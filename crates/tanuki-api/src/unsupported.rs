//! Operations of Zou that are not supported yet.
//!
//! Each has a route of its own, so that `GET /data/departments/hardware-items`
//! is not taken for the department of that id. It responds with the 404 of an
//! unknown route, and with a header and a message that name the operation.

use std::str::FromStr as _;

use axum::extract::State;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodFilter;

use crate::Api;
use crate::error::Failure;

/// The list of operations: a line is `METHOD /path/{parameter}`, and is removed
/// when the operation is implemented.
const OPERATIONS: &str = include_str!("unsupported.txt");

/// The response header that names the operation that is not supported. The line
/// of the list.
const HEADER: &str = "x-tanuki-unsupported";

/// An operation that is not supported yet.
#[derive(Debug, Clone)]
pub(crate) struct Unsupported {
    /// The line of the list.
    operation: &'static str,
    pub method: Method,
    pub filter: MethodFilter,
    pub path: &'static str,
}

/// Returns the operations of the list.
pub(crate) fn operations() -> impl Iterator<Item = Unsupported> {
    OPERATIONS.lines().filter_map(|operation| {
        let (method, path) = operation.split_once(' ')?;
        let method = Method::from_str(method).ok()?;
        let filter = MethodFilter::try_from(method.clone()).ok()?;
        Some(Unsupported {
            operation,
            method,
            filter,
            path,
        })
    })
}

impl Unsupported {
    /// Responds with 404 and counts the request.
    pub async fn answer(self, State(api): State<Api>) -> Response {
        api.core.count_unsupported(self.operation);
        let message = format!(
            "404 Not Found: {} is not supported by this version of Tanuki.",
            self.operation
        );
        let mut answer = Failure::new(StatusCode::NOT_FOUND, &message).into_response();
        let value = HeaderValue::from_static(self.operation);
        answer.headers_mut().insert(HEADER, value);
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_an_operation() {
        assert_eq!(operations().count(), OPERATIONS.lines().count());
    }
}
