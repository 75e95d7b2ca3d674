//! The business logic: permission checks, validation, and what each change
//! entails.
//!
//! Nothing here knows of HTTP or contains SQL: requests come with a [`Caller`],
//! rows come from `tanuki-store`.

mod access;
mod attempts;
pub mod auth;
pub mod blocking;
mod bots;
pub mod breakdown;
mod cascade;
pub mod chats;
pub mod comments;
pub mod communication;
pub mod directory;
mod email;
pub mod entities;
mod error;
mod etag;
pub mod event_log;
mod event_visibility;
pub mod events;
mod fields;
pub mod files;
mod handles;
pub mod housekeeping;
mod ids;
pub mod imports;
mod job_handlers;
pub mod job_log;
mod jobs;
pub mod json_input;
mod locale;
pub mod machine;
mod mail;
mod masking;
mod messages;
mod notices;
mod object_text;
mod organisation;
mod parameters;
pub mod people;
pub mod planning;
pub mod playlists;
pub mod projects;
pub mod resource;
pub mod search;
pub mod settings;
mod setup;
pub mod shares;
pub mod single_sign_on;
mod slug;
pub mod studio;
pub mod tables;
pub mod tasks;
pub mod work;

use std::sync::Arc;
use std::time::Duration;

use tanuki_domain::Clock;
use tanuki_store::Database;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

pub use auth::{Admin, AuthError, Caller, CurrentUser, Manager, VerifiedToken};
pub use bots::BotDetails;
pub use error::{ConstraintViolation, Error, FieldError, Result};
pub use etag::{ClientEtags, Conditional};
pub use event_visibility::{EventVisibilities, EventVisibility};
pub use fields::{IdList, is_truthy};
pub(crate) use handles::Cascade;
pub use handles::{
    Auth, Bots, Breakdown, Chats, Comments, Directory, Entities, Events, Files, Housekeeping,
    Imports, Jobs, People, Planning, Playlists, Projects, Resources, Search, Setup, Shares,
    SingleSignOn, Studio, Tables, Tasks, Work,
};
pub use ids::{MalformedId, MaybeId};
pub use locale::is_locale;
pub use parameters::integer as integer_parameter;
pub use settings::Settings;
pub use setup::NewAdmin;
pub use tanuki_store::Shape;
pub use tanuki_store::query::people::BotTeam;

use auth::password::Passwords;
use auth::token::TokenKey;
use settings::Strategy;

/// A row as a JSON object, in the shape of a projection.
pub type JsonRow = serde_json::Map<String, serde_json::Value>;

/// How long an HTTP client that was refused with [`Error::Unavailable`] should
/// wait before it retries.
pub const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Time-out of the database check of `/status`.
const STATUS_WAIT: Duration = Duration::from_millis(700);

/// How much of [`STATUS_WAIT`] a query may take before the database is checked
/// in another way.
const QUERY_WAIT: Duration = Duration::from_millis(250);

/// The application state: database, files, settings and clock. Cloning is cheap
/// (an `Arc`).
#[derive(Debug, Clone)]
pub struct Core {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    database: Database,
    storage: tanuki_files::Files,
    settings: Settings,
    clock: Arc<dyn Clock>,
    tokens: TokenKey,
    passwords: Passwords,
    attempts: attempts::Attempts,
    mailer: mail::Mailer,
    chat_client: tanuki_chat::Chats,
    oidc_provider: Option<tanuki_oidc::Provider>,
    ldap_directory: Option<tanuki_ldap::Directory>,
    saml_provider: Option<tanuki_saml::Provider>,
    ffmpeg: files::FfmpegFinder,
    picture_workers: Arc<Semaphore>,
    background: TaskTracker,
}

impl Core {
    /// Creates the state; connects to nothing.
    ///
    /// # Errors
    /// [`Error::Failed`] if the settings of mail, chats, single sign-on or the
    /// directory are unusable.
    pub fn new(
        database: Database,
        storage: tanuki_files::Files,
        settings: Settings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self> {
        let (oidc_provider, saml_provider) = single_sign_on::providers(&settings)?;
        let ldap_directory = match settings.auth.strategy {
            Strategy::Directory => {
                let directory = tanuki_ldap::Directory::new(settings.ldap.directory.clone());
                Some(directory.map_err(Error::Failed)?)
            }
            Strategy::Password | Strategy::NoPassword | Strategy::Unsupported => None,
        };
        Ok(Self {
            inner: Arc::new(Inner {
                ldap_directory,
                oidc_provider,
                saml_provider,
                tokens: TokenKey::new(&settings.auth.secret_key),
                passwords: Passwords::new(
                    settings.auth.bcrypt_rounds,
                    settings.auth.min_password_length,
                ),
                attempts: attempts::Attempts::default(),
                mailer: mail::Mailer::new(&settings.mail)?,
                chat_client: tanuki_chat::Chats::new(&settings.chat).map_err(Error::Failed)?,
                ffmpeg: files::FfmpegFinder::new(&settings.films),
                picture_workers: Arc::new(Semaphore::new(settings.files.picture_workers)),
                background: TaskTracker::new(),
                database,
                storage,
                settings,
                clock,
            }),
        })
    }

    /// The database and its connection pool.
    pub fn database(&self) -> &Database {
        &self.inner.database
    }

    /// The file storage: previews, thumbnails and attachments.
    pub fn storage(&self) -> &tanuki_files::Files {
        &self.inner.storage
    }

    /// The configuration of the server.
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// The source of the current time, which tests replace.
    pub fn clock(&self) -> &dyn Clock {
        self.inner.clock.as_ref()
    }

    /// Hashes and verifies passwords.
    pub fn passwords(&self) -> &Passwords {
        &self.inner.passwords
    }

    pub(crate) fn tokens(&self) -> &TokenKey {
        &self.inner.tokens
    }

    /// Counts what strangers try.
    pub(crate) fn attempts(&self) -> &attempts::Attempts {
        &self.inner.attempts
    }

    pub(crate) fn mailer(&self) -> &mail::Mailer {
        &self.inner.mailer
    }

    pub(crate) fn chat_client(&self) -> &tanuki_chat::Chats {
        &self.inner.chat_client
    }

    /// The OpenID provider; `None` if it is off.
    pub(crate) fn oidc_provider(&self) -> Option<&tanuki_oidc::Provider> {
        self.inner.oidc_provider.as_ref()
    }

    /// The directory that checks passwords; `None` if they are checked here.
    pub(crate) fn ldap_directory(&self) -> Option<&tanuki_ldap::Directory> {
        self.inner.ldap_directory.as_ref()
    }

    /// The SAML provider; `None` if it is off.
    pub(crate) fn saml_provider(&self) -> Option<&tanuki_saml::Provider> {
        self.inner.saml_provider.as_ref()
    }

    pub(crate) fn ffmpeg(&self) -> &files::FfmpegFinder {
        &self.inner.ffmpeg
    }

    /// Limits how many pictures are decoded at the same time.
    pub(crate) fn picture_workers(&self) -> &Arc<Semaphore> {
        &self.inner.picture_workers
    }

    /// Background tasks that run to completion even if the request is
    /// cancelled: writes whose HTTP client may disconnect. The server waits for
    /// them at shutdown.
    pub fn background(&self) -> &TaskTracker {
        &self.inner.background
    }

    /// Values for columns of new rows that the request leaves out.
    pub(crate) fn defaults(&self) -> tanuki_store::write::Defaults<'_> {
        tanuki_store::write::Defaults {
            now: self.clock().timestamp(),
            timezone: &self.settings().studio.default_timezone,
            locale: &self.settings().studio.default_locale,
        }
    }

    /// Whether the database responds within 0.7 seconds. If a query is slow
    /// because the pool is busy, a new connection (PostgreSQL) that responds
    /// counts too.
    pub async fn database_answers(&self) -> bool {
        let asked = async {
            let query = tanuki_store::query::people::any(self.database());
            let mut query = std::pin::pin!(query);
            match tokio::time::timeout(QUERY_WAIT, &mut query).await {
                Ok(answer) => answer.map(drop),
                // The pool is exhausted, or the database is down.
                Err(_) => tokio::select! {
                    answer = query => answer.map(drop),
                    true = self.database().responds() => Ok(()),
                },
            }
        };
        match tokio::time::timeout(STATUS_WAIT, asked).await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the database does not answer");
                false
            }
            Err(_) => {
                tracing::warn!("the database does not answer in time");
                false
            }
        }
    }
}
