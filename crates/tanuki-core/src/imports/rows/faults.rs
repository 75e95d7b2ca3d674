//! What is wrong with the rows of an import.

use serde_json::{Map, Value, json};

use super::super::MAX_ERRORS;
use crate::{Error, Result};

/// What is wrong with a row: the field, if it is one, and why.
pub(in crate::imports) type RowFault = (Option<&'static str>, String);

/// What is wrong with one row of a list.
#[derive(Debug)]
struct Fault {
    /// The row's place in the list, from 0.
    index: usize,
    field: Option<String>,
    message: String,
}

/// What was found to be wrong so far.
#[derive(Debug, Default)]
pub(in crate::imports) struct Faults(Vec<Fault>);

impl Faults {
    /// Adds a fault of a row.
    pub fn row(&mut self, index: usize, (field, message): RowFault) {
        self.add(index, field.map(str::to_owned), message);
    }

    /// Adds a fault of a field of a row.
    pub fn field(&mut self, index: usize, field: &str, message: impl Into<String>) {
        self.add(index, Some(field.to_owned()), message.into());
    }

    fn add(&mut self, index: usize, field: Option<String>, message: String) {
        if self.0.len() < MAX_ERRORS {
            self.0.push(Fault {
                index,
                field,
                message,
            });
        }
    }

    /// Refuses the list if anything is wrong.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] with the first fault as its message, and in `errors`
    /// at most [`MAX_ERRORS`] of them, by place.
    pub fn check(&mut self) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        self.0.sort_by_key(|fault| fault.index);
        Err(refusal(&self.0))
    }
}

/// Returns the refusal of a list with one wrong row.
pub(super) fn refusal_of_row(index: usize, message: String) -> Error {
    refusal(&[Fault {
        index,
        field: None,
        message,
    }])
}

fn refusal(faults: &[Fault]) -> Error {
    let described = |fault: &Fault| match &fault.field {
        Some(field) => format!("[{}].{field}: {}", fault.index, fault.message),
        None => format!("[{}]: {}", fault.index, fault.message),
    };
    let errors = faults.iter().map(|fault| {
        json!({
            "index": fault.index,
            "field": fault.field,
            "message": fault.message,
        })
    });
    let errors: Value = errors.collect();
    Error::Invalid {
        message: faults.first().map(described).unwrap_or_default(),
        data: Some(Map::from_iter([("errors".to_owned(), errors)])),
    }
}
