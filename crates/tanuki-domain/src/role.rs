//! What a person may do, studio-wide.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// A role as the API and the `person.role` column spell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Studio manager: everything.
    Admin,
    /// Production manager.
    Manager,
    Supervisor,
    /// Artist, the default.
    User,
    Client,
    /// Outside artist, who sees only what is assigned to them.
    Vendor,
}

impl Role {
    pub const ALL: [Self; 6] = [
        Self::User,
        Self::Admin,
        Self::Supervisor,
        Self::Manager,
        Self::Client,
        Self::Vendor,
    ];

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

    /// What people call the role.
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

    /// Admin or production manager.
    pub const fn manages(self) -> bool {
        matches!(self, Self::Admin | Self::Manager)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no role.
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
