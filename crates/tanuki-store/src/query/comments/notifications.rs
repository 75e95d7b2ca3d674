//! Notifications of people.

use chrono::NaiveDateTime;
use sea_query::{Expr, ExprTrait};
use uuid::Uuid;

use crate::schema::NOTIFICATION;
use crate::write::{self, Defaults, Values};
use crate::{Result, Transaction};

/// A notification to store.
#[derive(Debug, Clone, Copy)]
pub struct Notification {
    /// The recipient.
    pub person_id: Uuid,
    pub author_id: Uuid,
    pub task_id: Uuid,
    pub comment_id: Option<Uuid>,
    /// One of [`NOTIFICATION_TYPES`](crate::schema::NOTIFICATION_TYPES).
    pub kind: &'static str,
    /// The reply, where the notification is about one.
    pub reply_id: Option<Uuid>,
    /// Whether the comment changed the status of its task.
    pub change: bool,
    /// When it happened; `None` means now.
    pub created_at: Option<NaiveDateTime>,
}

/// Inserts notifications in one statement. Returns their ids.
pub async fn create(
    transaction: &mut Transaction,
    notifications: &[Notification],
    defaults: &Defaults<'_>,
) -> Result<Vec<Uuid>> {
    let mut ids = Vec::with_capacity(notifications.len());
    let mut rows = Vec::with_capacity(notifications.len());
    for notification in notifications {
        let id = Uuid::new_v4();
        ids.push(id);
        rows.push(Values::from([
            ("id", id.into()),
            ("person_id", notification.person_id.into()),
            ("author_id", notification.author_id.into()),
            ("task_id", notification.task_id.into()),
            ("comment_id", notification.comment_id.into()),
            ("reply_id", notification.reply_id.into()),
            ("type", notification.kind.into()),
            ("read", false.into()),
            ("change", notification.change.into()),
            (
                "created_at",
                notification.created_at.unwrap_or(defaults.now).into(),
            ),
        ]));
    }
    write::insert_all(transaction, &NOTIFICATION, rows, defaults).await?;
    Ok(ids)
}

/// Deletes the notifications about mentions in a comment. Returns how many
/// there were.
pub async fn remove_mentions(transaction: &mut Transaction, comment_id: Uuid) -> Result<u64> {
    let mentions = Expr::col("comment_id")
        .eq(comment_id)
        .and(Expr::col("type").eq("mention"));
    write::delete_where(transaction, "notification", mentions).await
}
