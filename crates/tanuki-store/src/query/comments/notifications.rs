//! Notifications of people.

use chrono::NaiveDateTime;
use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement, SimpleExpr, SubQueryStatement};
use tanuki_domain::Role;
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::projection::Projection;
use crate::query::visibility;
use crate::schema::NOTIFICATION;
use crate::write::{self, Defaults, Values};
use crate::{Connection, Filter, ListQuery, Result, Transaction};

/// A notification to store.
#[derive(Debug, Clone, Copy)]
pub struct Notification {
    /// The recipient.
    pub person_id: Uuid,
    pub author_id: Uuid,
    pub subject: Subject,
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

/// What a notification is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    Task(Uuid),
    Playlist(Uuid),
}

impl Subject {
    /// The id of the task, if it is one.
    pub fn task_id(self) -> Option<Uuid> {
        match self {
            Self::Task(id) => Some(id),
            Self::Playlist(_) => None,
        }
    }

    /// The id of the playlist, if it is one.
    pub fn playlist_id(self) -> Option<Uuid> {
        match self {
            Self::Playlist(id) => Some(id),
            Self::Task(_) => None,
        }
    }
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
            ("task_id", notification.subject.task_id().into()),
            ("playlist_id", notification.subject.playlist_id().into()),
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

/// Filters of a person's notifications.
#[derive(Debug, Clone, Default)]
pub struct NotificationFilter {
    pub after: Option<NaiveDateTime>,
    pub before: Option<NaiveDateTime>,
    /// The type of the task.
    pub task_type_id: Option<Uuid>,
    /// The present status of the task.
    pub task_status_id: Option<Uuid>,
    /// What the notification is about, one of
    /// [`NOTIFICATION_TYPES`](crate::schema::NOTIFICATION_TYPES).
    pub kind: Option<String>,
    pub is_read: Option<bool>,
    /// Whether the person is subscribed to the task.
    pub is_watching: Option<bool>,
}

/// Condition on `notification`, with `task` joined: it matches the filter.
pub fn matching(asked: &NotificationFilter) -> Filter {
    let column = |name: &'static str| Expr::col(("notification", name));
    let of_task = |name: &'static str, id: Option<Uuid>| {
        id.map(|id| Filter::from(Expr::col(("task", name)).eq(id)))
    };
    let kind = asked.kind.as_deref();
    let watching = |is_watching: bool| {
        let watching = Expr::exists(subscription());
        Filter::from(if is_watching {
            watching
        } else {
            ExprTrait::not(watching)
        })
    };
    Filter::all()
        .and_option(asked.after.map(|time| column("created_at").gt(time)))
        .and_option(asked.before.map(|time| column("created_at").lt(time)))
        .and_option(of_task("task_type_id", asked.task_type_id))
        .and_option(of_task("task_status_id", asked.task_status_id))
        .and_option(kind.map(|kind| column("type").eq(kind)))
        .and_option(asked.is_read.map(|is_read| column("read").eq(is_read)))
        .and_option(asked.is_watching.map(watching))
}

/// Lists the newest notifications that match a condition, at most `limit`.
pub fn newest(projection: &'static Projection, which: Filter, limit: u64) -> ListQuery {
    let mut newest = Query::select();
    newest
        .from("notification")
        .left_join_to(fk::NOTIFICATION_TASK)
        .cond_where(which)
        .limit(limit);
    ListQuery::newest_among(projection, newest)
}

/// Condition on `notification`: the person is its recipient.
pub fn to_person(person_id: Uuid) -> Filter {
    Expr::col(("notification", "person_id"))
        .eq(person_id)
        .into()
}

/// Subquery: the id of the recipient's subscription to the task of the
/// `notification` of the outer query.
fn subscription() -> SelectStatement {
    let column = |name: &'static str| Expr::col(("watched", name));
    let mut subscription = Query::select();
    subscription
        .column(("watched", "id"))
        .from_as("subscription", "watched")
        .and_where(column("task_id").equals(("notification", "task_id")))
        .and_where(column("person_id").equals(("notification", "person_id")));
    subscription
}

/// Expression: the id of the recipient's subscription to the task of the
/// `notification`; null if they have none.
pub(crate) fn subscription_id() -> SimpleExpr {
    SubQueryStatement::SelectStatement(subscription()).into()
}

/// Expression: the id of the first preview of the `comment`.
pub(crate) fn first_preview() -> SimpleExpr {
    let mut preview = Query::select();
    preview
        .column(("preview_file", "id"))
        .from("comment_preview_link")
        .inner_join_to(fk::COMMENT_PREVIEW_LINK_PREVIEW_FILE)
        .and_where(Expr::col(("comment_preview_link", "comment")).equals(("comment", "id")))
        .order_by(("preview_file", "created_at"), Order::Asc)
        .order_by(("preview_file", "id"), Order::Asc)
        .limit(1);
    SubQueryStatement::SelectStatement(preview).into()
}

/// Returns the ids of those of the comments that the person may read. `own` is
/// their studio-wide role.
pub async fn readable_comments(
    connection: impl Connection,
    comments: &[Uuid],
    person_id: Uuid,
    own: Role,
) -> Result<Vec<Uuid>> {
    let mut select = Query::select();
    select
        .column(("comment", "id"))
        .from("comment")
        .inner_join_to(fk::COMMENT_OBJECT)
        .inner_join_to(fk::TASK_PROJECT)
        .inner_join_to(fk::TASK_ENTITY)
        .and_where(Expr::col(("comment", "id")).is_in(comments.iter().copied()))
        .cond_where(visibility::news::comment_readable_by(person_id, own));
    connection.ids(&select).await
}

/// Marks all notifications of a person as read.
pub async fn mark_all_read(transaction: &mut Transaction, person_id: Uuid) -> Result<()> {
    let unread = Expr::col("person_id")
        .eq(person_id)
        .and(Expr::col("read").eq(false));
    let read = Values::from([("read", true.into())]);
    write::update_where(transaction, &NOTIFICATION, read, unread).await?;
    Ok(())
}
