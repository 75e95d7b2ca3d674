//! Notices: what a notification says, by mail and in chats. Jobs send them, one
//! for each notification and channel (`events/notices.rs` enqueues them).

use futures_util::future::BoxFuture;
use serde_json::Value;
use tanuki_domain::Role;
use tanuki_store::query::notices::{self, About, Chat, Notice, NoticePlaylist, NoticeTask};

use crate::fields::id_of;
use crate::jobs::{Failure, Job, Outcome};
use crate::mail::Recipient;
use crate::messages::{Format, Message, Paragraph, Part, Sentence};
use crate::{Caller, Core, Error, Result};

/// How much of a comment a mail quotes, in characters.
const QUOTE_LENGTH: usize = 10_000;

/// How much of a comment a chat gets: Slack takes 3,000 characters in all,
/// with what is escaped.
const CHAT_QUOTE_LENGTH: usize = 1_000;

/// Why there is nothing to send.
const GONE: &str = "the notification is gone";
const UNREADABLE: &str = "the person may not read what it is about";
const UNWANTED: &str = "the person does not want it any more";

/// Runs a job of the kind `mail-notice`.
pub(crate) fn run_mail(core: Core, job: Job) -> BoxFuture<'static, Outcome> {
    Box::pin(async move { core.send_mail_notice(&job).await })
}

/// Runs a job of the kind `chat-notice`.
pub(crate) fn run_chat(core: Core, job: Job) -> BoxFuture<'static, Outcome> {
    Box::pin(async move { core.send_chat_notice(&job).await })
}

/// A notice with the text that it quotes: a comment or a reply.
struct Quoting {
    notice: Notice,
    text: String,
}

impl Core {
    async fn send_mail_notice(&self, job: &Job) -> Outcome {
        let Quoting { notice, text } = match self.readable_notice(job).await? {
            Ok(notice) => notice,
            Err(reason) => return Ok(Some(reason.into())),
        };
        let recipient = &notice.recipient;
        if !recipient.wants_mail || recipient.email.is_empty() {
            return Ok(Some(UNWANTED.into()));
        }
        let message = self.notice_message(&notice, &text, QUOTE_LENGTH);
        let to = Recipient {
            email: &recipient.email,
            first_name: &recipient.first_name,
            language: self.language(recipient.locale.as_deref()),
        };
        self.send_mail(to, &message).await?;
        Ok(None)
    }

    async fn send_chat_notice(&self, job: &Job) -> Outcome {
        let named = |chat: &Chat| chat.name() == job.text("chat");
        let chat = Chat::ALL.into_iter().find(named);
        let chat = chat.ok_or_else(|| Failure::Final("there is no such chat".into()))?;
        let Quoting { notice, text } = match self.readable_notice(job).await? {
            Ok(notice) => notice,
            Err(reason) => return Ok(Some(reason.into())),
        };
        let recipient = &notice.recipient;
        let access = notices::chat_access(self.database(), recipient.id, chat).await?;
        let Some((user, credential)) = access else {
            return Ok(Some(UNWANTED.into()));
        };
        let message = self.notice_message(&notice, &text, CHAT_QUOTE_LENGTH);
        let (client, format) = match chat {
            Chat::Slack => (tanuki_chat::Chat::Slack, Format::Slack),
            Chat::Mattermost => (tanuki_chat::Chat::Mattermost, Format::Markdown),
            Chat::Discord => (tanuki_chat::Chat::Discord, Format::Markdown),
        };
        let language = self.language(recipient.locale.as_deref());
        let paragraphs = message.paragraphs(language, format);
        let note = tanuki_chat::Note {
            user: &user,
            credential: &credential,
            project: match &notice.about {
                About::Task(task) => &task.project,
                About::Playlist(playlist) => &playlist.project,
            },
            text: &paragraphs.join("\n\n"),
        };
        match self.chat_client().send(client, &note).await {
            Ok(()) => Ok(None),
            Err(tanuki_chat::Failure::Temporary(reason)) => Err(Failure::Temporary(reason)),
            Err(tanuki_chat::Failure::Final(reason)) => Err(Failure::Final(reason)),
        }
    }

    /// Loads the notice of a job, as far as its recipient may read what it is
    /// about now; otherwise the reason why nothing is sent.
    async fn readable_notice(
        &self,
        job: &Job,
    ) -> Result<std::result::Result<Quoting, &'static str>, Failure> {
        let id = job.id("notification_id")?;
        let Some(notice) = notices::notice(self.database(), id).await? else {
            return Ok(Err(GONE));
        };
        if !notice.recipient.active {
            return Ok(Err(UNWANTED));
        }
        match self.quoted_text(&notice).await {
            Ok(text) => Ok(Ok(Quoting { notice, text })),
            Err(Error::Denied | Error::DeniedBecause(_)) => Ok(Err(UNREADABLE)),
            Err(Error::NotFound) => Ok(Err(GONE)),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the text of the comment or reply that a notice is about; empty
    /// for others.
    ///
    /// # Errors
    /// [`Error::Denied`] if the recipient may not read the task, the comment or
    /// the playlist, [`Error::NotFound`] if the comment or reply is gone.
    async fn quoted_text(&self, notice: &Notice) -> Result<String> {
        let recipient = &notice.recipient;
        let role: Role = recipient.role.parse().map_err(|_| Error::Denied)?;
        let reader = Caller::from_session(recipient.id, role);
        let database = self.database();
        let task = match &notice.about {
            About::Task(task) => task,
            About::Playlist(playlist) => {
                let project = Some(playlist.project_id);
                let access = reader.require_project_access(database, project).await?;
                access.require_playlist_read(playlist.for_client)?;
                return Ok(String::new());
            }
        };
        reader.require_task_access(database.into(), task.id).await?;
        let Some(comment_id) = notice.comment_id else {
            return Ok(String::new());
        };
        let comment = self.comments().comment_row(comment_id).await?;
        reader.reads_comment(database.into(), &comment).await?;
        let of = |row: &crate::JsonRow| {
            let text = row.get("text").and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        let Some(reply_id) = notice.reply_id else {
            return Ok(of(&comment));
        };
        let replies = comment.get("replies").and_then(Value::as_array);
        replies
            .into_iter()
            .flatten()
            .filter_map(Value::as_object)
            .find(|reply| id_of(reply, "id") == Some(reply_id))
            .map(of)
            .ok_or(Error::NotFound)
    }

    /// Says what a notice is about, with at most `limit` characters of the
    /// comment.
    fn notice_message(&self, notice: &Notice, text: &str, limit: usize) -> Message {
        let task = match &notice.about {
            About::Task(task) => task,
            About::Playlist(playlist) => return self.playlist_message(playlist, &notice.author),
        };
        let (subject, sentence) = match notice.kind.as_str() {
            "assignation" => ("assignation.subject", "assignation.text"),
            "mention" | "reply-mention" => ("mention.subject", "mention.text"),
            "reply" => ("reply.subject", "reply.text"),
            _ if text.trim().is_empty() => ("comment.subject", "status.text"),
            _ => ("comment.subject", "comment.text"),
        };
        let name = format!("{} / {} / {}", task.project, task.entity, task.task_type);
        let url = task_url(&self.settings().studio.public_url, task);
        let status = notice.status.to_uppercase();
        let values = vec![
            ("author", Part::Strong(notice.author.clone())),
            ("status", Part::Strong(status)),
            ("task", Part::Link { text: name, url }),
        ];
        let mut paragraphs = vec![Paragraph::Sentence(Sentence::new(sentence, values.clone()))];
        if !text.trim().is_empty() {
            paragraphs.push(Paragraph::Quote(shortened(text.trim(), limit)));
        }
        Message {
            subject: Sentence::new(subject, values),
            paragraphs,
        }
    }

    /// Says that a playlist is ready for review.
    fn playlist_message(&self, playlist: &NoticePlaylist, author: &str) -> Message {
        let episode = playlist.episode.iter().map(|(_, name)| name.as_str());
        let path = [playlist.project.as_str()].into_iter().chain(episode);
        let path: Vec<&str> = path.chain([playlist.name.as_str()]).collect();
        let link = Part::Link {
            text: path.join(" / "),
            url: playlist_url(&self.settings().studio.public_url, playlist),
        };
        let values = vec![
            ("author", Part::Strong(author.to_owned())),
            ("playlist", link),
        ];
        let sentence = Sentence::new("playlist.text", values.clone());
        Message {
            subject: Sentence::new("playlist.subject", values),
            paragraphs: vec![Paragraph::Sentence(sentence)],
        }
    }
}

/// Returns the address of a playlist in the web client.
fn playlist_url(studio: &str, playlist: &NoticePlaylist) -> String {
    let of_assets = playlist.production_type == "tvshow" && playlist.for_entity == "asset";
    let episode = match &playlist.episode {
        Some((id, _)) => format!("/episodes/{id}"),
        None if of_assets && playlist.is_for_all => "/episodes/all".to_owned(),
        None if of_assets => "/episodes/main".to_owned(),
        None => String::new(),
    };
    let (project, id) = (playlist.project_id, playlist.id);
    format!("{studio}/productions/{project}{episode}/playlists/{id}")
}

/// Returns the address of a task in the web client.
fn task_url(studio: &str, task: &NoticeTask) -> String {
    let episode = match (task.production_type.as_str(), task.episode_id) {
        // What belongs to no episode is in one that the client calls `main`.
        ("tvshow", None) => "/episodes/main".to_owned(),
        ("tvshow", Some(id)) => format!("/episodes/{id}"),
        _ => String::new(),
    };
    let section = match task.for_entity.as_str() {
        "Shot" => "shots",
        "Edit" => "edits",
        _ => "assets",
    };
    let (project, id) = (task.project_id, task.id);
    format!("{studio}/productions/{project}{episode}/{section}/tasks/{id}")
}

/// Cuts a text off after so many characters.
fn shortened(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn task(production_type: &str, episode_id: Option<Uuid>, for_entity: &str) -> NoticeTask {
        NoticeTask {
            id: Uuid::from_u128(2),
            project_id: Uuid::from_u128(1),
            project: "Film".into(),
            production_type: production_type.into(),
            entity: "SE01 / SH01".into(),
            episode_id,
            task_type: "Animation".into(),
            for_entity: for_entity.into(),
        }
    }

    #[test]
    fn links_lead_to_the_task_in_the_web_client() {
        let path = |task: &NoticeTask| {
            let url = task_url("https://studio", task);
            let (_, rest) = url
                .split_once("/productions/00000000-0000-0000-0000-000000000001")
                .unwrap();
            rest.replace("00000000-0000-0000-0000-00000000000", "")
        };
        let episode = Some(Uuid::from_u128(3));
        assert_eq!(path(&task("short", episode, "Shot")), "/shots/tasks/2");
        assert_eq!(
            path(&task("tvshow", episode, "Shot")),
            "/episodes/3/shots/tasks/2"
        );
        assert_eq!(
            path(&task("tvshow", None, "Asset")),
            "/episodes/main/assets/tasks/2"
        );
        assert_eq!(path(&task("short", None, "Edit")), "/edits/tasks/2");
    }

    #[test]
    fn long_comments_are_cut_off_between_characters() {
        assert_eq!(shortened("äöü", 3), "äöü");
        assert_eq!(shortened("äöü", 2), "äö…");
    }
}
