//! Times on pages.

use serde::Serialize;

/// A time in UTC.
#[derive(Debug, Serialize)]
pub(crate) struct Moment {
    /// ISO 8601, for the `datetime` attribute.
    exact: String,
    /// For display, to the minute.
    shown: String,
}

impl Moment {
    /// Returns a time that the API writes: ISO 8601 in UTC, without an offset.
    pub fn of(text: &str) -> Self {
        let to_the_minute: String = text.chars().take(16).collect();
        Self {
            exact: format!("{text}Z"),
            shown: to_the_minute.replace('T', " "),
        }
    }
}
