//! Dates and timestamps in SQLite, which stores them as text.
//!
//! ISO 8601 with microseconds and without an offset
//! (`2026-11-22T09:00:00.000000`, UTC): sorting the text sorts the timestamps,
//! and the first 19 characters are the form of responses.

use std::fmt::Write as _;

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _};
use tanuki_domain::dates;

pub(crate) fn timestamp(value: NaiveDateTime) -> String {
    let mut text = String::with_capacity(26);
    // Clients only write years of four digits. Not `format()`, which would
    // parse its pattern for each timestamp of a list.
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

/// Parses a stored timestamp. Years before 1 or after 9999, which other
/// programs may have written, are clamped to the first or last supported time.
pub(crate) fn parse_timestamp(value: &str) -> Result<NaiveDateTime, chrono::ParseError> {
    let parse = |text: &str| {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f")
            .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f"))
    };
    let time = parse(value)
        .or_else(|_| parse(&format!("+{value}")))
        .or_else(|error| match parse_date(value) {
            Ok(day) => Ok(day.and_time(NaiveTime::MIN)),
            Err(_) => Err(error),
        })?;
    Ok(dates::clamp_time(time))
}

/// Parses a stored date, clamped as in [`parse_timestamp`].
pub(crate) fn parse_date(value: &str) -> Result<NaiveDate, chrono::ParseError> {
    let day = value
        .parse()
        .or_else(|_| format!("+{value}").parse::<NaiveDate>())?;
    Ok(dates::clamp(day))
}

/// Returns whether a text starts with a date of a four-digit year and has at
/// least `length` bytes, the part of it that responses contain.
pub(crate) fn begins_with_date(text: &str, length: usize) -> bool {
    let bytes = text.as_bytes();
    let is_date = |(place, byte): (usize, &u8)| match place {
        4 | 7 => *byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    bytes.len() >= length
        && bytes.iter().take(10).enumerate().all(is_date)
        && !bytes.starts_with(b"0000")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_times_of_other_years_are_read_as_the_first_or_last() {
        for (stored, read) in [
            ("2026-11-22T09:00:00.000000", "2026-11-22 09:00:00"),
            ("2026-11-22 09:00:00", "2026-11-22 09:00:00"),
            ("2026-11-22", "2026-11-22 00:00:00"),
            ("10000-01-01T00:00:00.000000", "9999-12-31 23:59:59.999999"),
            ("+10000-01-01T00:00:00", "9999-12-31 23:59:59.999999"),
            ("0000-01-01T00:00:00", "0001-01-01 00:00:00"),
            ("-0044-03-15T00:00:00", "0001-01-01 00:00:00"),
        ] {
            assert_eq!(parse_timestamp(stored).unwrap().to_string(), read);
        }
        assert!(parse_timestamp("soon").is_err());
        assert!(begins_with_date("2026-11-22", 10));
        for text in ["0000-01-01", "+10000-01-01", "10000-01-01", "soon", ""] {
            assert!(!begins_with_date(text, 10), "{text}");
        }
    }
}
