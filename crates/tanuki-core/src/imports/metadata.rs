//! The cells of a production's metadata columns.

use serde_json::{Map, Value};
use tanuki_store::query::imports::MetadataColumn;

use super::catalog::People;
use super::cells::{Row, boolean};
use super::error::RowErrors;

/// Reads the cells of metadata columns into the `data` of an entity or task:
/// checkboxes as `true` or `false`, people as their id, everything else as it is.
/// Empty cells are stored as well.
pub(super) fn read(
    columns: &[MetadataColumn],
    people: &People,
    row: Row<'_>,
    (data, errors): (&mut Map<String, Value>, &mut RowErrors),
) {
    for column in columns {
        let Some(text) = row.cell(&column.name) else {
            continue;
        };
        let value = match column.data_type.as_str() {
            _ if text.is_empty() => Ok(String::new()),
            "boolean" => boolean(text)
                .map(|flag| flag.to_string())
                .ok_or_else(|| format!("{} must be yes or no, got '{text}'", column.name)),
            "person" => people.find(text).map(|id| id.to_string()),
            _ => Ok(text.to_owned()),
        };
        match value {
            Ok(value) => {
                data.insert(column.field_name.clone(), value.into());
            }
            Err(message) => errors.cell(row.line(), &column.name, message),
        }
    }
}
