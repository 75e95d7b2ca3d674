//! Codes that are sent by mail.

use chrono::Duration;
use tanuki_store::Transaction;
use tanuki_store::query::auth::{accounts, factors};
use uuid::Uuid;

use super::totp::plain;
use crate::auth::account_mail::AccountMail;
use crate::auth::secret::fill_randomly;
use crate::{Auth, Result};

/// How long a code is valid.
const LIFETIME: Duration = Duration::seconds(300);

/// How often a code is compared.
const MAX_TRIES: i32 = 5;

/// Until a code was used, the next one is not sent earlier.
const INTERVAL: Duration = Duration::minutes(1);

/// The purpose of the signature by which a code is stored.
const SIGNATURE: &str = "mailed-code";

impl Auth<'_> {
    /// Mails a code to somebody who has codes by mail as a second factor.
    /// `login` is an address or a desktop login. At most one mail a minute. The
    /// result does not disclose whether there is such a person. Everybody may
    /// call it.
    ///
    /// # Errors
    /// Failures of the database only; a job sends the mail.
    pub async fn request_mailed_code(self, login: &str) -> Result<()> {
        let database = self.core.database();
        let found = accounts::by_login(database, login).await?;
        let Some(account) = found.filter(|one| one.active && one.email_otp_enabled) else {
            return Ok(());
        };
        let mut transaction = database.begin().await?;
        self.enqueue_mailed_code(&mut transaction, account.id)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Enqueues the mail with a code, unless the last one was asked for less
    /// than a minute ago and was not used.
    pub(super) async fn enqueue_mailed_code(
        self,
        transaction: &mut Transaction,
        person_id: Uuid,
    ) -> Result<()> {
        let now = self.core.clock().timestamp();
        if !factors::ask_for_mail(transaction, person_id, now, now - INTERVAL).await? {
            return Ok(());
        }
        self.core
            .enqueue_account_mail(transaction, AccountMail::SignInCode, person_id, None)
            .await
    }

    /// Returns a new code for a mail that is about to be sent. It replaces the
    /// one before.
    pub(in crate::auth) async fn new_mailed_code(self, person_id: Uuid) -> Result<String> {
        let mut bytes = [0; 8];
        fill_randomly(&mut bytes)?;
        let code = format!("{:06}", u64::from_be_bytes(bytes) % 1_000_000);
        let signature = self.core.signature(SIGNATURE, &signed(person_id, &code));
        let ends = self.core.clock().timestamp() + LIFETIME;
        factors::put_mailed_code(self.core.database(), person_id, &signature, ends).await?;
        Ok(code)
    }

    /// Whether that is the code that was mailed to the person last, which is
    /// used by that.
    pub(super) async fn use_mailed_code(self, person_id: Uuid, code: &str) -> Result<bool> {
        let database = self.core.database();
        let now = self.core.clock().timestamp();
        let stored = factors::try_mailed_code(database, person_id, MAX_TRIES, now).await?;
        let Some(stored) = stored else {
            return Ok(false);
        };
        let text = signed(person_id, &plain(code));
        if !self.core.is_signature(SIGNATURE, &text, &stored) {
            return Ok(false);
        }
        Ok(factors::take_mailed_code(database, person_id, &stored).await?)
    }
}

fn signed(person_id: Uuid, code: &str) -> String {
    format!("{person_id} {code}")
}
