//! What admins do with people's credentials: invitations, passwords, second
//! factors.

use tanuki_store::query::auth::accounts::{self, Account};
use tanuki_store::query::auth::passkeys;
use uuid::Uuid;

use super::protected::is_protected;
use crate::auth::account_mail::AccountMail;
use crate::auth::{Admin, PASSWORD_IN_DIRECTORY, ResetError};
use crate::{Caller, Error, MaybeId, People, Result};

impl People<'_> {
    /// Mails an invitation with a link to choose a password, valid for seven
    /// days. Requires an admin.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such person; [`Error::Denied`] for
    /// everybody else, and for bots; [`Error::Refused`] for people of the
    /// directory, who have a password.
    pub async fn invite(self, caller: &Caller, person: &MaybeId) -> Result<()> {
        let (_, id) = self.administered(caller, person).await?;
        self.has_own_password(&self.account(id).await?)?;
        let mut transaction = self.core.database().begin().await?;
        self.core
            .enqueue_account_mail(&mut transaction, AccountMail::Invitation, id, None)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Returns a link under which a person chooses a new password within two
    /// hours, for an admin who passes it on. Links that were issued before stop
    /// working. Requires an admin.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such person; [`Error::Denied`] for
    /// everybody else, and for bots; [`Error::Refused`] for protected accounts,
    /// people of the directory and other admins who have a password, [`Error::Invalid`] if the person
    /// has no address.
    pub async fn password_reset_link(self, caller: &Caller, person: &MaybeId) -> Result<String> {
        let (admin, id) = self.administered(caller, person).await?;
        let account = self.account(id).await?;
        self.may_change_password(admin, &account)?;
        let email = account.email.filter(|email| !email.is_empty());
        let email = email.ok_or_else(|| Error::invalid("The person has no email address."))?;
        let link = self.core.auth().issue_reset_link(&email).await?;
        tracing::info!(person = %id, by = %caller.id, "a link to reset a password was issued");
        Ok(link)
    }

    /// Sets a person's password. Ends their sessions (not the caller's, who may
    /// set their own) and tells them by mail. Requires an admin.
    ///
    /// # Errors
    /// In [`ResetError::Failed`]: [`Error::NotFound`] if there is no such
    /// person, [`Error::Denied`] for everybody else and for bots,
    /// [`Error::Refused`] for protected accounts, people of the directory and other
    /// admins who have a password. [`ResetError::Unfit`] for a password that is too short.
    pub async fn set_password(
        self,
        caller: &Caller,
        person: &MaybeId,
        new: &str,
    ) -> Result<(), ResetError> {
        let (admin, id) = self.administered(caller, person).await?;
        let account = self.account(id).await?;
        self.may_change_password(admin, &account)?;
        let core = self.core;
        core.passwords().check_new(new, new)?;
        core.auth().set_password_of(caller, id, new).await?;
        tracing::warn!(person = %id, by = %caller.id, "an admin changed a password");
        Ok(())
    }

    /// Checks a request to set a person's password before its body is read.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such person; [`Error::Denied`] for
    /// everybody but admins, and for bots.
    pub async fn may_set_password(self, caller: &Caller, person: &MaybeId) -> Result<()> {
        self.administered(caller, person).await?;
        Ok(())
    }

    /// Switches off all second factors of a person and deletes their secrets and
    /// passkeys. Ends their sessions (not the caller's, who may have disabled
    /// their own) and tells them by mail. Returns how many passkeys were deleted.
    /// Requires an admin.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such person; [`Error::Denied`] for
    /// everybody else, and for bots; [`Error::Refused`] for other admins, and
    /// for somebody who has neither a second factor nor a passkey.
    pub async fn disable_two_factor(self, caller: &Caller, person: &MaybeId) -> Result<u64> {
        let (admin, id) = self.administered(caller, person).await?;
        let account = self.account(id).await?;
        let admin = admin.caller();
        if account.role == "admin" && id != admin.id && !admin.is_operator() {
            return Err(Error::Refused(
                "An admin can't disable 2FA for other admins.".into(),
            ));
        }
        let now = self.core.clock().timestamp();
        let mut transaction = self.core.database().begin().await?;
        let had_factors = accounts::disable_two_factor(&mut transaction, id, now).await?;
        let passkeys = passkeys::remove_all(&mut transaction, id).await?;
        if !had_factors && passkeys == 0 {
            return Err(Error::Refused(
                "Two factor authentication not enabled for this user.".into(),
            ));
        }
        let kept = caller.claims.session_id().filter(|_| id == caller.id);
        self.core
            .auth()
            .end_sessions(&mut transaction, id, kept)
            .await?;
        let mail = AccountMail::TwoFactorDisabled;
        self.core
            .enqueue_account_mail(&mut transaction, mail, id, caller.author())
            .await?;
        transaction.commit().await?;
        tracing::warn!(person = %id, by = %caller.id, passkeys, "an admin disabled second factors");
        Ok(passkeys)
    }

    /// Returns the id of a person, and the proof that the caller is an admin. As
    /// in Zou, whether there is such a person counts first.
    async fn administered<'a>(
        self,
        caller: &'a Caller,
        person: &MaybeId,
    ) -> Result<(Admin<'a>, Uuid)> {
        let id = self.require_person(person).await?;
        Ok((caller.as_admin()?, id))
    }

    async fn account(self, id: Uuid) -> Result<Account> {
        let account = accounts::by_id(self.core.database(), id).await?;
        account.ok_or(Error::NotFound)
    }

    /// Requires that an admin may decide about somebody's password: the operator
    /// about all, others about their own and those of people whose account is not
    /// protected. An admin has to be without a password, as a new one is.
    fn may_change_password(self, admin: Admin<'_>, account: &Account) -> Result<()> {
        self.has_own_password(account)?;
        let admin = admin.caller();
        if account.id == admin.id || admin.is_operator() {
            return Ok(());
        }
        if is_protected(self.core, account.email.as_deref()) {
            return Err(Error::Refused("This user is in protected accounts.".into()));
        }
        if account.role == "admin" && account.password.is_some() {
            return Err(Error::Refused(
                "An admin can't change another admin's password.".into(),
            ));
        }
        Ok(())
    }

    /// Requires that the password of an account is not in the directory (LDAP).
    fn has_own_password(self, account: &Account) -> Result<()> {
        match self.core.auth().is_in_directory(account) {
            true => Err(Error::Refused(PASSWORD_IN_DIRECTORY.into())),
            false => Ok(()),
        }
    }
}
