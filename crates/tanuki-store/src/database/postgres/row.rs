//! Columns as the server sends them.

use std::error::Error as StdError;

use chrono::{NaiveDate, NaiveDateTime};
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Type};
use uuid::Uuid;

use crate::dialect::text;
use crate::schema::Kind;
use crate::{Error, Result};

/// A column's bytes and type, not looked at yet.
#[derive(Debug, Clone)]
pub struct Raw<'a> {
    pub bytes: &'a [u8],
    pub kind: Type,
}

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(kind: &Type, bytes: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self {
            bytes,
            kind: kind.clone(),
        })
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

impl<'a> Raw<'a> {
    pub fn of(row: &'a Row, index: usize) -> Result<Self> {
        Ok(row.try_get(index)?)
    }

    /// The text of a column that holds one, whatever its type is called.
    pub fn text(&self) -> Result<&'a str> {
        std::str::from_utf8(self.bytes).map_err(|error| Error::Value(error.to_string()))
    }

    /// The text of a JSON column: the binary form of jsonb is a version byte
    /// and the text.
    pub fn json(&self) -> &'a [u8] {
        if self.kind == Type::JSONB {
            self.bytes.get(1..).unwrap_or_default()
        } else {
            self.bytes
        }
    }

    pub fn integer(&self) -> Result<i64> {
        let read = match self.kind {
            Type::INT2 => i16::from_sql(&self.kind, self.bytes).map(i64::from),
            Type::INT4 => i32::from_sql(&self.kind, self.bytes).map(i64::from),
            _ => i64::from_sql(&Type::INT8, self.bytes),
        };
        read.map_err(|error| Error::Value(error.to_string()))
    }
}

/// Hands over a column as the text that JSON answers have it in.
pub fn text_of<R>(row: &Row, index: usize, kind: Kind, then: impl FnOnce(&str) -> R) -> Result<R> {
    Ok(match kind {
        Kind::Uuid => {
            let id: Uuid = row.try_get(index)?;
            then(id.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
        }
        Kind::Date => then(&row.try_get::<_, NaiveDate>(index)?.to_string()),
        Kind::Timestamp => then(&text::timestamp(row.try_get::<_, NaiveDateTime>(index)?)),
        _ => then(Raw::of(row, index)?.text()?),
    })
}
