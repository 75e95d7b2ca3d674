//! An OpenID provider for tests: it logs people in without a page, and its answers
//! can be made wrong, each in its way.

mod keys;
mod serve;

use std::collections::{BTreeMap, HashMap};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::http::unescaped;

pub use keys::Algorithm;
use keys::Keys;

/// How the provider registered the server under test.
pub const CLIENT_ID: &str = "tanuki";
pub const CLIENT_SECRET: &str = "a secret: with + and ~";

/// What an endpoint does instead of answering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// A status with an empty JSON object.
    Status(u16),
    /// A redirect to that URL.
    Redirect(String),
    /// A body of that text.
    Text(String),
    /// 10 MiB.
    Huge,
    /// Nothing, with the connection open.
    Silence,
}

/// Where the provider takes the client's secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SecretPlace {
    #[default]
    Anywhere,
    Header,
    Form,
}

/// What the provider says. Tests change it between logins.
#[derive(Debug, Default)]
pub struct Behaviour {
    /// Trouble of endpoints, by path.
    pub trouble: BTreeMap<String, Trouble>,
    /// Keys of the description that differ; null removes one.
    pub discovery: Map<String, Value>,
    /// Claims about the person who logs in.
    pub person: Map<String, Value>,
    /// Claims of the ID token that differ from the right ones; null removes one.
    pub claims: Map<String, Value>,
    /// The claims of the userinfo; an empty one has the subject only.
    pub user_info: Map<String, Value>,
    pub algorithm: Algorithm,
    /// Sign with keys that are not in the published set.
    pub foreign_keys: bool,
    /// The name of the key in the token's head.
    pub key_name: Option<String>,
    /// By how much the provider's clock is ahead, in seconds.
    pub clock: i64,
    /// Elsewhere it does not know the client.
    pub secret_place: SecretPlace,
}

/// What belongs to a code.
#[derive(Debug, Clone)]
struct Issued {
    nonce: String,
    challenge: String,
    redirect_uri: String,
}

#[derive(Debug)]
struct State {
    behaviour: Behaviour,
    keys: Keys,
    foreign: Keys,
    codes: HashMap<String, Issued>,
    /// The paths that were requested.
    requests: Vec<String>,
}

/// A running provider, on a port of `localhost`.
#[derive(Debug, Clone)]
pub struct OidcProvider {
    port: u16,
    state: Arc<Mutex<State>>,
}

impl OidcProvider {
    /// Starts a provider with one person, `ada`.
    ///
    /// # Errors
    ///
    /// If there is no port or no key.
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let person = json!({
            "sub": "ada",
            "email": "Ada@studio.com",
            "email_verified": true,
            "given_name": "Ada",
            "family_name": "Lovelace",
        });
        let state = State {
            behaviour: Behaviour {
                person: person.as_object().context("an object")?.clone(),
                ..Behaviour::default()
            },
            keys: Keys::new("first")?,
            foreign: Keys::new("first")?,
            codes: HashMap::new(),
            requests: Vec::new(),
        };
        let provider = Self {
            port: listener.local_addr()?.port(),
            state: Arc::new(Mutex::new(state)),
        };
        let own = provider.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let own = own.clone();
                std::thread::spawn(move || own.serve(stream));
            }
        });
        Ok(provider)
    }

    /// Returns the issuer, a URL.
    pub fn issuer(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Returns the settings of a server that uses this provider.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let discovery = format!("{}/.well-known/openid-configuration", self.issuer());
        vec![
            ("OIDC_ENABLED", "true".to_owned()),
            ("OIDC_IDP_NAME", "The studio".to_owned()),
            ("OIDC_DISCOVERY_URL", discovery),
            ("OIDC_CLIENT_ID", CLIENT_ID.to_owned()),
            ("OIDC_CLIENT_SECRET", CLIENT_SECRET.to_owned()),
        ]
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes what the provider says.
    pub fn change(&self, change: impl FnOnce(&mut Behaviour)) {
        self.with(|state| change(&mut state.behaviour));
    }

    /// Runs a test with changed behaviour, and puts it right again.
    pub fn while_it<T>(&self, change: impl FnOnce(&mut Behaviour), test: impl FnOnce() -> T) -> T {
        let person = self.with(|state| state.behaviour.person.clone());
        self.change(change);
        let result = test();
        self.change(|behaviour| {
            *behaviour = Behaviour {
                person,
                ..Behaviour::default()
            };
        });
        result
    }

    /// Replaces the keys, as providers do from time to time.
    ///
    /// # Errors
    ///
    /// If there is no key.
    pub fn rotate_keys(&self, name: &str) -> Result<()> {
        let keys = Keys::new(name)?;
        self.with(|state| state.keys = keys);
        Ok(())
    }

    /// Returns how often a path was requested.
    pub fn requests(&self, path: &str) -> usize {
        self.with(|state| state.requests.iter().filter(|found| *found == path).count())
    }

    /// Logs the person in who was sent to this URL, as their browser would.
    /// Returns the query string that it brings back.
    ///
    /// # Errors
    ///
    /// If the URL is not as it should be.
    pub fn authorize(&self, url: &str) -> Result<String> {
        let query = url
            .strip_prefix(&format!("{}/authorize?", self.issuer()))
            .with_context(|| format!("{url} is not the provider's"))?;
        let parameters = pairs(query);
        let get = |name: &str| {
            let value = parameters.get(name).cloned();
            value.with_context(|| format!("no {name} in {query}"))
        };
        for (name, expected) in [
            ("response_type", "code"),
            ("client_id", CLIENT_ID),
            ("scope", "openid email profile"),
            ("code_challenge_method", "S256"),
        ] {
            anyhow::ensure!(get(name)? == expected, "{name} in {query}");
        }
        let code = URL_SAFE_NO_PAD.encode(Sha256::digest(query));
        let issued = Issued {
            nonce: get("nonce")?,
            challenge: get("code_challenge")?,
            redirect_uri: get("redirect_uri")?,
        };
        self.with(|state| state.codes.insert(code.clone(), issued));
        Ok(format!("code={code}&state={}", get("state")?))
    }
}

/// Decodes a query string or form.
fn pairs(text: &str) -> HashMap<String, String> {
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (unescaped(name), unescaped(value)))
        .collect()
}
