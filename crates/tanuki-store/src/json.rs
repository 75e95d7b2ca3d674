//! Serializes values of columns to JSON, appending to a buffer.

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, Timelike as _};
use tanuki_domain::{dates, locale};
use uuid::Uuid;

use crate::dialect::text;
use crate::schema::ColumnType;
use crate::{Error, Result};

pub(crate) fn null(out: &mut Vec<u8>) {
    out.extend_from_slice(b"null");
}

/// Appends a text of a column of that type; locales in their full form.
pub(crate) fn text(out: &mut Vec<u8>, kind: ColumnType, text: &str) -> Result<()> {
    let text = match kind {
        ColumnType::Locale => locale::canonical(text).unwrap_or(text),
        _ => text,
    };
    value(out, text)
}

pub(crate) fn value(out: &mut Vec<u8>, value: &(impl serde::Serialize + ?Sized)) -> Result<()> {
    serde_json::to_writer(out, value)
        .map_err(|error| Error::unreadable(format!("a stored value is not valid JSON: {error}")))
}

pub(crate) fn flag(out: &mut Vec<u8>, flag: bool) {
    out.extend_from_slice(if flag { b"true" } else { b"false" });
}

pub(crate) fn id(out: &mut Vec<u8>, id: &Uuid) {
    out.push(b'"');
    let mut buffer = Uuid::encode_buffer();
    out.extend_from_slice(id.hyphenated().encode_lower(&mut buffer).as_bytes());
    out.push(b'"');
}

/// Appends an array of ids.
pub(crate) fn ids(out: &mut Vec<u8>, ids: &[Uuid]) {
    out.push(b'[');
    for (place, one) in ids.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        id(out, one);
    }
    out.push(b']');
}

/// Appends `"2026-11-24"`. Years before 1 or after 9999 are clamped to the
/// first or last supported day.
pub(crate) fn date(out: &mut Vec<u8>, date: NaiveDate) {
    out.push(b'"');
    push_date(out, dates::clamp(date));
    out.push(b'"');
}

/// Appends `"2026-11-24T09:00:00"`: responses have no fractions of a second.
/// Clamped as in [`date`].
pub(crate) fn time(out: &mut Vec<u8>, time: NaiveDateTime) {
    let time = dates::clamp_time(time);
    out.push(b'"');
    push_date(out, time.date());
    let time = time.time();
    out.push(b'T');
    digits(out, time.hour());
    out.push(b':');
    digits(out, time.minute());
    out.push(b':');
    digits(out, time.second());
    out.push(b'"');
}

/// Appends a date that is stored as text.
pub(crate) fn date_text(out: &mut Vec<u8>, text: &str) -> Result<()> {
    if text::begins_with_date(text, DATE) {
        cut(out, text, DATE);
    } else {
        date(out, text::parse_date(text).map_err(Error::unreadable)?);
    }
    Ok(())
}

/// Appends a timestamp that is stored as text.
pub(crate) fn time_text(out: &mut Vec<u8>, text: &str) -> Result<()> {
    if text::begins_with_date(text, TIME) {
        cut(out, text, TIME);
    } else {
        time(out, text::parse_timestamp(text).map_err(Error::unreadable)?);
    }
    Ok(())
}

/// Lengths of a date and of a timestamp in responses, in characters.
const DATE: usize = 10;
const TIME: usize = 19;

fn cut(out: &mut Vec<u8>, text: &str, characters: usize) {
    out.push(b'"');
    out.extend_from_slice(text.get(..characters).unwrap_or(text).as_bytes());
    out.push(b'"');
}

fn push_date(out: &mut Vec<u8>, date: NaiveDate) {
    let year = u32::try_from(date.year()).unwrap_or(0);
    digits(out, year / 100);
    digits(out, year % 100);
    out.push(b'-');
    digits(out, date.month());
    out.push(b'-');
    digits(out, date.day());
}

/// Appends a number below 100 as two digits.
fn digits(out: &mut Vec<u8>, number: u32) {
    for digit in [number / 10, number % 10] {
        out.push(b'0' + u8::try_from(digit).unwrap_or(0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_answers_have_them() {
        let mut out = Vec::new();
        let day = NaiveDate::from_ymd_opt(987, 1, 9).unwrap();
        date(&mut out, day);
        time(&mut out, day.and_hms_micro_opt(8, 5, 59, 999_999).unwrap());
        time_text(&mut out, "2026-11-24T09:00:00.000000").unwrap();
        date_text(&mut out, "10000-01-01").unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            r#""0987-01-09""0987-01-09T08:05:59""2026-11-24T09:00:00""9999-12-31""#
        );
    }
}
