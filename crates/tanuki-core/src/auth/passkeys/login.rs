//! Logins with a passkey.

use std::net::IpAddr;

use serde_json::{Map, Value, json};
use tanuki_store::query::auth::accounts::{self, Account};
use tanuki_store::query::auth::passkeys::{self, PasskeyState};
use tanuki_store::query::people;

use super::challenge::Ceremony;
use super::key;
use crate::auth::factors::FactorResult;
use crate::auth::factors::webauthn::{
    BACKED_UP, Refused, USER_VERIFIED, authenticator_data, base64_of, client_data, part, raw_id,
};
use crate::auth::session::SKIPPED;
use crate::auth::{ConsoleSession, LoggedIn, LoginError, LoginMethod, account, limits};
use crate::{Auth, Result};

/// What a browser sends to log in with a passkey.
#[derive(Debug)]
pub struct PasskeyLogin<'a> {
    /// The answer of the passkey, binary values in base64url.
    pub answer: &'a Map<String, Value>,
    pub address: Option<IpAddr>,
}

/// What an answer shows before the passkey is looked up.
struct Shown {
    credential_id: String,
    challenge: String,
    /// The person that the passkey was made for.
    user: Vec<u8>,
    state: PasskeyState,
    signed: Vec<u8>,
    signature: Vec<u8>,
}

impl Auth<'_> {
    /// Returns a challenge for a login of anybody with a passkey. JSON:
    /// `PublicKeyCredentialRequestOptions`, the challenge in base64url. It is
    /// valid once, for five minutes. Everybody may call it.
    ///
    /// # Errors
    /// [`crate::Error::Refused`] if the server has no domain name.
    pub fn passkey_challenge(self) -> FactorResult<Value> {
        let site = self.site()?.alone();
        Ok(json!({
            "challenge": self.new_challenge(Ceremony::LogIn)?,
            "rpId": site.host,
            "allowCredentials": [],
            "userVerification": "required",
        }))
    }

    /// Logs a person in with a passkey, which is both factors. The endpoint
    /// writes the login log. Everybody may call it.
    ///
    /// # Errors
    /// [`LoginError::WrongPasskey`], [`LoginError::LockedOut`] after too many
    /// failures of the address, [`LoginError::Inactive`].
    pub async fn log_in_with_passkey(
        self,
        login: &PasskeyLogin<'_>,
    ) -> Result<LoggedIn, LoginError> {
        let account = self.check_passkey(login).await?;
        let session = self.open_session((account.id, account.token_generation), SKIPPED);
        let user = account::logged_in(self.core, account.id)
            .await?
            .ok_or(LoginError::WrongPasskey)?;
        Ok(LoggedIn {
            user,
            organisation: self.core.organisation(account.role == "admin").await?,
            session,
            method: LoginMethod::Passkey,
            must_set_up_second_factor: false,
        })
    }

    /// Starts a session of the console with a passkey. Everybody may call it.
    ///
    /// # Errors
    /// As [`log_in_with_passkey`](Self::log_in_with_passkey).
    pub async fn log_in_to_console_with_passkey(
        self,
        login: &PasskeyLogin<'_>,
    ) -> Result<ConsoleSession, LoginError> {
        let account = self.check_passkey(login).await?;
        Ok(self.start_exempt_console_session(account.id).await?)
    }

    /// Returns the active account of a passkey. Signatures cannot be guessed, so
    /// the account is not locked after failures, nor is its owner kept out by
    /// those of others; the address is held up.
    async fn check_passkey(self, login: &PasskeyLogin<'_>) -> Result<Account, LoginError> {
        let attempt = self.attempt_of(limits::LOGINS, login.address);
        let attempt = attempt.ok_or(LoginError::LockedOut)?;
        let account = self.account_of_passkey(login.answer).await;
        if !matches!(account, Ok(None)) {
            self.succeeded(&attempt);
        }
        let account = account?.ok_or(LoginError::WrongPasskey)?;
        let is_bot = people::is_bot_account(self.core.database(), account.id).await?;
        if !account.active || account.preview_project_id.is_some() || is_bot != Some(false) {
            return Err(LoginError::Inactive);
        }
        Ok(account)
    }

    /// Returns the account whose passkey has signed a challenge of ours.
    async fn account_of_passkey(self, answer: &Map<String, Value>) -> Result<Option<Account>> {
        let Some(shown) = self.shown(answer) else {
            return Ok(None);
        };
        let database = self.core.database();
        if !self.is_challenge(Ceremony::LogIn, &shown.challenge) {
            return Ok(None);
        }
        let Some(passkey) = passkeys::find(database, &shown.credential_id).await? else {
            return Ok(None);
        };
        // Read first: a session of it ends if those of the account end meanwhile.
        let account = accounts::by_id(database, passkey.person_id).await?;
        if shown.user != passkey.person_id.as_bytes()
            || !key::is_signed(&passkey.public_key, &shown.signed, &shown.signature)
            || !self.take_challenge(&shown.challenge).await?
        {
            return Ok(None);
        }
        let now = self.core.clock().timestamp();
        if !passkeys::note_use(database, passkey.id, shown.state, now).await? {
            tracing::warn!(
                person = %passkey.person_id,
                passkey = %passkey.id,
                "a login is refused: the counter of the passkey has not grown, so there may be a \
                 copy of it"
            );
            return Ok(None);
        }
        Ok(account)
    }

    /// Reads an answer, which has to be for this site, of a passkey that has
    /// made sure who its owner is.
    fn shown(self, answer: &Map<String, Value>) -> Option<Shown> {
        let site = self.site().ok()?.alone();
        let read = || {
            let data = client_data(answer, "webauthn.get", &site)?;
            let mut signed = part(answer, "authenticatorData")?;
            let authenticator = authenticator_data(&signed, &site)?;
            if authenticator.flags & USER_VERIFIED == 0 {
                return Err(Refused::Wrong);
            }
            let state = PasskeyState {
                sign_count: authenticator.sign_count,
                is_synced: authenticator.flags & BACKED_UP != 0,
            };
            signed.extend_from_slice(&data.digest);
            Ok(Shown {
                credential_id: base64_of(&raw_id(answer)?),
                challenge: data.challenge,
                user: part(answer, "userHandle")?,
                state,
                signed,
                signature: part(answer, "signature")?,
            })
        };
        read().ok()
    }
}
