//! One-time secrets, of which the database stores only a digest.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;
use tanuki_store::query::auth::secrets;

use crate::{Auth, Error, Result};

/// The purpose of a one-time secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Resetting a password; the subject is an email address.
    ResetPassword,
    /// Logging in a desktop application; the subject is derived from the
    /// secret.
    AppLogin,
    /// Creating the first admin.
    Setup,
    /// A challenge for registering a security key; the subject is the person
    /// and the beginning of the secret.
    FidoRegistration,
    /// A challenge for logging in with a security key; the subject as above.
    FidoLogin,
    /// The state of a login at an OpenID provider; the subject is derived from
    /// the secret.
    OidcState,
    /// The id of a request to a SAML provider; the subject is derived from it.
    SamlRequest,
    /// The id of an assertion of a SAML provider that was taken; the subject is
    /// derived from it and its issuer.
    SamlAssertion,
    /// A challenge for a passkey that was answered; the subject is derived from
    /// it.
    PasskeyChallenge,
    /// Opening a session of the console after a single sign-on; the subject is
    /// derived from the secret.
    ConsoleTicket,
    /// The cookie of a session of the console that `ENFORCE_2FA` does not hold up;
    /// the subject is derived from it.
    ConsoleExemption,
}

impl Purpose {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::ResetPassword => "reset-password",
            Self::AppLogin => "app-login",
            Self::Setup => "setup",
            Self::FidoRegistration => "fido-registration",
            Self::FidoLogin => "fido-login",
            Self::OidcState => "oidc-state",
            Self::SamlRequest => "saml-request",
            Self::SamlAssertion => "saml-assertion",
            Self::PasskeyChallenge => "passkey-challenge",
            Self::ConsoleTicket => "console-ticket",
            Self::ConsoleExemption => "console-exemption",
        }
    }
}

/// Fills a buffer with random bytes.
///
/// # Errors
/// [`Error::Failed`] if the system has no randomness.
pub(super) fn fill_randomly(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes)
        .map_err(|error| Error::Failed(format!("no randomness to be had: {error}")))
}

/// Returns a random string of `length` characters of the URL-safe base64
/// alphabet.
///
/// # Errors
/// [`Error::Failed`] if the system has no randomness.
pub fn random_text(length: usize) -> Result<String> {
    let mut bytes = vec![0; length];
    fill_randomly(&mut bytes)?;
    let mut text = URL_SAFE_NO_PAD.encode(bytes);
    text.truncate(length);
    Ok(text)
}

/// Returns the SHA-256 of a secret. Without salt or stretching, which random
/// secrets do not need.
pub fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// Compares two secrets in constant time.
pub fn same_secret(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

/// The length of issued secrets, in characters.
pub(crate) const ISSUED: usize = 64;

/// The subject under which a secret without a subject of its own is stored.
pub(crate) fn own_subject(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(secret))
}

impl Auth<'_> {
    /// Issues a secret for `subject`, valid for `lifetime`; it replaces the one
    /// before. With `None` it is stored under a subject derived from itself.
    pub(crate) async fn issue_secret(
        self,
        purpose: Purpose,
        subject: Option<&str>,
        payload: Option<serde_json::Value>,
        lifetime: Duration,
    ) -> Result<String> {
        let secret = random_text(ISSUED)?;
        self.put_secret(purpose, subject, &secret, payload, lifetime)
            .await?;
        Ok(secret)
    }

    /// Stores the digest of a secret for `subject`, valid for `lifetime`; it
    /// replaces the one before. With `None` it is stored under a subject derived
    /// from itself.
    pub(crate) async fn put_secret(
        self,
        purpose: Purpose,
        subject: Option<&str>,
        secret: &str,
        payload: Option<serde_json::Value>,
        lifetime: Duration,
    ) -> Result<()> {
        let now = self.core.clock().timestamp();
        let own = own_subject(secret);
        let subject = subject.unwrap_or(&own);
        let secret = secrets::NewSecret {
            purpose: purpose.as_str(),
            subject,
            digest: &digest(secret),
            payload,
            now,
            expires_at: now + lifetime,
        };
        Ok(secrets::put(self.core.database(), secret).await?)
    }

    /// Remembers a text for `lifetime`. Returns whether it was new: of two
    /// concurrent callers, that is so for one.
    pub(crate) async fn remember_once(
        self,
        purpose: Purpose,
        text: &str,
        lifetime: Duration,
    ) -> Result<bool> {
        let now = self.core.clock().timestamp();
        let secret = secrets::NewSecret {
            purpose: purpose.as_str(),
            subject: &own_subject(text),
            digest: &digest(text),
            payload: None,
            now,
            expires_at: now + lifetime,
        };
        Ok(secrets::put_new(self.core.database(), secret).await?)
    }

    /// Whether `secret` is the current one of `subject` and has not expired.
    /// Does not consume it.
    pub(crate) async fn check_secret(
        self,
        purpose: Purpose,
        subject: &str,
        secret: &str,
    ) -> Result<bool> {
        let now = self.core.clock().timestamp();
        let kept = secrets::find(self.core.database(), purpose.as_str(), subject, now).await?;
        Ok(kept.is_some_and(|kept| same_secret(&kept.digest, &digest(secret))))
    }

    /// Consumes the secret of `subject` and returns its payload (null if it has
    /// none); `None` if there is no valid one. Of two concurrent callers one
    /// gets it.
    pub(crate) async fn consume_secret(
        self,
        purpose: Purpose,
        subject: &str,
    ) -> Result<Option<serde_json::Value>> {
        let now = self.core.clock().timestamp();
        let kept = secrets::take(self.core.database(), purpose.as_str(), subject, now).await?;
        Ok(kept.map(|kept| kept.payload.unwrap_or_default()))
    }
}
