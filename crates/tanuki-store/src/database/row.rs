//! A row of either database, and the values that can be read from it.

use chrono::{NaiveDate, NaiveDateTime};
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Column as _, Row as _, TypeInfo as _, ValueRef as _};
use uuid::Uuid;

use crate::dialect::text;
use crate::schema::Kind;
use crate::{Error, Result};

/// A row of a query's answer.
#[derive(Debug)]
pub enum Row {
    Postgres(PgRow),
    Sqlite(SqliteRow),
}

impl Row {
    /// The value of the column at that place of the select list.
    pub fn get<T: Get>(&self, index: usize) -> Result<T> {
        T::get(self, index)
    }

    pub fn is_null(&self, index: usize) -> Result<bool> {
        Ok(match self {
            Self::Postgres(row) => row.try_get_raw(index)?.is_null(),
            Self::Sqlite(row) => row.try_get_raw(index)?.is_null(),
        })
    }
}

impl Row {
    /// Hands over a column as the text that JSON answers have it in: ids in
    /// lower case, times in ISO 8601 with microseconds.
    pub(crate) fn with_text<R>(
        &self,
        index: usize,
        kind: Kind,
        then: impl FnOnce(&str) -> R,
    ) -> Result<R> {
        Ok(match self {
            Self::Sqlite(row) => then(row.try_get_unchecked(index)?),
            Self::Postgres(row) => match kind {
                Kind::Uuid => {
                    let id: Uuid = row.try_get(index)?;
                    then(id.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
                }
                Kind::Date => then(&row.try_get::<NaiveDate, _>(index)?.to_string()),
                Kind::Timestamp => then(&text::timestamp(row.try_get(index)?)),
                _ => then(row.try_get_unchecked(index)?),
            },
        })
    }

    /// Hands over the text of a JSON column without parsing it.
    pub(crate) fn with_json_text<R>(
        &self,
        index: usize,
        then: impl FnOnce(&[u8]) -> R,
    ) -> Result<R> {
        Ok(match self {
            Self::Sqlite(row) => then(row.try_get_unchecked::<&str, _>(index)?.as_bytes()),
            Self::Postgres(row) => {
                let value = row.try_get_raw(index)?;
                let jsonb = value.type_info().name() == "JSONB"
                    && value.format() == sqlx::postgres::PgValueFormat::Binary;
                let bytes = value.as_bytes().map_err(sqlx::Error::Decode)?;
                // The binary form of jsonb is a version byte and the text.
                then(if jsonb {
                    bytes.get(1..).unwrap_or_default()
                } else {
                    bytes
                })
            }
        })
    }
}

/// A type that a column can be read as, whichever database it comes from.
pub trait Get: Sized {
    fn get(row: &Row, index: usize) -> Result<Self>;
}

impl<T: Get> Get for Option<T> {
    fn get(row: &Row, index: usize) -> Result<Self> {
        if row.is_null(index)? {
            return Ok(None);
        }
        T::get(row, index).map(Some)
    }
}

impl Get for String {
    fn get(row: &Row, index: usize) -> Result<Self> {
        Ok(match row {
            Row::Postgres(row) => row.try_get_unchecked(index)?,
            Row::Sqlite(row) => row.try_get_unchecked(index)?,
        })
    }
}

impl Get for i64 {
    fn get(row: &Row, index: usize) -> Result<Self> {
        Ok(match row {
            Row::Postgres(row) if row.column(index).type_info().name() == "INT4" => {
                row.try_get::<i32, _>(index)?.into()
            }
            Row::Postgres(row) => row.try_get(index)?,
            Row::Sqlite(row) => row.try_get_unchecked(index)?,
        })
    }
}

impl Get for f64 {
    fn get(row: &Row, index: usize) -> Result<Self> {
        Ok(match row {
            Row::Postgres(row) => row.try_get(index)?,
            Row::Sqlite(row) => row.try_get_unchecked(index)?,
        })
    }
}

impl Get for bool {
    fn get(row: &Row, index: usize) -> Result<Self> {
        Ok(match row {
            Row::Postgres(row) => row.try_get(index)?,
            Row::Sqlite(row) => row.try_get_unchecked::<i64, _>(index)? != 0,
        })
    }
}

impl Get for Vec<u8> {
    fn get(row: &Row, index: usize) -> Result<Self> {
        Ok(match row {
            Row::Postgres(row) => row.try_get(index)?,
            Row::Sqlite(row) => row.try_get_unchecked(index)?,
        })
    }
}

impl Get for Uuid {
    fn get(row: &Row, index: usize) -> Result<Self> {
        match row {
            Row::Postgres(row) => Ok(row.try_get(index)?),
            Row::Sqlite(row) => {
                let value: &str = row.try_get_unchecked(index)?;
                Uuid::parse_str(value).map_err(|error| malformed("id", value, error))
            }
        }
    }
}

impl Get for NaiveDateTime {
    fn get(row: &Row, index: usize) -> Result<Self> {
        match row {
            Row::Postgres(row) => Ok(row.try_get(index)?),
            Row::Sqlite(row) => {
                let value: &str = row.try_get_unchecked(index)?;
                text::parse_timestamp(value).map_err(|error| malformed("time", value, error))
            }
        }
    }
}

impl Get for NaiveDate {
    fn get(row: &Row, index: usize) -> Result<Self> {
        match row {
            Row::Postgres(row) => Ok(row.try_get(index)?),
            Row::Sqlite(row) => {
                let value: &str = row.try_get_unchecked(index)?;
                value
                    .parse()
                    .map_err(|error| malformed("date", value, error))
            }
        }
    }
}

impl Get for serde_json::Value {
    fn get(row: &Row, index: usize) -> Result<Self> {
        match row {
            Row::Postgres(row) => Ok(row.try_get(index)?),
            Row::Sqlite(row) => {
                let value: &str = row.try_get_unchecked(index)?;
                serde_json::from_str(value).map_err(|error| malformed("JSON", value, error))
            }
        }
    }
}

/// A value that SQLite, which checks no types, holds against its column's.
fn malformed(kind: &str, value: &str, error: impl std::fmt::Display) -> Error {
    Error::Value(format!("stored {kind} `{value}` cannot be read: {error}"))
}
