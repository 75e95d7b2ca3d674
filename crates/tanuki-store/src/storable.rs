//! Normalizes and checks parameters before a statement is sent, so that both
//! databases store the same.
//!
//! PostgreSQL refuses NUL in strings and in JSON, SQLite accepts it; PostgreSQL
//! rewrites JSON numbers (`jsonb`), SQLite stores them as they are; and both
//! store dates and numbers that HTTP clients cannot read.

use std::borrow::Cow;

use sea_query::Value;
use serde_json::{Number, Value as Json};
use tanuki_domain::dates;

use crate::{Error, Result};

/// Maximum number of digits of a JSON number. PostgreSQL accepts 16,383 after
/// the decimal point.
const MAX_DIGITS: usize = 1000;

/// Checks the parameters of a statement and normalizes their JSON.
///
/// # Errors
///
/// [`Error::Value`] if one of them cannot be stored.
pub(crate) fn prepare(values: &mut [Value]) -> Result<()> {
    values.iter_mut().try_for_each(prepare_one)
}

fn prepare_one(value: &mut Value) -> Result<()> {
    match value {
        Value::String(Some(text)) => check_text(text),
        Value::Double(Some(number)) if !number.is_finite() => {
            Err(Error::Value(format!("{number} is no number")))
        }
        Value::ChronoDate(Some(day)) => check_day(*day),
        Value::ChronoDateTime(Some(time)) => check_day(time.date()),
        Value::Json(Some(json)) => normalize(json),
        Value::Array(_, Some(items)) => items.iter_mut().try_for_each(prepare_item),
        _ => Ok(()),
    }
}

/// Nested arrays are not supported.
fn prepare_item(item: &mut Value) -> Result<()> {
    match item {
        Value::Array(..) => Err(crate::dialect::unsupported(item)),
        other => prepare_one(other),
    }
}

fn check_text(text: &str) -> Result<()> {
    if text.contains('\0') {
        return Err(Error::Value("a text holds NUL".into()));
    }
    Ok(())
}

fn check_day(day: chrono::NaiveDate) -> Result<()> {
    if dates::is_in_range(day) {
        return Ok(());
    }
    Err(Error::Value(format!("{day} is not of the years 1 to 9999")))
}

/// Refuses NUL in keys and strings, and writes numbers as PostgreSQL does.
fn normalize(json: &mut Json) -> Result<()> {
    let mut rest = vec![json];
    while let Some(json) = rest.pop() {
        match json {
            Json::String(text) => check_text(text)?,
            Json::Number(number) => {
                if let Cow::Owned(plain) = plain(number.as_str())? {
                    *number = plain.parse::<Number>().map_err(unusable)?;
                }
            }
            Json::Array(items) => rest.extend(items),
            Json::Object(fields) => {
                for (key, field) in fields {
                    check_text(key)?;
                    rest.push(field);
                }
            }
            Json::Null | Json::Bool(_) => {}
        }
    }
    Ok(())
}

fn unusable(number: impl std::fmt::Display) -> Error {
    Error::Value(format!("{number} is no number that can be stored"))
}

/// Rewrites a JSON number without an exponent and without a sign before zero.
/// No digit is lost; a number that had an exponent gets a decimal point, by
/// which clients recognize a float.
fn plain(number: &str) -> Result<Cow<'_, str>> {
    if number.len() > MAX_DIGITS {
        return Err(unusable(format!("{}…", &number[..20])));
    }
    let size: f64 = number.parse().map_err(|_| unusable(number))?;
    if !size.is_finite() {
        return Err(unusable(number));
    }
    let (sign, digits) = match number.strip_prefix('-') {
        Some(digits) if size != 0.0 => ("-", digits),
        Some(digits) => ("", digits),
        None => ("", number),
    };
    let Some((mantissa, exponent)) = digits.split_once(['e', 'E']) else {
        return Ok(if sign.len() + digits.len() == number.len() {
            number.into()
        } else {
            digits.to_owned().into()
        });
    };
    if size == 0.0 {
        return Ok("0.0".to_owned().into());
    }
    let exponent: isize = exponent.parse().map_err(|_| unusable(number))?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let point = whole.len().cast_signed() + exponent;
    Ok(format!("{sign}{}", with_point(&all, point)).into())
}

/// Inserts a decimal point after that many digits, padding with zeros if it is
/// before the first or after the last.
fn with_point(digits: &str, point: isize) -> String {
    let missing = usize::try_from(-point).unwrap_or(0);
    let point = usize::try_from(point).unwrap_or(0);
    let mut padded = "0".repeat(missing) + digits;
    while padded.len() < point {
        padded.push('0');
    }
    let (whole, fraction) = padded.split_at(point);
    let or_zero = |digits: &str| if digits.is_empty() { "0" } else { digits }.to_owned();
    let whole = or_zero(whole.trim_start_matches('0'));
    let fraction = or_zero(fraction.trim_end_matches('0'));
    format!("{whole}.{fraction}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_keep_their_digits_and_lose_their_exponent() {
        for (written, stored) in [
            ("1", "1"),
            ("1.10", "1.10"),
            ("-1.50", "-1.50"),
            (
                "123456789012345678901234567890",
                "123456789012345678901234567890",
            ),
            ("0.12345678901234567890123", "0.12345678901234567890123"),
            ("-0", "0"),
            ("-0.00", "0.00"),
            ("0", "0"),
            ("1E5", "100000.0"),
            ("1e2", "100.0"),
            ("-12.50e-1", "-1.25"),
            ("1.2345678901234567891e+25", "12345678901234567891000000.0"),
            ("1e-7", "0.0000001"),
            ("123.456e1", "1234.56"),
            ("0e99999999999999999999", "0.0"),
            ("1e-400", "0.0"),
        ] {
            assert_eq!(plain(written).unwrap(), stored, "{written}");
        }
        for written in ["1e400", "-1e400", "1e99999999999999999999"] {
            assert!(plain(written).is_err(), "{written}");
        }
        assert!(plain(&"9".repeat(400)).is_err());
        assert!(plain(&format!("0.{}", "1".repeat(2000))).is_err());
    }

    #[test]
    fn nul_is_refused_at_any_depth() {
        for mut json in [
            json!("a\0"),
            json!({"a\0": 1}),
            json!([{"a": [[{"b": "\0"}]]}]),
        ] {
            assert!(normalize(&mut json).is_err(), "{json}");
        }
        let mut fine = json!({"a": ["b", 1, null, true], "😀": "\u{1}"});
        assert!(normalize(&mut fine).is_ok());
    }

    #[test]
    fn no_value_is_infinite_or_of_another_year() {
        let day = |year| chrono::NaiveDate::from_ymd_opt(year, 1, 1);
        for value in [
            Value::Double(Some(f64::NAN)),
            Value::Double(Some(f64::INFINITY)),
            Value::ChronoDate(day(0)),
            Value::ChronoDate(day(10_000)),
            Value::ChronoDateTime(day(-44).map(|day| day.and_time(chrono::NaiveTime::MIN))),
            Value::from("a\0b"),
            Value::Array(
                sea_query::ArrayType::String,
                Some(Box::new(vec!["a\0".into()])),
            ),
        ] {
            let mut values = [value];
            assert!(prepare(&mut values).is_err(), "{values:?}");
        }
        let mut fine = [Value::ChronoDate(day(9999)), 1.5.into(), "a".into()];
        assert!(prepare(&mut fine).is_ok());
    }
}
