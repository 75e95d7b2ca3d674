//! Embedded rows: decodes an array of records in PostgreSQL's binary format
//! (`array_send` and `record_send`).

use std::ops::Range;

use tokio_postgres::types::Type;

use super::raw::Raw;
use crate::{Error, Result};

/// An embedded row: a record in a column of another row.
#[derive(Debug, Clone)]
pub struct Record {
    bytes: Vec<u8>,
    /// The type of each column and the range of its value; `None` for null.
    columns: Vec<(Type, Option<Range<usize>>)>,
}

impl Record {
    /// Decodes an array of records.
    pub fn all(array: &[u8]) -> Result<impl Iterator<Item = Result<Self>>> {
        let mut rest = Rest {
            bytes: array,
            at: 0,
        };
        let dimensions = rest.number()?;
        // The flag for nulls and the type of the elements.
        rest.skip(8)?;
        let mut elements = 0;
        for _ in 0..dimensions {
            elements = rest.number()?;
            // The lower bound of the dimension.
            rest.skip(4)?;
        }
        Ok((0..elements).map(move |_| {
            let place = rest.value()?.ok_or_else(malformed)?;
            Self::read(&array[place])
        }))
    }

    fn read(bytes: &[u8]) -> Result<Self> {
        let mut rest = Rest { bytes, at: 0 };
        let width = rest.number()?;
        let columns = (0..width).map(|_| {
            let kind = Type::from_oid(rest.number()?);
            // User-defined types are read as text.
            Ok((kind.unwrap_or(Type::TEXT), rest.value()?))
        });
        Ok(Self {
            columns: columns.collect::<Result<_>>()?,
            bytes: bytes.to_vec(),
        })
    }

    /// Returns the bytes of a column; `None` if it is null.
    pub fn raw(&self, index: usize) -> Result<Option<Raw<'_>>> {
        let (kind, place) = self.columns.get(index).ok_or_else(malformed)?;
        Ok(place.clone().map(|place| Raw {
            bytes: &self.bytes[place],
            kind: kind.clone(),
        }))
    }
}

/// The bytes that are not decoded yet.
struct Rest<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Rest<'_> {
    fn skip(&mut self, length: usize) -> Result<Range<usize>> {
        let place = self.at..self.at + length;
        self.at = place.end;
        self.bytes
            .get(place.clone())
            .map(|_| place)
            .ok_or_else(malformed)
    }

    fn number(&mut self) -> Result<u32> {
        let place = self.skip(4)?;
        let four = self.bytes[place].try_into().map_err(|_| malformed())?;
        Ok(u32::from_be_bytes(four))
    }

    /// Decodes the length of a value and returns its range; `None` for null.
    fn value(&mut self) -> Result<Option<Range<usize>>> {
        match self.number()? {
            NULL => Ok(None),
            length => self.skip(length as usize).map(Some),
        }
    }
}

/// The length that marks a null value.
const NULL: u32 = u32::MAX;

fn malformed() -> Error {
    Error::unreadable("rows within a row cannot be read")
}
