//! Rows within a row: an array of records, in the form in which the server
//! sends values to programs (`array_send` and `record_send`).

use std::ops::Range;

use tokio_postgres::types::Type;

use super::row::Raw;
use crate::{Error, Result};

/// A row that stands in a column of another.
#[derive(Debug, Clone)]
pub struct Record {
    bytes: Vec<u8>,
    /// The type of each column and where its value is, unless it is null.
    columns: Vec<(Type, Option<Range<usize>>)>,
}

impl Record {
    /// The records of an array.
    pub fn all(array: &[u8]) -> Result<impl Iterator<Item = Result<Self>>> {
        let mut rest = Rest {
            bytes: array,
            at: 0,
        };
        let dimensions = rest.number()?;
        // Whether there are nulls, and of which type the elements are.
        rest.skip(8)?;
        let mut elements = 0;
        for _ in 0..dimensions {
            elements = rest.number()?;
            // The index of the first.
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
            // A type of the database's own is read as its text.
            Ok((kind.unwrap_or(Type::TEXT), rest.value()?))
        });
        Ok(Self {
            columns: columns.collect::<Result<_>>()?,
            bytes: bytes.to_vec(),
        })
    }

    /// A column, if it is not null.
    pub fn raw(&self, index: usize) -> Result<Option<Raw<'_>>> {
        let (kind, place) = self.columns.get(index).ok_or_else(malformed)?;
        Ok(place.clone().map(|place| Raw {
            bytes: &self.bytes[place],
            kind: kind.clone(),
        }))
    }
}

/// What has not been read yet.
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

    /// Where a value is, behind its length; a null has none.
    fn value(&mut self) -> Result<Option<Range<usize>>> {
        match self.number()? {
            NULL => Ok(None),
            length => self.skip(length as usize).map(Some),
        }
    }
}

/// The length of a null.
const NULL: u32 = u32::MAX;

fn malformed() -> Error {
    Error::unreadable("rows within a row cannot be read")
}
