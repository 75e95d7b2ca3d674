//! Chats, news, notifications, subscriptions and saved searches, as rows. Their
//! owners meet them through routes of their own; here they are for admins.

use std::sync::LazyLock;

use tanuki_store::query::{rows, threads};
use tanuki_store::schema::{
    ATTACHMENT_FILE, CHAT, CHAT_MESSAGE, COMMENT, NEWS, NOTIFICATION, SEARCH_FILTER,
    SEARCH_FILTER_GROUP, SUBSCRIPTION,
};
use tanuki_store::shape::Shape;

use crate::comments::COMMENTS;
use crate::fields::id_of;
use crate::resource::{Reading, Relations, Resource, at_once, whole};
use crate::{Error, Result};

/// `/data/chats`.
pub static CHATS: Resource = Resource::plain(&CHAT, whole!(&CHAT));

/// `/data/chat-messages`.
pub static CHAT_MESSAGES: Resource = Resource::plain(&CHAT_MESSAGE, whole!(&CHAT_MESSAGE));

/// `/data/news`.
pub static NEWS_ITEMS: Resource = Resource::plain(&NEWS, whole!(&NEWS));

/// `/data/subscriptions`.
pub static SUBSCRIPTIONS: Resource = Resource::plain(&SUBSCRIPTION, whole!(&SUBSCRIPTION));

/// `/data/search-filters`.
pub static SEARCH_FILTERS: Resource = Resource::plain(&SEARCH_FILTER, whole!(&SEARCH_FILTER));

/// `/data/search-filter-groups`.
pub static SEARCH_FILTER_GROUPS: Resource =
    Resource::plain(&SEARCH_FILTER_GROUP, whole!(&SEARCH_FILTER_GROUP));

/// `/data/notifications`. What one is about stands under `notification_type`,
/// since `type` is what the row is.
pub static NOTIFICATIONS: Resource = Resource {
    before_update: |updating| {
        // As it was read, `type` says what the row is.
        if updating
            .data
            .get("type")
            .is_some_and(|it| it == NOTIFICATION.object)
        {
            updating.data.remove("type");
        }
        at_once(Ok(()))
    },
    ..Resource::plain(&NOTIFICATION, |_| {
        static SHAPE: LazyLock<Shape> = LazyLock::new(|| {
            Shape::of(&NOTIFICATION, &["type"])
                .called("Notification")
                .also("notification_type", "type")
                .in_order(&["read", "change", "type"])
        });
        &SHAPE
    })
};

/// `/data/attachment-files`: read by whoever reads the comment or the chat.
pub static ATTACHMENT_FILES: Resource = Resource {
    may_read: |reading| Box::pin(may_read_attachment(reading)),
    ..Resource::plain(&ATTACHMENT_FILE, |_| {
        static SHAPE: LazyLock<Shape> = LazyLock::new(|| {
            Shape::of(&ATTACHMENT_FILE, &[])
                .nesting(
                    "chat_message",
                    "chat_message_id",
                    &CHAT_MESSAGE,
                    "updated_at",
                )
                .nesting("comment", "comment_id", &COMMENT, "updated_at")
        });
        &SHAPE
    })
};

async fn may_read_attachment(reading: Reading<'_>) -> Result<()> {
    let Reading {
        core, caller, row, ..
    } = reading;
    let database = core.database();
    if let Some(comment) = id_of(row, "comment_id") {
        let shape = (COMMENTS.shape)(Relations::Without);
        let comment = rows::by_id(database, shape, comment)
            .await?
            .ok_or(Error::NotFound)?;
        return caller.reads_comment(database.into(), &comment).await;
    }
    // Everybody in the production but vendors reads what is attached to a chat.
    let message_id = id_of(row, "chat_message_id").ok_or(Error::Denied)?;
    let (project_id, _) = threads::chat_about(database, message_id)
        .await?
        .ok_or(Error::NotFound)?;
    let standing = caller.enter(database, Some(project_id)).await?;
    standing.refuse_vendors()
}
