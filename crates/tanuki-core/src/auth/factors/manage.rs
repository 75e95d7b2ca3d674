//! How people set up and remove their own second factors.

use tanuki_store::Transaction;
use tanuki_store::query::auth::accounts::{self, Account};
use tanuki_store::query::auth::factors::{self, SecondFactors};
use uuid::Uuid;

use super::change::{self, Factor};
use super::totp::{matching_steps, new_secret};
use super::verify::SecondFactorProof;
use super::{Enrolled, FactorError, FactorResult, RecoveryCodes, TotpSetup};
use crate::auth::account_mail::AccountMail;
use crate::auth::secret::same_secret;
use crate::{Auth, Caller, Error, Result};

impl Auth<'_> {
    /// Chooses the secret of an authenticator app of the caller, which replaces
    /// one that was not confirmed yet. People may call it.
    ///
    /// # Errors
    /// [`FactorError::AlreadyEnabled`]; [`Error::Denied`] for bots.
    pub async fn prepare_totp(self, caller: &Caller) -> FactorResult<TotpSetup> {
        let (account, _) = self.own_factors(caller).await?;
        let secret = new_secret()?;
        let mut transaction = self.core.database().begin().await?;
        let mut found = self.locked_factors(&mut transaction, account.id).await?;
        if found.totp_enabled {
            return Err(FactorError::AlreadyEnabled);
        }
        found.totp_secret = Some(secret.clone());
        factors::forget_totp_steps(&mut transaction, account.id).await?;
        self.save_factors(&mut transaction, account.id, found)
            .await?;
        transaction.commit().await?;
        let label = account.email.unwrap_or(account.first_name);
        Ok(self.totp_setup(secret, &label).await?)
    }

    /// Enables the authenticator app of the caller, who shows with a code that
    /// it has the secret, and tells them by mail. People may call it.
    ///
    /// # Errors
    /// [`FactorError`]; [`Error::Denied`] for bots.
    pub async fn enable_totp(self, caller: &Caller, code: &str) -> FactorResult<Enrolled> {
        let (account, found) = self.own_factors(caller).await?;
        if found.totp_enabled {
            return Err(FactorError::AlreadyEnabled);
        }
        let secret = found.totp_secret.ok_or(FactorError::NotPrepared)?;
        // It shows that the app has the secret and logs nobody in, so scripts may
        // log in with the same code right after.
        let now = self.core.clock().now().timestamp();
        let is_right = !matching_steps(&secret, code, now).is_empty();
        let check = std::future::ready(Ok(is_right));
        self.count_attempt(&account, check).await?;
        self.enroll(account.id, Factor::Totp, |found| {
            let current = found.totp_secret.as_deref().unwrap_or_default();
            if found.totp_enabled {
                return Err(FactorError::AlreadyEnabled);
            }
            // Another request may have chosen another one since.
            if !same_secret(current.as_bytes(), secret.as_bytes()) {
                return Err(FactorError::Wrong);
            }
            Ok(())
        })
        .await
    }

    /// Removes the authenticator app of the caller and tells them by mail.
    /// People may call it, with a proof of a second factor.
    ///
    /// # Errors
    /// [`FactorError::NotEnabled`], [`FactorError::Wrong`],
    /// [`FactorError::LockedOut`]; [`Error::Denied`] for bots.
    pub async fn disable_totp(
        self,
        caller: &Caller,
        proof: &SecondFactorProof,
    ) -> FactorResult<()> {
        self.disable(caller, Factor::Totp, proof).await
    }

    /// Mails a code to the caller, with which they enable codes by mail. People
    /// may call it.
    ///
    /// # Errors
    /// [`FactorError::AlreadyEnabled`]; [`Error::Denied`] for bots.
    pub async fn prepare_email_otp(self, caller: &Caller) -> FactorResult<()> {
        let (account, _) = self.own_factors(caller).await?;
        let secret = new_secret()?;
        let mut transaction = self.core.database().begin().await?;
        let mut found = self.locked_factors(&mut transaction, account.id).await?;
        if found.email_otp_enabled {
            return Err(FactorError::AlreadyEnabled);
        }
        // Only Zou makes codes of it.
        found.email_otp_secret = Some(secret);
        self.save_factors(&mut transaction, account.id, found)
            .await?;
        self.enqueue_mailed_code(&mut transaction, account.id)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Enables codes by mail for the caller, who shows that they got one, and
    /// tells them by mail. People may call it.
    ///
    /// # Errors
    /// [`FactorError`]; [`Error::Denied`] for bots.
    pub async fn enable_email_otp(self, caller: &Caller, code: &str) -> FactorResult<Enrolled> {
        let (account, found) = self.own_factors(caller).await?;
        if found.email_otp_enabled {
            return Err(FactorError::AlreadyEnabled);
        }
        if found.email_otp_secret.is_none() {
            return Err(FactorError::NotPrepared);
        }
        let check = self.use_mailed_code(account.id, code);
        self.count_attempt(&account, check).await?;
        self.enroll(account.id, Factor::EmailOtp, |found| {
            if found.email_otp_enabled {
                return Err(FactorError::AlreadyEnabled);
            }
            Ok(())
        })
        .await
    }

    /// Disables codes by mail for the caller and tells them by mail. People may
    /// call it, with a proof of a second factor.
    ///
    /// # Errors
    /// [`FactorError::NotEnabled`], [`FactorError::Wrong`],
    /// [`FactorError::LockedOut`]; [`Error::Denied`] for bots.
    pub async fn disable_email_otp(
        self,
        caller: &Caller,
        proof: &SecondFactorProof,
    ) -> FactorResult<()> {
        self.disable(caller, Factor::EmailOtp, proof).await
    }

    /// Replaces the recovery codes of the caller and tells them by mail. People
    /// may call it, with a proof of a second factor.
    ///
    /// # Errors
    /// [`FactorError::NotEnabled`] without a second factor,
    /// [`FactorError::Wrong`], [`FactorError::LockedOut`]; [`Error::Denied`] for
    /// bots.
    pub async fn renew_recovery_codes(
        self,
        caller: &Caller,
        proof: &SecondFactorProof,
    ) -> FactorResult<RecoveryCodes> {
        let (account, found) = self.own_factors(caller).await?;
        if !change::has_any(&found) {
            return Err(FactorError::NotEnabled);
        }
        self.check_proof(&account, proof).await?;
        let codes = self.new_recovery_codes().await?;
        let mut transaction = self.core.database().begin().await?;
        let mut found = self.locked_factors(&mut transaction, account.id).await?;
        if !change::has_any(&found) {
            return Err(FactorError::NotEnabled);
        }
        found.recovery_codes = Some(codes.hashes);
        let mail = AccountMail::RecoveryCodesRenewed;
        self.finish(transaction, account.id, found, mail).await?;
        tracing::info!(person = %account.id, "recovery codes were renewed");
        Ok(RecoveryCodes(codes.shown))
    }

    /// Returns the caller's account and second factors.
    ///
    /// # Errors
    /// [`Error::Denied`] for bots.
    pub(in crate::auth) async fn own_factors(
        self,
        caller: &Caller,
    ) -> FactorResult<(Account, SecondFactors)> {
        caller.require_person()?;
        let database = self.core.database();
        let account = accounts::by_id(database, caller.id).await?;
        let found = factors::find(database, caller.id).await?;
        Ok(account.zip(found).ok_or(Error::NotFound)?)
    }

    pub(in crate::auth) async fn locked_factors(
        self,
        transaction: &mut Transaction,
        person_id: Uuid,
    ) -> Result<SecondFactors> {
        let found = factors::find_locked(transaction, person_id).await?;
        found.ok_or(Error::NotFound)
    }

    async fn save_factors(
        self,
        transaction: &mut Transaction,
        person_id: Uuid,
        found: SecondFactors,
    ) -> Result<()> {
        let now = self.core.clock().timestamp();
        Ok(factors::save(transaction, person_id, found, now).await?)
    }

    /// Stores what was changed, with a mail to the person.
    pub(super) async fn finish(
        self,
        mut transaction: Transaction,
        person_id: Uuid,
        found: SecondFactors,
        mail: AccountMail,
    ) -> Result<()> {
        self.save_factors(&mut transaction, person_id, found)
            .await?;
        self.core
            .enqueue_account_mail(&mut transaction, mail, person_id, None)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Enables a factor after `apply`, which may refuse, changed what belongs to
    /// it. With the first factor there are recovery codes.
    pub(super) async fn enroll(
        self,
        person_id: Uuid,
        factor: Factor,
        apply: impl FnOnce(&mut SecondFactors) -> FactorResult<()> + Send,
    ) -> FactorResult<Enrolled> {
        let before = factors::find(self.core.database(), person_id).await?;
        // Hashed before the transaction, which would wait for it.
        let codes = match before.as_ref().is_some_and(change::lacks_recovery_codes) {
            true => Some(self.new_recovery_codes().await?),
            false => None,
        };
        let mut transaction = self.core.database().begin().await?;
        let mut found = self.locked_factors(&mut transaction, person_id).await?;
        apply(&mut found)?;
        change::add(&mut found, factor);
        let codes = codes.filter(|_| change::lacks_recovery_codes(&found));
        if let Some(codes) = &codes {
            found.recovery_codes = Some(codes.hashes.clone());
        }
        self.finish(transaction, person_id, found, AccountMail::FactorAdded)
            .await?;
        tracing::info!(person = %person_id, factor = factor.name(), "a second factor was added");
        let account = accounts::by_id(self.core.database(), person_id).await?;
        let account = account.ok_or(Error::NotFound)?;
        Ok(Enrolled {
            recovery_codes: codes.map(|codes| RecoveryCodes(codes.shown)),
            session: self.open_session((account.id, account.token_generation), &[]),
        })
    }

    async fn disable(
        self,
        caller: &Caller,
        factor: Factor,
        proof: &SecondFactorProof,
    ) -> FactorResult<()> {
        let (account, found) = self.own_factors(caller).await?;
        if !change::has_any(&found) {
            return Err(FactorError::NotEnabled);
        }
        self.check_proof(&account, proof).await?;
        let mut transaction = self.core.database().begin().await?;
        let mut found = self.locked_factors(&mut transaction, account.id).await?;
        if !factor.is_in(&found) {
            return Err(FactorError::NotEnabled);
        }
        change::remove(&mut found, factor);
        self.finish(transaction, account.id, found, AccountMail::FactorRemoved)
            .await?;
        tracing::info!(person = %account.id, factor = factor.name(), "a second factor was removed");
        Ok(())
    }
}
