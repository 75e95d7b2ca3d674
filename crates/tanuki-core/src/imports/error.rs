//! Why an import is refused.

use crate::Error;

/// The most errors of rows that a refusal lists.
pub const MAX_ERRORS: usize = 100;

/// What is wrong with one row of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// The line of the file that the row ends on; the titles are line 1.
    pub line: u64,
    /// The title of the column, where it is about one cell.
    pub column: Option<String>,
    pub message: String,
}

/// Why an import is refused or failed. Nothing of the file is written then.
#[derive(Debug)]
pub enum ImportError {
    /// The file cannot be read as a table.
    File(String),
    /// Rows are wrong: at most [`MAX_ERRORS`], by line, and at least one.
    Rows(Vec<RowError>),
    /// Another refusal, or a failure of the server.
    Other(Error),
}

impl From<Error> for ImportError {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl From<tanuki_store::Error> for ImportError {
    fn from(error: tanuki_store::Error) -> Self {
        Self::Other(error.into())
    }
}

/// The errors of rows that were found so far.
#[derive(Debug, Default)]
pub(super) struct RowErrors(Vec<RowError>);

impl RowErrors {
    /// Adds an error about a whole row.
    pub fn row(&mut self, line: u64, message: impl Into<String>) {
        self.add(line, None, message.into());
    }

    /// Adds an error about the cell of a column.
    pub fn cell(&mut self, line: u64, column: &str, message: impl Into<String>) {
        self.add(line, Some(column.to_owned()), message.into());
    }

    fn add(&mut self, line: u64, column: Option<String>, message: String) {
        if self.0.len() < MAX_ERRORS {
            self.0.push(RowError {
                line,
                column,
                message,
            });
        }
    }

    /// Whether further errors would not be listed.
    pub fn is_full(&self) -> bool {
        self.0.len() >= MAX_ERRORS
    }

    /// Refuses the file if there are any.
    pub fn check(self) -> Result<(), ImportError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut errors = self.0;
        errors.sort_by_key(|error| error.line);
        Err(ImportError::Rows(errors))
    }
}
