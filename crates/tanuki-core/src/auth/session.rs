//! Sessions of the API: an access and a refresh token.

use serde_json::Value;
use tanuki_store::Transaction;
use tanuki_store::query::auth::{accounts, api_sessions, sessions, tokens};
use uuid::Uuid;

use super::token::{Claims, GENERATION_CLAIM, NewToken, TokenType};
use super::{ACCESS_LIFETIME, REFRESH_LIFETIME};
use crate::{Auth, Caller, Result};

/// The claim of sessions that `ENFORCE_2FA` does not hold up.
const SKIP_CLAIM: &str = "skip_2fa_setup";

/// The claim of sessions for which `ENFORCE_2FA` is left to others.
pub(super) const SKIPPED: &[(&str, Value)] = &[(SKIP_CLAIM, Value::Bool(true))];

/// An access token and the refresh token that renews it, both JWTs.
#[derive(Clone)]
pub struct Session {
    /// The `jti` of the refresh token.
    pub(crate) id: Uuid,
    pub person_id: Uuid,
    pub access_token: String,
    pub refresh_token: String,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("person_id", &self.person_id)
            .finish_non_exhaustive()
    }
}

impl Auth<'_> {
    /// Signs the two tokens of a new session in a generation (see
    /// [`Auth::end_sessions`]); the claims `extra` are added to both.
    pub(crate) fn open_session(
        self,
        (person_id, generation): (Uuid, i64),
        extra: &[(&'static str, Value)],
    ) -> Session {
        let mut claims = vec![
            ("identity_type", Value::from("person")),
            (GENERATION_CLAIM, generation.into()),
        ];
        claims.extend_from_slice(extra);
        let refresh_jti = Uuid::new_v4();
        let refresh_token =
            self.sign_session_token(TokenType::Refresh, person_id, refresh_jti, &claims);
        claims.push(("refresh_jti", refresh_jti.to_string().into()));
        let access_token =
            self.sign_session_token(TokenType::Access, person_id, Uuid::new_v4(), &claims);
        Session {
            id: refresh_jti,
            person_id,
            access_token,
            refresh_token,
        }
    }

    /// Opens a session of a person whom an identity provider has
    /// authenticated; `None` if their account is not active. With
    /// `skip_second_factor`, `ENFORCE_2FA` is left to the provider.
    pub(crate) async fn open_session_of(
        self,
        person_id: Uuid,
        skip_second_factor: bool,
    ) -> Result<Option<Session>> {
        let account = accounts::by_id(self.core.database(), person_id).await?;
        let Some(account) = account.filter(|account| account.active) else {
            return Ok(None);
        };
        let extra = match skip_second_factor {
            true => SKIPPED,
            false => self.second_factor_claim(&account),
        };
        Ok(Some(self.open_session(
            (person_id, account.token_generation),
            extra,
        )))
    }

    /// Returns a new access token for a caller who was authenticated by a
    /// refresh token.
    ///
    /// # Errors
    /// Failures of the database only.
    pub async fn refresh(self, caller: &Caller) -> Result<String> {
        let mut claims = vec![
            ("identity_type", Value::from("person")),
            (GENERATION_CLAIM, caller.token_generation.into()),
        ];
        if caller.claims.flag(SKIP_CLAIM) {
            claims.push((SKIP_CLAIM, true.into()));
        } else if self.core.settings().auth.enforce_two_factor
            && let Some(account) = accounts::by_id(self.core.database(), caller.id).await?
        {
            claims.extend_from_slice(self.second_factor_claim(&account));
        }
        if let Some(jti) = caller.claims.text("jti") {
            claims.push(("refresh_jti", jti.into()));
            if let Ok(id) = Uuid::try_parse(jti) {
                let now = self.core.clock().timestamp();
                api_sessions::renew(self.core.database(), id, now).await?;
            }
        }
        Ok(self.sign_session_token(TokenType::Access, caller.id, Uuid::new_v4(), &claims))
    }

    fn sign_session_token(
        self,
        token_type: TokenType,
        subject: Uuid,
        jti: Uuid,
        extra: &[(&'static str, Value)],
    ) -> String {
        let now = self.core.clock().now();
        let lifetime = match token_type {
            TokenType::Access => ACCESS_LIFETIME,
            TokenType::Refresh => REFRESH_LIFETIME,
        };
        self.core.tokens().sign(&NewToken {
            token_type,
            subject,
            jti,
            issued_at: now.timestamp(),
            expires_at: Some((now + lifetime).timestamp()),
            extra,
        })
    }

    /// Revokes the session that a token belongs to: this token and the
    /// session's refresh token are refused from now on, by every server on this
    /// database.
    ///
    /// # Errors
    /// Failures of the database only.
    pub async fn revoke_session(self, claims: &Claims) -> Result<()> {
        let now = self.core.clock().timestamp();
        let mut revoked = Vec::with_capacity(2);
        if let Some(jti) = claims.text("jti") {
            revoked.push((jti, now + ACCESS_LIFETIME));
        }
        if let Some(jti) = claims.text("refresh_jti") {
            revoked.push((jti, now + REFRESH_LIFETIME));
        }
        tokens::revoke(self.core.database(), &revoked, now).await?;
        if let Some(id) = claims.session_id().and_then(|id| Uuid::try_parse(id).ok()) {
            api_sessions::forget(self.core.database(), id).await?;
        }
        Ok(())
    }

    /// Ends all sessions of a person, of the console and the API, except
    /// `kept_session`. Starts a new generation of session tokens, so that those
    /// of earlier generations are refused. API tokens of bots and people stay
    /// valid: they are not sessions.
    pub(crate) async fn end_sessions(
        self,
        transaction: &mut Transaction,
        person_id: Uuid,
        kept_session: Option<&str>,
    ) -> Result<()> {
        let now = self.core.clock().timestamp();
        sessions::end_all(&mut *transaction, person_id).await?;
        tokens::start_generation(&mut *transaction, person_id, kept_session, now).await?;
        let kept = kept_session.and_then(|id| Uuid::try_parse(id).ok());
        api_sessions::forget_all(transaction, person_id, kept).await?;
        Ok(())
    }
}
