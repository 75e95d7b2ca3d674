//! Tables of whole result sets, as the lines of a CSV file.

use chrono::{NaiveDate, NaiveDateTime};
use sea_query::SelectStatement;
use tanuki_domain::csv::{push_cell, push_row};
use tanuki_domain::dates;

use crate::database::{JsonChunks, Writer};
use crate::schema::ColumnType;
use crate::{Database, Result, Row};

/// What a column of a query is, and so how its cells are written. Without a
/// value they are empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    Text,
    Integer,
    /// A number with decimals, one at least.
    Number,
    Day,
    /// The day of a time, in UTC.
    DayOfTime,
    /// `yes` or `no`.
    YesNo,
    /// A JSON array of names, written in the order of the alphabet with this
    /// between them.
    Names(&'static str),
}

/// The columns of a table: title and kind, in the order of the select list.
pub type Columns = &'static [(&'static str, Cell)];

/// A table, and the query for its rows.
#[derive(Debug)]
#[must_use]
pub struct TableQuery {
    pub(crate) columns: Columns,
    pub(crate) select: SelectStatement,
}

impl Database {
    /// Streams a table as CSV: the titles of the columns, then a line for each
    /// row, in bounded memory like [`stream`](Self::stream).
    pub fn stream_table(&self, table: &TableQuery) -> JsonChunks {
        let query = self.dialect().build(&table.select);
        self.stream(query, Lines(table.columns))
    }
}

/// Writes rows as lines.
#[derive(Clone)]
struct Lines(Columns);

impl Writer for Lines {
    fn begin(&mut self, out: &mut Vec<u8>) {
        push_row(out, self.0.iter().map(|(title, _)| *title));
    }

    fn row(&mut self, row: &Row, out: &mut Vec<u8>) -> Result<()> {
        for (place, (_, cell)) in self.0.iter().enumerate() {
            if place > 0 {
                out.push(b';');
            }
            if !row.is_null(place)? {
                write(row, place, *cell, out)?;
            }
        }
        out.extend_from_slice(b"\r\n");
        Ok(())
    }

    fn end(&mut self, _out: &mut Vec<u8>) {}
}

fn write(row: &Row, place: usize, cell: Cell, out: &mut Vec<u8>) -> Result<()> {
    match cell {
        Cell::Text => push_cell(out, &row.get::<String>(place)?),
        Cell::Integer => row.write(place, ColumnType::Integer, out)?,
        Cell::Number => row.write(place, ColumnType::Double, out)?,
        Cell::Day => write_day(row.get(place)?, out),
        Cell::DayOfTime => write_day(row.get::<NaiveDateTime>(place)?.date(), out),
        Cell::YesNo => out.extend_from_slice(if row.get(place)? { b"yes" } else { b"no" }),
        Cell::Names(separator) => {
            let list: String = row.get(place)?;
            // The database made it of texts.
            let mut names: Vec<String> = serde_json::from_str(&list).unwrap_or_default();
            names.sort();
            push_cell(out, &names.join(separator));
        }
    }
    Ok(())
}

fn write_day(day: NaiveDate, out: &mut Vec<u8>) {
    let day = dates::clamp(day).format("%Y-%m-%d").to_string();
    out.extend_from_slice(day.as_bytes());
}
