//! Single sign-on: logins of people whom an identity provider has
//! authenticated, with OpenID Connect.

mod claims;
mod oidc;
mod people;

use std::time::Duration;

pub use oidc::{OidcCallback, OidcLogin};

use crate::Error;

/// Why nobody is logged in. Why the provider or its token was refused is in the
/// log.
#[derive(Debug)]
pub enum SignOnError {
    /// `OIDC_ENABLED` is off.
    NotEnabled,
    /// The provider cannot be reached.
    Unavailable,
    /// What the provider or the browser sent is refused.
    Failed,
    /// The provider names no email address.
    NoEmail,
    /// What it calls an email address is none.
    MalformedEmail,
    /// It does not call the address verified.
    UnverifiedEmail,
    /// The account with this address is not to be bound to this identity.
    NotBound,
    /// The account is deactivated.
    Inactive,
    /// There is no account yet, and `USER_LIMIT` is reached.
    UserLimit,
    /// Too many logins were begun from one address; how long to wait.
    TooMany(Duration),
    Internal(Error),
}

impl<E: Into<Error>> From<E> for SignOnError {
    fn from(error: E) -> Self {
        Self::Internal(error.into())
    }
}

/// Checks `OIDC_DISCOVERY_URL`.
///
/// # Errors
/// What it has to be.
pub fn check_discovery_url(url: &str) -> Result<(), String> {
    tanuki_oidc::issuer_of(url).map(drop)
}

/// The result of a single sign-on.
pub type SignOnResult<T> = Result<T, SignOnError>;
