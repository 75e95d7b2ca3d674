//! How SQLite, which has no types for them, stores times.
//!
//! ISO 8601 with microseconds and without an offset (`2026-11-22T09:00:00.000000`,
//! UTC): its text order is its order in time, and the first 19 characters are
//! what the API answers.

use chrono::NaiveDateTime;

const TIMESTAMP: &str = "%Y-%m-%dT%H:%M:%S%.6f";

pub(crate) fn timestamp(value: NaiveDateTime) -> String {
    value.format(TIMESTAMP).to_string()
}

pub(crate) fn parse_timestamp(value: &str) -> Result<NaiveDateTime, chrono::ParseError> {
    NaiveDateTime::parse_from_str(value, "%Y-%m-%dT%H:%M:%S%.f")
        .or_else(|_| NaiveDateTime::parse_from_str(value, "%Y-%m-%d %H:%M:%S%.f"))
}
