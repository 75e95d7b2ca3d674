//! Query parameters.

use chrono::{NaiveDateTime, NaiveTime};
use tanuki_domain::dates;
use uuid::Uuid;

use crate::{Error, MaybeId, Result};

/// The key-value pairs of a query string, in order.
pub type Parameters = [(String, String)];

/// Returns the value of a query parameter; the first if it is repeated.
pub(crate) fn first<'a>(parameters: &'a Parameters, name: &str) -> Option<&'a str> {
    let (_, value) = parameters.iter().find(|(key, _)| key == name)?;
    Some(value)
}

/// Whether a query parameter is `true`, case-insensitively.
pub(crate) fn is_true(text: &str) -> bool {
    text.eq_ignore_ascii_case("true")
}

/// Parses an integer query parameter.
///
/// # Errors
/// [`Error::Invalid`] with its name.
pub fn integer(name: &str, text: Option<&str>, default: i64) -> Result<i64> {
    match text {
        None => Ok(default),
        Some(text) => text
            .trim()
            .parse()
            .map_err(|_| Error::invalid(format!("{name} must be an integer."))),
    }
}

/// The error for a filter on a column whose values the caller may not see.
pub(crate) fn refused_filter(column: &str) -> Error {
    Error::invalid(format!("Filtering on {column} is not allowed."))
}

pub(crate) fn hyphenated_id(name: &str, id: Option<&MaybeId>) -> Result<Option<Uuid>> {
    let malformed = || Error::invalid(format!("The {name} parameter is not a valid id"));
    id.map(|id| id.hyphenated(malformed())).transpose()
}

/// Parses a timestamp, `2020-01-05T13:23:10`, or a date, `2020-01-05`, in UTC.
///
/// # Errors
/// [`Error::Invalid`] with the parameter's name.
pub(crate) fn moment(name: &str, text: Option<&str>) -> Result<Option<NaiveDateTime>> {
    let Some(text) = text else {
        return Ok(None);
    };
    let time = dates::parse_time(text, "%Y-%m-%dT%H:%M:%S");
    let day = || dates::parse_day(text).map(|day| day.and_time(NaiveTime::MIN));
    time.or_else(day).map(Some).ok_or_else(|| {
        Error::invalid(format!(
            "Wrong date format for {name} argument.Expected format: 2020-01-05T13:23:10 or \
             2020-01-05"
        ))
    })
}
