//! The two steps of a login with OpenID Connect: to the provider and back.

use std::net::IpAddr;

use chrono::Duration;
use serde_json::json;
use tanuki_oidc::{Attempt, Failure, Identity, Provider};

use super::claims::Claims;
use super::profile::{self, Profile};
use super::{SignOnError, SignOnResult, failed, unavailable};
use crate::SingleSignOn;
use crate::auth::Session;
use crate::auth::secret::{Purpose, own_subject, random_text, same_secret};

/// How long somebody may take at the provider.
const STATE_LIFETIME: Duration = Duration::hours(1);

/// The longest code that is sent on to the provider, in bytes.
const MAX_CODE: usize = 8192;

/// A login that was begun.
#[derive(Debug)]
pub struct OidcLogin {
    /// Where the browser has to go: the provider's page.
    pub url: String,
    /// The value of the cookie that the browser has to show when it comes back.
    pub browser: String,
    /// How long it has for that.
    pub lifetime: Duration,
}

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

    /// Begins a login of anybody. A browser that has begun others keeps its
    /// cookie, so that each of its windows can end its own.
    ///
    /// # Errors
    /// [`SignOnError`].
    pub async fn begin(
        self,
        address: Option<IpAddr>,
        browser: Option<&str>,
    ) -> SignOnResult<OidcLogin> {
        let provider = self.provider()?;
        let now = self.core.clock().now().timestamp();
        self.count_login(address, now)?;
        let browser = match browser.filter(|value| is_random_text(value)) {
            Some(browser) => browser.to_owned(),
            None => random_text(43)?,
        };
        let (state, nonce, verifier) = (random_text(43)?, random_text(43)?, random_text(64)?);
        let attempt = Attempt {
            redirect_uri: &self.redirect_uri(),
            state: &state,
            nonce: &nonce,
            verifier: &verifier,
        };
        let url = provider.authorization_url(&attempt, now).await;
        let url = url.map_err(refused)?;
        let payload = json!({
            "nonce": nonce,
            "verifier": verifier,
            "browser": own_subject(&browser),
        });
        self.core
            .auth()
            .put_secret(
                Purpose::OidcState,
                &own_subject(&state),
                &state,
                Some(payload),
                STATE_LIFETIME,
            )
            .await?;
        Ok(OidcLogin {
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
    /// [`SignOnError`].
    pub async fn finish(self, callback: &OidcCallback<'_>) -> SignOnResult<Session> {
        let provider = self.provider()?;
        let state = callback.state.filter(|state| is_random_text(state));
        let state = state.ok_or_else(|| failed("there is no state"))?;
        let payload = self
            .core
            .auth()
            .consume_secret(Purpose::OidcState, &own_subject(state))
            .await?
            .ok_or_else(|| failed("the state is unknown, used or too old"))?;
        let text = |key: &str| payload[key].as_str().unwrap_or_default();
        let browser = own_subject(callback.browser.unwrap_or_default());
        if !same_secret(browser.as_bytes(), text("browser").as_bytes()) {
            return Err(failed("another browser has begun the login"));
        }
        if let Some(error) = callback.error {
            let error: String = error.chars().take(60).collect();
            return Err(failed(&format!("the provider answers {error:?}")));
        }
        let code = callback.code.filter(|code| code.len() <= MAX_CODE);
        let code = code.ok_or_else(|| failed("there is no code"))?;
        let attempt = Attempt {
            redirect_uri: &self.redirect_uri(),
            state,
            nonce: text("nonce"),
            verifier: text("verifier"),
        };
        let now = self.core.clock().now().timestamp();
        let identity = provider
            .redeem(code, &attempt, now)
            .await
            .map_err(refused)?;
        if callback
            .issuer
            .is_some_and(|issuer| issuer != identity.issuer)
        {
            return Err(failed("another issuer answers"));
        }
        let profile = self.profile(provider, &identity, now).await;
        let person_id = self.sign_on(&profile).await?;
        let skip = self.core.settings().oidc.skip_two_factor;
        let session = self.core.auth().open_session_of(person_id, skip).await?;
        session.ok_or(SignOnError::Inactive)
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

/// Whether a value may be one of [`random_text`].
fn is_random_text(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    text.len() == 43 && text.bytes().all(is_plain)
}

/// Logs why a login fails.
fn refused(failure: Failure) -> SignOnError {
    match failure {
        Failure::Unavailable(reason) => unavailable(&reason),
        Failure::Refused(reason) => failed(&reason),
    }
}
