//! Query parameters.

use crate::{Error, Result};

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
pub(crate) fn integer(name: &str, text: Option<&str>, default: i64) -> Result<i64> {
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
