//! Dates and times in the years 1 to 9999, with four-digit years.
//!
//! That is the range of Python's `datetime`, with which Zou and most HTTP
//! clients parse dates: a single row out of range breaks every list that
//! contains it. chrono alone also parses `+99999-01-01` and `0000-01-01`, and
//! PostgreSQL stores years from 4713 BC to 294276, and `infinity`.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _};

/// The first date that can be stored.
pub const FIRST_DAY: NaiveDate = match NaiveDate::from_ymd_opt(1, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// The last date that can be stored.
pub const LAST_DAY: NaiveDate = match NaiveDate::from_ymd_opt(9999, 12, 31) {
    Some(day) => day,
    None => NaiveDate::MAX,
};

/// The last time of day that can be stored, in microseconds.
const LAST_TIME: NaiveTime = match NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999) {
    Some(time) => time,
    None => NaiveTime::MIN,
};

/// Returns whether a date is in the years 1 to 9999.
pub fn is_in_range(day: NaiveDate) -> bool {
    (FIRST_DAY..=LAST_DAY).contains(&day)
}

/// Clamps a date to the range that can be stored.
pub fn clamp(day: NaiveDate) -> NaiveDate {
    day.clamp(FIRST_DAY, LAST_DAY)
}

/// Clamps a time to the range that can be stored.
pub fn clamp_time(time: NaiveDateTime) -> NaiveDateTime {
    time.clamp(
        FIRST_DAY.and_time(NaiveTime::MIN),
        LAST_DAY.and_time(LAST_TIME),
    )
}

/// Parses a date in a chrono format, which must begin with the year. `None` if
/// it is malformed or out of range.
pub fn parse_date(text: &str, format: &str) -> Option<NaiveDate> {
    let day = NaiveDate::parse_from_str(text, format).ok()?;
    (is_in_range(day) && is_plain(text, format)).then_some(day)
}

/// Parses a time without offset in a chrono format, which must begin with the
/// year. `None` if it is malformed or out of range. Leap seconds are rejected,
/// as in Python.
pub fn parse_time(text: &str, format: &str) -> Option<NaiveDateTime> {
    let time = NaiveDateTime::parse_from_str(text, format).ok()?;
    (is_storable(time) && is_plain(text, format)).then_some(time)
}

/// Parses a time with an offset (RFC 3339) and returns the local time. `None`
/// if it is malformed or out of range.
pub fn parse_rfc3339(text: &str) -> Option<NaiveDateTime> {
    let time = DateTime::parse_from_rfc3339(text).ok()?.naive_local();
    is_storable(time).then_some(time)
}

/// Parses a time with an offset (RFC 3339) and returns it in UTC. `None` if it
/// is malformed or out of range.
pub fn parse_rfc3339_as_utc(text: &str) -> Option<NaiveDateTime> {
    let time = DateTime::parse_from_rfc3339(text).ok()?.naive_utc();
    is_storable(time).then_some(time)
}

/// Parses a date in the format `YYYY-MM-DD`. `None` if it is malformed or out
/// of range.
pub fn parse_day(text: &str) -> Option<NaiveDate> {
    parse_date(text, "%Y-%m-%d")
}

fn is_storable(time: NaiveDateTime) -> bool {
    is_in_range(time.date()) && time.nanosecond() < 1_000_000_000
}

/// Returns whether the string begins with a year of exactly four digits and has
/// as much whitespace as the format. chrono alone skips whitespace and signs
/// before numbers.
fn is_plain(text: &str, format: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_digit);
    let year = bytes.get(..4).is_some_and(digits);
    // A year that is not followed by a separator belongs to `%Y%m%d`.
    let ends = match bytes.get(4) {
        Some(next) if next.is_ascii_digit() => bytes.len() == 8 && digits(bytes),
        _ => true,
    };
    let blanks = |text: &str| text.matches(char::is_whitespace).count();
    year && ends && blanks(text) == blanks(format)
}

/// Formats the year with four digits.
pub fn year(day: NaiveDate) -> String {
    format!("{:04}", clamp(day).year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_have_four_digits() {
        for text in ["0001-01-01", "2026-02-28", "9999-12-31"] {
            assert!(parse_day(text).is_some(), "{text}");
        }
        for text in [
            "0000-01-01",
            "10000-01-01",
            "+9999-01-01",
            "+99999-01-01",
            "-0044-03-15",
            "-1-03-15",
            "44-03-15",
            "00044-03-15",
            " 2026-01-01",
            "2026- 1-01",
            "2026-02-30",
            "20260101",
            "",
            "é",
        ] {
            assert_eq!(parse_day(text), None, "{text}");
        }
        assert!(parse_date("20260101", "%Y%m%d").is_some());
        for text in ["000440315", "+20260101", "100000101"] {
            assert_eq!(parse_date(text, "%Y%m%d"), None, "{text}");
        }
    }

    #[test]
    fn times_have_four_digits_and_no_leap_second() {
        let read = |text| parse_time(text, "%Y-%m-%dT%H:%M:%S%.f");
        assert!(read("9999-12-31T23:59:59.999999").is_some());
        for text in [
            "0000-12-31T00:00:00",
            "+10000-01-01T00:00:00",
            "9999-12-31T23:59:60",
            "2026-01-01T 1:00:00",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert!(parse_rfc3339("9999-12-31T23:59:59-05:00").is_some());
        for text in ["0000-12-31T23:00:00-05:00", "2016-12-31T23:59:60Z"] {
            assert_eq!(parse_rfc3339(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_out_of_range_becomes_its_nearest_end() {
        assert_eq!(clamp(NaiveDate::MAX), LAST_DAY);
        assert_eq!(clamp(NaiveDate::MIN), FIRST_DAY);
        let end = clamp_time(NaiveDateTime::MAX);
        assert_eq!(end.to_string(), "9999-12-31 23:59:59.999999");
        assert_eq!(clamp_time(end), end);
        assert_eq!(year(FIRST_DAY), "0001");
    }
}
