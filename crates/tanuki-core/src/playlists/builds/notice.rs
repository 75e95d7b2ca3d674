//! The mail that says that the film of a playlist can be downloaded.

use futures_util::future::BoxFuture;
use tanuki_store::Transaction;
use tanuki_store::query::auth::accounts;
use tanuki_store::query::{playlists, rows};
use uuid::Uuid;

use super::{BUILD_ARGUMENT, BUILD_ROW, PERSON_ARGUMENT, arguments};
use crate::fields::id_of;
use crate::jobs::{BUILD_NOTICE, Job, Outcome};
use crate::mail::Recipient;
use crate::messages::{Message, Paragraph, Part, Sentence};
use crate::{Core, Result};

/// Runs a job of the kind [`BUILD_NOTICE`].
pub(crate) fn run(core: Core, job: Job) -> BoxFuture<'static, Outcome> {
    Box::pin(async move { send(&core, &job).await })
}

/// Has a mail sent to the person who asked for a build, if the server sends
/// mail.
pub(super) async fn enqueue(
    core: &Core,
    transaction: &mut Transaction,
    build_id: Uuid,
    person_id: Uuid,
) -> Result<()> {
    if !core.mail_is_enabled() {
        return Ok(());
    }
    let arguments = arguments([(BUILD_ARGUMENT, build_id), (PERSON_ARGUMENT, person_id)]);
    core.enqueue(transaction, &BUILD_NOTICE, vec![arguments])
        .await
}

async fn send(core: &Core, job: &Job) -> Outcome {
    let database = core.database();
    let build_id = job.id(BUILD_ARGUMENT)?;
    let build = rows::by_id(database, &BUILD_ROW, build_id).await?;
    let Some(playlist_id) = build.and_then(|build| id_of(&build, "playlist_id")) else {
        return Ok(Some("the build was deleted".into()));
    };
    let Some(context) = playlists::context(database, playlist_id).await? else {
        return Ok(Some("the playlist was deleted".into()));
    };
    let account = accounts::by_id(database, job.id(PERSON_ARGUMENT)?).await?;
    let account = account.filter(|account| account.active);
    let Some((account, email)) = account.and_then(|account| {
        let email = account.email.clone().filter(|email| !email.is_empty())?;
        Some((account, email))
    }) else {
        return Ok(Some(
            "the person is gone, inactive or without an address".into(),
        ));
    };
    let studio = &core.settings().studio.public_url;
    let link = Part::Link {
        text: format!("{} / {}", context.project, context.playlist),
        url: format!("{studio}/api/data/playlists/{playlist_id}/jobs/{build_id}/build/mp4"),
    };
    let values = vec![("playlist", link)];
    let message = Message {
        subject: Sentence::new("build.subject", values.clone()),
        paragraphs: vec![Paragraph::Sentence(Sentence::new("build.text", values))],
    };
    let to = Recipient {
        email: &email,
        first_name: &account.first_name,
        language: core.language(account.locale.as_deref()),
    };
    core.send_mail(to, &message).await?;
    Ok(None)
}
