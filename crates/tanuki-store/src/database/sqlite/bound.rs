//! Parameters of statements. SQLite has numbers, texts and blobs: ids,
//! timestamps and JSON are stored as text, arrays as JSON text.

use rusqlite::types::Value as Bound;
use sea_query::Value;

use crate::dialect::{text, unsupported};
use crate::{Result, storable};

pub fn all(mut values: Vec<Value>) -> Result<Vec<Bound>> {
    storable::prepare(&mut values)?;
    values.into_iter().map(bound).collect()
}

fn bound(value: Value) -> Result<Bound> {
    let given = match value {
        Value::Bool(value) => value.map(|flag| Bound::Integer(flag.into())),
        Value::Int(value) => value.map(|number| Bound::Integer(number.into())),
        Value::BigInt(value) => value.map(Bound::Integer),
        Value::BigUnsigned(value) => value.map(|number| Bound::Integer(number.cast_signed())),
        Value::Double(value) => value.map(Bound::Real),
        Value::String(value) => value.map(Bound::Text),
        Value::Bytes(value) => value.map(Bound::Blob),
        Value::Json(value) => value.map(|json| Bound::Text(as_jsonb(*json).to_string())),
        Value::ChronoDate(value) => value.map(|date| Bound::Text(date.to_string())),
        Value::ChronoDateTime(value) => value.map(|time| Bound::Text(text::timestamp(time))),
        Value::Uuid(value) => value.map(|id| Bound::Text(id.to_string())),
        Value::Array(_, items) => items
            .map(|items| items.iter().map(json_item).collect::<Result<Vec<_>>>())
            .transpose()?
            .map(|items| Bound::Text(serde_json::Value::Array(items).to_string())),
        other => return Err(unsupported(&other)),
    };
    Ok(given.unwrap_or(Bound::Null))
}

/// Sorts the keys of objects as PostgreSQL's `jsonb` does: by length, then by
/// bytes. So both databases return them in the same order. The recursion is
/// limited, because parsed JSON is at most 128 levels deep.
fn as_jsonb(json: serde_json::Value) -> serde_json::Value {
    match json {
        serde_json::Value::Object(fields) => {
            let mut fields: Vec<_> = fields.into_iter().collect();
            fields.sort_by(|(a, _), (b, _)| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
            let kept = fields
                .into_iter()
                .map(|(key, value)| (key, as_jsonb(value)));
            kept.collect::<serde_json::Map<_, _>>().into()
        }
        serde_json::Value::Array(items) => items.into_iter().map(as_jsonb).collect(),
        other => other,
    }
}

fn json_item(item: &Value) -> Result<serde_json::Value> {
    Ok(match item {
        Value::String(Some(text)) => text.as_str().into(),
        Value::Uuid(Some(id)) => id.to_string().into(),
        Value::Json(Some(json)) => as_jsonb((**json).clone()),
        Value::Bytes(Some(bytes)) => String::from_utf8_lossy(bytes).into_owned().into(),
        other => return Err(unsupported(other)),
    })
}
