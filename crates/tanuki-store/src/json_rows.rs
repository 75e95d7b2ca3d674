//! Rows as a JSON list with what stands around it, written row by row, so that
//! an answer takes the memory of a chunk however many rows it has.

use std::borrow::Cow;
use std::collections::HashSet;

use sea_query::SelectStatement;
use uuid::Uuid;

use crate::database::Writer;
use crate::shape::{Shape, Style};
use crate::{Result, Row};

/// Writes the rows of a query whose select list is the shape's.
#[derive(Debug, Clone)]
pub struct JsonRows {
    shape: Cow<'static, Shape>,
    before: String,
    after: String,
    /// Projects whose rows are written with the shape's blanks.
    masked: HashSet<Uuid>,
    is_first: bool,
}

impl JsonRows {
    /// A list and nothing around it.
    pub fn new(shape: &'static Shape) -> Self {
        Self::of(Cow::Borrowed(shape))
    }

    /// Like [`new`](Self::new), of a shape that may be one request's own.
    pub fn of(shape: Cow<'static, Shape>) -> Self {
        Self {
            shape,
            before: String::new(),
            after: String::new(),
            masked: HashSet::new(),
            is_first: true,
        }
    }

    /// With JSON text around the list.
    pub fn within(self, before: impl Into<String>, after: impl Into<String>) -> Self {
        Self {
            before: before.into(),
            after: after.into(),
            ..self
        }
    }

    /// Writes rows of these projects with the shape's
    /// [blanks](Shape::blanking). Adds the column that names the project to
    /// the query, which must have nothing behind the shape yet.
    pub fn masking(
        mut self,
        select: &mut SelectStatement,
        project: (&'static str, &'static str),
        projects: impl IntoIterator<Item = Uuid>,
    ) -> Self {
        self.masked = projects.into_iter().collect();
        if !self.masked.is_empty() {
            select.column(project);
        }
        self
    }
}

impl Writer for JsonRows {
    fn begin(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.before.as_bytes());
        out.push(b'[');
    }

    fn row(&mut self, row: &Row, out: &mut Vec<u8>) -> Result<()> {
        if !std::mem::take(&mut self.is_first) {
            out.push(b',');
        }
        let mut style = Style::OBJECT;
        if !self.masked.is_empty() {
            let project: Option<Uuid> = row.get(self.shape.width())?;
            style.blank = project.is_some_and(|id| self.masked.contains(&id));
        }
        self.shape.write_object(row, style, out)
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        out.push(b']');
        out.extend_from_slice(self.after.as_bytes());
    }
}
