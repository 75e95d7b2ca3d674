//! Writing the fields of a row.

use std::cell::Cell;

use super::{Field, Source};
use crate::database::Row;
use crate::schema::Kind;
use crate::{Result, json};

/// How the fields of a row are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style<'a> {
    /// With keys; without them it is the values in their order.
    pub keys: bool,
    /// With what stands for the fields that not everybody sees.
    pub blank: bool,
    /// Told where the value of the field that is gathered goes.
    pub gap: Option<&'a Cell<Option<usize>>>,
}

impl Style<'_> {
    /// Everything that is selected.
    pub fn keyed(keys: bool) -> Self {
        Self {
            keys,
            blank: false,
            gap: None,
        }
    }
}

impl Field {
    pub(super) fn write(
        &self,
        row: &Row,
        place: &mut usize,
        style: Style<'_>,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let blank = self.blank.filter(|_| style.blank);
        let kind = match &self.source {
            Source::Text(text) => return json::value(out, text),
            Source::Fixed(json) => {
                out.extend_from_slice(json.as_bytes());
                return Ok(());
            }
            Source::Aside => {
                match (blank, style.gap) {
                    (Some(json), _) => out.extend_from_slice(json.as_bytes()),
                    (None, Some(gap)) => gap.set(Some(out.len())),
                    (None, None) => out.extend_from_slice(b"null"),
                }
                return Ok(());
            }
            Source::Row { shape, .. } => {
                let is_there: bool = row.get(*place)?;
                *place += 1;
                if is_there {
                    return shape.write_from(row, place, out);
                }
                *place += shape.width();
                out.extend_from_slice(b"null");
                return Ok(());
            }
            Source::Column(described) => described.kind,
            Source::Computed(kind, _) => *kind,
            Source::FullName => Kind::Text,
            Source::Rows { .. } => Kind::Json,
            Source::Link(_) => {
                row.write_ids(*place, out)?;
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

/// Whether a column is null, in SQL or in JSON.
fn is_nothing(row: &Row, index: usize, kind: Kind) -> Result<bool> {
    Ok(row.is_null(index)?
        || (kind == Kind::Json && row.with_json_text(index, |text| text == b"null")?))
}
