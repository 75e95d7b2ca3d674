//! The two steps of a login with OpenID Connect: to the provider and back.

use chrono::Duration;
use tanuki_oidc::{Attempt, Failure, Identity, Provider};

use super::claims::Claims;
use super::profile::{self, Profile};
use super::{
    Beginning, BegunLogin, PendingLogin, RANDOM, SignOnError, SignOnRefusal, SignOnResult,
    SignedOn, failed, is_random_text, unavailable,
};
use crate::SingleSignOn;
use crate::auth::secret::{Purpose, own_subject, random_text};

/// How long somebody may take at the provider.
const STATE_LIFETIME: Duration = Duration::hours(1);

/// The longest code that is sent on to the provider, in bytes.
const MAX_CODE: usize = 8192;

/// What a browser brings back from the provider.
#[derive(Debug, Clone, Copy, Default)]
pub struct OidcCallback<'a> {
    pub state: Option<&'a str>,
    pub code: Option<&'a str>,
    /// Why the provider refuses.
    pub error: Option<&'a str>,
    /// Who answers (RFC 9207).
    pub issuer: Option<&'a str>,
    /// The value of the cookie.
    pub browser: Option<&'a str>,
}

impl SingleSignOn<'_> {
    /// Whether people can log in with OpenID Connect.
    pub fn is_enabled(self) -> bool {
        self.core.oidc_provider().is_some()
    }

    /// Begins a login of anybody.
    ///
    /// # Errors
    /// [`SignOnError`].
    pub async fn begin(self, beginning: &Beginning<'_>) -> SignOnResult<BegunLogin> {
        let provider = self.provider()?;
        let now = self.core.clock().now().timestamp();
        self.count_login(beginning.address, now)?;
        let browser = beginning.cookie()?;
        let (state, nonce, verifier) =
            (random_text(RANDOM)?, random_text(RANDOM)?, random_text(64)?);
        let attempt = Attempt {
            redirect_uri: &self.redirect_uri(),
            state: &state,
            nonce: &nonce,
            verifier: &verifier,
        };
        let url = provider.authorization_url(&attempt, now).await;
        let url = url.map_err(refused)?;
        let stored = PendingLogin::of(beginning.destination, &browser)
            .with("nonce", &nonce)
            .with("verifier", &verifier);
        self.core
            .auth()
            .put_secret(
                Purpose::OidcState,
                None,
                &state,
                Some(stored.0),
                STATE_LIFETIME,
            )
            .await?;
        Ok(BegunLogin {
            url,
            browser,
            lifetime: STATE_LIFETIME,
        })
    }

    /// Ends a login: redeems the code, finds or creates the person, and opens
    /// their session. A state works once, whatever the outcome. The endpoint
    /// writes the login log.
    ///
    /// # Errors
    /// [`SignOnRefusal`].
    pub async fn finish(self, callback: &OidcCallback<'_>) -> Result<SignedOn, SignOnRefusal> {
        let (state, stored) = self.stored(callback.state).await?;
        let destination = stored.destination();
        let signed_on = self.end(callback, state, &stored).await;
        signed_on.map_err(|error| SignOnRefusal { error, destination })
    }

    /// Takes what was stored when the login with that state began.
    async fn stored(self, state: Option<&str>) -> SignOnResult<(&str, PendingLogin)> {
        self.provider()?;
        let state = state.filter(|state| is_random_text(state, RANDOM));
        let state = state.ok_or_else(|| failed("there is no state"))?;
        let subject = own_subject(state);
        let auth = self.core.auth();
        match auth.consume_secret(Purpose::OidcState, &subject).await? {
            Some(stored) => Ok((state, PendingLogin(stored))),
            None => Err(failed("the state is unknown, used or too old")),
        }
    }

    async fn end(
        self,
        callback: &OidcCallback<'_>,
        state: &str,
        stored: &PendingLogin,
    ) -> SignOnResult<SignedOn> {
        let provider = self.provider()?;
        if !stored.is_of(callback.browser) {
            return Err(failed("another browser has begun the login"));
        }
        let now = self.core.clock().now().timestamp();
        let issuer = provider.check_issuer(callback.issuer, now).await;
        issuer.map_err(refused)?;
        if let Some(error) = callback.error {
            let error: String = error.chars().take(60).collect();
            return Err(failed(&format!("the provider answers {error:?}")));
        }
        let code = callback.code.filter(|code| code.len() <= MAX_CODE);
        let code = code.ok_or_else(|| failed("there is no code"))?;
        let attempt = Attempt {
            redirect_uri: &self.redirect_uri(),
            state,
            nonce: stored.text("nonce"),
            verifier: stored.text("verifier"),
        };
        let identity = provider.redeem(code, &attempt, now).await;
        let identity = identity.map_err(refused)?;
        let profile = self.profile(provider, &identity, now).await;
        let person_id = self.sign_on(&profile).await?;
        let skip = self.core.settings().oidc.skip_two_factor;
        self.signed_on((person_id, skip), stored).await
    }

    fn provider(&self) -> SignOnResult<&Provider> {
        self.core.oidc_provider().ok_or(SignOnError::NotEnabled)
    }

    /// Returns where the provider sends browsers back to, which is registered
    /// there.
    fn redirect_uri(self) -> String {
        let studio = &self.core.settings().studio.public_url;
        format!("{}/api/auth/oidc/callback", studio.trim_end_matches('/'))
    }

    /// Returns what the provider says about a person, also in its userinfo if
    /// the ID token lacks something. Without the userinfo people log in as well.
    async fn profile(&self, provider: &Provider, identity: &Identity, now: i64) -> Profile<'_> {
        let mut claims = Claims {
            settings: &self.core.settings().oidc,
            token: &identity.claims,
            user_info: None,
        };
        let mut user_info = None;
        if claims.are_incomplete() {
            match provider.user_info(identity, now).await {
                Ok(found) => user_info = found,
                Err(Failure::Unavailable(reason) | Failure::Refused(reason)) => {
                    tracing::warn!(reason, "a single sign-on goes on without the userinfo");
                }
            }
        }
        claims.user_info = user_info.as_ref();
        claims.profile(profile::Identity {
            issuer: identity.issuer.clone(),
            subject: identity.subject.clone(),
        })
    }
}

/// Logs why a login fails.
fn refused(failure: Failure) -> SignOnError {
    match failure {
        Failure::Unavailable(reason) => unavailable(&reason),
        Failure::Refused(reason) => failed(&reason),
    }
}
