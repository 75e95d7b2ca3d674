//! Rows and columns in PostgreSQL's binary format.

use std::sync::Arc;

use tokio_postgres::types::FromSql;
use uuid::Uuid;

use super::raw::Raw;
use super::record::Record;
use crate::schema::ColumnType;
use crate::{Error, Result, json};

/// A row of a result, with its statement, or an embedded row.
#[derive(Debug, Clone)]
pub enum Row {
    Sent(Arc<tokio_postgres::Row>, Arc<str>),
    Within(Record),
}

impl Row {
    /// A row in the result of that statement.
    pub fn sent(row: tokio_postgres::Row, sql: &Arc<str>) -> Self {
        Self::Sent(Arc::new(row), Arc::clone(sql))
    }

    /// The statement whose result it is in, for the log.
    pub fn sql(&self) -> &str {
        match self {
            Self::Sent(_, sql) => sql,
            Self::Within(_) => "a row within a row",
        }
    }

    /// Returns the indexes of the columns with that name. Those of an embedded
    /// row have no names.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = usize> + 'a {
        let columns = match self {
            Self::Sent(row, _) => row.columns(),
            Self::Within(_) => &[],
        };
        let indexed = columns.iter().enumerate();
        indexed.filter_map(move |(index, column)| (column.name() == name).then_some(index))
    }

    /// Returns the bytes of a column; `None` if it is null.
    pub fn raw(&self, index: usize) -> Result<Option<Raw<'_>>> {
        match self {
            Self::Sent(row, _) => Ok(row.try_get(index)?),
            Self::Within(record) => record.raw(index),
        }
    }

    /// Returns the bytes of a column.
    ///
    /// # Errors
    ///
    /// [`Error::Unreadable`] if it is null.
    pub fn some(&self, index: usize) -> Result<Raw<'_>> {
        let nothing = || Error::unreadable(format!("column {index} is null"));
        self.raw(index)?.ok_or_else(nothing)
    }

    /// Decodes a column. Null is an error.
    pub fn read<'a, T: FromSql<'a>>(&'a self, index: usize) -> Result<T> {
        self.some(index)?.read()
    }

    /// Decodes the embedded rows in a column.
    pub fn records(&self, index: usize) -> Result<impl Iterator<Item = Result<Self>>> {
        let records = Record::all(self.some(index)?.bytes)?;
        Ok(records.map(|record| record.map(Self::Within)))
    }

    /// Appends a column of that type as JSON.
    pub fn write(&self, index: usize, kind: ColumnType, out: &mut Vec<u8>) -> Result<()> {
        let Some(raw) = self.raw(index)? else {
            json::null(out);
            return Ok(());
        };
        match kind {
            ColumnType::Uuid => json::id(out, &raw.read::<Uuid>()?),
            ColumnType::Varchar(_)
            | ColumnType::Text
            | ColumnType::ImportSource
            | ColumnType::Locale => {
                json::text(out, kind, raw.text()?)?;
            }
            ColumnType::Integer | ColumnType::BigInt => json::value(out, &raw.integer()?)?,
            ColumnType::Double => json::value(out, &raw.read::<f64>()?)?,
            ColumnType::Boolean => json::flag(out, raw.read()?),
            ColumnType::Date => json::date(out, raw.date()?),
            ColumnType::Timestamp => json::time(out, raw.time()?),
            ColumnType::Json | ColumnType::Array(_) => out.extend_from_slice(raw.json()),
            ColumnType::Bytes => json::value(out, &String::from_utf8_lossy(raw.bytes))?,
        }
        Ok(())
    }
}
