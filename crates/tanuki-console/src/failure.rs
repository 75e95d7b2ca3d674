//! Error responses. Errors of the core convert into them with `?`.

use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Redirect, Response};
use minijinja::context;
use tanuki_core::Error;

use crate::pages::Page;
use crate::paths::SECOND_FACTORS;

/// The result of a handler.
pub(crate) type HandlerResult<T = Response> = Result<T, Failure>;

/// An error response.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The visitor is not signed in; `next` is the page to return to
    /// afterwards.
    NotSignedIn { next: String },
    /// The visitor is signed in, but not an admin.
    NotAdmin,
    /// The visitor has to set up a second factor before anything else.
    MustSetUpSecondFactor,
    /// The error page, with a message for the visitor.
    Refused { status: StatusCode, message: String },
    /// 502: the database is unavailable.
    Unavailable,
}

impl Failure {
    /// An error page with a message.
    pub fn refused(status: StatusCode, message: impl Into<String>) -> Self {
        Self::Refused {
            status,
            message: message.into(),
        }
    }

    /// 404: no such page, or its row was deleted.
    pub fn not_found() -> Self {
        Self::refused(
            StatusCode::NOT_FOUND,
            "There is no such page, or what it showed was deleted.",
        )
    }

    /// 500. The reason is logged, not sent to the browser.
    pub fn internal(reason: &str) -> Self {
        tracing::error!(reason, "a page of the console failed");
        Self::refused(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong on the server. Its log says what.",
        )
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::NotSignedIn { next } => {
                let query = form_urlencoded::Serializer::new(String::new())
                    .append_pair("next", &next)
                    .finish();
                Redirect::to(&format!("/console/login?{query}")).into_response()
            }
            Self::MustSetUpSecondFactor => Redirect::to(SECOND_FACTORS).into_response(),
            Self::NotAdmin => Page::new("forbidden.html", context! {})
                .status(StatusCode::FORBIDDEN)
                .into_response(),
            Self::Refused { status, message } => error_page(status, &message),
            Self::Unavailable => {
                let message = "The database is unavailable at the moment. Please try again later.";
                let mut response = error_page(StatusCode::BAD_GATEWAY, message);
                let seconds = tanuki_core::RETRY_AFTER.as_secs();
                response.headers_mut().insert(RETRY_AFTER, seconds.into());
                response
            }
        }
    }
}

fn error_page(status: StatusCode, message: &str) -> Response {
    let context = context! { status => status.as_u16(), message };
    Page::new("error.html", context)
        .status(status)
        .into_response()
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::NotFound | Error::Absent(_) | Error::Missing(_) => Self::not_found(),
            Error::Denied => Self::refused(
                StatusCode::FORBIDDEN,
                "Your account is not allowed to do that.",
            ),
            Error::DeniedBecause(message) => Self::refused(StatusCode::FORBIDDEN, message),
            Error::Unavailable(reason) | Error::StorageUnavailable { reason, .. } => {
                tracing::warn!(reason, "a page is refused: the database is unavailable");
                Self::Unavailable
            }
            Error::Store(_) | Error::Failed(_) => Self::internal(&message),
            Error::Fields(errors) => {
                let messages: Vec<String> = errors.into_iter().map(|e| e.message).collect();
                Self::refused(StatusCode::UNPROCESSABLE_ENTITY, messages.join(" "))
            }
            Error::Invalid { .. }
            | Error::Constraint(_)
            | Error::InvalidFilter(_)
            | Error::UnknownField { .. }
            | Error::WrongType { .. }
            | Error::NotAChoice { .. }
            | Error::Refused(_)
            | Error::InProgress(_)
            | Error::Conflict(_) => Self::refused(StatusCode::UNPROCESSABLE_ENTITY, message),
        }
    }
}
