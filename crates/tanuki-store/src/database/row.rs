//! A row of either database, and the values that can be read from it.

use chrono::{NaiveDate, NaiveDateTime};
use uuid::Uuid;

use super::postgres;
use super::sqlite;
use crate::dialect::text;
use crate::schema::ColumnType;
use crate::{Error, Result, json};

/// A row of a query's answer.
#[derive(Debug, Clone)]
pub enum Row {
    Postgres(postgres::Row),
    Sqlite(sqlite::Row),
}

impl Row {
    /// The value of the column at that place of the select list.
    ///
    /// # Errors
    ///
    /// [`Error::Unreadable`] if the column does not hold such a value.
    pub fn get<T: Get>(&self, index: usize) -> Result<T> {
        T::get(self, index).map_err(|error| error.at(|| self.place(index)))
    }

    /// Where a column stands, for the log.
    fn place(&self, index: usize) -> String {
        let sql = match self {
            Self::Postgres(row) => row.sql(),
            Self::Sqlite(row) => row.sql(),
        };
        format!("column {index} of `{sql}`")
    }

    pub fn is_null(&self, index: usize) -> Result<bool> {
        match self {
            Self::Postgres(row) => Ok(row.raw(index)?.is_none()),
            Self::Sqlite(row) => row.is_null(index),
        }
    }

    /// Appends a column of that kind as JSON.
    pub(crate) fn write(&self, index: usize, kind: ColumnType, out: &mut Vec<u8>) -> Result<()> {
        match self {
            Self::Postgres(row) => row.write(index, kind, out),
            Self::Sqlite(row) => row.write(index, kind, out),
        }
    }

    /// Appends a column that [`ids`](crate::dialect::Dialect::ids) asked for.
    pub(crate) fn write_ids(&self, index: usize, out: &mut Vec<u8>) -> Result<()> {
        match self {
            Self::Postgres(row) => json::ids(out, &row.read::<Vec<Uuid>>(index)?),
            Self::Sqlite(row) => out.extend_from_slice(row.bytes(index)?),
        }
        Ok(())
    }

    /// Hands over the rows that a column holds, one after the other; with
    /// `repeats`, those together that stand side by side and have the same
    /// first column.
    pub(crate) fn each_within(
        &self,
        index: usize,
        repeats: bool,
        mut then: impl FnMut(&[Self]) -> Result<()>,
    ) -> Result<()> {
        let mut same: Vec<Self> = Vec::new();
        let mut each = |row: Self| -> Result<()> {
            if let Some(first) = same.first()
                && !(repeats && first.bytes(0)? == row.bytes(0)?)
            {
                then(&same)?;
                same.clear();
            }
            same.push(row);
            Ok(())
        };
        match self {
            Self::Postgres(row) => {
                for record in row.records(index)? {
                    each(Self::Postgres(record?))?;
                }
            }
            Self::Sqlite(row) => {
                for record in row.records(index)? {
                    each(Self::Sqlite(record?))?;
                }
            }
        }
        if same.is_empty() {
            return Ok(());
        }
        then(&same)
    }

    /// A column as the database sent it.
    fn bytes(&self, index: usize) -> Result<&[u8]> {
        match self {
            Self::Postgres(row) => Ok(row.some(index)?.bytes),
            Self::Sqlite(row) => row.bytes(index),
        }
    }

    /// Hands over the text of a JSON column without parsing it.
    pub(crate) fn with_json_text<R>(
        &self,
        index: usize,
        then: impl FnOnce(&[u8]) -> R,
    ) -> Result<R> {
        match self {
            Self::Postgres(row) => Ok(then(row.some(index)?.json())),
            Self::Sqlite(row) => row.bytes(index).map(then),
        }
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
        let text = match row {
            Row::Postgres(row) => row.some(index)?.text()?,
            Row::Sqlite(row) => row.text(index)?,
        };
        Ok(text.to_owned())
    }
}

impl Get for i64 {
    fn get(row: &Row, index: usize) -> Result<Self> {
        match row {
            Row::Postgres(row) => row.some(index)?.integer(),
            Row::Sqlite(row) => row.integer(index),
        }
    }
}

impl Get for f64 {
    fn get(row: &Row, index: usize) -> Result<Self> {
        let number = match row {
            Row::Postgres(row) => row.read(index)?,
            Row::Sqlite(row) => row.real(index)?,
        };
        // Infinity and NaN, which other programs may have stored, would spread
        // into every sum.
        Ok(if number.is_finite() { number } else { 0.0 })
    }
}

impl Get for bool {
    fn get(row: &Row, index: usize) -> Result<Self> {
        match row {
            Row::Postgres(row) => row.read(index),
            Row::Sqlite(row) => Ok(row.integer(index)? != 0),
        }
    }
}

impl Get for Vec<u8> {
    fn get(row: &Row, index: usize) -> Result<Self> {
        Ok(row.bytes(index)?.to_vec())
    }
}

impl Get for Uuid {
    fn get(row: &Row, index: usize) -> Result<Self> {
        match row {
            Row::Postgres(row) => row.read(index),
            Row::Sqlite(row) => {
                let value = row.text(index)?;
                Uuid::parse_str(value).map_err(|error| malformed("id", value, error))
            }
        }
    }
}

impl Get for NaiveDateTime {
    fn get(row: &Row, index: usize) -> Result<Self> {
        match row {
            Row::Postgres(row) => row.some(index)?.time(),
            Row::Sqlite(row) => {
                let value = row.text(index)?;
                text::parse_timestamp(value).map_err(|error| malformed("time", value, error))
            }
        }
    }
}

impl Get for NaiveDate {
    fn get(row: &Row, index: usize) -> Result<Self> {
        match row {
            Row::Postgres(row) => row.some(index)?.date(),
            Row::Sqlite(row) => {
                let value = row.text(index)?;
                text::parse_date(value).map_err(|error| malformed("date", value, error))
            }
        }
    }
}

impl Get for serde_json::Value {
    fn get(row: &Row, index: usize) -> Result<Self> {
        match row {
            Row::Postgres(row) => row.read(index),
            Row::Sqlite(row) => {
                let value = row.text(index)?;
                serde_json::from_str(value).map_err(|error| malformed("JSON", value, error))
            }
        }
    }
}

/// A value that SQLite, which checks no types, holds against its column's.
fn malformed(kind: &str, value: &str, error: impl std::fmt::Display) -> Error {
    Error::unreadable(format!("stored {kind} `{value}` cannot be read: {error}"))
}
