//! A page: a template with its context.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use minijinja::Value;

/// A template with its context. It is passed in the extensions of the response
/// to [`serve`](crate::rendering::serve), which adds the context that all pages share and renders it.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    status: StatusCode,
    pub template: &'static str,
    pub context: Value,
}

impl Page {
    /// Creates a page with status 200.
    pub fn new(template: &'static str, context: Value) -> Self {
        Self {
            status: StatusCode::OK,
            template,
            context,
        }
    }

    /// Sets the status.
    pub fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let mut answer = self.status.into_response();
        answer.extensions_mut().insert(self);
        answer
    }
}
