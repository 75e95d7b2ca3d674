//! Embedded rows. SQLite has no records or arrays, so two functions build them
//! as blobs: `tanuki_row(…)` from values, and the aggregate `tanuki_rows(row)`
//! from rows.
//!
//! A row is encoded as its values, each with a tag for its type; rows are
//! encoded each with its length in front. The bytes never leave this process.

use rusqlite::Result;
use rusqlite::functions::{Aggregate, Context};
use rusqlite::types::ValueRef;

const NULL: u8 = 0;
const INTEGER: u8 = 1;
const REAL: u8 = 2;
const BYTES: u8 = 3;

/// `tanuki_row(…)`: encodes its arguments as a row.
pub fn row(context: &mut Context<'_>) -> Result<Vec<u8>> {
    let mut row = Vec::with_capacity(512);
    for index in 0..context.len() {
        push(context.get_raw(index), &mut row);
    }
    Ok(row)
}

/// `tanuki_rows(row)`: concatenates encoded rows.
pub struct Rows;

impl Aggregate<Vec<u8>, Vec<u8>> for Rows {
    fn init(&self, _: &mut Context<'_>) -> Result<Vec<u8>> {
        Ok(Vec::new())
    }

    fn step(&self, context: &mut Context<'_>, rows: &mut Vec<u8>) -> Result<()> {
        push(context.get_raw(0), rows);
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, rows: Option<Vec<u8>>) -> Result<Vec<u8>> {
        Ok(rows.unwrap_or_default())
    }
}

fn push(value: ValueRef<'_>, out: &mut Vec<u8>) {
    match value {
        ValueRef::Null => out.push(NULL),
        ValueRef::Integer(number) => {
            out.push(INTEGER);
            out.extend_from_slice(&number.to_ne_bytes());
        }
        ValueRef::Real(number) => {
            out.push(REAL);
            out.extend_from_slice(&number.to_ne_bytes());
        }
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            out.push(BYTES);
            out.extend_from_slice(&bytes.len().to_ne_bytes());
            out.extend_from_slice(bytes);
        }
    }
}

/// Decodes the values in such bytes; ends at the first malformed one.
pub struct Values<'a>(pub &'a [u8]);

impl<'a> Iterator for Values<'a> {
    type Item = ValueRef<'a>;

    fn next(&mut self) -> Option<ValueRef<'a>> {
        let [tag] = self.take()?;
        Some(match tag {
            NULL => ValueRef::Null,
            INTEGER => ValueRef::Integer(i64::from_ne_bytes(self.take()?)),
            REAL => ValueRef::Real(f64::from_ne_bytes(self.take()?)),
            _ => {
                let length = usize::from_ne_bytes(self.take()?);
                let (bytes, rest) = self.0.split_at_checked(length)?;
                self.0 = rest;
                ValueRef::Blob(bytes)
            }
        })
    }
}

impl Values<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*bytes)
    }
}
