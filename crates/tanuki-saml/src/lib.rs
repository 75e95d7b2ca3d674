//! A service provider of SAML 2: logins by a browser (HTTP-Redirect there,
//! HTTP-POST back), as far as a web client needs them. Knows nothing of people
//! or the database.
//!
//! Written here because the crates that verify XML signatures either bind
//! libxml2, xmlsec1 and OpenSSL, or bring some 90 crates with algorithms that
//! are not taken. The profile is narrow: one signed assertion, exclusive
//! canonicalization, keys from the metadata alone. Responses are read by one
//! parser, twice: what was sent, to find the signature, and then the bytes that
//! are signed, to find out what they say.

mod c14n;
mod keys;
mod metadata;
mod names;
mod request;
mod response;
mod signature;
mod tree;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tanuki_https::{Authorities, Cache, Call, Freshness, HttpsClient, Limits, Method};

use metadata::Metadata;
use response::Expected;
use signature::Refusal;

pub use metadata::service_metadata;
pub use names::ServiceProvider;
pub use response::{Assertion, Attribute};

/// What a request for the metadata may take.
const TIMEOUT: Duration = Duration::from_secs(10);
const MAX_METADATA: usize = 2 * 1024 * 1024;

/// The longest response, in bytes, without its base64.
const MAX_RESPONSE: usize = 256 * 1024;

/// How long metadata are kept before they are fetched again, in seconds.
const MAX_AGE: i64 = 60 * 60;

/// How often metadata are fetched for responses with an unknown key, in seconds.
const KEYS_AGAIN: i64 = 60;

/// The provider, and where its metadata are.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// `SAML_METADATA_URL`; empty if there is none.
    pub metadata_url: String,
    /// `SAML_METADATA_FILE`, which is read instead of asking that URL.
    pub metadata_file: Option<PathBuf>,
    /// `SAML_CA_FILE`: a PEM file of authorities to trust besides those that
    /// browsers trust.
    pub ca_file: Option<PathBuf>,
}

/// Why nobody is logged in. Reasons are for the log: they hold nothing of what
/// was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The metadata cannot be had, or are unusable.
    Unavailable(String),
    /// What the browser brought is refused.
    Refused(String),
}

/// Checks `SAML_METADATA_URL`.
///
/// # Errors
/// What it has to be.
pub fn check_url(url: &str) -> Result<(), String> {
    match metadata::is_safe_url(url) {
        true => Ok(()),
        false => Err("the https address of the provider's metadata".into()),
    }
}

/// A client of one provider. Reads its metadata at the first login.
#[derive(Debug)]
pub struct Provider {
    settings: Settings,
    service: ServiceProvider,
    https: HttpsClient,
    metadata: Cache<Metadata>,
    /// Those that the caller has stored last.
    stored: Mutex<Option<Arc<str>>>,
}

impl Provider {
    /// Configures the client; connects to nothing yet, but reads the file of
    /// metadata, if that is where they are.
    ///
    /// # Errors
    /// A message for the administrator if a setting is unusable.
    pub fn new(settings: Settings, service: ServiceProvider) -> Result<Self, String> {
        if let Some(path) = &settings.metadata_file {
            let read = read_file(path).and_then(|text| Metadata::read(&text));
            read.map_err(|why| format!("SAML_METADATA_FILE {}: {why}", path.display()))?;
        }
        let authorities = settings.ca_file.as_deref().map(|path| Authorities {
            setting: "SAML_CA_FILE",
            path,
        });
        let limits = Limits {
            timeout: TIMEOUT,
            max_answer: MAX_METADATA,
            plain_localhost: tanuki_https::is_localhost(&settings.metadata_url),
        };
        Ok(Self {
            https: HttpsClient::new(authorities, limits)?,
            settings,
            service,
            metadata: Cache::default(),
            stored: Mutex::default(),
        })
    }

    /// Takes metadata that were fetched from the same address before this server
    /// started. They are fetched again all the same, and in force while that
    /// fails.
    ///
    /// # Errors
    /// Why they are unusable.
    pub fn remember(&self, text: &str) -> Result<(), String> {
        self.metadata.put_first(Metadata::read(text)?, 0);
        Ok(())
    }

    /// Returns the metadata that are in force, with the time at which this server
    /// has fetched them, or 0; `None` before the first login, and if they are in
    /// a file.
    pub fn last_metadata(&self) -> Option<(Arc<str>, i64)> {
        let (metadata, fetched_at) = self.metadata.last()?;
        let is_fetched = self.settings.metadata_file.is_none();
        is_fetched.then(|| (Arc::clone(&metadata.text), fetched_at))
    }

    /// Returns the metadata of [`last_metadata`](Self::last_metadata) until they are
    /// marked as stored.
    pub fn metadata_to_store(&self) -> Option<(Arc<str>, i64)> {
        let (text, fetched_at) = self.last_metadata()?;
        let stored = self.stored.lock().unwrap_or_else(PoisonError::into_inner);
        let is_stored = |stored: &Arc<str>| Arc::ptr_eq(stored, &text);
        let is_stored = stored.as_ref().is_some_and(is_stored);
        (!is_stored).then_some((text, fetched_at))
    }

    /// Marks these metadata as stored.
    pub fn mark_stored(&self, text: Arc<str>) {
        *self.stored.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
    }

    /// Returns the URL of the provider's page that a browser is sent to with a
    /// request of this id, which has to begin with a letter or `_`. `now` in
    /// Unix seconds, here and below.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] if the metadata cannot be had.
    pub async fn login_url(&self, id: &str, now: i64) -> Result<String, Failure> {
        let metadata = self.metadata(now).await?;
        Ok(request::redirect_url(
            &metadata.login_url,
            &self.service,
            id,
            now,
        ))
    }

    /// Verifies the field `SAMLResponse` of the form that a browser brought.
    /// The caller has to see to it that the assertion is taken once, and that
    /// the request it answers is one of ours.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn verify(&self, field: &str, now: i64) -> Result<Assertion, Failure> {
        let refused = |reason: &str| Failure::Refused(reason.to_owned());
        if field.len() > MAX_RESPONSE / 3 * 4 + 1024 {
            return Err(refused("the response is too long"));
        }
        let bytes = signature::decode(field).map_err(Failure::Refused)?;
        let text = String::from_utf8(bytes).map_err(|_| refused("the response is not UTF-8"))?;
        let text: Arc<str> = text.into();
        let metadata = self.metadata(now).await?;
        let mut verified = self.verify_by(metadata, Arc::clone(&text), now).await?;
        if verified == Err(Refusal::UnknownKey) {
            // The provider may have new keys.
            let metadata = self.renewed(now).await?;
            verified = self.verify_by(metadata, text, now).await?;
        }
        verified.map_err(|refusal| match refusal {
            Refusal::UnknownKey => refused("the signature is of none of the provider's keys"),
            Refusal::Other(reason) => Failure::Refused(reason),
        })
    }

    /// Verifies a response by metadata, on a thread that may block.
    async fn verify_by(
        &self,
        metadata: Arc<Metadata>,
        text: Arc<str>,
        now: i64,
    ) -> Result<Result<Assertion, Refusal>, Failure> {
        let service = self.service.clone();
        let verified = tokio::task::spawn_blocking(move || {
            let expected = Expected {
                issuer: &metadata.entity_id,
                service: &service,
                now,
            };
            response::verify(&text, &metadata.keys, &expected)
        });
        let failed = |error| Failure::Unavailable(format!("the verification stopped: {error}"));
        verified.await.map_err(failed)
    }

    /// Returns metadata that are an hour old at most, or else fetches them. While
    /// that goes on or fails, the ones before are good until they expire.
    async fn metadata(&self, now: i64) -> Result<Arc<Metadata>, Failure> {
        let wanted = Freshness::of(now, MAX_AGE).or_previous();
        let found = self.metadata.get(wanted, || self.fetch(now));
        let found = found.await.map_err(unavailable)?;
        match found.is_valid(now) {
            true => Ok(found),
            false => self.renewed(now).await,
        }
    }

    /// Returns metadata that are a minute old at most, if they can be had.
    async fn renewed(&self, now: i64) -> Result<Arc<Metadata>, Failure> {
        let wanted = Freshness::of(now, KEYS_AGAIN).or_previous().renewed();
        let found = self.metadata.get(wanted, || self.fetch(now));
        let found = found.await.map_err(unavailable)?;
        match found.is_valid(now) {
            true => Ok(found),
            false => Err(Failure::Unavailable("the metadata have expired".into())),
        }
    }

    fn fetch(&self, now: i64) -> impl Future<Output = Result<Metadata, String>> + use<> {
        let (https, settings) = (self.https.clone(), self.settings.clone());
        async move {
            let metadata = Metadata::read(&fetch(&https, &settings).await?)?;
            match metadata.is_valid(now) {
                true => Ok(metadata),
                false => Err("they have expired".into()),
            }
        }
    }
}

fn unavailable(why: String) -> Failure {
    Failure::Unavailable(format!("the metadata: {why}"))
}

async fn fetch(https: &HttpsClient, settings: &Settings) -> Result<String, String> {
    if let Some(path) = settings.metadata_file.clone() {
        let read = tokio::task::spawn_blocking(move || read_file(&path));
        return read.await.map_err(|error| error.to_string())?;
    }
    let call = Call::new(Method::GET, &settings.metadata_url)
        .accept("application/samlmetadata+xml, application/xml, text/xml, */*;q=0.5");
    let answer = https.send(call).await;
    let answer = answer.map_err(tanuki_https::Failure::into_reason)?;
    match (answer.status, answer.text()) {
        (200, Some(text)) => Ok(text.to_owned()),
        (200, None) => Err("they are not UTF-8".into()),
        (status, _) => Err(format!("their address answered {status}")),
    }
}

fn read_file(path: &Path) -> Result<String, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let mut text = String::new();
    let limit = MAX_METADATA as u64 + 1;
    let read = file.take(limit).read_to_string(&mut text);
    read.map_err(|error| error.to_string())?;
    match text.len() > MAX_METADATA {
        true => Err("the file is too long".into()),
        false => Ok(text),
    }
}
