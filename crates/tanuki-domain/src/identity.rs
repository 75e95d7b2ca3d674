//! The kind of account that a token authenticates.

use serde::{Deserialize, Serialize};

/// The `identity_type` claim of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityKind {
    /// A person who logged in.
    Person,
    /// An account of a program.
    Bot,
    /// A person's own API token, valid without a login.
    PersonApi,
}

impl IdentityKind {
    /// Returns whether endpoints that are limited to people accept the token.
    pub const fn is_person(self) -> bool {
        matches!(self, Self::Person | Self::PersonApi)
    }

    /// Returns the value of the claim.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Bot => "bot",
            Self::PersonApi => "person_api",
        }
    }

    /// Parses the claim. `None` if it is unknown.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Person, Self::Bot, Self::PersonApi]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}
