//! Password changes, with the old password or with a reset link.

use std::net::IpAddr;

use tanuki_store::query::auth::accounts::{self, Account};
use tanuki_store::query::auth::{passkeys, secrets};
use uuid::Uuid;

use super::RESET_LIFETIME;
use super::account_mail::AccountMail;
use super::directory::PASSWORD_IN_DIRECTORY;
use super::limits;
use super::login::LoginError;
use super::password::PasswordPolicyError;
use super::secret::Purpose;
use crate::{Auth, Caller, Error, Result};

/// Why a password change is refused.
#[derive(Debug)]
pub enum ResetError {
    /// The new password is too short or not repeated correctly.
    Unfit(PasswordPolicyError),
    /// The token of the reset link is invalid, expired or used.
    WrongToken,
    WrongOldPassword,
    /// Too many failed attempts.
    LockedOut,
    Inactive,
    /// The password is in the directory (LDAP), and is changed there.
    InDirectory,
    Failed(Error),
}

/// A reset link, as a request shows it.
#[derive(Debug, Clone, Copy)]
pub struct ResetLink<'a> {
    pub email: &'a str,
    pub token: &'a str,
    pub address: Option<IpAddr>,
}

impl<E: Into<Error>> From<E> for ResetError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl From<PasswordPolicyError> for ResetError {
    fn from(unfit: PasswordPolicyError) -> Self {
        Self::Unfit(unfit)
    }
}

impl Auth<'_> {
    /// Changes the caller's password and notifies them by mail. Ends all their
    /// other sessions.
    ///
    /// # Errors
    /// [`ResetError`]: wrong old password, account locked out, inactive or of the
    /// directory, a new password that is too short or not repeated correctly.
    pub async fn change_password(
        self,
        caller: &Caller,
        old: &str,
        new: &str,
        repeated: &str,
    ) -> Result<(), ResetError> {
        caller.require_person()?;
        let account = accounts::by_id(self.core.database(), caller.id)
            .await?
            .ok_or(ResetError::WrongOldPassword)?;
        if self.is_in_directory(&account) {
            return Err(ResetError::InDirectory);
        }
        let account = match self.check_own_password(account, old).await {
            Ok(account) => account,
            Err(LoginError::LockedOut) => return Err(ResetError::LockedOut),
            Err(LoginError::Inactive) => return Err(ResetError::Inactive),
            Err(LoginError::Failed(error)) => return Err(error.into()),
            Err(_) => return Err(ResetError::WrongOldPassword),
        };
        if account.failed_attempts > 0 {
            accounts::clear_failures(
                self.core.database(),
                account.id,
                self.core.clock().timestamp(),
            )
            .await?;
        }
        self.core.passwords().check_new(new, repeated)?;
        let hash = self.core.passwords().hash(new).await?;
        let mail = Some((AccountMail::PasswordChanged, None));
        self.store_password(account.id, hash, caller.claims.session_id(), mail)
            .await?;
        Ok(())
    }

    /// Mails a password reset link if there is an active person with the email
    /// address whose password is not in the directory, five times in ten minutes
    /// at most. The result does not disclose whether there is; a job sends the
    /// mail.
    ///
    /// # Errors
    /// [`ResetError::LockedOut`] if too many were asked for from the IP
    /// address.
    pub async fn request_password_reset(
        self,
        email: &str,
        address: Option<IpAddr>,
    ) -> Result<(), ResetError> {
        if self.attempt_of(limits::RESET_REQUESTS, address).is_none() {
            return Err(ResetError::LockedOut);
        }
        let account = accounts::by_email(self.core.database(), email).await?;
        let gets_mail = |account: &Account| account.active && !self.is_in_directory(account);
        let Some(account) = account.filter(gets_mail) else {
            return Ok(());
        };
        // Nobody fills somebody's mailbox, and the answer is the same.
        if self.attempt_on(limits::RESET_MAILS, email).is_none() {
            return Ok(());
        }
        let mut transaction = self.core.database().begin().await?;
        self.core
            .enqueue_account_mail(
                &mut transaction,
                AccountMail::PasswordReset,
                account.id,
                None,
            )
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Issues a link to choose a password; it replaces the one before. `more`
    /// is added to its query string.
    pub(super) async fn password_link(
        self,
        email: &str,
        lifetime: chrono::Duration,
        more: &str,
    ) -> Result<String> {
        let token = self
            .issue_secret(Purpose::ResetPassword, Some(email), None, lifetime)
            .await?;
        let studio = &self.core.settings().studio;
        Ok(format!(
            "{}/reset-change-password?email={}&token={token}{more}",
            studio.public_url,
            crate::email::in_query(email)
        ))
    }

    /// Returns a password reset link, for an administrator who passes it on.
    ///
    /// # Errors
    /// [`Error::Invalid`] if no active person has the address, or their password is
    /// in the directory.
    pub async fn password_reset_link_of(self, email: &str) -> Result<String> {
        let account = accounts::by_email(self.core.database(), email).await?;
        match account {
            Some(account) if self.is_in_directory(&account) => {
                Err(Error::invalid(PASSWORD_IN_DIRECTORY))
            }
            Some(account) if account.active => self.password_link(email, RESET_LIFETIME, "").await,
            Some(_) => Err(Error::invalid(format!("{email} is not active"))),
            None => Err(Error::invalid(format!(
                "there is no person with the address {email}"
            ))),
        }
    }

    /// Issues a link to choose a new password, valid for two hours; it replaces
    /// the one before.
    ///
    /// # Errors
    /// Failures of the database only.
    pub(crate) async fn issue_reset_link(self, email: &str) -> Result<String> {
        self.password_link(email, RESET_LIFETIME, "").await
    }

    /// Stores a password that an admin chose, and tells the person by mail.
    /// Ends all sessions of the person but the caller's own.
    ///
    /// # Errors
    /// [`Error::Failed`] if the password cannot be hashed, and failures of the
    /// database.
    pub(crate) async fn set_password_of(self, caller: &Caller, id: Uuid, new: &str) -> Result<()> {
        let hash = self.core.passwords().hash(new).await?;
        let kept = caller.claims.session_id().filter(|_| id == caller.id);
        let mail = Some((AccountMail::PasswordSet, caller.author()));
        self.store_password(id, hash, kept, mail).await
    }

    /// Whether the token of a reset link is valid. Does not consume it. `false`
    /// if too many wrong ones were from the address.
    ///
    /// # Errors
    /// Failures of the database only.
    pub async fn check_reset_link(self, link: &ResetLink<'_>) -> Result<bool> {
        let Some(attempt) = self.attempt_of(limits::RESET_TOKENS, link.address) else {
            return Ok(false);
        };
        let is_valid = self
            .check_secret(Purpose::ResetPassword, link.email, link.token)
            .await?;
        if is_valid {
            self.succeeded(&attempt);
        }
        Ok(is_valid)
    }

    /// Sets a new password with the token of a reset link, which works once.
    /// Ends all sessions of the person.
    ///
    /// # Errors
    /// [`ResetError`]: an invalid token, a new password that is too short or not
    /// repeated correctly, or an account of the directory.
    pub async fn reset_password(
        self,
        link: &ResetLink<'_>,
        new: &str,
        repeated: &str,
    ) -> Result<(), ResetError> {
        let email = link.email;
        let attempt = self.attempt_of(limits::RESET_TOKENS, link.address);
        let attempt = attempt.ok_or(ResetError::LockedOut)?;
        let is_valid = self
            .check_secret(Purpose::ResetPassword, email, link.token)
            .await?;
        if is_valid {
            self.succeeded(&attempt);
        } else {
            return Err(ResetError::WrongToken);
        }
        self.core.passwords().check_new(new, repeated)?;
        let account = accounts::by_email(self.core.database(), email)
            .await?
            .ok_or(Error::NotFound)?;
        if self.is_in_directory(&account) {
            return Err(ResetError::InDirectory);
        }
        let hash = self.core.passwords().hash(new).await?;
        if self
            .consume_secret(Purpose::ResetPassword, email)
            .await?
            .is_none()
        {
            return Err(ResetError::WrongToken);
        }
        self.store_password(account.id, hash, None, None).await?;
        Ok(())
    }

    /// Stores a new password, in one transaction with the end of all sessions
    /// but `kept_session`, and of the reset links that were issued before. Where
    /// none is kept the account may have been somebody else's too, so its passkeys
    /// are removed. The person gets `mail`, with the admin who set the password.
    pub(super) async fn store_password(
        self,
        id: Uuid,
        hash: Vec<u8>,
        kept_session: Option<&str>,
        mail: Option<(AccountMail, Option<Uuid>)>,
    ) -> Result<()> {
        let now = self.core.clock().timestamp();
        let mut transaction = self.core.database().begin().await?;
        accounts::set_password(&mut transaction, id, hash, now).await?;
        self.end_sessions(&mut transaction, id, kept_session)
            .await?;
        if kept_session.is_none() {
            passkeys::remove_all(&mut transaction, id).await?;
        }
        let account = accounts::by_id(&mut transaction, id).await?;
        if let Some(email) = account.and_then(|account| account.email) {
            let purpose = Purpose::ResetPassword.as_str();
            secrets::forget(&mut transaction, purpose, &email).await?;
        }
        if let Some((mail, by)) = mail {
            self.core
                .enqueue_account_mail(&mut transaction, mail, id, by)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}
