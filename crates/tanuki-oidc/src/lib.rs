//! A client of OpenID Connect: the authorization code flow with PKCE, as far
//! as a login needs it. Knows nothing of people or the database.
//!
//! Written here instead of taking the crate `openidconnect`: that brings 45
//! crates, one of which (`rsa`) has an open advisory, to do what `ring`, which
//! is here anyway, does in these few hundred lines. Only asymmetric signatures
//! exist in the code, so no token can ask for another kind.

mod discovery;
mod id_token;
mod keys;
mod token_endpoint;

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use tanuki_https::{Answer, Authorities, Cache, Call, Freshness, HttpsClient, Limits, Method};

use discovery::Discovery;
use id_token::Expected;
use keys::KeySet;
use token_endpoint::SecretPlace;

pub use discovery::{WELL_KNOWN, issuer_of};

/// What a request to the provider may take.
const TIMEOUT: Duration = Duration::from_secs(10);
const MAX_ANSWER: usize = 512 * 1024;

/// How long the provider's description and keys are kept, in seconds.
const MAX_AGE: i64 = 60 * 60;

/// How often keys are fetched for tokens with an unknown one, in seconds.
const KEYS_AGAIN: i64 = 60;

/// The provider, and how the studio is registered with it.
#[derive(Clone, Default)]
pub struct Settings {
    /// `OIDC_DISCOVERY_URL`; ends in [`WELL_KNOWN`].
    pub discovery_url: String,
    /// `OIDC_CLIENT_ID`.
    pub client_id: String,
    /// `OIDC_CLIENT_SECRET`; empty for a public client.
    pub client_secret: String,
    /// `OIDC_SCOPES`, separated by spaces.
    pub scopes: String,
    /// `OIDC_CA_FILE`: a PEM file of authorities to trust besides those that
    /// browsers trust.
    pub ca_file: Option<PathBuf>,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("discovery_url", &self.discovery_url)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// Why nobody is logged in. Reasons are for the log: they hold no codes, tokens
/// or secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The provider cannot be reached, or its description is unusable.
    Unavailable(String),
    /// What the provider or the browser sent is refused.
    Refused(String),
}

/// What belongs to one login: secrets that were drawn for it, and where the
/// browser comes back to.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    pub redirect_uri: &'a str,
    pub state: &'a str,
    pub nonce: &'a str,
    /// Of PKCE (RFC 7636): 43 to 128 characters of base64url.
    pub verifier: &'a str,
}

/// Who logged in, as the provider signed it.
#[derive(Debug)]
pub struct Identity {
    pub issuer: String,
    /// Identifies the person at the issuer, for good. Not empty, 255 characters
    /// at most.
    pub subject: String,
    /// All claims of the ID token.
    pub claims: Map<String, Value>,
    access_token: Option<String>,
}

/// A client of one provider. Fetches its description at the first login.
#[derive(Debug)]
pub struct Provider {
    settings: Settings,
    issuer: String,
    https: HttpsClient,
    discovery: Cache<Discovery>,
    keys: Cache<KeySet>,
    /// Where the provider expects the secret, once that was found out.
    secret_place: Mutex<Option<SecretPlace>>,
}

impl Provider {
    /// Configures the client; connects to nothing yet.
    ///
    /// # Errors
    /// A message for the administrator if a setting is unusable.
    pub fn new(settings: Settings) -> Result<Self, String> {
        let issuer = issuer_of(&settings.discovery_url)
            .map_err(|expected| format!("OIDC_DISCOVERY_URL must be {expected}"))?;
        let authorities = settings.ca_file.as_deref().map(|path| Authorities {
            setting: "OIDC_CA_FILE",
            path,
        });
        let limits = Limits {
            timeout: TIMEOUT,
            max_answer: MAX_ANSWER,
            plain_localhost: tanuki_https::is_localhost(&settings.discovery_url),
        };
        Ok(Self {
            https: HttpsClient::new(authorities, limits)?,
            issuer,
            settings,
            discovery: Cache::default(),
            keys: Cache::default(),
            secret_place: Mutex::new(None),
        })
    }

    /// Returns the URL of the provider's page that a browser is sent to. `now`
    /// in Unix seconds, here and below.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] if the provider's description cannot be had.
    pub async fn authorization_url(
        &self,
        attempt: &Attempt<'_>,
        now: i64,
    ) -> Result<String, Failure> {
        let discovery = self.discovery(now).await?;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(attempt.verifier));
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("response_type", "code"),
                ("client_id", &self.settings.client_id),
                ("redirect_uri", attempt.redirect_uri),
                ("scope", &self.settings.scopes),
                ("state", attempt.state),
                ("nonce", attempt.nonce),
                ("code_challenge", &challenge),
                ("code_challenge_method", "S256"),
            ])
            .finish();
        let endpoint = &discovery.authorization_endpoint;
        let separator = if endpoint.contains('?') { '&' } else { '?' };
        Ok(format!("{endpoint}{separator}{query}"))
    }

    /// Checks who the browser says has answered (RFC 9207): this provider, or
    /// nobody, unless the provider always says so. To be called before anything
    /// else of the answer is looked at.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn check_issuer(&self, issuer: Option<&str>, now: i64) -> Result<(), Failure> {
        let discovery = self.discovery(now).await?;
        match issuer {
            Some(issuer) if issuer == discovery.issuer => Ok(()),
            Some(_) => Err(Failure::Refused("another issuer answers".into())),
            None if discovery.sends_issuer => Err(Failure::Refused(
                "the answer does not name its issuer, as the provider's always do".into(),
            )),
            None => Ok(()),
        }
    }

    /// Redeems the code that a browser brought back, and verifies the ID token.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn redeem(
        &self,
        code: &str,
        attempt: &Attempt<'_>,
        now: i64,
    ) -> Result<Identity, Failure> {
        let discovery = self.discovery(now).await?;
        let answer = self.exchange(&discovery, code, attempt).await?;
        let text = |key: &str| {
            let value = answer.get(key).and_then(Value::as_str);
            value.map(str::to_owned)
        };
        let token = text("id_token")
            .ok_or_else(|| Failure::Refused("the provider sent no ID token".into()))?;
        let expected = Expected {
            issuer: &discovery.issuer,
            client_id: &self.settings.client_id,
            nonce: attempt.nonce,
            now,
        };
        let usual = Freshness::of(now, MAX_AGE);
        let keys = self.keys.get(usual, || self.fetch_keys(&discovery));
        let keys = keys.await.map_err(Failure::Unavailable)?;
        let claims = match id_token::verify(&token, &keys, &expected) {
            Err(id_token::Refusal::UnknownKey) => {
                // The provider may have new keys.
                let again = Freshness::of(now, KEYS_AGAIN).renewed();
                let keys = self.keys.get(again, || self.fetch_keys(&discovery));
                let keys = keys.await.map_err(Failure::Unavailable)?;
                id_token::verify(&token, &keys, &expected)
            }
            verified => verified,
        };
        let claims = claims.map_err(|refusal| Failure::Refused(refusal.to_string()))?;
        let subject = claims.get("sub").and_then(Value::as_str);
        Ok(Identity {
            issuer: discovery.issuer.clone(),
            subject: subject.unwrap_or_default().to_owned(),
            claims,
            access_token: text("access_token"),
        })
    }

    /// Returns the claims of the provider's userinfo about a person who has
    /// just logged in; `None` if it has none.
    ///
    /// # Errors
    /// [`Failure::Refused`] if they are about somebody else.
    pub async fn user_info(
        &self,
        identity: &Identity,
        now: i64,
    ) -> Result<Option<Map<String, Value>>, Failure> {
        let discovery = self.discovery(now).await?;
        let (Some(url), Some(token)) = (&discovery.userinfo_endpoint, &identity.access_token)
        else {
            return Ok(None);
        };
        let call = Call::new(Method::GET, url).authorization(format!("Bearer {token}"));
        let claims = self.ask("the userinfo endpoint", call).await?;
        if claims.get("sub").and_then(Value::as_str) != Some(&identity.subject) {
            return Err(Failure::Refused(
                "the userinfo is about another subject".into(),
            ));
        }
        Ok(Some(claims))
    }

    async fn discovery(&self, now: i64) -> Result<std::sync::Arc<Discovery>, Failure> {
        let fetch = || {
            let (https, issuer) = (self.https.clone(), self.issuer.clone());
            let call = Call::new(Method::GET, &self.settings.discovery_url);
            async move {
                let document = fetch(&https, "the description", call).await?;
                Discovery::read(&document, &issuer)
            }
        };
        let found = self.discovery.get(Freshness::of(now, MAX_AGE), fetch).await;
        found.map_err(Failure::Unavailable)
    }

    fn fetch_keys(
        &self,
        discovery: &Discovery,
    ) -> impl Future<Output = Result<KeySet, String>> + use<> {
        let call = Call::new(Method::GET, &discovery.jwks_uri);
        let https = self.https.clone();
        async move { KeySet::read(&fetch(&https, "the keys", call).await?) }
    }

    async fn ask(&self, what: &str, call: Call) -> Result<Map<String, Value>, Failure> {
        let answer = fetch(&self.https, what, call).await;
        answer.map_err(Failure::Refused)
    }
}

/// Sends a request and requires a JSON object in answer.
async fn fetch(https: &HttpsClient, what: &str, call: Call) -> Result<Map<String, Value>, String> {
    let answer = https.send(call).await;
    let answer = answer.map_err(|failure| format!("{what}: {}", failure.into_reason()))?;
    object_of(what, &answer)
}

/// Returns the JSON object of an answer that is no refusal.
fn object_of(what: &str, answer: &Answer) -> Result<Map<String, Value>, String> {
    match (answer.status, answer.json()) {
        (200, Value::Object(object)) => Ok(object),
        (200, _) => Err(format!("{what} is no JSON object")),
        (status, _) => {
            let mut reason = format!("{what} answered {status}");
            let error = error_of(answer);
            if !error.is_empty() {
                reason = format!("{reason}: {error}");
            }
            Err(reason)
        }
    }
}

/// Returns the error code of an answer (RFC 6749, 5.2), which is a word; empty if
/// there is none.
fn error_of(answer: &Answer) -> String {
    let answer = answer.json();
    let error = answer.get("error").and_then(Value::as_str);
    let is_code = |error: &&str| {
        error.len() <= 60
            && error
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    error.filter(is_code).unwrap_or_default().to_owned()
}
