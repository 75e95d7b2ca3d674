//! Values as the JSON text of an answer, written as they come.

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, Timelike as _};
use tanuki_domain::locale;
use uuid::Uuid;

use crate::schema::Kind;
use crate::{Error, Result};

pub(crate) fn null(out: &mut Vec<u8>) {
    out.extend_from_slice(b"null");
}

/// A text of a column of that kind.
pub(crate) fn text(out: &mut Vec<u8>, kind: Kind, text: &str) -> Result<()> {
    let text = match kind {
        Kind::Locale => locale::canonical(text).unwrap_or(text),
        _ => text,
    };
    value(out, text)
}

pub(crate) fn value(out: &mut Vec<u8>, value: &(impl serde::Serialize + ?Sized)) -> Result<()> {
    serde_json::to_writer(out, value)
        .map_err(|error| Error::Value(format!("a stored value is not valid JSON: {error}")))
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

/// A list of ids.
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

/// `"2026-11-24"`.
pub(crate) fn date(out: &mut Vec<u8>, date: NaiveDate) {
    out.push(b'"');
    push_date(out, date);
    out.push(b'"');
}

/// `"2026-11-24T09:00:00"`: answers have no fractions of a second.
pub(crate) fn time(out: &mut Vec<u8>, time: NaiveDateTime) {
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

/// A date or time that is at hand as such text, of which answers have so many
/// characters.
pub(crate) fn cut(out: &mut Vec<u8>, text: &str, characters: usize) {
    out.push(b'"');
    out.extend_from_slice(text.get(..characters).unwrap_or(text).as_bytes());
    out.push(b'"');
}

fn push_date(out: &mut Vec<u8>, date: NaiveDate) {
    let year = u32::try_from(date.year()).unwrap_or(0);
    if year < 10_000 {
        digits(out, year / 100);
        digits(out, year % 100);
    } else {
        out.extend_from_slice(year.to_string().as_bytes());
    }
    out.push(b'-');
    digits(out, date.month());
    out.push(b'-');
    digits(out, date.day());
}

/// The two digits of a number below a hundred.
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
        cut(&mut out, "2026-11-24T09:00:00.000000", 19);
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            r#""0987-01-09""0987-01-09T08:05:59""2026-11-24T09:00:00""#
        );
    }
}
