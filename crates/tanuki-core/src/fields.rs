//! Conversion of JSON values from request bodies to column values.
//!
//! The coercions are those of Zou's database driver: a number becomes text in a
//! text column, a string with a number becomes a number in a number column; a
//! string is never taken for a boolean.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use serde_json::{Map, Value as Json};
use tanuki_domain::dates;
use tanuki_store::Value;
use tanuki_store::schema::{Column, ColumnType, Element, IMPORT_SOURCES, Table};
use tanuki_store::write::{Values, array_value, null};
use uuid::Uuid;

use crate::json_input::check_depth;
use crate::{ConstraintViolation, Error, JsonRow, Result};

const MALFORMED: Error = Error::Constraint(ConstraintViolation::Format);

/// Converts a JSON value to a column's type.
///
/// # Errors
/// [`Error::Constraint`] with `Missing` for null in a column that is not
/// nullable and `Format` for a value that the column cannot store;
/// [`Error::NotAChoice`], [`Error::WrongType`], [`Error::Invalid`] for JSON
/// that is nested too deeply.
pub(crate) fn column_value(column: &Column, json: &Json) -> Result<Value> {
    if json.is_null() {
        return if column.nullable {
            Ok(null(column.kind))
        } else {
            Err(Error::Constraint(ConstraintViolation::Missing))
        };
    }
    check_choice(column, json)?;
    match column.kind {
        ColumnType::Varchar(length) => bounded(json, length.into()),
        ColumnType::Locale => bounded(json, 10),
        ColumnType::Text => text(json).map(Value::from),
        ColumnType::ImportSource => {
            let text = text(json)?;
            let known = IMPORT_SOURCES.contains(&text.as_str());
            known.then(|| text.into()).ok_or(MALFORMED)
        }
        ColumnType::Uuid => json
            .as_str()
            .and_then(|text| Uuid::try_parse(text).ok())
            .map(Value::from)
            .ok_or(MALFORMED),
        ColumnType::Integer => {
            let number = integer(json)?;
            Ok(i32::try_from(number).map_err(|_| MALFORMED)?.into())
        }
        ColumnType::BigInt => integer(json).map(Value::from),
        ColumnType::Double => number(json).map(Value::from),
        ColumnType::Boolean => boolean(json).map(Value::from),
        ColumnType::Date => date(json.as_str().ok_or(MALFORMED)?).map(Value::from),
        ColumnType::Timestamp => timestamp(json.as_str().ok_or(MALFORMED)?).map(Value::from),
        ColumnType::Json => {
            check_depth(column.name, json)?;
            check_shape(column, json)?;
            Ok(Value::Json(Some(Box::new(json.clone()))))
        }
        ColumnType::Bytes => Ok(text(json)?.into_bytes().into()),
        ColumnType::Array(element) => {
            check_depth(column.name, json)?;
            array(json, element)
        }
    }
}

/// Converts JSON values to the values of a table's columns.
///
/// # Errors
/// Those of [`column_value`]; `Format` for an unknown column.
pub(crate) fn values(
    table: &'static Table,
    fields: impl IntoIterator<Item = (&'static str, Json)>,
) -> Result<Values> {
    let mut values = Values::new();
    for (name, json) in fields {
        let column = table.column(name).ok_or(MALFORMED)?;
        values.insert(column.name, column_value(column, &json)?);
    }
    Ok(values)
}

/// Refuses a value that is not one of a column's choices: Zou could not read
/// the row. An empty string is accepted, as Zou reads it.
fn check_choice(column: &Column, json: &Json) -> Result<()> {
    let known = |json: &Json| {
        json.as_str()
            .is_some_and(|text| text.is_empty() || column.choices.contains(&text))
    };
    let fits = match json {
        Json::Array(items) => items.iter().all(known),
        json => known(json),
    };
    if column.choices.is_empty() || fits {
        return Ok(());
    }
    Err(Error::NotAChoice {
        field: column.name,
        choices: column.choices,
    })
}

/// Refuses JSON of another shape than the column's (object, list): code that
/// reads the column iterates over it.
fn check_shape(column: &Column, json: &Json) -> Result<()> {
    if column.shape.fits_column(json) {
        return Ok(());
    }
    Err(Error::WrongType {
        field: column.name,
        expected: column.shape.described(),
    })
}

fn bounded(json: &Json, length: usize) -> Result<Value> {
    let text = text(json)?;
    if text.chars().count() > length {
        return Err(MALFORMED);
    }
    Ok(text.into())
}

fn text(json: &Json) -> Result<String> {
    let text = match json {
        Json::String(text) => text.clone(),
        Json::Number(number) => number_text(number),
        Json::Bool(flag) => flag.to_string(),
        _ => return Err(MALFORMED),
    };
    // PostgreSQL cannot store NUL in text; SQLite refuses it for consistency.
    if text.contains('\0') {
        return Err(MALFORMED);
    }
    Ok(text)
}

/// Formats a number for a text column: integers as they are, others as the
/// shortest representation of the double (`1.5` for `1.50`).
fn number_text(number: &serde_json::Number) -> String {
    let double = number.as_f64().filter(|_| number.is_f64());
    match double.and_then(serde_json::Number::from_f64) {
        Some(double) => double.to_string(),
        None => number.to_string(),
    }
}

fn integer(json: &Json) -> Result<i64> {
    match json {
        Json::Number(number) => number
            .as_i64()
            .or_else(|| number.as_f64().and_then(rounded))
            .ok_or(MALFORMED),
        Json::String(text) => text.trim().parse().map_err(|_| MALFORMED),
        Json::Bool(flag) => Ok((*flag).into()),
        _ => Err(MALFORMED),
    }
}

/// Rounds to the nearest integer, half to even, as PostgreSQL casts. `None` out
/// of range.
fn rounded(number: f64) -> Option<i64> {
    let whole = number.round_ties_even();
    (whole.abs() < 9.2e18).then_some(whole as i64)
}

/// The maximum absolute value of a number column, 2^53 - 1: up to it integers
/// are exact, and sums and products stay finite.
const MAX_NUMBER: f64 = 9_007_199_254_740_991.0;

/// Parses a finite number; strings such as `nan`, `inf` and `1e999` are
/// refused.
fn number(json: &Json) -> Result<f64> {
    let number = match json {
        Json::Number(number) => number.as_f64(),
        Json::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number
        .filter(|number: &f64| number.abs() <= MAX_NUMBER)
        .ok_or(MALFORMED)
}

fn boolean(json: &Json) -> Result<bool> {
    match json {
        Json::Bool(flag) => Ok(*flag),
        Json::Number(number) if number.as_f64() == Some(1.0) => Ok(true),
        Json::Number(number) if number.as_f64() == Some(0.0) => Ok(false),
        _ => Err(MALFORMED),
    }
}

/// Parses a date, or the date of a timestamp, in the years 1 to 9999.
pub(crate) fn date(text: &str) -> Result<NaiveDate> {
    let text = text.trim();
    dates::parse_day(text)
        .or_else(|| dates::parse_date(text, "%Y%m%d"))
        .or_else(|| timestamp(text).ok().map(|time| time.date()))
        .ok_or(MALFORMED)
}

/// Parses a timestamp in the years 1 to 9999. An offset is dropped, not
/// converted: the columns are without time zone.
pub(crate) fn timestamp(text: &str) -> Result<NaiveDateTime> {
    let text = text.trim();
    if let Some(time) = dates::parse_rfc3339(text) {
        return Ok(time);
    }
    [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M",
    ]
    .iter()
    .find_map(|format| dates::parse_time(text, format))
    .or_else(|| dates::parse_day(text).map(|day| day.and_time(chrono::NaiveTime::MIN)))
    .ok_or(MALFORMED)
}

fn array(json: &Json, element: Element) -> Result<Value> {
    let items = json.as_array().ok_or(MALFORMED)?;
    let items = match element {
        Element::Varchar(length) => items
            .iter()
            .map(|item| bounded(item, length.map_or(usize::MAX, usize::from)))
            .collect::<Result<_>>()?,
        Element::Json => items
            .iter()
            .map(|item| Value::Json(Some(Box::new(item.clone()))))
            .collect(),
        Element::Bytes => items
            .iter()
            .map(|item| Ok(text(item)?.into_bytes().into()))
            .collect::<Result<_>>()?,
    };
    Ok(array_value(element, items))
}

/// Whether Python's `datetime.fromisoformat` parses the string, with which Zou
/// validates dates in updates.
pub(crate) fn is_iso_date(text: &str) -> bool {
    let digits = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let (day, rest) = match text.find(['T', ' ']) {
        Some(place) if place > 0 => text.split_at(place),
        _ => (text, ""),
    };
    let plausible = digits(day, 8)
        || (day.len() == 10 && day.as_bytes()[4] == b'-' && day.as_bytes()[7] == b'-');
    plausible && date(day).is_ok() && (rest.is_empty() || timestamp(text).is_ok())
}

/// Whether a value is truthy in Python. `None` is not.
pub fn is_truthy(value: Option<&Json>) -> bool {
    match value {
        None | Some(Json::Null) => false,
        Some(Json::Bool(flag)) => *flag,
        Some(Json::Number(number)) => number.as_f64() != Some(0.0),
        Some(Json::String(text)) => !text.is_empty(),
        Some(Json::Array(items)) => !items.is_empty(),
        Some(Json::Object(object)) => !object.is_empty(),
    }
}

/// Formats a value as Zou's messages do, with Python's `str`.
pub(crate) fn as_python(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Bool(true) => "True".into(),
        Json::Bool(false) => "False".into(),
        Json::Null => "None".into(),
        Json::Number(number) => number_text(number),
        other => other.to_string(),
    }
}

/// Returns an optional string field of a body; `None` if missing or null.
///
/// # Errors
/// `Format` if it is another type of value.
pub(crate) fn text_in<'a>(data: &'a Map<String, Json>, key: &str) -> Result<Option<&'a str>> {
    match data.get(key) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(_) => Err(MALFORMED),
    }
}

/// Returns the UUID under a key of a row's JSON; `None` if missing or not a
/// UUID.
pub(crate) fn id_of(row: &Map<String, Json>, key: &str) -> Option<Uuid> {
    Uuid::try_parse(row.get(key)?.as_str()?).ok()
}

/// Returns rows by their `id`. Rows without one are left out.
pub(crate) fn by_id(rows: Vec<JsonRow>) -> HashMap<Uuid, JsonRow> {
    let with_id = |row: JsonRow| Some((id_of(&row, "id")?, row));
    rows.into_iter().filter_map(with_id).collect()
}

/// Parses a UUID in hyphenated form (36 characters), the only one that the API
/// accepts in query strings and paths.
pub(crate) fn hyphenated_id(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok().filter(|_| text.len() == 36)
}

/// Whether a string is a UUID in hyphenated form (36 characters).
pub fn is_hyphenated_id(text: &str) -> bool {
    hyphenated_id(text).is_some()
}

/// Maximum number of ids in a body that is a list of ids.
const MAX_IDS: usize = 50_000;

/// Maximum number of rows that one request changes one by one, each with its
/// side effects.
const MAX_CHANGES: usize = 5000;

/// Refuses a list of more than [`MAX_CHANGES`] items.
///
/// # Errors
///
/// [`Error::Invalid`] with the field's name.
pub(crate) fn check_changes<T>(field: &str, items: &[T]) -> Result<()> {
    check_length(field, items, MAX_CHANGES)
}

/// Maximum number of items of a list that gives an order.
const MAX_POSITIONS: usize = 1000;

/// Refuses an ordering of more than [`MAX_POSITIONS`] items.
///
/// # Errors
///
/// [`Error::Invalid`] with the field's name.
pub(crate) fn check_places<T>(field: &str, items: &[T]) -> Result<()> {
    check_length(field, items, MAX_POSITIONS)
}

/// Returns the ids of an ordering with their places, from 1. A null has a place,
/// but is left out.
///
/// # Errors
///
/// [`Error::Invalid`] with the field's name for too many items,
/// [`ConstraintViolation::Format`] for one that is not a UUID.
pub(crate) fn placed_ids(field: &str, ids: &[Json]) -> Result<Vec<(Uuid, i32)>> {
    check_places(field, ids)?;
    let given = (1_i32..).zip(ids).filter(|(_, id)| !id.is_null());
    let placed = given.map(|(place, id)| {
        let id = id.as_str().and_then(|text| Uuid::try_parse(text).ok());
        let id = id.ok_or(Error::Constraint(ConstraintViolation::Format))?;
        Ok((id, place))
    });
    placed.collect()
}

/// Refuses a list of more than `most` items.
///
/// # Errors
///
/// [`Error::Invalid`] with the field's name.
pub(crate) fn check_length<T>(field: &str, items: &[T], most: usize) -> Result<()> {
    if items.len() > most {
        return Err(Error::invalid(format!("{field} has at most {most} items.")));
    }
    Ok(())
}

/// A body that is a JSON array of ids; null if the request has no body.
#[derive(Debug)]
pub struct IdList(pub Json);

impl IdList {
    /// Returns the ids, of which there may be none.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the body is not an array of hyphenated UUIDs, or
    /// has too many.
    pub(crate) fn given(&self) -> Result<Vec<Uuid>> {
        let Json::Array(items) = &self.0 else {
            return Err(Error::invalid("Request body must be a JSON array."));
        };
        if items.len() > MAX_IDS {
            return Err(Error::invalid(format!(
                "Request body has at most {MAX_IDS} ids."
            )));
        }
        let id = |item: &Json| item.as_str().and_then(hyphenated_id);
        let ids: Option<Vec<Uuid>> = items.iter().map(id).collect();
        ids.ok_or_else(|| Error::invalid("Request body must only contain valid UUIDs."))
    }

    /// Returns the ids; `None` if the body is missing, an empty object or an
    /// empty array, which means no restriction.
    ///
    /// # Errors
    /// Those of [`given`](Self::given).
    pub(crate) fn chosen(&self) -> Result<Option<Vec<Uuid>>> {
        let is_open = match &self.0 {
            Json::Null => true,
            Json::Object(object) => object.is_empty(),
            _ => false,
        };
        if is_open {
            return Ok(None);
        }
        Ok(Some(self.given()?).filter(|ids| !ids.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tanuki_store::schema::{PERSON, TIME_SPENT};

    use super::*;

    fn value(column: &str, json: Json) -> Option<Value> {
        column_value(PERSON.column(column).unwrap(), &json).ok()
    }

    #[test]
    fn text_columns_take_numbers_but_no_lists_nor_what_is_too_long() {
        assert_eq!(value("first_name", json!(1)), Some("1".into()));
        assert_eq!(value("first_name", json!(true)), Some("true".into()));
        assert_eq!(value("first_name", json!(["a"])), None);
        let written = serde_json::from_str("1.50").unwrap();
        assert_eq!(value("first_name", written), Some("1.5".into()));
        assert_eq!(
            value("first_name", json!("é".repeat(80))),
            Some("é".repeat(80).into())
        );
        assert_eq!(value("first_name", json!("é".repeat(81))), None);
        assert_eq!(value("first_name", json!("a\u{0}b")), None);
    }

    #[test]
    fn number_columns_take_numbers_in_text_and_round() {
        assert_eq!(value("daily_salary", json!("12")), Some(12.into()));
        assert_eq!(value("daily_salary", json!(1.5)), Some(2.into()));
        assert_eq!(value("daily_salary", json!(2.5)), Some(2.into()));
        assert_eq!(value("daily_salary", json!(2_147_483_648_i64)), None);
        assert_eq!(value("daily_salary", json!("x")), None);
        let duration = |json| column_value(TIME_SPENT.column("duration").unwrap(), &json).ok();
        assert_eq!(duration(json!("1.5")), Some(1.5.into()));
        for text in ["nan", "NaN", "inf", "-Infinity", "1e999", "1e300"] {
            assert_eq!(duration(json!(text)), None, "{text}");
        }
        assert_eq!(duration(json!(1e300)), None);
    }

    #[test]
    fn boolean_columns_take_no_text() {
        assert_eq!(value("active", json!(0)), Some(false.into()));
        assert_eq!(value("active", json!("true")), None);
        assert_eq!(value("active", json!(2)), None);
    }

    #[test]
    fn iso_dates_are_those_of_python() {
        for text in [
            "2031-01-01",
            "20310101",
            "2031-01-01T10:00:00",
            "2031-01-01 10:00:00+00:00",
        ] {
            assert!(is_iso_date(text), "{text}");
        }
        for text in [
            "soon",
            "2031-1-1",
            " 2031-01-01",
            "2031-02-30",
            "2026-04-",
            "é",
            "",
            "0000-01-01",
            "+99999-01-01",
            "-0044-03-15",
            "10000-01-01",
            "0000-12-31T23:00:00-05:00",
        ] {
            assert!(!is_iso_date(text), "{text}");
        }
    }
}
