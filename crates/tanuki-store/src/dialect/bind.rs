//! Values on their way into a statement's placeholders.

use sea_query::{ArrayType, Value, Values};
use sqlx::Arguments as _;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;

use super::text;
use crate::{Error, Result};

/// PostgreSQL has a type for each value; NULL is typed too.
pub(crate) fn postgres(values: Values) -> Result<PgArguments> {
    let mut arguments = PgArguments::default();
    for value in values {
        let added = match value {
            Value::Bool(value) => arguments.add(value),
            Value::Int(value) => arguments.add(value),
            Value::BigInt(value) => arguments.add(value),
            Value::BigUnsigned(value) => arguments.add(value.map(u64::cast_signed)),
            Value::Double(value) => arguments.add(value),
            Value::String(value) => arguments.add(value),
            Value::Bytes(value) => arguments.add(value),
            Value::Json(value) => arguments.add(value.map(|json| *json)),
            Value::ChronoDate(value) => arguments.add(value),
            Value::ChronoDateTime(value) => arguments.add(value),
            Value::Uuid(value) => arguments.add(value),
            Value::Array(ArrayType::String, items) => {
                arguments.add(array(items, |item| match item {
                    Value::String(Some(text)) => Some(text),
                    _ => None,
                }))
            }
            Value::Array(ArrayType::Json, items) => {
                arguments.add(array(items, |item| match item {
                    Value::Json(Some(json)) => Some(*json),
                    _ => None,
                }))
            }
            Value::Array(ArrayType::Bytes, items) => {
                arguments.add(array(items, |item| match item {
                    Value::Bytes(Some(bytes)) => Some(bytes),
                    _ => None,
                }))
            }
            other => return Err(unsupported(&other)),
        };
        added.map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

/// SQLite has numbers, texts and blobs: ids, times and JSON are texts,
/// arrays are JSON texts.
pub(crate) fn sqlite(values: Values) -> Result<SqliteArguments> {
    let mut arguments = SqliteArguments::default();
    for value in values {
        let added = match value {
            Value::Bool(value) => arguments.add(value),
            Value::Int(value) => arguments.add(value),
            Value::BigInt(value) => arguments.add(value),
            Value::BigUnsigned(value) => arguments.add(value.map(u64::cast_signed)),
            Value::Double(value) => arguments.add(value),
            Value::String(value) => arguments.add(value),
            Value::Bytes(value) => arguments.add(value),
            Value::Json(value) => arguments.add(value.map(|json| json.to_string())),
            Value::ChronoDate(value) => arguments.add(value.map(|date| date.to_string())),
            Value::ChronoDateTime(value) => arguments.add(value.map(text::timestamp)),
            Value::Uuid(value) => arguments.add(value.map(|id| id.to_string())),
            Value::Array(_, items) => arguments.add(
                items
                    .map(|items| items.iter().map(json_item).collect::<Result<Vec<_>>>())
                    .transpose()?
                    .map(|items| serde_json::Value::Array(items).to_string()),
            ),
            other => return Err(unsupported(&other)),
        };
        added.map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

/// `items` is what [`Value::Array`] holds.
#[expect(clippy::box_collection, reason = "sea-query boxes it")]
fn array<T>(items: Option<Box<Vec<Value>>>, item: impl Fn(Value) -> Option<T>) -> Option<Vec<T>> {
    items.map(|items| items.into_iter().filter_map(item).collect())
}

fn json_item(item: &Value) -> Result<serde_json::Value> {
    Ok(match item {
        Value::String(Some(text)) => text.as_str().into(),
        Value::Json(Some(json)) => (**json).clone(),
        Value::Bytes(Some(bytes)) => String::from_utf8_lossy(bytes).into_owned().into(),
        other => return Err(unsupported(other)),
    })
}

fn unsupported(value: &Value) -> Error {
    Error::Value(format!("{value:?} is not a value of any column"))
}
