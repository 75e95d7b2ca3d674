//! Notices: notifications that people get by mail or in a chat as well.

use sea_query::{Cond, Expr, ExprTrait, Query, SelectStatement, SimpleExpr};
use uuid::Uuid;

use crate::database::Row;
use crate::fk::{self, JoinByKey};
use crate::query::entities::news::{episode_of_entity, full_entity_name, join_named_entity};
use crate::{Connection, Database, Result, Transaction};

/// The type of notification that a playlist is ready for review.
pub const PLAYLIST_READY: &str = "playlist-ready";

/// A chat that notices are sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chat {
    Slack,
    Mattermost,
    Discord,
}

impl Chat {
    pub const ALL: [Self; 3] = [Self::Slack, Self::Mattermost, Self::Discord];

    /// The name in the arguments of a job.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::Mattermost => "mattermost",
            Self::Discord => "discord",
        }
    }

    /// The columns of a person that say whether they want notices, and under
    /// which name the chat knows them.
    const fn columns(self) -> (&'static str, &'static str) {
        match self {
            Self::Slack => ("notifications_slack_enabled", "notifications_slack_userid"),
            Self::Mattermost => (
                "notifications_mattermost_enabled",
                "notifications_mattermost_userid",
            ),
            Self::Discord => (
                "notifications_discord_enabled",
                "notifications_discord_userid",
            ),
        }
    }

    /// The column of the organisation with the token or webhook.
    pub const fn credential(self) -> &'static str {
        match self {
            Self::Slack => "chat_token_slack",
            Self::Mattermost => "chat_webhook_mattermost",
            Self::Discord => "chat_token_discord",
        }
    }
}

/// How a person wants to get notices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channels {
    pub person_id: Uuid,
    /// They have an address, and want mail.
    pub mail: bool,
    pub chats: Vec<Chat>,
}

/// The person wants notices in this chat, is known there, and the studio has
/// access to it.
fn wants(chat: Chat) -> SimpleExpr {
    let (enabled, user) = chat.columns();
    let mut studio = Query::select();
    studio
        .expr(Expr::val(1))
        .from("organisation")
        .and_where(Expr::col(("organisation", chat.credential())).ne(""));
    Expr::col(("person", enabled))
        .eq(true)
        .and(Expr::col(("person", user)).ne(""))
        .and(Expr::exists(studio))
}

/// The person wants mail about this kind of notification, and has an address.
/// About a playlist that is ready, who wants notices in any chat gets mail too.
fn wants_mail(kind: &str) -> SimpleExpr {
    let wants = |column| Expr::col(("person", column)).eq(true);
    let mut wanted = wants("notifications_enabled");
    if kind == PLAYLIST_READY {
        for chat in Chat::ALL {
            wanted = wanted.or(wants(chat.columns().0));
        }
    }
    wanted.and(Expr::col(("person", "email")).ne(""))
}

/// Returns how each of these people wants to get notices of a kind of
/// notification, without those who want none, inactive people and bots.
/// `with_mail` is whether the server sends mail.
pub async fn channels(
    transaction: &mut Transaction,
    people: impl IntoIterator<Item = Uuid>,
    kind: &str,
    with_mail: bool,
) -> Result<Vec<Channels>> {
    let mut any = Cond::any();
    if with_mail {
        any = any.add(wants_mail(kind));
    }
    for chat in Chat::ALL {
        any = any.add(wants(chat));
    }
    let mut select = Query::select();
    select
        .column(("person", "id"))
        .expr_as(wants_mail(kind), "mail")
        .from("person")
        .and_where(Expr::col(("person", "id")).is_in(people))
        .and_where(Expr::col(("person", "active")).eq(true))
        .and_where(Expr::col(("person", "is_bot")).eq(false))
        .cond_where(any);
    for chat in Chat::ALL {
        select.expr_as(wants(chat), chat.name());
    }
    transaction
        .fetch(&select, |row| {
            let flag =
                |name| Ok::<_, crate::Error>(row.get::<Option<bool>>(name)?.unwrap_or(false));
            let mut chats = Vec::new();
            for chat in Chat::ALL {
                if flag(chat.name())? {
                    chats.push(chat);
                }
            }
            Ok(Channels {
                person_id: row.get("id")?,
                mail: with_mail && flag("mail")?,
                chats,
            })
        })
        .await
}

/// A notification, with what a notice says about it.
#[derive(Debug)]
pub struct Notice {
    /// One of [`NOTIFICATION_TYPES`](crate::schema::NOTIFICATION_TYPES).
    pub kind: String,
    pub recipient: Recipient,
    /// First and last name of who caused it.
    pub author: String,
    pub comment_id: Option<Uuid>,
    pub reply_id: Option<Uuid>,
    pub about: About,
    /// The short name of the status that the comment set.
    pub status: String,
}

/// What a notice is about.
#[derive(Debug)]
pub enum About {
    Task(NoticeTask),
    Playlist(NoticePlaylist),
}

/// Who gets a notice.
#[derive(Debug)]
pub struct Recipient {
    pub id: Uuid,
    pub active: bool,
    pub email: String,
    pub first_name: String,
    pub role: String,
    pub locale: Option<String>,
    pub wants_mail: bool,
}

/// The task that a notice is about.
#[derive(Debug)]
pub struct NoticeTask {
    pub id: Uuid,
    pub project_id: Uuid,
    pub project: String,
    /// `short`, `tvshow` and so on.
    pub production_type: String,
    /// Episode, sequence and shot, or asset type and asset.
    pub entity: String,
    pub episode_id: Option<Uuid>,
    pub task_type: String,
    /// `Shot`, `Asset`, `Edit` and so on.
    pub for_entity: String,
}

/// The playlist that a notice is about.
#[derive(Debug)]
pub struct NoticePlaylist {
    pub id: Uuid,
    pub name: String,
    pub project_id: Uuid,
    pub project: String,
    /// `short`, `tvshow` and so on.
    pub production_type: String,
    /// Id and name of the episode.
    pub episode: Option<(Uuid, String)>,
    /// `shot`, `asset` and so on.
    pub for_entity: String,
    pub is_for_all: bool,
    /// Whether clients may read it.
    pub for_client: bool,
}

/// Returns what a notice says; `None` if the notification, what it is about or
/// one of the people is gone.
pub async fn notice(database: &Database, id: Uuid) -> Result<Option<Notice>> {
    match about_task(database, id).await? {
        Some(notice) => Ok(Some(notice)),
        None => about_playlist(database, id).await,
    }
}

/// Query for a notification with its recipient and its author.
fn select_notice(id: Uuid) -> SelectStatement {
    let mut select = Query::select();
    for column in ["type", "comment_id", "reply_id"] {
        select.column(("notification", column));
    }
    for (table, column, name) in [
        ("person", "id", "recipient_id"),
        ("person", "active", "active"),
        ("person", "email", "email"),
        ("person", "first_name", "first_name"),
        ("person", "role", "role"),
        ("person", "locale", "locale"),
        ("author", "first_name", "author_first_name"),
        ("author", "last_name", "author_last_name"),
        ("project", "id", "project_id"),
        ("project", "name", "project_name"),
        ("project", "production_type", "production_type"),
    ] {
        select.expr_as(Expr::col((table, column)), name);
    }
    select
        .expr_as(wants_mail(""), "wants_mail")
        .expr_as(wants_mail(PLAYLIST_READY), "wants_playlist_mail")
        .from("notification")
        .inner_join_to(fk::NOTIFICATION_PERSON)
        .inner_join_to(fk::NOTIFICATION_AUTHOR.target_as("author"))
        .and_where(Expr::col(("notification", "id")).eq(id));
    select
}

async fn about_task(database: &Database, id: Uuid) -> Result<Option<Notice>> {
    let mut select = select_notice(id);
    for (table, column, name) in [
        ("task", "id", "task_id"),
        ("task_type", "name", "task_type_name"),
        ("task_type", "for_entity", "for_entity"),
        ("task_status", "short_name", "task_status"),
        ("comment_status", "short_name", "comment_status"),
    ] {
        select.expr_as(Expr::col((table, column)), name);
    }
    select
        .expr_as(full_entity_name(), "entity_name")
        .expr_as(episode_of_entity(), "episode_id")
        .inner_join_to(fk::NOTIFICATION_TASK)
        .inner_join_to(fk::TASK_PROJECT)
        .inner_join_to(fk::TASK_TASK_TYPE)
        .inner_join_to(fk::TASK_ENTITY);
    join_named_entity(&mut select);
    select
        .left_join_to(fk::TASK_TASK_STATUS)
        .left_join_to(fk::NOTIFICATION_COMMENT)
        .left_join_to(fk::COMMENT_TASK_STATUS.target_as("comment_status"));
    let notice = database.fetch_one(&select, |row| {
        let task = NoticeTask {
            id: row.get("task_id")?,
            project_id: row.get("project_id")?,
            project: text(row, "project_name")?,
            production_type: text(row, "production_type")?,
            entity: text(row, "entity_name")?,
            episode_id: row.get("episode_id")?,
            task_type: text(row, "task_type_name")?,
            for_entity: text(row, "for_entity")?,
        };
        let status = match text(row, "comment_status")? {
            status if status.is_empty() => text(row, "task_status")?,
            status => status,
        };
        read(row, About::Task(task), status)
    });
    notice.await
}

async fn about_playlist(database: &Database, id: Uuid) -> Result<Option<Notice>> {
    let mut select = select_notice(id);
    for (column, name) in [
        ("id", "playlist_id"),
        ("name", "playlist_name"),
        ("for_entity", "for_entity"),
        ("is_for_all", "is_for_all"),
        ("for_client", "for_client"),
    ] {
        select.expr_as(Expr::col(("playlist", column)), name);
    }
    select
        .expr_as(Expr::col(("episode", "id")), "episode_id")
        .expr_as(Expr::col(("episode", "name")), "episode_name")
        .inner_join_to(fk::NOTIFICATION_PLAYLIST)
        .inner_join_to(fk::PLAYLIST_PROJECT)
        .left_join_to(fk::PLAYLIST_EPISODE.target_as("episode"));
    let notice = database.fetch_one(&select, |row| {
        let episode: Option<Uuid> = row.get("episode_id")?;
        let playlist = NoticePlaylist {
            id: row.get("playlist_id")?,
            name: text(row, "playlist_name")?,
            project_id: row.get("project_id")?,
            project: text(row, "project_name")?,
            production_type: text(row, "production_type")?,
            episode: match episode {
                Some(id) => Some((id, text(row, "episode_name")?)),
                None => None,
            },
            for_entity: text(row, "for_entity")?,
            is_for_all: flag(row, "is_for_all")?,
            for_client: flag(row, "for_client")?,
        };
        read(row, About::Playlist(playlist), String::new())
    });
    notice.await
}

/// Returns a text column; empty for NULL.
fn text(row: &Row, name: &'static str) -> Result<String> {
    Ok(row.get::<Option<String>>(name)?.unwrap_or_default())
}

fn flag(row: &Row, name: &'static str) -> Result<bool> {
    Ok(row.get::<Option<bool>>(name)?.unwrap_or(false))
}

fn read(row: &Row, about: About, status: String) -> Result<Notice> {
    let first_name = text(row, "author_first_name")?;
    let author = format!("{first_name} {}", text(row, "author_last_name")?);
    let kind = text(row, "type")?;
    let mail = match kind.as_str() {
        PLAYLIST_READY => "wants_playlist_mail",
        _ => "wants_mail",
    };
    Ok(Notice {
        recipient: Recipient {
            id: row.get("recipient_id")?,
            active: flag(row, "active")?,
            email: text(row, "email")?,
            first_name: text(row, "first_name")?,
            role: text(row, "role")?,
            locale: row.get("locale")?,
            wants_mail: flag(row, mail)?,
        },
        kind,
        author: author.trim().to_owned(),
        comment_id: row.get("comment_id")?,
        reply_id: row.get("reply_id")?,
        about,
        status,
    })
}

/// Returns under which name a chat knows a person, and the studio's token or
/// webhook for it; `None` if one of them is missing or the person does not want
/// notices there any more.
pub async fn chat_access(
    database: &Database,
    person_id: Uuid,
    chat: Chat,
) -> Result<Option<(String, String)>> {
    let (enabled, user) = chat.columns();
    let mut credential = Query::select();
    credential
        .column(chat.credential())
        .from("organisation")
        .and_where(Expr::col(chat.credential()).ne(""))
        .limit(1);
    let mut select = Query::select();
    select
        .expr_as(Expr::col(user), "user")
        .expr_as(
            sea_query::SubQueryStatement::SelectStatement(credential),
            "credential",
        )
        .from("person")
        .and_where(Expr::col("id").eq(person_id))
        .and_where(Expr::col(enabled).eq(true))
        .and_where(Expr::col(user).ne(""));
    let found = database.fetch_one(&select, |row| {
        let credential: Option<String> = row.get("credential")?;
        Ok(credential.map(|credential| (row.get("user"), credential)))
    });
    match found.await?.flatten() {
        Some((user, credential)) => Ok(Some((user?, credential))),
        None => Ok(None),
    }
}
