//! The error type of this crate.

use std::borrow::Cow;

use serde_json::{Map, Value};
use tanuki_domain::period::InvalidPeriod;
use tanuki_store as store;

/// Why a request is refused or failed. `tanuki-api` maps it to a status and
/// body.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An argument is invalid (400); the message names it, `data` is added to
    /// the body.
    #[error("{message}")]
    Invalid {
        message: String,
        data: Option<Map<String, Value>>,
    },
    /// Fields of a body are missing or invalid (400), with a message for each.
    #[error("Validation error.")]
    Fields(Vec<FieldError>),
    /// A value cannot be stored in its column, or the row violates a constraint
    /// (400).
    #[error("{0}")]
    Constraint(ConstraintViolation),
    /// The value of a filter in the query string does not have its column's
    /// type (400).
    #[error("{0}")]
    InvalidFilter(ConstraintViolation),
    /// A body has a field that is not a column or link of the resource (400).
    #[error("'{field}' is an invalid keyword argument for {object}")]
    UnknownField { field: String, object: &'static str },
    /// A field of a body has the wrong JSON type (400).
    #[error("{field} must be {expected}")]
    WrongType {
        field: &'static str,
        expected: &'static str,
    },
    /// A field has a value that is not one of `choices` (400).
    #[error("Invalid {field}, expected one of: {}.", choices.join(", "))]
    NotAChoice {
        field: &'static str,
        choices: &'static [&'static str],
    },
    /// There is no such row (404).
    #[error("not found")]
    NotFound,
    /// Not found (404), with a message after the standard phrase `404 Not
    /// Found`.
    #[error("404 Not Found: {0}")]
    Absent(&'static str),
    /// Not found (404), with a message of its own.
    #[error("{0}")]
    Missing(&'static str),
    /// The permission check failed (403): the caller's role or account does not
    /// allow the request.
    #[error("permission denied")]
    Denied,
    /// Permission denied (403), for a reason that the response shows.
    #[error("{0}")]
    DeniedBecause(&'static str),
    /// The current state forbids the request (400); the body has the form of a
    /// violated constraint's.
    #[error("{0}")]
    Conflict(Cow<'static, str>),
    /// The current state forbids the request (400); the body has only `msg`.
    #[error("{0}")]
    Refused(Cow<'static, str>),
    /// The same work is being done already (409).
    #[error("{0}")]
    InProgress(&'static str),
    /// The database is unavailable or overloaded (502, because gazu raises no
    /// exception on 503); the HTTP client may retry after
    /// [`RETRY_AFTER`](crate::RETRY_AFTER).
    #[error("{0}")]
    Unavailable(String),
    /// The storage of files is full or cannot be reached (502, with a time after
    /// which to try again).
    #[error("{reason}")]
    StorageUnavailable { is_full: bool, reason: String },
    /// An unexpected error of the database (500).
    #[error(transparent)]
    Store(store::Error),
    /// Something else failed on the server (500): mail, randomness, a
    /// computation.
    #[error("{0}")]
    Failed(String),
}

/// A result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The message for one invalid field of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    pub field: String,
    pub message: String,
}

/// Which constraint of the database a row violates, in the categories that the
/// response distinguishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConstraintViolation {
    /// A unique constraint.
    Duplicate,
    /// A foreign key: a missing row, or one that others still refer to.
    Referenced,
    /// A required column without a value.
    Missing,
    /// A check constraint.
    Integrity,
    /// A value that the column's type cannot represent.
    Format,
}

impl std::fmt::Display for ConstraintViolation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Duplicate => "A record with the same unique values already exists.",
            Self::Referenced => "The change conflicts with records referencing this one.",
            Self::Missing => "A required field is missing.",
            Self::Integrity => "The data conflicts with database integrity rules.",
            Self::Format => "One of the provided values has an invalid format.",
        })
    }
}

impl Error {
    /// An [`Error::Invalid`] with a message and no data.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid {
            message: message.into(),
            data: None,
        }
    }
}

impl From<InvalidPeriod> for Error {
    fn from(error: InvalidPeriod) -> Self {
        Self::invalid(error.to_string())
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Unique(_) => Self::Constraint(ConstraintViolation::Duplicate),
            store::Error::ForeignKey(_) => Self::Constraint(ConstraintViolation::Referenced),
            store::Error::NotNull(_) => Self::Constraint(ConstraintViolation::Missing),
            store::Error::Check(_) => Self::Constraint(ConstraintViolation::Integrity),
            store::Error::Value(_) => Self::Constraint(ConstraintViolation::Format),
            store::Error::Contention(why)
            | store::Error::Unavailable(why)
            | store::Error::AccessDenied(why) => Self::Unavailable(why),
            other => Self::Store(other),
        }
    }
}
