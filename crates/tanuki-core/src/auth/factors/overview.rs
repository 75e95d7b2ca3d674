//! What people see of their own second factors.

use serde_json::Value;

use super::totp::key_uri;
use super::{FactorError, FactorResult, TotpSetup};
use crate::{Auth, Caller, Result};

/// The second factors of a person, without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactorOverview {
    /// An authenticator app.
    pub totp: bool,
    /// Codes by mail.
    pub email_otp: bool,
    /// The names of the security keys.
    pub keys: Vec<String>,
    /// How many recovery codes are left.
    pub recovery_codes: usize,
}

impl Auth<'_> {
    /// Returns the second factors of the caller. People may call it.
    ///
    /// # Errors
    /// [`crate::Error::Denied`] for bots.
    pub async fn factor_overview(self, caller: &Caller) -> FactorResult<FactorOverview> {
        let (_, found) = self.own_factors(caller).await?;
        let keys = found.fido_credentials.unwrap_or_default();
        let name = |key: &Value| {
            let name = key.get("device_name").and_then(Value::as_str);
            name.map(str::to_owned)
        };
        Ok(FactorOverview {
            totp: found.totp_enabled,
            email_otp: found.email_otp_enabled,
            keys: keys.iter().filter_map(name).collect(),
            recovery_codes: found.recovery_codes.map_or(0, |codes| codes.len()),
        })
    }

    /// Returns the secret of an authenticator app that the caller has prepared
    /// and not confirmed yet. People may call it.
    ///
    /// # Errors
    /// [`FactorError::AlreadyEnabled`], [`FactorError::NotPrepared`];
    /// [`crate::Error::Denied`] for bots.
    pub async fn pending_totp(self, caller: &Caller) -> FactorResult<TotpSetup> {
        let (account, found) = self.own_factors(caller).await?;
        if found.totp_enabled {
            return Err(FactorError::AlreadyEnabled);
        }
        let secret = found.totp_secret.ok_or(FactorError::NotPrepared)?;
        let label = account.email.unwrap_or(account.first_name);
        Ok(self.totp_setup(secret, &label).await?)
    }

    /// Returns a secret with the address that an app reads.
    pub(super) async fn totp_setup(self, secret: String, label: &str) -> Result<TotpSetup> {
        let issuer = format!("Kitsu {}", self.core.studio_name().await?);
        Ok(TotpSetup {
            key_uri: key_uri(&secret, &issuer, label),
            secret,
        })
    }
}
