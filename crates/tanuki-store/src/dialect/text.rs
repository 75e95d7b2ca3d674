//! How SQLite, which has no types for them, stores times.
//!
//! ISO 8601 with microseconds and without an offset (`2026-11-22T09:00:00.000000`,
//! UTC): its text order is its order in time, and the first 19 characters are
//! what the API answers.

use std::fmt::Write as _;

use chrono::{Datelike as _, NaiveDateTime, Timelike as _};

pub(crate) fn timestamp(value: NaiveDateTime) -> String {
    let mut text = String::with_capacity(26);
    // Years of four digits are all that the databases' clients write; a
    // pattern would be read anew for each of a list's times.
    let (date, time) = (value.date(), value.time());
    let _infallible = write!(text, "{:04}", date.year());
    for (mark, part) in [
        ('-', date.month()),
        ('-', date.day()),
        ('T', time.hour()),
        (':', time.minute()),
        (':', time.second()),
    ] {
        text.push(mark);
        for digit in [part / 10, part % 10] {
            text.push(char::from_digit(digit, 10).unwrap_or('0'));
        }
    }
    let _infallible = write!(text, ".{:06}", time.nanosecond() / 1000 % 1_000_000);
    text
}

pub(crate) fn parse_timestamp(value: &str) -> Result<NaiveDateTime, chrono::ParseError> {
    NaiveDateTime::parse_from_str(value, "%Y-%m-%dT%H:%M:%S%.f")
        .or_else(|_| NaiveDateTime::parse_from_str(value, "%Y-%m-%d %H:%M:%S%.f"))
}
