//! Rows in groups: a JSON object that has a list of rows under each key.

use uuid::Uuid;

use crate::database::Writer;
use crate::projection::Projection;
use crate::{Result, Row};

/// Writes rows by the id in the column behind the shape's; rows of one id
/// come one after the other.
#[derive(Debug, Clone)]
pub struct GroupWriter {
    projection: &'static Projection,
    key: Option<Option<Uuid>>,
}

impl GroupWriter {
    pub fn new(projection: &'static Projection) -> Self {
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
            // What is in nothing goes by Python's word for it.
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
