//! Sessions of the console: a random cookie in the browser, its SHA-256 digest
//! in the database. The person's row is read with every request, so that
//! changes take effect at once.

use sha2::{Digest, Sha256};
use tanuki_domain::Role;
use tanuki_store::query::auth::{accounts, sessions};
use uuid::Uuid;

use super::secret::{Purpose, own_subject, random_text};
use super::{CONSOLE_LIFETIME, Login, LoginError};
use crate::{Auth, Caller, Error, Result};

/// A new session of the console.
pub struct ConsoleSession {
    pub person_id: Uuid,
    /// The value of the cookie. It is not stored, only its digest is.
    pub cookie: String,
}

impl std::fmt::Debug for ConsoleSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConsoleSession")
            .field("person_id", &self.person_id)
            .finish_non_exhaustive()
    }
}

/// The person of a session.
#[derive(Debug, Clone)]
pub struct SessionPerson {
    pub id: Uuid,
    pub role: Role,
    pub full_name: String,
    pub email: String,
    /// `ENFORCE_2FA` asks them for a second factor, which they have not, and the
    /// session began without one: they may set one up and nothing else.
    pub must_set_up_second_factor: bool,
    token_generation: i64,
}

impl SessionPerson {
    /// Returns the caller of their requests.
    pub fn caller(&self) -> Caller {
        Caller {
            token_generation: self.token_generation,
            ..Caller::from_session(self.id, self.role)
        }
    }
}

impl Auth<'_> {
    /// Checks credentials and starts a session of the console.
    ///
    /// # Errors
    /// [`LoginError`]; `Inactive` also for preview accounts, which may only
    /// read; `MissingSecondFactor` if the account must set one up first.
    pub async fn log_in_to_console(self, login: &Login<'_>) -> Result<ConsoleSession, LoginError> {
        let account = self.check_login(login).await?;
        if account.preview_project_id.is_some() {
            return Err(LoginError::Inactive);
        }
        if !self.second_factor_claim(&account).is_empty() {
            return Err(LoginError::MissingSecondFactor {
                preferred: None,
                enabled: Vec::new(),
            });
        }
        Ok(self.start_console_session(account.id).await?)
    }

    /// Starts a session, valid for 12 hours, of a person who was authenticated.
    ///
    /// # Errors
    /// Failures of the database only.
    pub async fn start_console_session(self, person_id: Uuid) -> Result<ConsoleSession> {
        let cookie = random_text(43)?;
        let now = self.core.clock().timestamp();
        sessions::start(
            self.core.database(),
            &digest(&cookie),
            person_id,
            now,
            now + CONSOLE_LIFETIME,
        )
        .await?;
        Ok(ConsoleSession { person_id, cookie })
    }

    /// Starts a session that `ENFORCE_2FA` does not hold up: the login had both
    /// factors, or that is left to the identity provider.
    pub(crate) async fn start_exempt_console_session(
        self,
        person_id: Uuid,
    ) -> Result<ConsoleSession> {
        let session = self.start_console_session(person_id).await?;
        let cookie = &session.cookie;
        let purpose = Purpose::ConsoleExemption;
        self.put_secret(purpose, None, cookie, None, CONSOLE_LIFETIME)
            .await?;
        Ok(session)
    }

    /// Returns the person of a session; `None` if it expired or was ended, or
    /// the person is not active.
    ///
    /// # Errors
    /// [`Error::Failed`] if the person's role in the database is none.
    pub async fn console_session(self, cookie: &str) -> Result<Option<SessionPerson>> {
        let now = self.core.clock().timestamp();
        let Some(id) = sessions::person(self.core.database(), &digest(cookie), now).await? else {
            return Ok(None);
        };
        let account = accounts::by_id(self.core.database(), id).await?;
        let Some(account) = account.filter(|account| account.active) else {
            return Ok(None);
        };
        let must_set_up_second_factor = !self.second_factor_claim(&account).is_empty()
            && !self
                .check_secret(Purpose::ConsoleExemption, &own_subject(cookie), cookie)
                .await?;
        let role = account.role.parse().map_err(|error| {
            Error::Failed(format!("the person {id} has an unusable role: {error}"))
        })?;
        Ok(Some(SessionPerson {
            id,
            role,
            full_name: account.full_name(),
            email: account.email.unwrap_or_default(),
            must_set_up_second_factor,
            token_generation: account.token_generation,
        }))
    }

    /// Ends a session (logout): its cookie is refused from now on. Idempotent.
    ///
    /// # Errors
    /// Failures of the database only.
    pub async fn end_console_session(self, cookie: &str) -> Result<()> {
        Ok(sessions::end(self.core.database(), &digest(cookie)).await?)
    }
}

/// SHA-256 in hexadecimal.
fn digest(cookie: &str) -> String {
    format!("{:x}", Sha256::digest(cookie.as_bytes()))
}
