//! Single sign-on: logins of people whom an identity provider has
//! authenticated, with OpenID Connect or SAML.

mod attributes;
mod claims;
mod oidc;
mod people;
mod profile;
mod saml;

use std::net::IpAddr;
use std::time::Duration;

pub use oidc::{OidcCallback, OidcLogin};
pub use tanuki_store::query::auth::identities::SignOnProtocol;

use crate::attempts::{Limit, of_address};
use crate::settings::Settings;
use crate::{Error, SingleSignOn};

/// Logins that are begun from one address. A studio may have one address.
const LOGINS_OF_ADDRESS: Limit = Limit {
    name: "single sign-ons by address",
    most: 300,
    seconds: 60,
};

/// Why nobody is logged in. Why the provider or its token was refused is in the
/// log.
#[derive(Debug)]
pub enum SignOnError {
    /// `OIDC_ENABLED` or `SAML_ENABLED` is off.
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

/// Checks `SAML_METADATA_URL`.
///
/// # Errors
/// What it has to be.
pub fn check_metadata_url(url: &str) -> Result<(), String> {
    tanuki_saml::check_url(url)
}

type Providers = (Option<tanuki_oidc::Provider>, Option<tanuki_saml::Provider>);

/// Creates the clients of the providers that are enabled.
///
/// # Errors
/// [`Error::Failed`] if their settings are unusable.
pub(crate) fn providers(settings: &Settings) -> Result<Providers, Error> {
    let oidc = match settings.oidc.enabled {
        true => Some(tanuki_oidc::Provider::new(settings.oidc.provider.clone())),
        false => None,
    };
    let saml = match settings.saml.enabled {
        true => {
            let provider = settings.saml.provider.clone();
            let service = saml::service_provider(&settings.studio.public_url);
            Some(tanuki_saml::Provider::new(provider, service))
        }
        false => None,
    };
    let oidc = oidc.transpose().map_err(Error::Failed)?;
    Ok((oidc, saml.transpose().map_err(Error::Failed)?))
}

impl SingleSignOn<'_> {
    /// Counts a login that is begun.
    fn count_login(self, address: Option<IpAddr>, now: i64) -> SignOnResult<()> {
        let who = of_address(address);
        let claimed = self.core.attempts().claim(LOGINS_OF_ADDRESS, &who, now);
        claimed.map_err(SignOnError::TooMany)
    }
}

/// Logs why a provider cannot be used.
fn unavailable(reason: &str) -> SignOnError {
    tracing::error!(reason, "single sign-on does not work");
    SignOnError::Unavailable
}

/// Logs why a login is refused.
fn failed(reason: &str) -> SignOnError {
    tracing::warn!(reason, "a single sign-on is refused");
    SignOnError::Failed
}

/// The result of a single sign-on.
pub type SignOnResult<T> = Result<T, SignOnError>;
