//! Rows of either database, and the types that their columns can be read as.

use std::fmt::Display;

use chrono::{NaiveDate, NaiveDateTime};
use uuid::Uuid;

use super::postgres::Row as PostgresRow;
use super::sqlite::Row as SqliteRow;
use crate::dialect::text;
use crate::schema::ColumnType;
use crate::{Error, Result, json};

/// A row in the result of a query.
#[derive(Debug, Clone)]
pub enum Row {
    Postgres(PostgresRow),
    Sqlite(SqliteRow),
}

impl Row {
    /// Returns the value of a column, given by its name or by its index in the
    /// select list. The name is that of the column or its alias.
    ///
    /// # Errors
    ///
    /// [`Error::Unreadable`] if no column or more than one has that name, or if
    /// the column does not hold a value of that type.
    pub fn get<T: Get>(&self, column: impl RowIndex) -> Result<T> {
        let value = column.find(self).and_then(|index| T::get(self, index));
        value.map_err(|error| error.at(|| self.place(column)))
    }

    /// Names a column in the log: its name or index, and the statement.
    fn place(&self, column: impl Display) -> String {
        let sql = match self {
            Self::Postgres(row) => row.sql(),
            Self::Sqlite(row) => row.sql(),
        };
        format!("column {column} of `{sql}`")
    }

    /// Returns whether a column is SQL `NULL`; JSON `null` is not.
    ///
    /// # Errors
    ///
    /// [`Error::Unreadable`] if there is no such column.
    pub fn is_null(&self, column: impl RowIndex) -> Result<bool> {
        let is_null = column.find(self).and_then(|index| match self {
            Self::Postgres(row) => Ok(row.raw(index)?.is_none()),
            Self::Sqlite(row) => row.is_null(index),
        });
        is_null.map_err(|error| error.at(|| self.place(column)))
    }

    /// Appends a column of that type as JSON.
    pub(crate) fn write(&self, index: usize, kind: ColumnType, out: &mut Vec<u8>) -> Result<()> {
        match self {
            Self::Postgres(row) => row.write(index, kind, out),
            Self::Sqlite(row) => row.write(index, kind, out),
        }
    }

    /// Appends a column that was selected with
    /// [`ids`](crate::dialect::Dialect::ids), as a JSON array.
    pub(crate) fn write_ids(&self, index: usize, out: &mut Vec<u8>) -> Result<()> {
        match self {
            Self::Postgres(row) => json::ids(out, &row.read::<Vec<Uuid>>(index)?),
            Self::Sqlite(row) => out.extend_from_slice(row.bytes(index)?),
        }
        Ok(())
    }

    /// Calls `then` for each embedded row of a column. With `repeats`, adjacent
    /// rows with the same first column are passed together.
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

    /// The bytes of a column, as the database sent them.
    fn bytes(&self, index: usize) -> Result<&[u8]> {
        match self {
            Self::Postgres(row) => Ok(row.some(index)?.bytes),
            Self::Sqlite(row) => row.bytes(index),
        }
    }

    /// Calls `then` with the text of a JSON column, without parsing it.
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

/// What a column of a row can be given by: its name, or its index.
pub trait RowIndex: Display + Copy {
    /// Returns the index of the column.
    ///
    /// # Errors
    ///
    /// [`Error::Unreadable`] if no column or more than one has that name.
    fn find(self, row: &Row) -> Result<usize>;
}

impl RowIndex for usize {
    fn find(self, _: &Row) -> Result<usize> {
        Ok(self)
    }
}

impl RowIndex for &str {
    fn find(self, row: &Row) -> Result<usize> {
        match row {
            Row::Postgres(row) => only(row.named(self)),
            Row::Sqlite(row) => only(row.named(self)),
        }
    }
}

/// Returns the index of the only column with a name.
fn only(mut columns: impl Iterator<Item = usize>) -> Result<usize> {
    match (columns.next(), columns.next()) {
        (Some(index), None) => Ok(index),
        (None, _) => Err(Error::unreadable("no column has that name")),
        (Some(_), Some(_)) => Err(Error::unreadable("more than one column has that name")),
    }
}

/// A type that a column can be read as, from either database.
pub trait Get: Sized {
    /// Reads the column at that index of the select list.
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
        // Other programs may have stored infinity or NaN, which would make
        // every sum useless.
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

/// The error for a malformed value in SQLite, which does not check types.
fn malformed(kind: &str, value: &str, error: impl std::fmt::Display) -> Error {
    Error::unreadable(format!("stored {kind} `{value}` cannot be read: {error}"))
}
