//! What a request shows of second factors, and whether it is right.

use serde_json::{Map, Value};
use tanuki_store::query::auth::accounts::{self, Account};
use tanuki_store::query::auth::factors;
use uuid::Uuid;

use super::totp::matching_steps;
use crate::{Auth, Error, Result};

/// The codes and answers that a client sends along to prove second factors. One
/// of a factor that the person has is enough.
#[derive(Clone, Default)]
pub struct SecondFactorProof {
    /// The code of an authenticator app.
    pub totp: Option<String>,
    /// A code that was mailed.
    pub email_otp: Option<String>,
    /// What a security key answers to a challenge: a `PublicKeyCredential` as
    /// JSON.
    pub fido: Option<Map<String, Value>>,
    pub recovery_code: Option<String>,
}

impl std::fmt::Debug for SecondFactorProof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecondFactorProof").finish_non_exhaustive()
    }
}

/// Why a proof is refused.
#[derive(Debug)]
pub(in crate::auth) enum ProofError {
    /// There is none of a factor that the person has.
    Missing,
    Wrong,
    /// Too many failed attempts.
    LockedOut,
    Failed(Error),
}

impl<E: Into<Error>> From<E> for ProofError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// The part of a proof that counts.
enum Shown<'a> {
    Totp(&'a str),
    EmailOtp(&'a str),
    Fido(&'a Map<String, Value>),
    RecoveryCode(&'a str),
}

impl SecondFactorProof {
    /// Returns the part that counts for a person: the first one, in Zou's order,
    /// of a factor that they have.
    fn shown(&self, account: &Account) -> Option<Shown<'_>> {
        let totp = self.totp.as_deref().filter(|_| account.totp_enabled);
        let mailed = self.email_otp.as_deref();
        let mailed = mailed.filter(|_| account.email_otp_enabled);
        let fido = self.fido.as_ref().filter(|_| account.fido_enabled);
        let recovery = self.recovery_code.as_deref();
        totp.map(Shown::Totp)
            .or(mailed.map(Shown::EmailOtp))
            .or(fido.map(Shown::Fido))
            .or(recovery.map(Shown::RecoveryCode))
    }
}

impl Auth<'_> {
    /// Checks that a proof is right, which uses up its code or challenge. A wrong
    /// one counts towards the lockout. `account` was read just before.
    ///
    /// # Errors
    /// [`ProofError`].
    pub(in crate::auth) async fn check_proof(
        self,
        account: &Account,
        proof: &SecondFactorProof,
    ) -> Result<(), ProofError> {
        let Some(shown) = proof.shown(account) else {
            return Err(ProofError::Missing);
        };
        let id = account.id;
        let check = async {
            match shown {
                Shown::Totp(code) => self.use_totp(id, code).await,
                Shown::EmailOtp(code) => self.use_mailed_code(id, code).await,
                Shown::Fido(answer) => self.use_assertion(id, answer).await,
                Shown::RecoveryCode(code) => self.use_recovery_code(id, code).await,
            }
        };
        self.count_attempt(account, check).await
    }

    /// Runs a check of a code. The attempt is counted towards the lockout before
    /// that, so that concurrent attempts cannot bypass it; a successful one is
    /// subtracted again.
    ///
    /// # Errors
    /// [`ProofError::LockedOut`], [`ProofError::Wrong`] if the check says no.
    pub(super) async fn count_attempt(
        self,
        account: &Account,
        check: impl Future<Output = Result<bool>>,
    ) -> Result<(), ProofError> {
        if !self.claim_attempt(account.id).await? {
            return Err(ProofError::LockedOut);
        }
        let database = self.core.database();
        if !check.await? {
            accounts::touch(database, account.id, self.core.clock().timestamp()).await?;
            return Err(ProofError::Wrong);
        }
        accounts::return_attempt(database, account).await?;
        Ok(())
    }

    async fn use_totp(self, person_id: Uuid, code: &str) -> Result<bool> {
        let found = factors::find(self.core.database(), person_id).await?;
        match found.and_then(|found| found.totp_secret) {
            Some(secret) => self.use_totp_code(person_id, &secret, code).await,
            None => Ok(false),
        }
    }

    /// Whether that is a code of the secret now, of a step of which none was
    /// accepted yet.
    async fn use_totp_code(self, person_id: Uuid, secret: &str, code: &str) -> Result<bool> {
        let now = self.core.clock().now().timestamp();
        for step in matching_steps(secret, code, now) {
            if factors::accept_totp_step(self.core.database(), person_id, step).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
