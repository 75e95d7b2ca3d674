//! Serializes the fields of a row.

use super::{Field, Source};
use crate::database::Row;
use crate::schema::ColumnType;
use crate::{Error, Result, json};

/// How a row is serialized.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    /// As an object; otherwise as an array of the values, in order.
    pub keys: bool,
    /// Masked: fields with a replacement (see
    /// [`Projection::redact`](super::Projection::redact)) are written as it.
    pub blank: bool,
}

impl Style {
    /// An object with all values.
    pub const OBJECT: Self = Self {
        keys: true,
        blank: false,
    };

    /// The opening and closing bracket.
    pub fn brackets(self) -> (u8, u8) {
        if self.keys {
            (b'{', b'}')
        } else {
            (b'[', b']')
        }
    }
}

impl Field {
    pub(super) fn write(
        &self,
        rows: &[Row],
        place: &mut usize,
        style: Style,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let row = first(rows)?;
        let blank = self.blank.filter(|_| style.blank);
        let kind = match &self.source {
            Source::Text(text) => return json::value(out, text),
            Source::Fixed(json) => {
                out.extend_from_slice(json.as_bytes());
                return Ok(());
            }
            Source::Row { projection, .. } => {
                let is_there: bool = row.get(*place)?;
                *place += 1;
                if is_there {
                    return projection.write_from(row, place, out);
                }
                *place += projection.width();
                out.extend_from_slice(b"null");
                return Ok(());
            }
            Source::Picked(_, key) => {
                if row.is_null(*place)? {
                    out.extend_from_slice(b"[]");
                } else {
                    row.with_json_text(*place, |text| pick(text, key, out))??;
                }
                *place += 1;
                return Ok(());
            }
            Source::Column(described) => described.kind,
            Source::Computed(kind, _) => *kind,
            Source::FullName => ColumnType::Text,
            Source::Rows { projection, .. } => {
                projection.write_within(row, *place, Style::OBJECT, out)?;
                *place += 1;
                return Ok(());
            }
            Source::Link(..) | Source::Joined(_) => {
                match (blank, &self.source) {
                    (Some(json), _) => out.extend_from_slice(json.as_bytes()),
                    (None, Source::Joined(_)) => write_linked(rows, *place, out)?,
                    (None, _) => row.write_ids(*place, out)?,
                }
                *place += 1;
                return Ok(());
            }
        };
        let index = *place;
        *place += 1;
        match (blank, self.empty) {
            (Some(json), _) => out.extend_from_slice(json.as_bytes()),
            (None, Some(json)) if is_nothing(row, index, kind)? => {
                out.extend_from_slice(json.as_bytes());
            }
            _ => row.write(index, kind, out)?,
        }
        Ok(())
    }
}

/// Returns the first row, from which everything but joined ids is read.
pub(super) fn first(rows: &[Row]) -> Result<&Row> {
    let nothing = || Error::unreadable("there is no row");
    rows.first().ok_or_else(nothing)
}

/// Appends the linked id of each row as an array; nulls of the outer join are
/// skipped.
fn write_linked(rows: &[Row], place: usize, out: &mut Vec<u8>) -> Result<()> {
    out.push(b'[');
    let mut is_first = true;
    for row in rows {
        if row.is_null(place)? {
            continue;
        }
        if !std::mem::take(&mut is_first) {
            out.push(b',');
        }
        row.write(place, ColumnType::Uuid, out)?;
    }
    out.push(b']');
    Ok(())
}

/// Returns whether a column is SQL `NULL` or JSON `null`.
fn is_nothing(row: &Row, index: usize, kind: ColumnType) -> Result<bool> {
    Ok(row.is_null(index)?
        || (kind == ColumnType::Json && row.with_json_text(index, |text| text == b"null")?))
}

/// Appends an array of the values that the objects of a JSON array have under a
/// key. Anything but an array gives an empty one.
fn pick(list: &[u8], key: &str, out: &mut Vec<u8>) -> Result<()> {
    let list: serde_json::Value = serde_json::from_slice(list).map_err(Error::unreadable)?;
    let objects = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let values: Vec<_> = objects
        .iter()
        .filter_map(|object| object.get(key))
        .collect();
    json::value(out, &values)
}
