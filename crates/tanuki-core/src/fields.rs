//! From the JSON that clients send to the values that columns hold.
//!
//! The conversions are those that the reference's database driver makes: a
//! number becomes text in a text column, a text that holds a number becomes a
//! number in a number column; a text is never taken for a boolean.

use chrono::{NaiveDate, NaiveDateTime};
use sea_query::ArrayType;
use serde_json::{Map, Value as Json};
use tanuki_domain::dates;
use tanuki_store::Value;
use tanuki_store::schema::{Column, ColumnType, Element, IMPORT_SOURCES, Table};
use tanuki_store::write::{Values, null};
use uuid::Uuid;

use crate::json_input::check_depth;
use crate::{ConstraintViolation, Error, Result};

const MALFORMED: Error = Error::Constraint(ConstraintViolation::Format);

/// The value of a column, or an error where the column cannot hold it.
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

/// The values of columns by name.
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

/// Rows with a text that is none of a column's choices cannot be read by Zou.
/// An empty one can.
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

/// Rules and clients go through a column's objects and lists: what is none is
/// refused.
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
    // PostgreSQL stores no NUL; SQLite does not get one either.
    if text.contains('\0') {
        return Err(MALFORMED);
    }
    Ok(text)
}

/// A number as text columns take it: whole ones as they are written, others
/// as the shortest text of a double (`1.5` for `1.50`).
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

/// To the nearest whole number, halves to the even one, as PostgreSQL casts.
fn rounded(number: f64) -> Option<i64> {
    let whole = number.round_ties_even();
    (whole.abs() < 9.2e18).then_some(whole as i64)
}

/// The largest number that a column of numbers takes, either way: below it
/// whole numbers are exact, and sums and products stay finite.
const MAX_NUMBER: f64 = 9_007_199_254_740_991.0;

/// A finite number; texts such as `nan`, `inf` and `1e999` are none.
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

/// A day, or the day of a time, of the years 1 to 9999.
pub(crate) fn date(text: &str) -> Result<NaiveDate> {
    let text = text.trim();
    dates::parse_day(text)
        .or_else(|| dates::parse_date(text, "%Y%m%d"))
        .or_else(|| timestamp(text).ok().map(|time| time.date()))
        .ok_or(MALFORMED)
}

/// A time in UTC: what stands in the text, without its offset, as a column
/// without time zone takes it. Its year is one of 1 to 9999.
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
    let (kind, items) = match element {
        Element::Varchar(length) => (
            ArrayType::String,
            items
                .iter()
                .map(|item| bounded(item, length.map_or(usize::MAX, usize::from)))
                .collect::<Result<_>>()?,
        ),
        Element::Json => (
            ArrayType::Json,
            items
                .iter()
                .map(|item| Value::Json(Some(Box::new(item.clone()))))
                .collect(),
        ),
        Element::Bytes => (
            ArrayType::Bytes,
            items
                .iter()
                .map(|item| Ok(text(item)?.into_bytes().into()))
                .collect::<Result<_>>()?,
        ),
    };
    Ok(Value::Array(kind, Some(Box::new(items))))
}

/// Whether Python's `datetime.fromisoformat` reads the text, which is what the
/// reference checks dates of updates with.
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

/// Whether a field holds what Python takes for true.
pub(crate) fn is_truthy(value: Option<&Json>) -> bool {
    match value {
        None | Some(Json::Null) => false,
        Some(Json::Bool(flag)) => *flag,
        Some(Json::Number(number)) => number.as_f64() != Some(0.0),
        Some(Json::String(text)) => !text.is_empty(),
        Some(Json::Array(items)) => !items.is_empty(),
        Some(Json::Object(object)) => !object.is_empty(),
    }
}

/// A value as the reference's messages show it.
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

/// A text that a body may have under that key.
pub(crate) fn text_in<'a>(data: &'a Map<String, Json>, key: &str) -> Result<Option<&'a str>> {
    match data.get(key) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(_) => Err(MALFORMED),
    }
}

/// The id that stands in a row's JSON under that key.
pub(crate) fn id_of(row: &Map<String, Json>, key: &str) -> Option<Uuid> {
    Uuid::try_parse(row.get(key)?.as_str()?).ok()
}

/// A UUID in the one form that the API takes in queries and paths.
pub(crate) fn hyphenated_id(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok().filter(|_| text.len() == 36)
}

/// Whether a text is a UUID in that form.
pub fn is_hyphenated_id(text: &str) -> bool {
    hyphenated_id(text).is_some()
}

/// Ids in a body that is a list of them.
const MAX_IDS: usize = 50_000;

/// Things that one request changes one by one, each with all that follows from
/// it.
const MAX_CHANGES: usize = 5000;

/// Refuses a list of more things than one request changes.
///
/// # Errors
///
/// [`Error::Invalid`] with the field's name.
pub(crate) fn check_changes<T>(field: &str, items: &[T]) -> Result<()> {
    check_length(field, items, MAX_CHANGES)
}

/// Items of a list that says in which order things are.
const MAX_POSITIONS: usize = 1000;

/// Refuses a list of more places than anything that is put into order has.
///
/// # Errors
///
/// [`Error::Invalid`] with the field's name.
pub(crate) fn check_places<T>(field: &str, items: &[T]) -> Result<()> {
    check_length(field, items, MAX_POSITIONS)
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

/// A body that is a bare list of ids; null where there is none.
#[derive(Debug)]
pub struct IdList(pub Json);

impl IdList {
    /// The ids, of which there may be none.
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

    /// The ids, or nothing where the body leaves the choice open.
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
