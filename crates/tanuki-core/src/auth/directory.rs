//! Passwords of people of the directory (LDAP), which only the directory knows.

use tanuki_ldap::Verdict;
use tanuki_store::query::auth::accounts::Account;

use super::LoginError;
use crate::settings::Strategy;
use crate::{Auth, Result};

/// Why nobody changes such a password here, for the client.
pub const PASSWORD_IN_DIRECTORY: &str =
    "The password of this account is in the studio's directory (LDAP), and is changed there.";

impl Auth<'_> {
    /// Whether the directory checks the password of an account. What `person` has
    /// of a password then counts for nothing.
    pub(crate) fn is_in_directory(self, account: &Account) -> bool {
        self.core.settings().auth.strategy == Strategy::Directory && account.is_from_directory
    }

    /// Whether a password is that of an account, by the directory, or, for an
    /// account that is not of the directory, by its own hash where
    /// `LDAP_FALLBACK` allows that.
    ///
    /// # Errors
    /// [`LoginError::DirectoryUnavailable`] if the directory does not say.
    pub(super) async fn matches_with_directory(
        self,
        account: &Account,
        password: &str,
    ) -> Result<bool, LoginError> {
        let passwords = self.core.passwords();
        if !account.is_from_directory {
            let has_fallback = self.core.settings().ldap.has_fallback;
            if !has_fallback {
                tracing::warn!(
                    person = %account.id,
                    "a login is refused: the account is not from the directory, and \
                     LDAP_FALLBACK is off"
                );
            }
            let stored = account.password.as_deref().filter(|_| has_fallback);
            return Ok(passwords.verify(password, stored).await?);
        }
        let directory = self.core.ldap_directory();
        let directory = directory.ok_or(LoginError::DirectoryUnavailable)?;
        let login = account.desktop_login.as_deref().unwrap_or_default();
        match directory.check_password(login, password).await {
            Ok(Verdict::Right) => Ok(true),
            Ok(verdict) => {
                if let Verdict::Refused(reason) = verdict {
                    tracing::info!(person = %account.id, reason, "the directory refuses a login");
                }
                // As long as for an address that nobody has.
                passwords.verify(password, None).await?;
                Ok(false)
            }
            Err(failure) => {
                tracing::error!(%failure, "the directory cannot check a password");
                Err(LoginError::DirectoryUnavailable)
            }
        }
    }
}
