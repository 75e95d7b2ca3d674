//! `/console/unsupported`: unsupported operations that clients have requested.
//! Admins only.

use axum::extract::State;
use minijinja::context;
use minijinja::value::Serde;
use serde::Serialize;
use tanuki_core::UnsupportedOperation;

use crate::Console;
use crate::failure::HandlerResult;
use crate::pages::Page;
use crate::session::Admin;

/// A row of the table.
#[derive(Debug, Serialize)]
struct Line {
    method: &'static str,
    path: &'static str,
    count: u64,
    /// ISO 8601, for the `datetime` attribute.
    last: String,
    /// For display, to the minute.
    last_shown: String,
}

impl Line {
    fn of(asked: &UnsupportedOperation) -> Self {
        let (method, path) = asked.operation.split_once(' ').unwrap_or_default();
        Self {
            method,
            path,
            count: asked.count,
            last: asked.last.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            last_shown: asked.last.format("%Y-%m-%d %H:%M").to_string(),
        }
    }
}

/// `GET /console/unsupported`.
pub(crate) async fn list(_: Admin, State(console): State<Console>) -> HandlerResult<Page> {
    let operations = console.core.unsupported_operations();
    let lines: Vec<Line> = operations.iter().map(Line::of).collect();
    let context = context! { section => "unsupported", operations => Serde(lines) };
    Ok(Page::new("unsupported.html", context))
}
