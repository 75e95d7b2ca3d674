//! Lenient conversion of arguments to numbers and booleans.
//!
//! Pydantic, with which Zou validates arguments, also accepts strings for
//! numbers and booleans; the error messages are pydantic's.

use serde_json::Value;

/// Converts a value to an integer.
pub(super) fn integer(value: &Value) -> Result<i64, &'static str> {
    match value {
        Value::Bool(flag) => Ok((*flag).into()),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => Ok(number),
            (None, Some(number)) if number.fract() != 0.0 => {
                Err("Input should be a valid integer, got a number with a fractional part")
            }
            (None, Some(number)) if number.abs() < 9.2e18 => Ok(number as i64),
            _ => Err("Unable to parse input string as an integer, exceeded maximum size"),
        },
        Value::String(text) => {
            let text = text.trim();
            let whole = match text.split_once('.') {
                Some((whole, rest)) if rest.bytes().all(|byte| byte == b'0') => whole,
                _ => text,
            };
            whole.parse().map_err(
                |_| "Input should be a valid integer, unable to parse string as an integer",
            )
        }
        _ => Err("Input should be a valid integer"),
    }
}

/// The largest absolute value that number columns accept (2^53 - 1).
const MAX_NUMBER: f64 = 9_007_199_254_740_991.0;

/// Converts a value to a finite number, not so large that sums of it overflow.
pub(super) fn number(value: &Value) -> Result<f64, &'static str> {
    let number = match value {
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => return Err("Input should be a valid number"),
    };
    number
        .filter(|number| number.abs() <= MAX_NUMBER)
        .ok_or("Input should be a valid number, unable to parse string as a number")
}

/// Converts a value to a boolean.
pub(super) fn flag(value: &Value) -> Result<bool, &'static str> {
    const UNCLEAR: &str = "Input should be a valid boolean, unable to interpret input";
    match value {
        Value::Bool(flag) => Ok(*flag),
        Value::Number(number) => match (number.as_f64(), number.is_f64()) {
            (Some(1.0), _) => Ok(true),
            (Some(0.0), _) => Ok(false),
            (_, true) => Err("Input should be a valid boolean"),
            _ => Err(UNCLEAR),
        },
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "on" | "1" => Ok(true),
            "false" | "f" | "no" | "n" | "off" | "0" => Ok(false),
            _ => Err(UNCLEAR),
        },
        _ => Err("Input should be a valid boolean"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_are_taken_for_whole_numbers() {
        for (value, number) in [
            (json!(" 5 "), 5),
            (json!("5.0"), 5),
            (json!(5.0), 5),
            (json!(true), 1),
        ] {
            assert_eq!(integer(&value), Ok(number), "{value}");
        }
        for value in [json!("5.5"), json!(5.5), json!(""), json!([]), json!(1e20)] {
            assert!(integer(&value).is_err(), "{value}");
        }
    }

    #[test]
    fn numbers_are_finite() {
        assert_eq!(number(&json!("1.5")), Ok(1.5));
        for text in ["nan", "inf", "-Infinity", "1e999", "1e300", ""] {
            assert!(number(&json!(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn texts_are_taken_for_flags() {
        for value in [json!("TRUE"), json!("on"), json!(1), json!(1.0)] {
            assert_eq!(flag(&value), Ok(true), "{value}");
        }
        for value in [json!(" true"), json!(2), json!(0.5), json!(null)] {
            assert!(flag(&value).is_err(), "{value}");
        }
    }
}
