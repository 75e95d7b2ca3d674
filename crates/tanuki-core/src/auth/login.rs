//! Logging in with an address and a password.

use chrono::Duration;
use serde_json::{Map, Value};
use tanuki_store::query::accounts::{self, Account};

use super::secret::Purpose;
use super::session::Session;
use crate::settings::Strategy;
use crate::{Core, Error, Result, people};

/// Failed attempts after which an account is shut for [`LOCKOUT`].
const MAX_FAILURES: i64 = 5;

const LOCKOUT: Duration = Duration::minutes(1);

/// The password that the reference gives to imported people; who logs in with
/// it must choose another first.
const DEFAULT_PASSWORD: &str = "default";

/// What somebody sends to log in.
#[derive(Debug)]
pub struct Login<'a> {
    /// Address, or desktop login.
    pub email: &'a str,
    pub password: &'a str,
    /// A second factor was sent along.
    pub second_factor: bool,
}

/// A login that succeeded.
#[derive(Debug)]
pub struct LoggedIn {
    /// The person's JSON, departments included.
    pub user: Map<String, Value>,
    pub organisation: Map<String, Value>,
    pub session: Session,
    /// The session is good for nothing but setting up a second factor.
    pub must_set_up_second_factor: bool,
}

/// Why a login failed.
#[derive(Debug)]
pub enum LoginError {
    /// No such account or another password; which one is not told.
    WrongCredentials,
    /// Too many failures; the account is shut for a minute.
    LockedOut,
    Inactive,
    /// The password is the initial one; this token chooses another.
    DefaultPassword {
        token: String,
    },
    /// The account has a second factor and none was sent.
    MissingSecondFactor {
        preferred: Option<String>,
        enabled: Vec<&'static str>,
    },
    WrongSecondFactor,
    /// The configured strategy is not one that this server has.
    NoStrategy,
    Failed(Error),
}

impl<E: Into<Error>> From<E> for LoginError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl Core {
    /// Checks credentials and opens a session. The caller writes the login
    /// log ([`Core::log_login`]) when the answer is on its way.
    pub async fn log_in(&self, login: &Login<'_>) -> Result<LoggedIn, LoginError> {
        let account = self.check_login(login).await?;
        let restriction = self.second_factor_claim(&account);
        let user = people::logged_in(self, account.id)
            .await?
            .ok_or(LoginError::WrongCredentials)?;
        Ok(LoggedIn {
            user,
            organisation: self.organisation(account.role == "admin").await?,
            session: self.open_session((account.id, account.token_generation), restriction),
            must_set_up_second_factor: !restriction.is_empty(),
        })
    }

    /// The active account that these credentials belong to, unless its
    /// password is the initial one, which opens nothing.
    pub(super) async fn check_login(&self, login: &Login<'_>) -> Result<Account, LoginError> {
        let account = self.check_credentials(login).await?;
        if login.password == DEFAULT_PASSWORD
            && self.settings().auth.strategy != Strategy::NoPassword
        {
            let token = self
                .issue_secret(
                    Purpose::ResetPassword,
                    Some(login.email),
                    None,
                    super::RESET_LIFETIME,
                )
                .await?;
            return Err(LoginError::DefaultPassword { token });
        }
        Ok(account)
    }

    /// The active account that these credentials belong to.
    pub async fn check_credentials(&self, login: &Login<'_>) -> Result<Account, LoginError> {
        let account = self.check_password(login.email, login.password).await?;
        if !account.active || self.preview_is_closed(&account) {
            return Err(LoginError::Inactive);
        }
        let enabled = second_factors(&account);
        if enabled.len() > 1 {
            // Second factors are not built yet; an account that has one stays
            // shut rather than half open.
            if login.second_factor {
                self.count_failure(&account).await?;
                return Err(LoginError::WrongSecondFactor);
            }
            return Err(LoginError::MissingSecondFactor {
                preferred: account.preferred_two_factor,
                enabled,
            });
        }
        if account.failed_attempts > 0 {
            accounts::clear_failures(self.database(), account.id, self.clock().timestamp()).await?;
        }
        Ok(account)
    }

    /// The account of that address or desktop login, if the password is its
    /// own. Costs the same time whether or not there is such an account.
    pub(super) async fn check_password(
        &self,
        email: &str,
        password: &str,
    ) -> Result<Account, LoginError> {
        if self.settings().auth.strategy == Strategy::Unsupported {
            return Err(LoginError::NoStrategy);
        }
        let database = self.database();
        let found = match accounts::by_email(database, email).await? {
            Some(account) => Some(account),
            None => accounts::by_desktop_login(database, email).await?,
        };
        match found {
            Some(account) => self.check_own_password(account, password).await,
            None => {
                self.passwords().verify(password, None).await?;
                Err(LoginError::WrongCredentials)
            }
        }
    }

    /// The account, if the password is its own. An attempt counts before the
    /// password is looked at, so that many at once cannot outrun the lockout;
    /// one that succeeds is taken back.
    pub(super) async fn check_own_password(
        &self,
        account: Account,
        password: &str,
    ) -> Result<Account, LoginError> {
        let database = self.database();
        let now = self.clock().timestamp();
        let attempts = accounts::Attempts {
            max: MAX_FAILURES,
            now,
            reopened_by: now - LOCKOUT,
        };
        if !accounts::claim_attempt(database, account.id, &attempts).await? {
            return Err(LoginError::LockedOut);
        }
        let matches = self.settings().auth.strategy == Strategy::NoPassword
            || self
                .passwords()
                .verify(password, account.password.as_deref())
                .await?;
        if !matches {
            accounts::touch(database, account.id, now).await?;
            return Err(LoginError::WrongCredentials);
        }
        accounts::return_attempt(database, &account).await?;
        Ok(account)
    }

    async fn count_failure(&self, account: &Account) -> Result<()> {
        let now = self.clock().timestamp();
        Ok(accounts::count_failure(self.database(), account.id, now).await?)
    }

    /// The claim that restricts the tokens of a person who has no second
    /// factor where the studio asks for one.
    pub(super) fn second_factor_claim(
        &self,
        account: &Account,
    ) -> &'static [(&'static str, Value)] {
        const RESTRICTED: &[(&str, Value)] = &[("requires_2fa_setup", Value::Bool(true))];
        let auth = &self.settings().auth;
        let exempt = account.preview_project_id.is_some()
            || account
                .email
                .as_ref()
                .is_some_and(|email| auth.two_factor_exempt.contains(email));
        let has_one = second_factors(account).len() > 1;
        if auth.enforce_two_factor && !exempt && !has_one {
            RESTRICTED
        } else {
            &[]
        }
    }

    fn preview_is_closed(&self, account: &Account) -> bool {
        account.preview_project_id.is_some()
            && account
                .preview_open_until
                .is_none_or(|until| until < self.clock().timestamp())
    }

    /// Writes the login log; `from_browser` tells web from script. Who is
    /// logged in stays so when the log cannot be written.
    pub async fn log_login(
        &self,
        person_id: uuid::Uuid,
        ip_address: Option<&str>,
        from_browser: bool,
    ) {
        let origin = if from_browser { "web" } else { "script" };
        let now = self.clock().timestamp();
        let logged = accounts::log_login(self.database(), person_id, ip_address, origin, now);
        if let Err(error) = logged.await {
            tracing::error!(%error, person = %person_id, "a login could not be logged");
        }
    }
}

/// The second factors that an account accepts; recovery codes always count.
fn second_factors(account: &Account) -> Vec<&'static str> {
    let mut enabled = vec!["recovery_code"];
    for (on, name) in [
        (account.totp_enabled, "totp"),
        (account.email_otp_enabled, "email_otp"),
        (account.fido_enabled, "fido"),
    ] {
        if on {
            enabled.push(name);
        }
    }
    enabled
}
