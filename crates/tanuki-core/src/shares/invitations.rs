//! Mails that invite people to a shared playlist.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use tanuki_store::query::auth::accounts;
use tanuki_store::query::{people, playlists, shares};
use uuid::Uuid;

use super::{ShareError, ShareResult};
use crate::jobs::{Job, Outcome, SHARE_MAIL};
use crate::mail::Recipient;
use crate::messages::{Message, Paragraph, Part, Sentence};
use crate::{Caller, Core, MaybeId, Result, Shares, email};

/// Maximum number of recipients of one request.
const MAX_RECIPIENTS: usize = 100;

/// Maximum length of what the sender adds, in characters.
const MAX_MESSAGE: usize = 10_000;

/// Who is invited, and with which words.
#[derive(Debug, Clone, Default)]
pub struct Invitation {
    pub emails: Vec<String>,
    /// People with an account; those that do not exist are left out.
    pub people: Vec<Uuid>,
    pub message: Option<String>,
}

impl Shares<'_> {
    /// Requires a manager of the project of a playlist that has the link, so
    /// that a request is refused before its body is validated.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if there is no such playlist or it has no such link,
    /// [`Error::Denied`](crate::Error::Denied) without permission.
    pub async fn may_invite(self, caller: &Caller, playlist: &MaybeId, token: &str) -> Result<()> {
        self.link_of(caller, playlist, token).await.map(|_| ())
    }

    /// Invites people to a link of a playlist by mail. Returns the addresses,
    /// each once. Requires a manager of the project.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if there is no such playlist or it has no such link
    /// in force, [`Error::Denied`](crate::Error::Denied) without permission;
    /// [`ShareError::Invalid`] for a malformed address, too many, or a message
    /// that is too long.
    pub async fn invite(
        self,
        caller: &Caller,
        playlist: &MaybeId,
        token: &str,
        invitation: Invitation,
    ) -> ShareResult<Vec<String>> {
        let database = self.core.database();
        let link = self.link_of(caller, playlist, token).await?;
        self.in_force(&link, None)?;
        let message = invitation.message.clone().unwrap_or_default();
        if message.chars().count() > MAX_MESSAGE {
            let most = format!("message has at most {MAX_MESSAGE} characters");
            return Err(ShareError::Invalid(most));
        }
        let recipients = self.recipients(&invitation).await?;
        let mut sent = Vec::with_capacity(recipients.len());
        let mut jobs = Vec::with_capacity(recipients.len());
        for (address, person) in recipients {
            let mut arguments = Map::from_iter([
                ("link_id".to_owned(), Value::from(link.id.to_string())),
                ("email".to_owned(), address.clone().into()),
                ("by".to_owned(), caller.id.to_string().into()),
                ("message".to_owned(), message.clone().into()),
            ]);
            if let Some(id) = person {
                arguments.insert("person_id".into(), id.to_string().into());
            }
            jobs.push(arguments);
            sent.push(address);
        }
        if self.core.mail_is_enabled() && !jobs.is_empty() {
            let mut transaction = database.begin().await?;
            self.core
                .enqueue(&mut transaction, &SHARE_MAIL, jobs)
                .await?;
            transaction.commit().await?;
        }
        Ok(sent)
    }

    /// Returns the valid addresses in the order in which they are named, each
    /// once, with the person whose it is.
    async fn recipients(self, invitation: &Invitation) -> ShareResult<Vec<(String, Option<Uuid>)>> {
        if invitation.emails.len() + invitation.people.len() > MAX_RECIPIENTS {
            let most = format!("At most {MAX_RECIPIENTS} people are invited at once");
            return Err(ShareError::Invalid(most));
        }
        let public = self.core.settings().mail.check_deliverability;
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        let mut recipients: Vec<(String, Option<Uuid>)> = Vec::new();
        let mut add = |address: &str, person: Option<Uuid>| {
            let address = email::validate(address, public).map_err(ShareError::Invalid)?;
            let place = *places.entry(address.to_lowercase()).or_insert_with(|| {
                recipients.push((address.clone(), None));
                recipients.len() - 1
            });
            if person.is_some() {
                recipients[place] = (address, person);
            }
            Ok::<(), ShareError>(())
        };
        for address in &invitation.emails {
            add(address, None)?;
        }
        for id in &invitation.people {
            let account = accounts::by_id(self.core.database(), *id).await?;
            let address = account.and_then(|account| account.email);
            if let Some(address) = address.filter(|address| !address.is_empty()) {
                add(&address, Some(*id))?;
            }
        }
        Ok(recipients)
    }
}

impl Core {
    async fn send_share_mail(&self, job: &Job) -> Outcome {
        let database = self.database();
        let found = shares::by_id(database, job.id("link_id")?).await?;
        let in_force = found.filter(|(link, _)| self.shares().in_force(link, None).is_ok());
        let Some((link, token)) = in_force else {
            return Ok(Some("the link is not in force any more".into()));
        };
        let context = playlists::context(database, link.playlist_id).await?;
        let (name, project) = context.map_or_else(Default::default, |context| {
            (context.playlist, context.project)
        });
        let author = match job.id("by") {
            Ok(id) => people::full_name(database, id).await?,
            Err(_) => None,
        };
        let author = match author {
            Some(author) => author,
            None => self.studio_name().await?,
        };
        let plain = |name, text: &str| (name, Part::Plain(text.to_owned()));
        let values = vec![
            plain("author", &author),
            plain("playlist", &name),
            plain("project", &project),
        ];
        let sentence = |key| Sentence::new(key, values.clone());
        let mut paragraphs = vec![Paragraph::Sentence(sentence("share.text"))];
        if !job.text("message").is_empty() {
            paragraphs.push(Paragraph::Quote(job.text("message").to_owned()));
        }
        paragraphs.push(Paragraph::Sentence(sentence("share.link")));
        let site = self.settings().studio.public_url.trim_end_matches('/');
        let url = format!("{site}/playlists/shared/{token}");
        paragraphs.push(Paragraph::Link(url));
        let message = Message {
            subject: sentence("share.subject"),
            paragraphs,
        };
        let account = match job.id("person_id") {
            Ok(id) => accounts::by_id(database, id).await?,
            Err(_) => None,
        };
        let email = job.text("email");
        let first_name = account.as_ref().map(|account| account.first_name.as_str());
        let locale = account
            .as_ref()
            .and_then(|account| account.locale.as_deref());
        let to = Recipient {
            email,
            first_name: first_name.unwrap_or(email),
            language: self.language(locale),
        };
        self.send_mail(to, &message).await?;
        Ok(None)
    }
}

/// Runs a job of the kind [`SHARE_MAIL`].
pub(crate) fn run(core: Core, job: Job) -> BoxFuture<'static, Outcome> {
    Box::pin(async move { core.send_share_mail(&job).await })
}
