//! Notices: notifications that people get by mail or in a chat as well.

use sea_query::{Cond, Expr, ExprTrait, Query, SimpleExpr};
use uuid::Uuid;

use crate::database::Row;
use crate::fk::{self, JoinByKey};
use crate::query::entities::news::{episode_of_entity, full_entity_name, join_named_entity};
use crate::{Connection, Database, Result, Transaction};

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

/// The person wants mail, and has an address.
fn wants_mail() -> SimpleExpr {
    Expr::col(("person", "notifications_enabled"))
        .eq(true)
        .and(Expr::col(("person", "email")).ne(""))
}

/// Returns how each of these people wants to get notices, without those who
/// want none, inactive people and bots. `with_mail` is whether the server sends
/// mail.
pub async fn channels(
    transaction: &mut Transaction,
    people: impl IntoIterator<Item = Uuid>,
    with_mail: bool,
) -> Result<Vec<Channels>> {
    let mut any = Cond::any();
    if with_mail {
        any = any.add(wants_mail());
    }
    for chat in Chat::ALL {
        any = any.add(wants(chat));
    }
    let mut select = Query::select();
    select
        .column(("person", "id"))
        .expr_as(wants_mail(), "mail")
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

/// A notification on a task, with what a notice says about it.
#[derive(Debug)]
pub struct Notice {
    /// One of [`NOTIFICATION_TYPES`](crate::schema::NOTIFICATION_TYPES).
    pub kind: String,
    pub recipient: Recipient,
    /// First and last name of who caused it.
    pub author: String,
    pub comment_id: Option<Uuid>,
    pub reply_id: Option<Uuid>,
    pub task: NoticeTask,
    /// The short name of the status that the comment set.
    pub status: String,
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

/// Returns what a notice says; `None` if the notification, its task or one of
/// the people is gone.
pub async fn notice(database: &Database, id: Uuid) -> Result<Option<Notice>> {
    let mut select = Query::select();
    for column in ["type", "comment_id", "reply_id", "task_id"] {
        select.column(("notification", column));
    }
    for (table, column, name) in [
        ("person", "id", "recipient_id"),
        ("person", "active", "active"),
        ("person", "email", "email"),
        ("person", "first_name", "first_name"),
        ("person", "role", "role"),
        ("person", "locale", "locale"),
        ("person", "notifications_enabled", "notifications_enabled"),
        ("author", "first_name", "author_first_name"),
        ("author", "last_name", "author_last_name"),
        ("project", "id", "project_id"),
        ("project", "name", "project_name"),
        ("project", "production_type", "production_type"),
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
        .from("notification")
        .inner_join_to(fk::NOTIFICATION_PERSON)
        .inner_join_to(fk::NOTIFICATION_AUTHOR.target_as("author"))
        .inner_join_to(fk::NOTIFICATION_TASK)
        .inner_join_to(fk::TASK_PROJECT)
        .inner_join_to(fk::TASK_TASK_TYPE)
        .inner_join_to(fk::TASK_ENTITY);
    join_named_entity(&mut select);
    select
        .left_join_to(fk::TASK_TASK_STATUS)
        .left_join_to(fk::NOTIFICATION_COMMENT)
        .left_join_to(fk::COMMENT_TASK_STATUS.target_as("comment_status"))
        .and_where(Expr::col(("notification", "id")).eq(id));
    database.fetch_one(&select, read).await
}

fn read(row: &Row) -> Result<Notice> {
    let text = |name: &'static str| {
        let text: Option<String> = row.get(name)?;
        Ok::<_, crate::Error>(text.unwrap_or_default())
    };
    let flag = |name| Ok::<_, crate::Error>(row.get::<Option<bool>>(name)?.unwrap_or(false));
    let author = format!(
        "{} {}",
        text("author_first_name")?,
        text("author_last_name")?
    );
    let status = match text("comment_status")? {
        status if status.is_empty() => text("task_status")?,
        status => status,
    };
    Ok(Notice {
        kind: text("type")?,
        recipient: Recipient {
            id: row.get("recipient_id")?,
            active: flag("active")?,
            email: text("email")?,
            first_name: text("first_name")?,
            role: text("role")?,
            locale: row.get("locale")?,
            wants_mail: flag("notifications_enabled")?,
        },
        author: author.trim().to_owned(),
        comment_id: row.get("comment_id")?,
        reply_id: row.get("reply_id")?,
        task: NoticeTask {
            id: row.get("task_id")?,
            project_id: row.get("project_id")?,
            project: text("project_name")?,
            production_type: text("production_type")?,
            entity: text("entity_name")?,
            episode_id: row.get("episode_id")?,
            task_type: text("task_type_name")?,
            for_entity: text("for_entity")?,
        },
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
