//! Limits for JSON in requests: depth, number of values, memory.
//!
//! A tree of [`Value`]s takes up to a hundred times the memory of its text, and
//! what is nested deeper than a parser's limit can be stored but not read
//! again. The text is measured first, in one pass without allocation; only what
//! is within the limits is parsed.

use serde_json::Value;

use crate::{Error, Result};

/// Maximum depth of a stored value: `[]` has depth 1, `[[]]` depth 2.
pub const MAX_DEPTH: usize = 64;

/// Levels of nesting that a body may have around a stored value, as in
/// `{"comments": [{"checklist": …}]}`.
const ENVELOPE: usize = 4;

/// Maximum number of values in one JSON text: members of arrays and objects,
/// and the arrays and objects themselves.
pub const MAX_VALUES: usize = 200_000;

/// Maximum number of values in the JSON of a form field or query parameter,
/// whose memory does not count towards the limit for all requests together.
pub const MAX_FIELD_VALUES: usize = 20_000;

/// Estimated bytes per parsed value, with the spare capacity of its array.
const VALUE_MEMORY: usize = 160;

/// Estimated bytes per object, without its values.
const OBJECT_MEMORY: usize = 512;

/// Why the JSON of a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    #[error("The JSON cannot be read.")]
    Malformed,
    #[error("The JSON is nested too deeply: at most {MAX_DEPTH} levels.")]
    TooDeep,
    #[error("The JSON has too many values: at most {MAX_VALUES}.")]
    TooMany,
    #[error("The JSON of a field has too many values: at most {MAX_FIELD_VALUES}.")]
    TooManyInField,
}

impl From<JsonError> for Error {
    fn from(error: JsonError) -> Self {
        Self::invalid(error.to_string())
    }
}

/// The size of a JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    /// Levels of nesting.
    pub depth: usize,
    /// Number of values on all levels.
    pub values: usize,
    /// Estimated bytes of the parsed tree and the text.
    pub memory: usize,
}

impl Size {
    /// Measures a JSON text without parsing it. For malformed JSON this is an
    /// upper bound of what a parser allocates before it finds the error.
    pub fn of(text: &[u8]) -> Self {
        let mut size = Self {
            depth: 0,
            values: 1,
            memory: text.len(),
        };
        let mut depth = 0_usize;
        let mut objects = 0_usize;
        let mut bytes = text.iter();
        while let Some(byte) = bytes.next() {
            match byte {
                b'"' => skip_string(&mut bytes),
                b'[' | b'{' => {
                    depth += 1;
                    size.depth = size.depth.max(depth);
                    size.values += 1;
                    objects += usize::from(*byte == b'{');
                }
                b']' | b'}' => depth = depth.saturating_sub(1),
                b',' => size.values += 1,
                _ => {}
            }
        }
        size.memory += size.values * VALUE_MEMORY + objects * OBJECT_MEMORY;
        size
    }

    /// Checks the limits of a request's body.
    ///
    /// # Errors
    ///
    /// [`JsonError::TooDeep`] or [`JsonError::TooMany`].
    pub fn check(self) -> Result<(), JsonError> {
        if self.depth > MAX_DEPTH + ENVELOPE {
            return Err(JsonError::TooDeep);
        }
        if self.values > MAX_VALUES {
            return Err(JsonError::TooMany);
        }
        Ok(())
    }
}

fn skip_string(bytes: &mut std::slice::Iter<'_, u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
}

/// Parses the JSON of a form field or query parameter.
///
/// # Errors
///
/// [`JsonError`] if it is malformed or exceeds the limits.
pub fn parse(text: &[u8]) -> Result<Value, JsonError> {
    let size = Size::of(text);
    size.check()?;
    if size.values > MAX_FIELD_VALUES {
        return Err(JsonError::TooManyInField);
    }
    serde_json::from_slice(text).map_err(|_| JsonError::Malformed)
}

/// Refuses a value that is nested deeper than [`MAX_DEPTH`].
///
/// # Errors
///
/// [`Error::Invalid`] with the column's name.
pub(crate) fn check_depth(column: &str, value: &Value) -> Result<()> {
    let mut level = vec![value];
    let mut depth = 0;
    while !level.is_empty() {
        depth += usize::from(
            level
                .iter()
                .any(|value| value.is_array() || value.is_object()),
        );
        if depth > MAX_DEPTH {
            return Err(Error::invalid(format!(
                "{column} is nested too deeply: at most {MAX_DEPTH} levels."
            )));
        }
        level = level.into_iter().flat_map(members).collect();
    }
    Ok(())
}

/// Returns the members of an array or object; none of other values.
fn members(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(object) => object.values().collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> String {
        "[".repeat(depth) + &"]".repeat(depth)
    }

    #[test]
    fn a_text_is_measured_without_what_stands_in_strings() {
        let size = Size::of(br#"{"a": [1, "[[,\"{"], "b": {}}"#);
        assert_eq!((size.depth, size.values), (2, 6));
    }

    #[test]
    fn deep_and_long_texts_are_refused() {
        assert!(parse(nested(MAX_DEPTH).as_bytes()).is_ok());
        assert_eq!(
            parse(nested(MAX_DEPTH + ENVELOPE + 1).as_bytes()),
            Err(JsonError::TooDeep)
        );
        let long = format!("[{}0]", "0,".repeat(MAX_VALUES));
        assert_eq!(parse(long.as_bytes()), Err(JsonError::TooMany));
        let long = format!("[{}0]", "0,".repeat(MAX_FIELD_VALUES));
        assert_eq!(parse(long.as_bytes()), Err(JsonError::TooManyInField));
        assert_eq!(parse(b"{]"), Err(JsonError::Malformed));
    }

    #[test]
    fn a_stored_value_has_a_bound_of_its_own() {
        let value = |depth| serde_json::from_str(&nested(depth)).unwrap();
        assert!(check_depth("data", &value(MAX_DEPTH)).is_ok());
        let error = check_depth("data", &value(MAX_DEPTH + 1)).unwrap_err();
        assert!(error.to_string().starts_with("data is nested too deeply"));
    }
}
