//! The caller's notifications.

use std::collections::HashSet;

use chrono::NaiveDateTime;
use serde_json::{Value, json};
use tanuki_domain::dates;
use tanuki_store::query::comments::notifications::{self, NotificationFilter};
use tanuki_store::query::{list_filters, rows};
use tanuki_store::schema::NOTIFICATION;
use tanuki_store::view::notifications::{LISTED, OF_REPLY};
use tanuki_store::write::{self, Values};
use tanuki_store::{Filter, Shape};
use uuid::Uuid;

use crate::communication::NOTIFICATIONS;
use crate::events::Event;
use crate::fields::id_of;
use crate::parameters::{Parameters, first, is_true};
use crate::resource::Relations;
use crate::{Caller, Error, JsonRow, MalformedId, MaybeId, Result, Work};

/// Maximum number of notifications in a list.
const MAX_NOTIFICATIONS: u64 = 100;

/// The shape of a notification with what it is about.
pub fn notification_shape() -> Shape {
    OF_REPLY
        .iter()
        .fold(LISTED.shape(), |shape, key| shape.without(key))
}

/// The shape of the row of a notification.
pub fn notification_row_shape() -> Shape {
    NOTIFICATIONS.shape()
}

impl Work<'_> {
    /// Lists the caller's latest notifications, at most 100, newest first. JSON:
    /// objects of [`LISTED`] with the text of the reply that a notification is
    /// about, or blanks where the caller may not read the comment. `parameters`
    /// may filter by `after`, `before`, `task_type_id`, `task_status_id` (the
    /// task's), `type`, `read` and `watching` (subscribed to the task).
    ///
    /// # Errors
    /// [`Error::Denied`] for bots, [`Error::Invalid`] for malformed parameters.
    pub async fn notifications(
        self,
        caller: &Caller,
        parameters: &Parameters,
    ) -> Result<Vec<JsonRow>> {
        caller.require_person()?;
        let which = notifications::matching(&filter(parameters)?);
        self.listed(caller, which).await
    }

    /// Returns a notification of the caller's. JSON: as
    /// [`notifications`](Self::notifications).
    ///
    /// # Errors
    /// [`Error::Denied`] for bots, [`Error::Invalid`] for a malformed id,
    /// [`Error::NotFound`] if there is none, or somebody else's.
    pub async fn notification(self, caller: &Caller, id: &MaybeId) -> Result<JsonRow> {
        caller.require_person()?;
        let id = parameter_id("notification_id", id.as_str())?;
        let which = list_filters::has_id(&NOTIFICATION, id);
        let mut found = self.listed(caller, which).await?;
        found.pop().ok_or(Error::NotFound)
    }

    /// Marks a notification of the caller's as read or unread, and records
    /// `notification:read` or `notification:unread`. Returns its row.
    ///
    /// # Errors
    /// [`Error::Denied`] for bots, [`Error::NotFound`] if there is none, or
    /// somebody else's.
    pub async fn mark_notification(
        self,
        caller: &Caller,
        id: Uuid,
        is_read: bool,
    ) -> Result<JsonRow> {
        caller.require_person()?;
        let projection = (NOTIFICATIONS.projection)(Relations::Without);
        let mut transaction = self.core.database().begin().await?;
        let found = rows::locked(&mut transaction, projection, id).await?;
        found
            .filter(|row| id_of(row, "person_id") == Some(caller.id))
            .ok_or(Error::NotFound)?;
        let values = Values::from([
            ("read", is_read.into()),
            ("updated_at", self.core.clock().timestamp().into()),
        ]);
        write::update(&mut transaction, &NOTIFICATION, id, values).await?;
        let changed = rows::by_id(&mut transaction, projection, id).await?;
        let name = if is_read {
            "notification:read"
        } else {
            "notification:unread"
        };
        let event = Event::named(name)
            .with("person_id", caller.id.to_string())
            .with("notification_id", id.to_string())
            .visible_to(caller.id);
        self.core
            .record(&mut transaction, event, Some(caller))
            .await?;
        transaction.commit().await?;
        changed.ok_or(Error::NotFound)
    }

    /// Marks all notifications of the caller as read, and records
    /// `notification:all-read`.
    ///
    /// # Errors
    /// [`Error::Denied`] for bots.
    pub async fn mark_notifications(self, caller: &Caller) -> Result<()> {
        caller.require_person()?;
        let mut transaction = self.core.database().begin().await?;
        notifications::mark_all_read(&mut transaction, caller.id).await?;
        let event = Event::named("notification:all-read")
            .with("person_id", caller.id.to_string())
            .visible_to(caller.id);
        self.core
            .record(&mut transaction, event, Some(caller))
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn listed(self, caller: &Caller, which: Filter) -> Result<Vec<JsonRow>> {
        let own = notifications::to_person(caller.id).and(which);
        let list = notifications::newest(&LISTED, own, MAX_NOTIFICATIONS);
        let mut listed = list.rows(self.core.database()).await?;
        let readable = self.readable_comments(caller, &listed).await?;
        for notification in &mut listed {
            let comment = id_of(notification, "comment_id");
            let may_read = comment.is_none_or(|id| readable.contains(&id));
            let [replies, reply] = OF_REPLY.map(|key| notification.shift_remove(key));
            if may_read {
                add_reply(notification, replies.as_ref(), reply.as_ref());
            } else {
                blank(notification);
            }
        }
        Ok(listed)
    }

    /// Returns the ids of those comments of the notifications that the caller
    /// may read, as [`Caller::reads_comment`] decides it for one.
    async fn readable_comments(self, caller: &Caller, listed: &[JsonRow]) -> Result<HashSet<Uuid>> {
        let comments: HashSet<Uuid> = listed
            .iter()
            .filter_map(|notification| id_of(notification, "comment_id"))
            .collect();
        if caller.is_admin() || comments.is_empty() {
            return Ok(comments);
        }
        let comments: Vec<Uuid> = comments.into_iter().collect();
        let database = self.core.database();
        let readable =
            notifications::readable_comments(database, &comments, caller.id, caller.role).await?;
        Ok(readable.into_iter().collect())
    }
}

/// Adds the text and the mentions of the reply that a notification is about.
fn add_reply(notification: &mut JsonRow, replies: Option<&Value>, id: Option<&Value>) {
    let kind = notification
        .get("notification_type")
        .and_then(Value::as_str);
    if !matches!(kind, Some("reply" | "reply-mention")) {
        return;
    }
    let replies = replies.and_then(Value::as_array).into_iter().flatten();
    let Some(reply) = replies.into_iter().find(|reply| reply.get("id") == id) else {
        return;
    };
    for (key, of_reply) in [
        ("reply_text", "text"),
        ("reply_mentions", "mentions"),
        ("reply_department_mentions", "department_mentions"),
    ] {
        let value = reply.get(of_reply).filter(|value| !value.is_null());
        if let Some(value) = value {
            notification.insert(key.into(), value.clone());
        }
    }
}

/// Removes what the comment of a notification says and shows.
fn blank(notification: &mut JsonRow) {
    for (key, value) in [
        ("comment_text", json!("")),
        ("mentions", json!([])),
        ("department_mentions", json!([])),
        ("preview_file_id", Value::Null),
    ] {
        notification.insert(key.into(), value);
    }
}

fn filter(parameters: &Parameters) -> Result<NotificationFilter> {
    let id = |name| {
        first(parameters, name)
            .map(|text| parameter_id(name, text))
            .transpose()
    };
    let flag = |name| first(parameters, name).map(is_true);
    Ok(NotificationFilter {
        task_type_id: id("task_type_id")?,
        task_status_id: id("task_status_id")?,
        after: first(parameters, "after").map(moment).transpose()?,
        before: first(parameters, "before").map(moment).transpose()?,
        kind: first(parameters, "type").map(str::to_owned),
        is_read: flag("read"),
        is_watching: flag("watching"),
    })
}

fn parameter_id(name: &str, text: &str) -> Result<Uuid> {
    MaybeId::from(text.to_owned()).hyphenated(MalformedId::Parameter { name, text })
}

/// Parses a time, with or without a fraction of a second, or a date.
fn moment(text: &str) -> Result<NaiveDateTime> {
    let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"];
    let mut times = formats.iter().map(|format| dates::parse_time(text, format));
    let day = || Some(dates::parse_day(text)?.and_time(chrono::NaiveTime::MIN));
    times
        .find_map(|time| time)
        .or_else(day)
        .ok_or_else(|| Error::invalid("Wrong date format for after or before."))
}
