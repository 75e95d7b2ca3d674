//! Login of a desktop application through the browser (PKCE, RFC 7636).

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use serde_json::{Map, Value, json};
use tanuki_store::query::auth::accounts;
use uuid::Uuid;

use super::secret::{Purpose, digest, own_subject, same_secret};
use super::session::Session;
use super::{account, limits};
use crate::{Auth, Caller, Result};

/// Lifetime of an authorization code.
const CODE_LIFETIME: Duration = Duration::seconds(60);

/// The response to a successful login of an application.
#[derive(Debug)]
pub struct AppLogin {
    pub user: Map<String, Value>,
    pub organisation: Map<String, Value>,
    pub session: Session,
}

impl Auth<'_> {
    /// Issues a one-time authorization code that logs in an application as the
    /// caller. `challenge` is the base64url of the SHA-256 of the application's
    /// verifier. Valid for 60 seconds.
    ///
    /// # Errors
    /// [`Error::Denied`](crate::Error::Denied) for API tokens of bots and people.
    pub async fn issue_app_login(self, caller: &Caller, challenge: &str) -> Result<String> {
        caller.require_person()?;
        let payload = json!({
            "person_id": caller.id,
            "code_challenge": challenge,
            "skip_2fa_setup": caller.claims.flag("skip_2fa_setup"),
            "generation": caller.token_generation,
        });
        self.issue_secret(Purpose::AppLogin, None, Some(payload), CODE_LIFETIME)
            .await
    }

    /// Exchanges an authorization code for a session; `None` if code or
    /// verifier are wrong, too many were from the address, the person is not active any more, or their password
    /// was changed since. A code is consumed whatever the outcome.
    ///
    /// # Errors
    /// Failures of the database only.
    pub async fn redeem_app_login(
        self,
        code: &str,
        verifier: &str,
        address: Option<IpAddr>,
    ) -> Result<Option<AppLogin>> {
        let Some(attempt) = self.attempt_of(limits::APP_CODES, address) else {
            return Ok(None);
        };
        let redeemed = self.redeem(code, verifier).await?;
        if redeemed.is_some() {
            self.succeeded(&attempt);
        }
        Ok(redeemed)
    }

    async fn redeem(self, code: &str, verifier: &str) -> Result<Option<AppLogin>> {
        let Some(payload) = self
            .consume_secret(Purpose::AppLogin, &own_subject(code))
            .await?
        else {
            return Ok(None);
        };
        let challenge = URL_SAFE_NO_PAD.encode(digest(verifier));
        let expected = payload["code_challenge"].as_str().unwrap_or_default();
        if !same_secret(challenge.as_bytes(), expected.as_bytes()) {
            return Ok(None);
        }
        let Some(person_id) = payload["person_id"]
            .as_str()
            .and_then(|id| Uuid::try_parse(id).ok())
        else {
            return Ok(None);
        };
        let Some(user) = account::safe(self.core, person_id).await? else {
            return Ok(None);
        };
        let Some(account) = accounts::by_id(self.core.database(), person_id).await? else {
            return Ok(None);
        };
        // A code that was issued before a new password is refused.
        let generation = account.token_generation;
        if !account.active || payload["generation"].as_i64().unwrap_or(0) != generation {
            return Ok(None);
        }
        let mut extra = Vec::new();
        if payload["skip_2fa_setup"] == true {
            extra.push(("skip_2fa_setup", true.into()));
        }
        let is_admin = user.get("role").is_some_and(|role| role == "admin");
        Ok(Some(AppLogin {
            user,
            organisation: self.core.organisation(is_admin).await?,
            session: self.open_session((person_id, generation), &extra),
        }))
    }
}
