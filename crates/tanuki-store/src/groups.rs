//! Grouped rows: a JSON object with an array of rows under each id.

use std::borrow::Cow;
use std::collections::HashMap;

use bytes::Bytes;
use serde_json::Value;
use uuid::Uuid;

use crate::database::Writer;
use crate::json_rows::JsonRows;
use crate::projection::Projection;
use crate::{Result, Row};

/// Groups rows by the id in the column after those of the projection. The query
/// must return the rows of one id one after the other.
#[derive(Debug, Clone)]
pub struct GroupWriter {
    projection: Cow<'static, Projection>,
    key: Option<Option<Uuid>>,
}

impl GroupWriter {
    /// Creates a writer for rows of that projection.
    pub fn new(projection: Cow<'static, Projection>) -> Self {
        Self {
            projection,
            key: None,
        }
    }
}

impl Writer for GroupWriter {
    fn begin(&mut self, out: &mut Vec<u8>) {
        out.push(b'{');
    }

    fn row(&mut self, row: &Row, out: &mut Vec<u8>) -> Result<()> {
        let key: Option<Uuid> = row.get(self.projection.width())?;
        if self.key == Some(key) {
            out.push(b',');
        } else {
            if self.key.is_some() {
                out.extend_from_slice(b"],");
            }
            open_group(key, out);
            self.key = Some(key);
        }
        self.projection.write(row, out)
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(if self.key.is_some() { b"]}" } else { b"}" });
    }
}

/// Appends a key and the bracket of its array. Rows without a group have the key
/// `None`, as in Zou.
fn open_group(key: Option<Uuid>, out: &mut Vec<u8>) {
    let text = key.map_or_else(|| "None".to_owned(), |key| key.to_string());
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.extend_from_slice(b"\":[");
}

/// Returns a JSON object that maps the ids in a column to arrays of rows. Keys are
/// in the order of their first rows.
pub(crate) fn object_by_id(rows: &[Row], column: &str, json: &JsonRows) -> Result<Bytes> {
    let mut index_of_id = HashMap::new();
    let mut groups: Vec<Vec<u8>> = Vec::new();
    for row in rows {
        let id: Option<Uuid> = row.get(column)?;
        let index = *index_of_id.entry(id).or_insert_with(|| {
            let mut group = Vec::new();
            open_group(id, &mut group);
            groups.push(group);
            groups.len() - 1
        });
        let Some(group) = groups.get_mut(index) else {
            continue;
        };
        if !group.ends_with(b"[") {
            group.push(b',');
        }
        json.write(row, group)?;
    }
    let mut text = vec![b'{'];
    text.extend(groups.join(&b"],"[..]));
    text.extend_from_slice(if groups.is_empty() { b"}" } else { b"]}" });
    Ok(text.into())
}

/// Writes a JSON object with the row of each name, which is in the column after
/// those of the projection. Of adjacent rows of one name the first counts.
#[derive(Debug, Clone)]
pub struct NamedWriter {
    projection: Cow<'static, Projection>,
    name: Option<String>,
}

impl NamedWriter {
    /// Creates a writer for rows of that projection.
    pub fn new(projection: Cow<'static, Projection>) -> Self {
        Self {
            projection,
            name: None,
        }
    }
}

impl Writer for NamedWriter {
    fn begin(&mut self, out: &mut Vec<u8>) {
        out.push(b'{');
    }

    fn row(&mut self, row: &Row, out: &mut Vec<u8>) -> Result<()> {
        let name: String = row.get(self.projection.width())?;
        if self.name.as_ref() == Some(&name) {
            return Ok(());
        }
        if self.name.is_some() {
            out.push(b',');
        }
        out.extend_from_slice(Value::from(name.as_str()).to_string().as_bytes());
        out.push(b':');
        self.name = Some(name);
        self.projection.write(row, out)
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        out.push(b'}');
    }
}
