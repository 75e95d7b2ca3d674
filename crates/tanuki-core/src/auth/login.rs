//! Login with an address and a password, and the lockout after failed attempts.

use std::net::IpAddr;

use chrono::Duration;
use serde_json::{Map, Value};
use tanuki_store::query::auth::accounts::{self, Account};
use uuid::Uuid;

use super::account;
use super::factors::{ProofError, SecondFactorProof};
use super::limits;
use super::secret::Purpose;
use super::session::Session;
use super::session_list::LoginMethod;
use crate::settings::Strategy;
use crate::{Auth, Error, Result};

/// Number of failed attempts after which an account is locked for [`LOCKOUT`].
const MAX_FAILURES: i64 = 5;

const LOCKOUT: Duration = Duration::minutes(1);

/// The password that Zou gives to imported people; a login with it is refused,
/// with a token to choose another.
const DEFAULT_PASSWORD: &str = "default";

/// The credentials of a login.
#[derive(Debug)]
pub struct Login<'a> {
    /// Email address or desktop login.
    pub email: &'a str,
    pub password: &'a str,
    /// What the request shows of second factors.
    pub second_factor: &'a SecondFactorProof,
    pub address: Option<IpAddr>,
}

/// A successful login.
#[derive(Debug)]
pub struct LoggedIn {
    /// The person's JSON: all columns but the secrets, with departments as the
    /// last key.
    pub user: Map<String, Value>,
    pub organisation: Map<String, Value>,
    pub session: Session,
    pub method: LoginMethod,
    /// The session is good only for setting up a second factor.
    pub must_set_up_second_factor: bool,
}

/// Why a login is refused.
#[derive(Debug)]
pub enum LoginError {
    /// No such account or a wrong password; the response does not say which.
    WrongCredentials,
    /// Too many failed attempts, on the account or from the address; both are
    /// refused for a minute.
    LockedOut,
    Inactive,
    /// The password is the initial one; the token resets it.
    DefaultPassword {
        token: String,
    },
    /// The account has a second factor and none was sent.
    MissingSecondFactor {
        preferred: Option<String>,
        enabled: Vec<&'static str>,
    },
    WrongSecondFactor,
    /// The passkey is unknown, or what it answered is wrong or too late.
    WrongPasskey,
    /// The directory that checks passwords does not answer.
    DirectoryUnavailable,
    /// The configured strategy (`AUTH_STRATEGY`) is not supported.
    NoStrategy,
    Failed(Error),
}

impl<E: Into<Error>> From<E> for LoginError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl Auth<'_> {
    /// Checks credentials and opens a session. The endpoint writes the login
    /// log ([`Auth::log_login`]) once the response is on its way.
    ///
    /// # Errors
    /// [`LoginError`] if the login is refused.
    pub async fn log_in(self, login: &Login<'_>) -> Result<LoggedIn, LoginError> {
        let account = self.check_login(login).await?;
        let restriction = self.second_factor_claim(&account);
        let user = account::logged_in(self.core, account.id)
            .await?
            .ok_or(LoginError::WrongCredentials)?;
        Ok(LoggedIn {
            user,
            organisation: self.core.organisation(account.role == "admin").await?,
            session: self.open_session((account.id, account.token_generation), restriction),
            method: match self.is_in_directory(&account) {
                true => LoginMethod::Directory,
                false => LoginMethod::Password,
            },
            must_set_up_second_factor: !restriction.is_empty(),
        })
    }

    /// Returns the active account with these credentials, unless its password
    /// is the initial one, for which a reset token is issued.
    ///
    /// # Errors
    /// [`LoginError`] if the login is refused.
    pub(super) async fn check_login(self, login: &Login<'_>) -> Result<Account, LoginError> {
        let account = self.check_credentials(login).await?;
        if login.password == DEFAULT_PASSWORD
            && self.core.settings().auth.strategy != Strategy::NoPassword
            && !self.is_in_directory(&account)
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

    /// Returns the active account with these credentials, without a check for
    /// the initial password.
    ///
    /// # Errors
    /// [`LoginError`] if the login is refused.
    pub async fn check_credentials(self, login: &Login<'_>) -> Result<Account, LoginError> {
        let attempt = self.attempt_of(limits::LOGINS, login.address);
        let attempt = attempt.ok_or(LoginError::LockedOut)?;
        let checked = self.check_password_and_factor(login).await;
        let is_failure = matches!(
            checked,
            Err(LoginError::WrongCredentials
                | LoginError::WrongSecondFactor
                | LoginError::LockedOut)
        );
        if !is_failure {
            self.succeeded(&attempt);
        }
        checked
    }

    async fn check_password_and_factor(self, login: &Login<'_>) -> Result<Account, LoginError> {
        let account = self.check_password(login.email, login.password).await?;
        if !account.active || self.preview_is_closed(&account) {
            return Err(LoginError::Inactive);
        }
        let enabled = second_factors(&account);
        if enabled.len() > 1 {
            match self.check_proof(&account, login.second_factor).await {
                Ok(()) => {}
                Err(ProofError::Missing) => {
                    return Err(LoginError::MissingSecondFactor {
                        preferred: account.preferred_two_factor,
                        enabled,
                    });
                }
                Err(ProofError::Wrong) => return Err(LoginError::WrongSecondFactor),
                Err(ProofError::LockedOut) => return Err(LoginError::LockedOut),
                Err(ProofError::Failed(error)) => return Err(error.into()),
            }
        }
        if account.failed_attempts > 0 {
            accounts::clear_failures(
                self.core.database(),
                account.id,
                self.core.clock().timestamp(),
            )
            .await?;
        }
        Ok(account)
    }

    /// Returns the account with the address or desktop login, if the password
    /// matches. Takes the same time whether or not there is such an account.
    pub(super) async fn check_password(
        self,
        email: &str,
        password: &str,
    ) -> Result<Account, LoginError> {
        if self.core.settings().auth.strategy == Strategy::Unsupported {
            return Err(LoginError::NoStrategy);
        }
        match accounts::by_login(self.core.database(), email).await? {
            Some(account) => self.check_own_password(account, password).await,
            None => {
                self.core.passwords().verify(password, None).await?;
                Err(LoginError::WrongCredentials)
            }
        }
    }

    /// Returns the account if the password matches. The attempt is counted
    /// before the password is verified, so that concurrent attempts cannot
    /// bypass the lockout; a successful one is subtracted again.
    ///
    /// # Errors
    /// [`LoginError::LockedOut`], [`LoginError::WrongCredentials`],
    /// [`LoginError::DirectoryUnavailable`].
    pub(super) async fn check_own_password(
        self,
        account: Account,
        password: &str,
    ) -> Result<Account, LoginError> {
        let database = self.core.database();
        if !self.claim_attempt(account.id).await? {
            return Err(LoginError::LockedOut);
        }
        let matches = match self.matches(&account, password).await {
            Ok(matches) => matches,
            Err(LoginError::DirectoryUnavailable) => {
                // Nobody has guessed anything.
                accounts::return_attempt(database, &account).await?;
                return Err(LoginError::DirectoryUnavailable);
            }
            Err(error) => return Err(error),
        };
        if !matches {
            accounts::touch(database, account.id, self.core.clock().timestamp()).await?;
            return Err(LoginError::WrongCredentials);
        }
        accounts::return_attempt(database, &account).await?;
        Ok(account)
    }

    /// Whether a password is that of the account, by the configured strategy.
    async fn matches(self, account: &Account, password: &str) -> Result<bool, LoginError> {
        match self.core.settings().auth.strategy {
            Strategy::NoPassword => Ok(true),
            Strategy::Directory => self.matches_with_directory(account, password).await,
            Strategy::Password | Strategy::Unsupported => {
                let stored = account.password.as_deref();
                Ok(self.core.passwords().verify(password, stored).await?)
            }
        }
    }

    /// Counts an attempt towards the lockout. Returns false if the account is
    /// locked.
    pub(super) async fn claim_attempt(self, person_id: Uuid) -> Result<bool> {
        let now = self.core.clock().timestamp();
        let attempts = accounts::Attempts {
            max: MAX_FAILURES,
            now,
            reopened_by: now - LOCKOUT,
        };
        Ok(accounts::claim_attempt(self.core.database(), person_id, &attempts).await?)
    }

    /// Returns the claim that restricts the tokens of a person without a second
    /// factor if `ENFORCE_2FA` is on; empty otherwise.
    pub(super) fn second_factor_claim(self, account: &Account) -> &'static [(&'static str, Value)] {
        const RESTRICTED: &[(&str, Value)] = &[("requires_2fa_setup", Value::Bool(true))];
        let auth = &self.core.settings().auth;
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

    fn preview_is_closed(self, account: &Account) -> bool {
        account.preview_project_id.is_some()
            && account
                .preview_open_until
                .is_none_or(|until| until < self.core.clock().timestamp())
    }

    /// Writes the login log, with the origin `web` if `from_browser`, else
    /// `script`. A failure is logged, and does not undo the login.
    pub async fn log_login(self, person_id: Uuid, address: Option<IpAddr>, from_browser: bool) {
        let origin = if from_browser { "web" } else { "script" };
        let now = self.core.clock().timestamp();
        let address = address.map(|address| address.to_string());
        let logged = accounts::log_login(
            self.core.database(),
            person_id,
            address.as_deref(),
            origin,
            now,
        );
        if let Err(error) = logged.await {
            tracing::error!(%error, person = %person_id, "a login could not be logged");
        }
    }
}

/// Returns the second factors that an account accepts; `recovery_code` is
/// always among them.
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
