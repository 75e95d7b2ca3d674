//! The sessions of the API: people see where they are logged in, and end what
//! they do not know.

use std::net::IpAddr;
use std::sync::LazyLock;

use chrono::Duration;
use tanuki_store::Shape;
use tanuki_store::projection::Projection;
use tanuki_store::query::auth::{api_sessions, tokens};
use tanuki_store::query::people;
use tanuki_store::schema::TANUKI_SESSION;
use uuid::Uuid;

use super::session::Session;
use super::{ACCESS_LIFETIME, REFRESH_LIFETIME};
use crate::{Auth, Caller, Error, JsonRow, MaybeId, Result};

static SESSION: LazyLock<Projection> = LazyLock::new(|| {
    Projection::only(
        &TANUKI_SESSION,
        &[
            "id",
            "person_id",
            "method",
            "ip_address",
            "user_agent",
            "created_at",
            "renewed_at",
            "expires_at",
        ],
    )
});

/// Maximum number of sessions in a list.
const MAX_SESSIONS: u64 = 1000;

/// Maximum length of what a browser says it is, as stored.
const MAX_AGENT: usize = 255;

/// How a session began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginMethod {
    /// With a password, and a second factor if the person has one.
    Password,
    /// With the password of the directory (LDAP).
    Directory,
    /// A desktop application, let in by a browser that was logged in.
    AppLogin,
    /// At the OpenID provider.
    Oidc,
    /// At the SAML provider.
    Saml,
    /// A new session that replaces one in which a second factor was set up.
    SecondFactorSetup,
    /// With a passkey, without a password.
    Passkey,
}

impl LoginMethod {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Directory => "ldap",
            Self::AppLogin => "app-login",
            Self::Oidc => "oidc",
            Self::Saml => "saml",
            Self::SecondFactorSetup => "second-factor-setup",
            Self::Passkey => "passkey",
        }
    }
}

/// Where a session is used.
#[derive(Debug, Clone, Copy)]
pub struct Device<'a> {
    pub ip_address: Option<IpAddr>,
    /// The header `User-Agent`.
    pub user_agent: Option<&'a str>,
}

/// The shape of a session.
pub fn session_shape() -> Shape {
    SESSION.shape().with("is_current", Shape::boolean())
}

impl Auth<'_> {
    /// Adds a new session to the list of its person's. A failure is logged, and
    /// does not undo the login.
    pub async fn record_session(self, session: &Session, method: LoginMethod, device: Device<'_>) {
        let now = self.core.clock().timestamp();
        let agent: Option<String> = device
            .user_agent
            .map(|agent| agent.chars().take(MAX_AGENT).collect());
        let address = device.ip_address.map(|address| address.to_string());
        let new = api_sessions::NewSession {
            id: session.id,
            person_id: session.person_id,
            method: method.as_str(),
            ip_address: address.as_deref(),
            user_agent: agent.as_deref(),
            now,
            expires_at: now + REFRESH_LIFETIME.max(ACCESS_LIFETIME),
        };
        if let Err(error) = api_sessions::record(self.core.database(), &new).await {
            tracing::error!(%error, person = %session.person_id, "a session could not be listed");
        }
    }

    /// Returns the open sessions of the caller, or, for admins, of another
    /// person; newest first. People may call it. JSON of each: `id`,
    /// `person_id`, `method`, `ip_address`, `user_agent`, `created_at`,
    /// `renewed_at`, `expires_at`, `is_current`.
    ///
    /// # Errors
    /// [`Error::Denied`] for bots, and without the role admin for another
    /// person; [`Error::NotFound`] if there is no such person.
    pub async fn sessions(self, caller: &Caller, person: Option<&MaybeId>) -> Result<Vec<JsonRow>> {
        let person_id = match person {
            None => caller.id,
            Some(id) if id.id() == Some(caller.id) => caller.id,
            Some(id) => {
                caller.require_admin()?;
                let id = id.found()?;
                let is_bot = people::is_bot_account(self.core.database(), id).await?;
                is_bot.ok_or(Error::NotFound)?;
                id
            }
        };
        if person_id == caller.id {
            caller.require_person()?;
        }
        let now = self.core.clock().timestamp();
        let list = api_sessions::of_person(&SESSION, person_id, now).limit(MAX_SESSIONS);
        let mut sessions = list.rows(self.core.database()).await?;
        let current = caller.claims.session_id();
        for session in &mut sessions {
            let id = session.get("id").and_then(|id| id.as_str());
            let is_current = current.is_some() && id == current;
            session.insert("is_current".into(), is_current.into());
        }
        Ok(sessions)
    }

    /// Ends a session of the caller, or, for admins, of anybody: its tokens are
    /// refused from the next request on, by every server. People may call it.
    ///
    /// # Errors
    /// [`Error::Denied`] for bots; [`Error::NotFound`] if there is no such
    /// session, or it is another person's and the caller no admin.
    pub async fn end_session(self, caller: &Caller, session: &MaybeId) -> Result<()> {
        if !caller.is_admin() {
            caller.require_person()?;
        }
        let id = session.found()?;
        let now = self.core.clock().timestamp();
        let database = self.core.database();
        let person_id = api_sessions::person_of(database, id, now).await?;
        let person_id = person_id.ok_or(Error::NotFound)?;
        if person_id != caller.id && !caller.is_admin() {
            return Err(Error::NotFound);
        }
        self.revoke_session_id(id).await?;
        tracing::info!(person = %person_id, by = %caller.id, "a session was ended");
        Ok(())
    }

    async fn revoke_session_id(self, id: Uuid) -> Result<()> {
        let now = self.core.clock().timestamp();
        // A day more than its tokens live, since clocks of servers differ.
        let until = now + REFRESH_LIFETIME.max(ACCESS_LIFETIME) + Duration::days(1);
        let mark = tokens::session_mark(&id.to_string());
        tokens::revoke(self.core.database(), &[(&mark, until)], now).await?;
        Ok(api_sessions::forget(self.core.database(), id).await?)
    }
}
