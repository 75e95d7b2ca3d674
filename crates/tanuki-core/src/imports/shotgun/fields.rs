//! The keys of a row of ShotGrid, and what is stored of each.

use serde_json::{Value, json};

use super::keys::{Key, Of, shotgun_id};
use super::names::Names;
use crate::JsonRow;
use crate::imports::rows::faults::Faults;

/// How a value that is missing, null, or refers to no row is handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Otherwise {
    /// The list is refused.
    Refuse,
    /// The column becomes null, the list of linked rows empty.
    Null,
    /// The column is not written.
    Keep,
    /// The row is not imported.
    LeaveOut,
}

/// How a value is read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Read {
    /// It is stored as it is.
    Plain,
    /// It is stored as it is; what is stored if the key is missing.
    Or(&'static str),
    /// It refers to a row.
    One(Of),
    /// It is a list, of which the first item refers to a row.
    First(Of),
    /// It is a list of items that refer to rows. Those that refer to nothing are
    /// skipped.
    All(Of),
}

impl Read {
    fn of(self) -> Option<Of> {
        match self {
            Self::Plain | Self::Or(_) => None,
            Self::One(of) | Self::First(of) | Self::All(of) => Some(of),
        }
    }
}

/// A key of a row, and the column or link in which its value is stored.
#[derive(Debug)]
pub(super) struct Field {
    pub key: &'static str,
    pub column: &'static str,
    pub read: Read,
    pub missing: Otherwise,
    pub null: Otherwise,
    pub unknown: Otherwise,
}

/// A key that rows must have, and whose value is stored as it is.
pub(super) const fn plain(key: &'static str, column: &'static str) -> Field {
    Field {
        key,
        column,
        read: Read::Plain,
        missing: Otherwise::Refuse,
        null: Otherwise::Null,
        unknown: Otherwise::Null,
    }
}

/// A key that refers to rows and may be missing, null or refer to nothing.
pub(super) const fn reference(key: &'static str, column: &'static str, read: Read) -> Field {
    Field {
        read,
        missing: Otherwise::Null,
        ..plain(key, column)
    }
}

impl Field {
    /// Like the field, for a key that rows must have.
    pub const fn required(self) -> Self {
        let missing = Otherwise::Refuse;
        Self { missing, ..self }
    }

    /// Sets how null is handled.
    pub const fn null(self, null: Otherwise) -> Self {
        Self { null, ..self }
    }

    /// Sets how a reference to a row that does not exist is handled.
    pub const fn unknown(self, unknown: Otherwise) -> Self {
        Self { unknown, ..self }
    }

    /// Returns the values that refer to a row, one after the other.
    fn items<'a>(&self, value: &'a Value) -> Result<Vec<&'a Value>, &'static str> {
        if matches!(self.read, Read::One(_)) {
            return Ok(vec![value]);
        }
        let items = value.as_array().ok_or("A list is expected.")?;
        let most = match self.read {
            Read::First(_) => 1,
            _ => MAX_ITEMS,
        };
        if items.len() > MAX_ITEMS {
            return Err("The list is too long.");
        }
        Ok(items.iter().take(most).collect())
    }

    /// Adds what the value of a row refers to.
    ///
    /// # Errors
    ///
    /// What is expected instead.
    fn referred(&self, row: &JsonRow, keys: &mut Vec<(Of, Key)>) -> Result<(), &'static str> {
        let value = row.get(self.key).filter(|value| !value.is_null());
        let (Some(of), Some(value)) = (self.read.of(), value) else {
            return Ok(());
        };
        for item in self.items(value)? {
            keys.extend(of.read(item)?);
        }
        Ok(())
    }

    /// Adds the column of a row to what is stored. Returns whether the row is
    /// imported.
    fn store(
        &self,
        row: &JsonRow,
        names: &Names,
        stored: &mut JsonRow,
    ) -> Result<bool, &'static str> {
        let value = match (row.get(self.key), self.read) {
            (None, Read::Or(value)) => {
                stored.insert(self.column.into(), value.into());
                return Ok(true);
            }
            (None, _) => return self.otherwise(self.missing, stored, "A required key is missing."),
            (Some(Value::Null), _) => {
                return self.otherwise(self.null, stored, "A value is expected.");
            }
            (Some(value), _) => value,
        };
        let Some(of) = self.read.of() else {
            stored.insert(self.column.into(), value.clone());
            return Ok(true);
        };
        let mut ids = Vec::new();
        for item in self.items(value)? {
            if let Some((of, key)) = of.read(item)? {
                ids.extend(names.get(of, &key));
            }
        }
        if matches!(self.read, Read::All(_)) {
            let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            stored.insert(self.column.into(), json!(ids));
            return Ok(true);
        }
        match ids.first() {
            Some(id) => {
                stored.insert(self.column.into(), id.to_string().into());
                Ok(true)
            }
            None => self.otherwise(self.unknown, stored, "It refers to nothing."),
        }
    }

    fn otherwise(
        &self,
        otherwise: Otherwise,
        stored: &mut JsonRow,
        message: &'static str,
    ) -> Result<bool, &'static str> {
        let nothing = match self.read {
            Read::All(_) => json!([]),
            _ => Value::Null,
        };
        match otherwise {
            Otherwise::Refuse => Err(message),
            Otherwise::LeaveOut => Ok(false),
            Otherwise::Keep => Ok(true),
            Otherwise::Null => {
                stored.insert(self.column.into(), nothing);
                Ok(true)
            }
        }
    }
}

/// The most items in a list of one row.
const MAX_ITEMS: usize = 10_000;

/// A row as it was sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct SentRow<'a> {
    /// Its place in the list.
    pub index: usize,
    pub shotgun_id: i32,
    pub data: &'a JsonRow,
}

/// Returns what the fields of the rows refer to.
pub(super) fn references(
    fields: &[Field],
    sent: &[SentRow<'_>],
    faults: &mut Faults,
) -> Vec<(Of, Key)> {
    let mut keys = Vec::new();
    for row in sent {
        for field in fields {
            if let Err(message) = field.referred(row.data, &mut keys) {
                faults.field(row.index, field.key, message);
            }
        }
    }
    keys
}

/// Adds the columns of a row to what is stored. Returns whether the row is
/// imported.
pub(super) fn store(
    fields: &[Field],
    sent: SentRow<'_>,
    names: &Names,
    stored: &mut JsonRow,
    faults: &mut Faults,
) -> bool {
    let mut is_imported = true;
    for field in fields {
        match field.store(sent.data, names, stored) {
            Ok(is_wanted) => is_imported &= is_wanted,
            Err(message) => faults.field(sent.index, field.key, message),
        }
    }
    is_imported
}

/// Reads the ids of the rows of a list.
///
/// # Errors
///
/// [`Error::Invalid`](crate::Error::Invalid) for rows that are no objects or have
/// no id.
pub(super) fn sent_rows(list: &[Value]) -> crate::Result<Vec<SentRow<'_>>> {
    let mut faults = Faults::default();
    let mut rows = Vec::with_capacity(list.len());
    for (index, item) in list.iter().enumerate() {
        let Value::Object(data) = item else {
            faults.row(index, (None, "A row must be a JSON object.".into()));
            continue;
        };
        match shotgun_id(item) {
            Some(shotgun_id) => rows.push(SentRow {
                index,
                shotgun_id,
                data,
            }),
            None => faults.field(index, "id", "A whole number is expected."),
        }
    }
    faults.check()?;
    Ok(rows)
}
