//! On whose behalf a token speaks.

use serde::{Deserialize, Serialize};

/// The `identity_type` claim of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityKind {
    /// A person who logged in.
    Person,
    /// An account for a program.
    Bot,
    /// A person's own API token, without login.
    PersonApi,
}

impl IdentityKind {
    /// Whether routes for real users are open to it.
    pub const fn is_person(self) -> bool {
        matches!(self, Self::Person | Self::PersonApi)
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Bot => "bot",
            Self::PersonApi => "person_api",
        }
    }

    /// Reads the claim; `None` for a kind that does not exist.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Person, Self::Bot, Self::PersonApi]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}
