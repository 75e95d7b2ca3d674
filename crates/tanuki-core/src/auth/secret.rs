//! Secrets that work once: made here, kept as a digest in the database.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

use crate::{Core, Error, Result};
use tanuki_store::query::secrets;

/// What a one-time secret opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Choosing a new password; belongs to an address.
    ResetPassword,
    /// Logging a desktop application in; belongs to itself.
    AppLogin,
    /// Creating the first admin.
    Setup,
}

impl Purpose {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::ResetPassword => "reset-password",
            Self::AppLogin => "app-login",
            Self::Setup => "setup",
        }
    }
}

/// Random text of that many characters, letters and digits as URLs take them.
pub fn random_text(length: usize) -> Result<String> {
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::Failed(format!("no randomness to be had: {error}")))?;
    let mut text = URL_SAFE_NO_PAD.encode(bytes);
    text.truncate(length);
    Ok(text)
}

/// SHA-256 of a secret with enough randomness of its own.
pub fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// Compares two secrets in a time that tells nothing of where they differ.
pub fn same_secret(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

/// Under which name a secret that belongs to nobody is kept.
pub(super) fn own_subject(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(secret))
}

impl Core {
    /// Makes a secret for `subject` (`None`: for whoever has it) that works
    /// for `lifetime`, in place of one made before.
    pub(crate) async fn issue_secret(
        &self,
        purpose: Purpose,
        subject: Option<&str>,
        payload: Option<serde_json::Value>,
        lifetime: Duration,
    ) -> Result<String> {
        let secret = random_text(64)?;
        let own = own_subject(&secret);
        let now = self.clock().timestamp();
        secrets::put(
            self.database(),
            secrets::NewSecret {
                purpose: purpose.as_str(),
                subject: subject.unwrap_or(&own),
                digest: &digest(&secret),
                payload,
                now,
                expires_at: now + lifetime,
            },
        )
        .await?;
        Ok(secret)
    }

    /// Whether `secret` is the one made for `subject` and still works.
    pub(crate) async fn check_secret(
        &self,
        purpose: Purpose,
        subject: &str,
        secret: &str,
    ) -> Result<bool> {
        let now = self.clock().timestamp();
        let kept = secrets::find(self.database(), purpose.as_str(), subject, now).await?;
        Ok(kept.is_some_and(|kept| same_secret(&kept.digest, &digest(secret))))
    }

    /// Takes the secret of `subject` out of use and returns its payload; of
    /// two callers at once one gets it.
    pub(crate) async fn consume_secret(
        &self,
        purpose: Purpose,
        subject: &str,
    ) -> Result<Option<serde_json::Value>> {
        let now = self.clock().timestamp();
        let kept = secrets::take(self.database(), purpose.as_str(), subject, now).await?;
        Ok(kept.map(|kept| kept.payload.unwrap_or_default()))
    }
}
