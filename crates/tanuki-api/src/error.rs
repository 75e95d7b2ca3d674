//! Error responses.
//!
//! Handlers return [`Failure`]. Errors of the core convert into it with `?`; a
//! handler that refuses a request by itself uses [`Failure::new`], or
//! [`Failure::body`] if the body has a different shape.

use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tanuki_core::Error;
use tanuki_core::json_input::JsonError;
use tanuki_core::shares::ShareError;

/// The result of a handler.
pub(crate) type HandlerResult<T = Response> = Result<T, Failure>;

const NOT_FOUND: &str = "404 Not Found: The requested URL was not found on the server. If you \
    entered the URL manually please check your spelling and try again.";
const FORBIDDEN: &str = "You don't have the permission to access the requested resource. It is \
    either read-protected or not readable by the server.";
pub(crate) const UNAUTHORIZED: &str = "The server could not verify that you are authorized to \
    access the URL requested. You either supplied the wrong credentials (e.g. a bad password), or \
    your browser doesn't understand how to supply the credentials required.";

/// An error response with a JSON body.
#[derive(Debug)]
pub(crate) struct Failure {
    status: StatusCode,
    body: Value,
    /// The value of `Retry-After`, in seconds.
    retry_after: Option<u64>,
}

impl Failure {
    /// The usual body: `{"error": true, "message": …}`.
    pub fn new(status: StatusCode, message: &str) -> Self {
        Self::body(status, json!({"error": true, "message": message}))
    }

    /// An error with any JSON body.
    pub fn body(status: StatusCode, body: Value) -> Self {
        Self {
            status,
            body,
            retry_after: None,
        }
    }

    /// Whether the status is 400.
    pub fn is_bad_request(&self) -> bool {
        self.status == StatusCode::BAD_REQUEST
    }

    /// Adds a `Retry-After`, in whole seconds, at least 1.
    pub fn retry_after(self, wait: Duration) -> Self {
        Self {
            retry_after: Some(wait.as_secs().max(1)),
            ..self
        }
    }

    /// An authentication error, whose body is `{"msg": …}` as in Zou.
    pub fn token(status: StatusCode, message: &str) -> Self {
        Self::body(status, json!({"msg": message}))
    }

    /// 403 with Zou's message.
    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, FORBIDDEN)
    }

    /// 502: the database is unavailable. gazu raises an exception on 502; it
    /// takes a 503 for a normal response. The reason is logged, not sent.
    pub fn unavailable(reason: &str) -> Self {
        tracing::warn!(reason, "a request is refused: the database is unavailable");
        let message = "The database is unavailable at the moment. Please try again later.";
        Self {
            retry_after: Some(tanuki_core::RETRY_AFTER.as_secs()),
            ..Self::new(StatusCode::BAD_GATEWAY, message)
        }
    }

    /// 502 with `Retry-After`, as [`unavailable`](Self::unavailable), of the
    /// storage of files.
    fn storage_unavailable(is_full: bool, reason: &str) -> Self {
        tracing::error!(
            reason,
            "a request is refused: files cannot be stored or read"
        );
        let state = if is_full { "full" } else { "unavailable" };
        let message =
            format!("The storage of files is {state} at the moment. Please try again later.");
        Self {
            retry_after: Some(tanuki_core::RETRY_AFTER.as_secs()),
            ..Self::new(StatusCode::BAD_GATEWAY, &message)
        }
    }

    /// 500. The reason is logged, not sent to the client.
    pub fn internal(reason: &str) -> Self {
        tracing::error!(reason, "a request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error.")
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::Invalid { data, .. } => Self::body(
                StatusCode::BAD_REQUEST,
                json!({"error": true, "message": message, "data": data}),
            ),
            Error::NotAChoice { .. } => Self::body(
                StatusCode::BAD_REQUEST,
                json!({"error": true, "message": message, "data": null}),
            ),
            Error::Fields(errors) => {
                let errors: Vec<Value> = errors
                    .into_iter()
                    .map(|error| json!({"field": error.field, "message": error.message}))
                    .collect();
                Self::body(
                    StatusCode::BAD_REQUEST,
                    json!({"error": true, "message": message, "data": {"errors": errors}}),
                )
            }
            Error::Constraint(_)
            | Error::UnknownField { .. }
            | Error::WrongType { .. }
            | Error::Conflict(_) => {
                Self::body(StatusCode::BAD_REQUEST, json!({"message": message}))
            }
            Error::InvalidFilter(_) | Error::Refused(_) => {
                Self::new(StatusCode::BAD_REQUEST, &message)
            }
            Error::InProgress(message) => Self::new(StatusCode::CONFLICT, message),
            Error::NotFound => not_found(),
            Error::Absent(_) => Self::new(StatusCode::NOT_FOUND, &message),
            Error::Missing(message) => {
                Self::body(StatusCode::NOT_FOUND, json!({"message": message}))
            }
            Error::Denied => Self::forbidden(),
            Error::DeniedBecause(message) => Self::new(StatusCode::FORBIDDEN, message),
            Error::Unavailable(reason) => Self::unavailable(&reason),
            Error::StorageUnavailable { is_full, reason } => {
                Self::storage_unavailable(is_full, &reason)
            }
            Error::Store(_) | Error::Failed(_) => Self::internal(&message),
        }
    }
}

/// The bodies are Zou's: `{"error": …}`.
impl From<ShareError> for Failure {
    fn from(error: ShareError) -> Self {
        let refused = |status, reason: &str| Self::body(status, json!({"error": reason}));
        match error {
            ShareError::Invalid(reason) => refused(StatusCode::BAD_REQUEST, &reason),
            ShareError::Denied(reason) => refused(StatusCode::FORBIDDEN, reason),
            ShareError::Missing(reason) => refused(StatusCode::NOT_FOUND, reason),
            ShareError::TooMany(wait) => {
                let message = "Too many attempts. Please try again later.";
                Self::new(StatusCode::TOO_MANY_REQUESTS, message).retry_after(wait)
            }
            ShareError::Failed(error) => error.into(),
        }
    }
}

impl From<JsonError> for Failure {
    fn from(error: JsonError) -> Self {
        Error::from(error).into()
    }
}

impl From<tanuki_store::Error> for Failure {
    fn from(error: tanuki_store::Error) -> Self {
        Error::from(error).into()
    }
}

/// 404 with Zou's message, as for an unknown route.
pub(crate) fn not_found() -> Failure {
    Failure::new(StatusCode::NOT_FOUND, NOT_FOUND)
}
