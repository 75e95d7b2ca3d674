//! Password changes, with the old password or with a reset link.

use tanuki_store::query::{auth::accounts, auth::secrets};

use super::RESET_LIFETIME;
use super::login::LoginError;
use super::password::PasswordPolicyError;
use super::secret::Purpose;
use crate::mail::Template;
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
    Failed(Error),
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
    /// [`ResetError`]: wrong old password, account locked out or inactive, a
    /// new password that is too short or not repeated correctly.
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
        self.store_password(account.id, hash, caller.claims.session_id())
            .await?;
        self.core
            .send_mail(&account, Template::PasswordChanged)
            .await;
        Ok(())
    }

    /// Mails a password reset link if there is an active person with the
    /// address. The result does not disclose whether there is.
    ///
    /// # Errors
    /// Failures of the database only. A mail that cannot be sent is logged.
    pub async fn request_password_reset(self, email: &str) -> Result<()> {
        let account = accounts::by_email(self.core.database(), email).await?;
        let Some(account) = account.filter(|account| account.active) else {
            return Ok(());
        };
        let link = self.password_reset_link(email).await?;
        // In the background, so that the response time does not disclose
        // whether the address is known.
        let core = self.core.clone();
        self.core.background().spawn(async move {
            core.send_mail(&account, Template::PasswordReset { link })
                .await;
        });
        Ok(())
    }

    /// Issues a password reset link, valid for two hours.
    async fn password_reset_link(self, email: &str) -> Result<String> {
        let token = self
            .issue_secret(Purpose::ResetPassword, Some(email), None, RESET_LIFETIME)
            .await?;
        let studio = &self.core.settings().studio;
        Ok(format!(
            "{}/reset-change-password?email={}&token={token}",
            studio.public_url,
            crate::email::in_query(email)
        ))
    }

    /// Returns a password reset link, for an administrator who passes it on.
    ///
    /// # Errors
    /// [`Error::Invalid`] if no active person has the address.
    pub async fn password_reset_link_of(self, email: &str) -> Result<String> {
        let account = accounts::by_email(self.core.database(), email).await?;
        match account {
            Some(account) if account.active => self.password_reset_link(email).await,
            Some(_) => Err(Error::invalid(format!("{email} is not active"))),
            None => Err(Error::invalid(format!(
                "there is no person with the address {email}"
            ))),
        }
    }

    /// Whether the token of a reset link is valid. Does not consume it.
    ///
    /// # Errors
    /// Failures of the database only.
    pub async fn check_reset_link(self, email: &str, token: &str) -> Result<bool> {
        self.check_secret(Purpose::ResetPassword, email, token)
            .await
    }

    /// Sets a new password with the token of a reset link, which works once.
    /// Ends all sessions of the person.
    ///
    /// # Errors
    /// [`ResetError`]: an invalid token, or a new password that is too short or
    /// not repeated correctly.
    pub async fn reset_password(
        self,
        email: &str,
        token: &str,
        new: &str,
        repeated: &str,
    ) -> Result<(), ResetError> {
        if !self.check_reset_link(email, token).await? {
            return Err(ResetError::WrongToken);
        }
        self.core.passwords().check_new(new, repeated)?;
        let account = accounts::by_email(self.core.database(), email)
            .await?
            .ok_or(Error::NotFound)?;
        let hash = self.core.passwords().hash(new).await?;
        if self
            .consume_secret(Purpose::ResetPassword, email)
            .await?
            .is_none()
        {
            return Err(ResetError::WrongToken);
        }
        self.store_password(account.id, hash, None).await?;
        Ok(())
    }

    /// Stores a new password, in one transaction with the end of all sessions
    /// but `kept_session`, and of the reset links that were issued before.
    async fn store_password(
        self,
        id: uuid::Uuid,
        hash: Vec<u8>,
        kept_session: Option<&str>,
    ) -> Result<()> {
        let now = self.core.clock().timestamp();
        let mut transaction = self.core.database().begin().await?;
        accounts::set_password(&mut transaction, id, hash, now).await?;
        self.end_sessions(&mut transaction, id, kept_session)
            .await?;
        let account = accounts::by_id(&mut transaction, id).await?;
        if let Some(email) = account.and_then(|account| account.email) {
            let purpose = Purpose::ResetPassword.as_str();
            secrets::forget(&mut transaction, purpose, &email).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}
