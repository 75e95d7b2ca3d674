//! Values copied from one row to another.

use sea_query::{ArrayType, Value};

use super::Row;
use crate::schema::{Column, ColumnType, Element};
use crate::write::null;
use crate::{Error, Result};

impl Row {
    /// Returns the value of a column, selected as
    /// [`readable`](crate::dialect::Dialect::readable), as a parameter for an
    /// insert.
    pub(crate) fn value(&self, index: usize, column: &Column) -> Result<Value> {
        if self.is_null(index)? {
            return Ok(match column.kind {
                // JSON is copied as text, so that no number loses digits.
                ColumnType::Json => Value::String(None),
                kind => null(kind),
            });
        }
        Ok(match column.kind {
            ColumnType::Uuid => self.get::<uuid::Uuid>(index)?.into(),
            ColumnType::Varchar(_)
            | ColumnType::Locale
            | ColumnType::Text
            | ColumnType::ImportSource => self.get::<String>(index)?.into(),
            ColumnType::Integer => i32::try_from(self.get::<i64>(index)?)
                .map_err(|error| Error::unreadable(format!("{}: {error}", column.name)))?
                .into(),
            ColumnType::BigInt => self.get::<i64>(index)?.into(),
            ColumnType::Double => self.get::<f64>(index)?.into(),
            ColumnType::Boolean => self.get::<bool>(index)?.into(),
            ColumnType::Date => self.get::<chrono::NaiveDate>(index)?.into(),
            ColumnType::Timestamp => self.get::<chrono::NaiveDateTime>(index)?.into(),
            ColumnType::Bytes => self.get::<Vec<u8>>(index)?.into(),
            ColumnType::Json => self
                .with_json_text(index, |text| String::from_utf8_lossy(text).into_owned())?
                .into(),
            ColumnType::Array(element) => {
                let text = self.with_json_text(index, <[u8]>::to_vec)?;
                array(element, &text, column)?
            }
        })
    }
}

fn array(element: Element, text: &[u8], column: &Column) -> Result<Value> {
    let items: Vec<serde_json::Value> = serde_json::from_slice(text)
        .map_err(|error| Error::unreadable(format!("{}: {error}", column.name)))?;
    let text_of = |item: &serde_json::Value| item.as_str().unwrap_or_default().to_owned();
    let (kind, items) = match element {
        Element::Varchar(_) => (
            ArrayType::String,
            items.iter().map(|item| text_of(item).into()).collect(),
        ),
        Element::Bytes => (
            ArrayType::Bytes,
            items
                .iter()
                .map(|item| text_of(item).into_bytes().into())
                .collect(),
        ),
        Element::Json => (
            ArrayType::Json,
            items
                .into_iter()
                .map(|item| Value::Json(Some(Box::new(item))))
                .collect(),
        ),
    };
    Ok(Value::Array(kind, Some(Box::new(items))))
}
