//! Rows as a JSON list with what stands around it, written row by row, so that
//! an answer takes the memory of a chunk however many rows it has.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use sea_query::SelectStatement;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::database::Writer;
use crate::projection::{Projection, Style};
use crate::{Error, Result, Row};

type Change = dyn Fn(&mut Map<String, Value>) + Send + Sync;

/// A change to the JSON object of each row of a list, for example one that
/// hides values.
#[derive(Clone)]
pub struct RowChange(Arc<Change>);

impl RowChange {
    /// Wraps the function that changes a row.
    pub fn new(change: impl Fn(&mut Map<String, Value>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(change))
    }
}

impl fmt::Debug for RowChange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RowChange")
    }
}

/// Writes the rows of a query whose select list is the shape's.
#[derive(Debug, Clone)]
pub struct JsonRows {
    projection: Cow<'static, Projection>,
    before: String,
    after: String,
    /// Projects whose rows are written with the shape's blanks.
    masked: HashSet<Uuid>,
    change: Option<RowChange>,
    is_first: bool,
}

impl JsonRows {
    /// A list and nothing around it.
    pub fn new(projection: &'static Projection) -> Self {
        Self::of(Cow::Borrowed(projection))
    }

    /// Like [`new`](Self::new), of a shape that may be one request's own.
    pub fn of(projection: Cow<'static, Projection>) -> Self {
        Self {
            projection,
            before: String::new(),
            after: String::new(),
            masked: HashSet::new(),
            change: None,
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

    /// Changes each row before it is written, one row at a time; `None` writes
    /// rows as they are.
    pub fn changing(self, change: Option<RowChange>) -> Self {
        Self { change, ..self }
    }

    /// Writes rows of these projects with the shape's
    /// [blanks](Projection::blanking). Adds the column that names the project to
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
        if let Some(RowChange(change)) = &self.change {
            let mut object = self.projection.read(row)?;
            change(&mut object);
            return serde_json::to_writer(out, &object)
                .map_err(|error| Error::Database(error.to_string()));
        }
        let mut style = Style::OBJECT;
        if !self.masked.is_empty() {
            let project: Option<Uuid> = row.get(self.projection.width())?;
            style.blank = project.is_some_and(|id| self.masked.contains(&id));
        }
        self.projection.write_object(row, style, out)
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        out.push(b']');
        out.extend_from_slice(self.after.as_bytes());
    }
}
