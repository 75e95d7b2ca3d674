//! A row copied out of its statement.

use std::sync::Arc;

use rusqlite::Statement;
use rusqlite::types::ValueRef;

use super::record::Values;
use crate::schema::ColumnType;
use crate::{Error, Result, json};

/// The columns of a row. Texts and blobs are concatenated in `bytes`, so that
/// filling a row again does not allocate.
#[derive(Debug, Default, Clone)]
pub struct Row {
    cells: Vec<Cell>,
    bytes: Vec<u8>,
    /// `None` for a row within a row.
    heading: Option<Arc<Heading>>,
}

/// What the rows of a result have in common.
#[derive(Debug)]
pub struct Heading {
    sql: Arc<str>,
    /// The name of each column, followed by a zero byte, which no name has.
    names: String,
}

impl Heading {
    /// The heading of the results of a statement.
    pub fn of(statement: &Statement<'_>, sql: &Arc<str>) -> Result<Arc<Self>> {
        let mut names = String::with_capacity(16 * statement.column_count());
        for index in 0..statement.column_count() {
            names.push_str(statement.column_name(index)?);
            names.push('\0');
        }
        Ok(Arc::new(Self {
            sql: Arc::clone(sql),
            names,
        }))
    }
}

#[derive(Debug, Clone, Copy)]
enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Bytes { start: usize, end: usize },
}

impl Row {
    /// An empty row for a result with that heading.
    pub fn of(heading: &Arc<Heading>) -> Self {
        Self {
            heading: Some(Arc::clone(heading)),
            ..Self::default()
        }
    }

    /// The statement whose result it is in, for the log.
    pub fn sql(&self) -> &str {
        let heading = self.heading.as_ref();
        heading.map_or("a row within a row", |heading| &heading.sql)
    }

    /// Returns the indexes of the columns with that name. Those of an embedded
    /// row have no names.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = usize> + 'a {
        let names = self.heading.as_ref().map_or("", |heading| &heading.names);
        let indexed = names.split_terminator('\0').enumerate();
        indexed.filter_map(move |(index, own)| (own == name).then_some(index))
    }

    /// Copies the current row of a statement.
    pub fn fill(&mut self, row: &rusqlite::Row<'_>) -> Result<()> {
        self.cells.clear();
        self.bytes.clear();
        for index in 0..row.as_ref().column_count() {
            self.push(row.get_ref(index)?);
        }
        Ok(())
    }

    fn push(&mut self, value: ValueRef<'_>) {
        self.cells.push(match value {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(number) => Cell::Integer(number),
            ValueRef::Real(number) => Cell::Real(number),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                let start = self.bytes.len();
                self.bytes.extend_from_slice(bytes);
                let end = self.bytes.len();
                Cell::Bytes { start, end }
            }
        });
    }

    /// Total size of its texts and blobs, in bytes.
    pub fn length(&self) -> usize {
        self.bytes.len()
    }

    /// Decodes the embedded rows in a column.
    pub fn records(&self, index: usize) -> Result<impl Iterator<Item = Result<Self>>> {
        let records = Values(self.bytes(index)?);
        Ok(records.map(|record| {
            let mut row = Self::default();
            let values = record.as_blob().map_err(rusqlite::Error::from)?;
            Values(values).for_each(|value| row.push(value));
            Ok(row)
        }))
    }

    fn cell(&self, index: usize) -> Result<Cell> {
        let missing = || Error::unreadable(format!("the row has no column {index}"));
        self.cells.get(index).copied().ok_or_else(missing)
    }

    pub fn is_null(&self, index: usize) -> Result<bool> {
        Ok(matches!(self.cell(index)?, Cell::Null))
    }

    pub fn integer(&self, index: usize) -> Result<i64> {
        match self.cell(index)? {
            Cell::Integer(number) => Ok(number),
            // A sum of integers may be a float, if a part of it was one.
            Cell::Real(number) if number.fract() == 0.0 => Ok(number as i64),
            other => Err(Error::unreadable(format!("{other:?} is no whole number"))),
        }
    }

    pub fn real(&self, index: usize) -> Result<f64> {
        match self.cell(index)? {
            Cell::Real(number) => Ok(number),
            Cell::Integer(number) => Ok(number as f64),
            other => Err(Error::unreadable(format!("{other:?} is no number"))),
        }
    }

    pub fn bytes(&self, index: usize) -> Result<&[u8]> {
        match self.cell(index)? {
            Cell::Bytes { start, end } => Ok(&self.bytes[start..end]),
            other => Err(Error::unreadable(format!("{other:?} is no text"))),
        }
    }

    pub fn text(&self, index: usize) -> Result<&str> {
        let bytes = self.bytes(index)?;
        std::str::from_utf8(bytes).map_err(Error::unreadable)
    }

    /// Appends a column of that type as JSON.
    pub fn write(&self, index: usize, kind: ColumnType, out: &mut Vec<u8>) -> Result<()> {
        if self.is_null(index)? {
            json::null(out);
            return Ok(());
        }
        match kind {
            ColumnType::Uuid
            | ColumnType::Varchar(_)
            | ColumnType::Text
            | ColumnType::ImportSource
            | ColumnType::Locale => {
                json::text(out, kind, self.text(index)?)?;
            }
            ColumnType::Integer | ColumnType::BigInt => json::value(out, &self.integer(index)?)?,
            ColumnType::Double => json::value(out, &self.real(index)?)?,
            ColumnType::Boolean => json::flag(out, self.integer(index)? != 0),
            ColumnType::Date => json::date_text(out, self.text(index)?)?,
            ColumnType::Timestamp => json::time_text(out, self.text(index)?)?,
            ColumnType::Json | ColumnType::Array(_) => out.extend_from_slice(self.bytes(index)?),
            ColumnType::Bytes => json::value(out, &String::from_utf8_lossy(self.bytes(index)?))?,
        }
        Ok(())
    }
}
