//! Why a rule said no.

use std::borrow::Cow;

use serde_json::{Map, Value};
use tanuki_store as store;

/// A refusal or a failure of a rule. Which status and body it becomes on the
/// wire is the API's business.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An argument is wrong; the message names it, `data` may say more.
    #[error("{message}")]
    Invalid {
        message: String,
        data: Option<Map<String, Value>>,
    },
    /// A body does not have the fields that it must have.
    #[error("Validation error.")]
    Fields(Vec<FieldError>),
    /// A value cannot be stored as the column that it is meant for.
    #[error("{0}")]
    Constraint(ConstraintViolation),
    /// A filter's value cannot be one of its column's.
    #[error("{0}")]
    InvalidFilter(ConstraintViolation),
    /// A body has a field that the object has not.
    #[error("'{field}' is an invalid keyword argument for {object}")]
    UnknownField { field: String, object: &'static str },
    /// A field of a body is not of the type that it must have.
    #[error("{field} must be {expected}")]
    WrongType {
        field: &'static str,
        expected: &'static str,
    },
    /// A field holds a text that is none of those it may hold.
    #[error("Invalid {field}, expected one of: {}.", choices.join(", "))]
    NotAChoice {
        field: &'static str,
        choices: &'static [&'static str],
    },
    #[error("not found")]
    NotFound,
    /// Not there, which is told beside the usual words.
    #[error("404 Not Found: {0}")]
    Absent(&'static str),
    /// Not there, in words of its own.
    #[error("{0}")]
    Missing(&'static str),
    /// The caller's role or account does not allow it.
    #[error("permission denied")]
    Denied,
    /// Denied for a reason that the caller may know.
    #[error("{0}")]
    DeniedBecause(&'static str),
    /// The state of the studio forbids it; told as a database's refusal is.
    #[error("{0}")]
    Conflict(Cow<'static, str>),
    /// Not as things stand; told without anything but the reason.
    #[error("{0}")]
    Refused(Cow<'static, str>),
    /// The database cannot be used now; the same request may succeed later.
    #[error("{0}")]
    Unavailable(String),
    #[error(transparent)]
    Store(store::Error),
    /// Something outside of the studio's data failed: mail, randomness.
    #[error("{0}")]
    Failed(String),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What is wrong with one field of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    pub field: String,
    pub message: String,
}

/// Why the database cannot take a row, sorted as the API tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConstraintViolation {
    Duplicate,
    Referenced,
    Missing,
    Integrity,
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
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid {
            message: message.into(),
            data: None,
        }
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
