//! Rows and their columns as the server sends them.

use std::error::Error as StdError;
use std::sync::Arc;

use tokio_postgres::types::{FromSql, Type};
use uuid::Uuid;

use super::record::Record;
use crate::schema::Kind;
use crate::{Error, Result, json};

/// A row of an answer, or one that stands in a column of another.
#[derive(Debug, Clone)]
pub enum Row {
    Sent(Arc<tokio_postgres::Row>),
    Within(Record),
}

impl From<tokio_postgres::Row> for Row {
    fn from(row: tokio_postgres::Row) -> Self {
        Self::Sent(Arc::new(row))
    }
}

impl Row {
    /// A column, if it is not null.
    pub fn raw(&self, index: usize) -> Result<Option<Raw<'_>>> {
        match self {
            Self::Sent(row) => Ok(row.try_get(index)?),
            Self::Within(record) => record.raw(index),
        }
    }

    /// A column that is not null.
    pub fn some(&self, index: usize) -> Result<Raw<'_>> {
        let nothing = || Error::Value(format!("column {index} is null"));
        self.raw(index)?.ok_or_else(nothing)
    }

    /// The value of a column.
    pub fn read<'a, T: FromSql<'a>>(&'a self, index: usize) -> Result<T> {
        self.some(index)?.read()
    }

    /// The rows that a column holds.
    pub fn records(&self, index: usize) -> Result<impl Iterator<Item = Result<Self>>> {
        let records = Record::all(self.some(index)?.bytes)?;
        Ok(records.map(|record| record.map(Self::Within)))
    }

    /// Appends a column of that kind as JSON.
    pub fn write(&self, index: usize, kind: Kind, out: &mut Vec<u8>) -> Result<()> {
        let Some(raw) = self.raw(index)? else {
            json::null(out);
            return Ok(());
        };
        match kind {
            Kind::Uuid => json::id(out, &raw.read::<Uuid>()?),
            Kind::Varchar(_) | Kind::Text | Kind::ImportSource | Kind::Locale => {
                json::text(out, kind, raw.text()?)?;
            }
            Kind::Integer | Kind::BigInt => json::value(out, &raw.integer()?)?,
            Kind::Double => json::value(out, &raw.read::<f64>()?)?,
            Kind::Boolean => json::flag(out, raw.read()?),
            Kind::Date => json::date(out, raw.read()?),
            Kind::Timestamp => json::time(out, raw.read()?),
            Kind::Json | Kind::Array(_) => out.extend_from_slice(raw.json()),
            Kind::Bytes => json::value(out, &String::from_utf8_lossy(raw.bytes))?,
        }
        Ok(())
    }
}

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

    /// The value of a type that the column has.
    pub fn read<T: FromSql<'a>>(&self) -> Result<T> {
        if !T::accepts(&self.kind) {
            let kind = &self.kind;
            return Err(Error::Value(format!(
                "a column of type {kind} is read as another"
            )));
        }
        T::from_sql(&self.kind, self.bytes).map_err(|error| Error::Value(error.to_string()))
    }

    pub fn integer(&self) -> Result<i64> {
        match self.kind {
            Type::INT2 => self.read::<i16>().map(i64::from),
            Type::INT4 => self.read::<i32>().map(i64::from),
            _ => self.read(),
        }
    }
}
