//! Roles: the permissions of a person in the studio.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// A role, as the API and the column `person.role` spell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Studio manager: has every permission.
    Admin,
    /// Production manager.
    Manager,
    Supervisor,
    /// Artist, the default role.
    User,
    Client,
    /// Outside artist, with access only to what is assigned to them.
    Vendor,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 6] = [
        Self::User,
        Self::Admin,
        Self::Supervisor,
        Self::Manager,
        Self::Client,
        Self::Vendor,
    ];

    /// Returns the name that the API uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Manager => "manager",
            Self::Supervisor => "supervisor",
            Self::User => "user",
            Self::Client => "client",
            Self::Vendor => "vendor",
        }
    }

    /// Returns the display name of the role, in English.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Admin => "Studio Manager",
            Self::Manager => "Production Manager",
            Self::Supervisor => "Supervisor",
            Self::User => "Artist",
            Self::Client => "Client",
            Self::Vendor => "Vendor",
        }
    }

    /// Returns whether the role is admin or production manager.
    pub const fn manages(self) -> bool {
        matches!(self, Self::Admin | Self::Manager)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The error of parsing a string that is not a role.
#[derive(Debug, PartialEq, Eq)]
pub struct UnknownRole(pub String);

impl fmt::Display for UnknownRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Self::known();
        write!(f, "`{}` is not a role; it is one of {known}", self.0)
    }
}

impl UnknownRole {
    fn known() -> String {
        Role::ALL.map(Role::as_str).join(", ")
    }
}

impl std::error::Error for UnknownRole {}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| UnknownRole(text.to_owned()))
    }
}
