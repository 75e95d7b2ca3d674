//! From the provider's answer to a session: of the API at once, of the console in
//! a second step, in which the browser shows the cookie that it began with.

use chrono::Duration;
use serde_json::json;
use tanuki_store::query::auth::accounts;
use uuid::Uuid;

use super::{
    Destination, PendingLogin, SignOnError, SignOnResult, SignedOn, failed, is_random_text,
};
use crate::SingleSignOn;
use crate::auth::ConsoleSession;
use crate::auth::secret::{ISSUED, Purpose, own_subject};

/// How long a browser has from the provider's answer to the console.
const TICKET_LIFETIME: Duration = Duration::minutes(1);

/// What a browser shows the console after a login at the provider. It works once,
/// for a minute, in the browser that began the login.
pub struct ConsoleTicket {
    pub secret: String,
}

impl std::fmt::Debug for ConsoleTicket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConsoleTicket").finish_non_exhaustive()
    }
}

impl SingleSignOn<'_> {
    /// Lets a person in who was authenticated, to where their login leads. With
    /// `true`, `ENFORCE_2FA` is left to the provider.
    pub(super) async fn signed_on(
        self,
        (person_id, skip_second_factor): (Uuid, bool),
        stored: &PendingLogin,
    ) -> SignOnResult<SignedOn> {
        let auth = self.core.auth();
        match stored.destination() {
            Destination::WebClient => {
                let session = auth.open_session_of(person_id, skip_second_factor).await?;
                session
                    .map(SignedOn::ToWebClient)
                    .ok_or(SignOnError::Inactive)
            }
            Destination::Console => {
                let account = accounts::by_id(self.core.database(), person_id).await?;
                let account = account.ok_or(SignOnError::Inactive)?;
                let payload = json!({
                    "token_generation": account.token_generation,
                    "browser": stored.text("browser"),
                    "person_id": person_id,
                    "skip_second_factor": skip_second_factor,
                });
                let (purpose, payload) = (Purpose::ConsoleTicket, Some(payload));
                let secret = auth
                    .issue_secret(purpose, None, payload, TICKET_LIFETIME)
                    .await?;
                Ok(SignedOn::ToConsole(ConsoleTicket { secret }))
            }
        }
    }

    /// Starts a session of the console with a ticket, which has to be of the browser
    /// with that cookie. The endpoint writes the login log. Everybody may call it.
    ///
    /// # Errors
    /// [`SignOnError::Failed`], [`SignOnError::Inactive`].
    pub async fn open_console(
        self,
        ticket: Option<&str>,
        browser: Option<&str>,
    ) -> SignOnResult<ConsoleSession> {
        let auth = self.core.auth();
        let ticket = ticket.filter(|ticket| is_random_text(ticket, ISSUED));
        let ticket = ticket.ok_or_else(|| failed("there is no ticket"))?;
        let stored = auth
            .consume_secret(Purpose::ConsoleTicket, &own_subject(ticket))
            .await?;
        let stored =
            PendingLogin(stored.ok_or_else(|| failed("the ticket is unknown, used or too old"))?);
        if !stored.is_of(browser) {
            return Err(failed("another browser has begun the login"));
        }
        let person_id = Uuid::try_parse(stored.text("person_id"));
        let person_id = person_id.map_err(|_| failed("the ticket is nobody's"))?;
        let account = accounts::by_id(self.core.database(), person_id).await?;
        let account = account.filter(|account| account.active);
        let account = account.ok_or(SignOnError::Inactive)?;
        if stored.0["token_generation"] != account.token_generation {
            return Err(failed("the sessions of the person were ended meanwhile"));
        }
        let session = match stored.0["skip_second_factor"] == true {
            true => auth.start_exempt_console_session(person_id).await?,
            false => auth.start_console_session(person_id).await?,
        };
        Ok(session)
    }
}
