//! Grouped rows: a JSON object with an array of rows under each id.

use std::borrow::Cow;

use serde_json::Value;
use uuid::Uuid;

use crate::database::Writer;
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
            out.push(b'"');
            // Rows without a group have the key `None`, as in Zou.
            let text = key.map_or_else(|| "None".to_owned(), |key| key.to_string());
            out.extend_from_slice(text.as_bytes());
            out.extend_from_slice(b"\":[");
            self.key = Some(key);
        }
        self.projection.write(row, out)
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(if self.key.is_some() { b"]}" } else { b"}" });
    }
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
