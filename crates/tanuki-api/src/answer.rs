//! What operations answer when they succeed, for the API's description.

use std::fmt;
use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Value, json};
use tanuki_core::Shape;

/// An answer of an operation: its status, media type and shape.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: StatusCode,
    /// The media type and the schema of the body, unless it is empty.
    pub content: Option<(&'static str, Value)>,
}

impl Answer {
    /// A JSON body of that shape.
    pub fn json(status: StatusCode, shape: Shape) -> Self {
        Self {
            status,
            content: Some(("application/json", shape.into_schema())),
        }
    }

    /// One JSON value per line.
    pub fn lines(shape: Shape) -> Self {
        Self {
            status: StatusCode::OK,
            content: Some(("application/x-ndjson", shape.into_schema())),
        }
    }

    /// Plain text, with status 200. The media type is Zou's.
    pub fn text() -> Self {
        Self {
            status: StatusCode::OK,
            content: Some(("text", json!({"type": "string"}))),
        }
    }

    /// An HTML page, with status 200.
    pub fn page() -> Self {
        Self {
            status: StatusCode::OK,
            content: Some(("text/html", json!({"type": "string"}))),
        }
    }

    /// The bytes of a file, or of a range of it; `*/*` if files of any type are
    /// sent.
    pub fn file(status: StatusCode, media_type: &'static str) -> Self {
        let bytes = json!({"type": "string", "format": "binary"});
        Self {
            status,
            content: Some((media_type, bytes)),
        }
    }

    /// No body.
    pub fn empty(status: StatusCode) -> Self {
        Self {
            status,
            content: None,
        }
    }

    /// Returns the status in words.
    pub fn description(&self) -> &'static str {
        match self.status {
            StatusCode::CREATED => "Created",
            StatusCode::ACCEPTED => "Not ready yet",
            StatusCode::NO_CONTENT => "Done",
            StatusCode::FOUND => "A redirect",
            StatusCode::PARTIAL_CONTENT => "A part of the file",
            _ => "Success",
        }
    }
}

/// Describes an answer. Called when the description is requested, not when the
/// route is mounted.
#[derive(Clone)]
pub(crate) struct DescribeAnswer(Arc<dyn Fn() -> Answer + Send + Sync>);

impl DescribeAnswer {
    /// Wraps a function that describes an answer.
    pub fn new(describe: impl Fn() -> Answer + Send + Sync + 'static) -> Self {
        Self(Arc::new(describe))
    }

    /// Returns the answer.
    pub fn answer(&self) -> Answer {
        (self.0)()
    }
}

impl fmt::Debug for DescribeAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DescribeAnswer")
    }
}
