//! Lists of rows as a JSON array in an envelope, serialized row by row, so that
//! a response takes the memory of one chunk regardless of the number of rows.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::database::Writer;
use crate::projection::{Projection, Style};
use crate::{Error, Result, Row};

type Change = dyn Fn(&mut Map<String, Value>) + Send + Sync;

/// A change to the JSON object of each row of a list, such as masking values.
#[derive(Clone)]
pub struct RowChange(Arc<Change>);

impl RowChange {
    /// Wraps the function that changes the object of a row.
    pub fn new(change: impl Fn(&mut Map<String, Value>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(change))
    }
}

impl fmt::Debug for RowChange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RowChange")
    }
}

/// Serializes the rows of a query whose select list is that of the projection.
#[derive(Debug, Clone)]
pub struct JsonRows {
    projection: Cow<'static, Projection>,
    before: String,
    after: String,
    /// Projects whose rows are masked.
    masked: HashSet<Uuid>,
    change: Option<RowChange>,
    is_first: bool,
}

impl JsonRows {
    /// A plain JSON array.
    pub fn new(projection: &'static Projection) -> Self {
        Self::of(Cow::Borrowed(projection))
    }

    /// Like [`new`](Self::new), with a projection that may be built for one
    /// request.
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

    /// Adds JSON before and after the array.
    pub fn within(self, before: impl Into<String>, after: impl Into<String>) -> Self {
        Self {
            before: before.into(),
            after: after.into(),
            ..self
        }
    }

    /// Changes the object of each row before it is serialized; `None` for no
    /// change.
    pub fn changing(self, change: Option<RowChange>) -> Self {
        Self { change, ..self }
    }

    /// Masks the rows of these projects (see [`Projection::redact`]). The query
    /// must have the project's id in a column after those of the projection, if
    /// any project [is masked](Self::is_masking).
    pub fn masking(self, projects: impl IntoIterator<Item = Uuid>) -> Self {
        Self {
            masked: projects.into_iter().collect(),
            ..self
        }
    }

    /// Whether any project is masked.
    pub fn is_masking(&self) -> bool {
        !self.masked.is_empty()
    }

    /// The projection of the rows.
    pub fn projection(&self) -> &Projection {
        &self.projection
    }

    /// Returns the projection, if the rows are a plain array of it.
    pub fn plain(&self) -> Option<&'static Projection> {
        let is_plain = self.change.is_none() && self.masked.is_empty();
        match self.projection {
            Cow::Borrowed(projection) if is_plain && !self.is_enclosed() => Some(projection),
            _ => None,
        }
    }

    fn is_enclosed(&self) -> bool {
        !self.before.is_empty() || !self.after.is_empty()
    }

    /// Appends the object of a row.
    pub(crate) fn write(&self, row: &Row, out: &mut Vec<u8>) -> Result<()> {
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

    /// Returns the projection of the rows.
    pub fn into_projection(self) -> Cow<'static, Projection> {
        self.projection
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
        self.write(row, out)
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        out.push(b']');
        out.extend_from_slice(self.after.as_bytes());
    }
}
