//! Mails about a person's account, sent by jobs. Links to choose a password and
//! codes are made when the mail is sent, so that no job holds their secret.

use chrono::Duration;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use tanuki_store::Transaction;
use tanuki_store::query::auth::accounts::{self, Account};
use uuid::Uuid;

use super::RESET_LIFETIME;
use crate::jobs::{ACCOUNT_MAIL, Failure, Job, Outcome};
use crate::mail::Recipient;
use crate::messages::{Message, Paragraph, Part, Sentence};
use crate::{Core, Result};

/// How long the link of an invitation is valid.
const INVITATION_LIFETIME: Duration = Duration::days(7);

/// A mail about an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccountMail {
    /// A link to choose a new password, which the person asked for.
    PasswordReset,
    /// The person changed their password.
    PasswordChanged,
    /// An admin changed the password.
    PasswordSet,
    /// An admin disabled the second factors.
    TwoFactorDisabled,
    /// A link to choose the first password.
    Invitation,
    /// The person added a second factor.
    FactorAdded,
    /// The person removed a second factor.
    FactorRemoved,
    /// The person made new recovery codes.
    RecoveryCodesRenewed,
    /// A code that is a second factor.
    SignInCode,
    /// The account became an identity's at the provider of single sign-on.
    SignOnLinked,
    /// The person added a passkey.
    PasskeyAdded,
    /// The person removed a passkey.
    PasskeyRemoved,
}

const ALL: [AccountMail; 12] = [
    AccountMail::PasswordReset,
    AccountMail::PasswordChanged,
    AccountMail::PasswordSet,
    AccountMail::TwoFactorDisabled,
    AccountMail::Invitation,
    AccountMail::FactorAdded,
    AccountMail::FactorRemoved,
    AccountMail::RecoveryCodesRenewed,
    AccountMail::SignInCode,
    AccountMail::SignOnLinked,
    AccountMail::PasskeyAdded,
    AccountMail::PasskeyRemoved,
];

impl AccountMail {
    /// The name in the arguments of a job.
    const fn name(self) -> &'static str {
        match self {
            Self::PasswordReset => "password_reset",
            Self::PasswordChanged => "password_changed",
            Self::PasswordSet => "password_set",
            Self::TwoFactorDisabled => "two_factor_disabled",
            Self::Invitation => "invitation",
            Self::FactorAdded => "factor_added",
            Self::FactorRemoved => "factor_removed",
            Self::RecoveryCodesRenewed => "recovery_codes_renewed",
            Self::SignInCode => "sign_in_code",
            Self::SignOnLinked => "sign_on_linked",
            Self::PasskeyAdded => "passkey_added",
            Self::PasskeyRemoved => "passkey_removed",
        }
    }

    /// The names of its subject and of its two sentences.
    const fn sentences(self) -> [&'static str; 3] {
        let (subject, first, second) = match self {
            Self::PasswordReset => (
                "password_reset.subject",
                "password_reset.text",
                "password_reset.link",
            ),
            Self::PasswordChanged => (
                "password_changed.subject",
                "password_changed.text",
                "password_changed.warning",
            ),
            Self::PasswordSet => (
                "password_changed.subject",
                "password_set.text",
                "unexpected.warning",
            ),
            Self::TwoFactorDisabled => (
                "two_factor_disabled.subject",
                "two_factor_disabled.text",
                "unexpected.warning",
            ),
            Self::Invitation => ("invitation.subject", "invitation.text", "invitation.link"),
            Self::FactorAdded => (
                "factor_added.subject",
                "factor_added.text",
                "password_changed.warning",
            ),
            Self::FactorRemoved => (
                "factor_removed.subject",
                "factor_removed.text",
                "password_changed.warning",
            ),
            Self::RecoveryCodesRenewed => (
                "recovery_codes.subject",
                "recovery_codes.text",
                "password_changed.warning",
            ),
            Self::SignInCode => (
                "sign_in_code.subject",
                "sign_in_code.text",
                "sign_in_code.warning",
            ),
            Self::SignOnLinked => (
                "sign_on_linked.subject",
                "sign_on_linked.text",
                "password_changed.warning",
            ),
            Self::PasskeyAdded => (
                "passkey_added.subject",
                "passkey_added.text",
                "password_changed.warning",
            ),
            Self::PasskeyRemoved => (
                "passkey_removed.subject",
                "passkey_removed.text",
                "password_changed.warning",
            ),
        };
        [subject, first, second]
    }
}

impl Core {
    /// Enqueues a mail about an account. `by` is the admin who acted on it, `None`
    /// the operator, for whom the mail names the studio.
    pub(crate) async fn enqueue_account_mail(
        &self,
        transaction: &mut Transaction,
        mail: AccountMail,
        person_id: Uuid,
        by: Option<Uuid>,
    ) -> Result<()> {
        if !self.mail_is_enabled() {
            return Ok(());
        }
        let mut arguments: Map<String, Value> = Map::new();
        arguments.insert("mail".into(), mail.name().into());
        arguments.insert("person_id".into(), person_id.to_string().into());
        if let Some(id) = by {
            arguments.insert("by".into(), id.to_string().into());
        }
        self.enqueue(transaction, &ACCOUNT_MAIL, vec![arguments])
            .await
    }

    async fn send_account_mail(&self, job: &Job) -> Outcome {
        let mail = ALL.into_iter().find(|mail| mail.name() == job.text("mail"));
        let mail = mail.ok_or_else(|| Failure::Final("there is no such mail".into()))?;
        let account = accounts::by_id(self.database(), job.id("person_id")?).await?;
        let Some(account) = account.filter(|account| account.active) else {
            return Ok(Some("the person is gone or inactive".into()));
        };
        let Some(email) = account.email.clone().filter(|email| !email.is_empty()) else {
            return Ok(Some("the person has no address".into()));
        };
        let message = self.account_message(mail, &account, &email, job).await?;
        let to = Recipient {
            email: &email,
            first_name: &account.first_name,
            language: self.language(account.locale.as_deref()),
        };
        self.send_mail(to, &message).await?;
        Ok(None)
    }

    async fn account_message(
        &self,
        mail: AccountMail,
        account: &Account,
        email: &str,
        job: &Job,
    ) -> Result<Message, Failure> {
        let admin = match job.id("by") {
            Ok(id) => tanuki_store::query::people::full_name(self.database(), id).await?,
            Err(_) => None,
        };
        let studio = self.studio_name().await?;
        let time = job.created_at.format("%Y-%m-%d %H:%M").to_string();
        let plain = |name, text: &str| (name, Part::Plain(text.to_owned()));
        let code = match mail {
            AccountMail::SignInCode => self.auth().new_mailed_code(account.id).await?,
            _ => String::new(),
        };
        let values = vec![
            plain("code", &code),
            plain("studio", &studio),
            plain("time", &time),
            plain("email", email),
            plain("admin", admin.as_deref().unwrap_or(&studio)),
        ];
        let sentence = |key| Sentence::new(key, values.clone());
        let with = |subject, paragraphs: &[&'static str]| Message {
            subject: sentence(subject),
            paragraphs: paragraphs
                .iter()
                .map(|key| Paragraph::Sentence(sentence(key)))
                .collect(),
        };
        let [subject, first, second] = mail.sentences();
        let mut message = with(subject, &[first, second]);
        let link = match mail {
            AccountMail::PasswordReset => {
                let auth = self.auth();
                Some(auth.password_link(email, RESET_LIFETIME, "").await?)
            }
            // The web client greets new people when it reads the type.
            AccountMail::Invitation => {
                let auth = self.auth();
                let link = auth.password_link(email, INVITATION_LIFETIME, "&type=new");
                Some(link.await?)
            }
            _ => None,
        };
        message.paragraphs.extend(link.map(Paragraph::Link));
        Ok(message)
    }
}

/// Runs a job of the kind [`ACCOUNT_MAIL`].
pub(crate) fn run(core: Core, job: Job) -> BoxFuture<'static, Outcome> {
    Box::pin(async move { core.send_account_mail(&job).await })
}
