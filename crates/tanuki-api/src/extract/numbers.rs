//! Validation of the numbers in JSON bodies.

use serde_json::Value;

/// A number without exponent of at most this many characters is always finite.
const LONG: usize = 300;

/// Whether every number in a body is in the range of a double; Zou cannot parse
/// a body with any other.
pub(super) fn are_finite(body: &Value) -> bool {
    let mut rest = vec![body];
    while let Some(value) = rest.pop() {
        match value {
            Value::Number(number) => {
                let text = number.as_str();
                let may_overflow = text.len() > LONG || text.contains(['e', 'E']);
                if may_overflow && number.as_f64().is_none() {
                    return false;
                }
            }
            Value::Array(items) => rest.extend(items),
            Value::Object(fields) => rest.extend(fields.values()),
            Value::Null | Value::Bool(_) | Value::String(_) => {}
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_beyond_a_double_are_found_at_any_depth() {
        let read = |text: &str| are_finite(&serde_json::from_str(text).unwrap());
        assert!(read(
            r#"{"a": [1e308, -5, 123456789012345678901234567890, 1e-999]}"#
        ));
        assert!(!read(r#"{"a": [{"b": 1e400}]}"#));
        assert!(!read("-1E999"));
        assert!(!read(&"9".repeat(400)));
    }
}
