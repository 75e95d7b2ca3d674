//! Sessions of the console: a random cookie in the browser, its digest in the
//! database. Who it belongs to is asked at every request.

use sha2::{Digest, Sha256};
use tanuki_domain::Role;
use tanuki_store::query::sessions;
use uuid::Uuid;

use super::secret::random_text;
use super::{CONSOLE_LIFETIME, Login, LoginError};
use crate::{Core, Error, Result, people};

/// A session that has just begun.
pub struct ConsoleSession {
    pub person_id: Uuid,
    /// The value of the cookie, which nobody else has.
    pub cookie: String,
}

impl std::fmt::Debug for ConsoleSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConsoleSession")
            .field("person_id", &self.person_id)
            .finish_non_exhaustive()
    }
}

/// The person whose session it is.
#[derive(Debug, Clone)]
pub struct SessionPerson {
    pub id: Uuid,
    pub role: Role,
    pub full_name: String,
    pub email: String,
}

impl Core {
    /// Checks credentials and starts a session. The account of a production's
    /// preview may only look, and the console is for changing things.
    pub async fn log_in_to_console(&self, login: &Login<'_>) -> Result<ConsoleSession, LoginError> {
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

    /// Starts a session of somebody who has proven to be that person.
    pub async fn start_console_session(&self, person_id: Uuid) -> Result<ConsoleSession> {
        let cookie = random_text(43)?;
        let now = self.clock().timestamp();
        sessions::start(
            self.database(),
            &digest(&cookie),
            person_id,
            now,
            now + CONSOLE_LIFETIME,
        )
        .await?;
        Ok(ConsoleSession { person_id, cookie })
    }

    /// Whose session that is, while it lasts and the person is active.
    pub async fn console_session(&self, cookie: &str) -> Result<Option<SessionPerson>> {
        let now = self.clock().timestamp();
        let Some(id) = sessions::person(self.database(), &digest(cookie), now).await? else {
            return Ok(None);
        };
        let Some(person) = people::safe(self, id).await? else {
            return Ok(None);
        };
        if person.get("active") != Some(&true.into()) {
            return Ok(None);
        }
        let text = |field: &str| {
            let value = person.get(field).and_then(|value| value.as_str());
            value.unwrap_or_default().to_owned()
        };
        let role = text("role").parse().map_err(|error| {
            Error::Failed(format!("the person {id} has an unusable role: {error}"))
        })?;
        Ok(Some(SessionPerson {
            id,
            role,
            full_name: text("full_name"),
            email: text("email"),
        }))
    }

    /// Ends a session; its cookie is refused from now on.
    pub async fn end_console_session(&self, cookie: &str) -> Result<()> {
        Ok(sessions::end(self.database(), &digest(cookie)).await?)
    }
}

/// SHA-256 in hexadecimal.
fn digest(cookie: &str) -> String {
    format!("{:x}", Sha256::digest(cookie.as_bytes()))
}
