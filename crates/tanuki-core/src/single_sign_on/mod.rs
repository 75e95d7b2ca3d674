//! Single sign-on: logins of people whom an identity provider has
//! authenticated, with OpenID Connect or SAML.

mod attributes;
mod claims;
mod console;
mod oidc;
mod people;
mod profile;
mod saml;

use std::net::IpAddr;
use std::time::Duration;

use serde_json::{Value, json};

pub use console::ConsoleTicket;
pub use oidc::OidcCallback;
pub use tanuki_store::query::auth::identities::SignOnProtocol;

use crate::attempts::{Limit, of_address};
use crate::auth::Session;
use crate::auth::secret::{own_subject, random_text, same_secret};
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

/// Where a login leads. It is stored when the login begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    WebClient,
    Console,
}

impl Destination {
    const fn as_str(self) -> &'static str {
        match self {
            Self::WebClient => "web-client",
            Self::Console => "console",
        }
    }
}

/// Who begins a login, and where it leads.
#[derive(Debug, Clone, Copy)]
pub struct Beginning<'a> {
    pub address: Option<IpAddr>,
    /// The value of the cookie of a login that the browser has begun before.
    pub browser: Option<&'a str>,
    pub destination: Destination,
}

impl Beginning<'_> {
    /// Returns the value of the browser's cookie. One that has begun other logins
    /// keeps it, so that each of its windows can end its own.
    fn cookie(&self) -> Result<String, Error> {
        match self.browser.filter(|value| is_random_text(value, RANDOM)) {
            Some(browser) => Ok(browser.to_owned()),
            None => random_text(RANDOM),
        }
    }
}

/// A login that was begun.
#[derive(Debug)]
pub struct BegunLogin {
    /// Where the browser has to go: the provider's page.
    pub url: String,
    /// The value of the cookie that the browser has to show when it comes back.
    pub browser: String,
    /// How long it has for that.
    pub lifetime: chrono::Duration,
}

/// A login that has ended well.
#[derive(Debug)]
pub enum SignedOn {
    ToWebClient(Session),
    ToConsole(ConsoleTicket),
}

/// A login that has ended otherwise, and where people go from there.
#[derive(Debug)]
pub struct SignOnRefusal {
    pub error: SignOnError,
    pub destination: Destination,
}

impl From<SignOnError> for SignOnRefusal {
    fn from(error: SignOnError) -> Self {
        Self {
            error,
            destination: Destination::WebClient,
        }
    }
}

/// What is stored of a login that was begun.
#[derive(Debug)]
struct PendingLogin(Value);

impl PendingLogin {
    /// What to store for the browser with a cookie.
    fn of(destination: Destination, cookie: &str) -> Self {
        Self(json!({
            "browser": own_subject(cookie),
            "destination": destination.as_str(),
        }))
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.0[name] = value.into();
        self
    }

    fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_default()
    }

    fn destination(&self) -> Destination {
        match self.text("destination") == Destination::Console.as_str() {
            true => Destination::Console,
            false => Destination::WebClient,
        }
    }

    /// Whether a browser with this cookie has begun the login.
    fn is_of(&self, cookie: Option<&str>) -> bool {
        let browser = own_subject(cookie.unwrap_or_default());
        same_secret(browser.as_bytes(), self.text("browser").as_bytes())
    }
}

/// The length of states and of the browser's cookie, in characters.
const RANDOM: usize = 43;

/// Whether a value may be one of [`random_text`] with that length.
fn is_random_text(text: &str, length: usize) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    text.len() == length && text.bytes().all(is_plain)
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
