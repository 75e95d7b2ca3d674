//! Ids as clients send them.

use serde::Deserialize;
use uuid::Uuid;

use crate::fields::hyphenated_id;
use crate::{Error, Result};

/// An id that a client sent: parsed once, but not refused yet if it is
/// malformed.
///
/// Functions take it where they check something else first, or where a malformed
/// id is not simply [`Error::NotFound`]. All others take a [`Uuid`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(from = "String")]
pub struct MaybeId {
    text: String,
    id: Option<Uuid>,
}

impl From<String> for MaybeId {
    fn from(text: String) -> Self {
        let id = Uuid::try_parse(&text).ok();
        Self { text, id }
    }
}

impl From<Uuid> for MaybeId {
    fn from(id: Uuid) -> Self {
        Self {
            text: id.to_string(),
            id: Some(id),
        }
    }
}

impl MaybeId {
    /// Returns the id as it was sent.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the id, whatever its form: hyphenated, simple, braced or URN.
    /// `None` if it is malformed.
    pub fn id(&self) -> Option<Uuid> {
        self.id
    }

    /// Returns the id, whatever its form.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it is malformed: no row has such an id.
    pub fn found(&self) -> Result<Uuid> {
        self.id.ok_or(Error::NotFound)
    }

    /// Whether the id is hyphenated.
    pub fn is_hyphenated(&self) -> bool {
        hyphenated_id(&self.text).is_some()
    }

    /// Returns the id if it is hyphenated.
    ///
    /// # Errors
    /// The given refusal otherwise.
    pub fn hyphenated(&self, refusal: impl Into<Error>) -> Result<Uuid> {
        hyphenated_id(&self.text).ok_or_else(|| refusal.into())
    }
}

/// What clients read about an id that is malformed or not hyphenated. The
/// wordings are Zou's, which differ by endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MalformedId<'a> {
    /// In the path of an action.
    InPath,
    /// In the path of a resource.
    OfResource,
    /// In the path of an action on the shots of a project.
    ProjectOrTaskType,
    /// The software of a task type.
    TaskTypeOrSoftware,
    /// The query parameter `episode_id`.
    Episode,
    /// The query parameter `project_id`.
    Project,
    /// A required field of a body.
    Required(&'a str),
    /// A value of a filter or field, which the message quotes.
    Value(&'a str),
    /// A value of a named parameter, which the message quotes.
    Parameter { name: &'a str, text: &'a str },
}

impl std::fmt::Display for MalformedId<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::InPath => f.write_str("Wrong UUID format."),
            Self::OfResource => f.write_str("Malformed ID."),
            Self::ProjectOrTaskType => f.write_str("Invalid project or task type id"),
            Self::TaskTypeOrSoftware => {
                f.write_str("task_type_id and software_id must be valid UUIDs.")
            }
            Self::Episode => f.write_str("Invalid episode id"),
            Self::Project => f.write_str("Invalid project_id."),
            Self::Required(field) => write!(f, "{field} is required and must be a valid UUID"),
            Self::Value(text) => write!(f, "Invalid UUID value: {text}"),
            Self::Parameter { name, text } => {
                write!(f, "Invalid UUID format for {name}: {text}")
            }
        }
    }
}

impl From<MalformedId<'_>> for Error {
    fn from(refusal: MalformedId<'_>) -> Self {
        Self::invalid(refusal.to_string())
    }
}
