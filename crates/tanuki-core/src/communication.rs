//! Chats, news, notifications, subscriptions and saved searches as resources
//! under `/data`, for admins. Their owners use endpoints made for the purpose.

use std::sync::LazyLock;

use tanuki_store::projection::Projection;
use tanuki_store::query::{comments::threads, rows};
use tanuki_store::schema::{
    ATTACHMENT_FILE, CHAT, CHAT_MESSAGE, COMMENT, NEWS, NOTIFICATION, SEARCH_FILTER,
    SEARCH_FILTER_GROUP, SUBSCRIPTION,
};

use crate::comments::COMMENTS;
use crate::fields::id_of;
use crate::resource::{ReadContext, Relations, Resource, full_projection, ready};
use crate::{Error, Result};

/// `/data/chats`.
pub static CHATS: Resource = Resource::plain(&CHAT, full_projection!(&CHAT));

/// `/data/chat-messages`.
pub static CHAT_MESSAGES: Resource =
    Resource::plain(&CHAT_MESSAGE, full_projection!(&CHAT_MESSAGE));

/// `/data/news`.
pub static NEWS_ITEMS: Resource = Resource::plain(&NEWS, full_projection!(&NEWS));

/// `/data/subscriptions`.
pub static SUBSCRIPTIONS: Resource =
    Resource::plain(&SUBSCRIPTION, full_projection!(&SUBSCRIPTION));

/// `/data/search-filters`.
pub static SEARCH_FILTERS: Resource =
    Resource::plain(&SEARCH_FILTER, full_projection!(&SEARCH_FILTER));

/// `/data/search-filter-groups`.
pub static SEARCH_FILTER_GROUPS: Resource =
    Resource::plain(&SEARCH_FILTER_GROUP, full_projection!(&SEARCH_FILTER_GROUP));

/// `/data/notifications`. The column `type` (what the notification is about) is
/// `notification_type` in the JSON, because `type` is the type of the row.
pub static NOTIFICATIONS: Resource = Resource {
    before_update: |updating| {
        // Clients send the row back as they read it, with `type` as the row's
        // type.
        if updating
            .data
            .get("type")
            .is_some_and(|it| it == NOTIFICATION.object)
        {
            updating.data.remove("type");
        }
        ready(Ok(()))
    },
    ..Resource::plain(&NOTIFICATION, |_| {
        static PROJECTION: LazyLock<Projection> = LazyLock::new(|| {
            Projection::all_columns(&NOTIFICATION, &["type"])
                .type_name("Notification")
                .alias("notification_type", "type")
                .in_order(&["read", "change", "type"])
        });
        &PROJECTION
    })
};

/// `/data/attachment-files`. Readable by everybody who may read the comment or
/// the chat message.
pub static ATTACHMENT_FILES: Resource = Resource {
    may_read: |reading| Box::pin(may_read_attachment(reading)),
    ..Resource::plain(&ATTACHMENT_FILE, |_| {
        static PROJECTION: LazyLock<Projection> = LazyLock::new(|| {
            Projection::all_columns(&ATTACHMENT_FILE, &[])
                .embed_full(
                    "chat_message",
                    "chat_message_id",
                    &CHAT_MESSAGE,
                    "updated_at",
                )
                .embed_full("comment", "comment_id", &COMMENT, "updated_at")
        });
        &PROJECTION
    })
};

async fn may_read_attachment(reading: ReadContext<'_>) -> Result<()> {
    let ReadContext {
        core, caller, row, ..
    } = reading;
    let database = core.database();
    if let Some(comment) = id_of(row, "comment_id") {
        let projection = (COMMENTS.projection)(Relations::Without);
        let comment = rows::by_id(database, projection, comment)
            .await?
            .ok_or(Error::NotFound)?;
        return caller.reads_comment(database.into(), &comment).await;
    }
    // Everybody with access to the project but vendors may read attachments of
    // chats.
    let message_id = id_of(row, "chat_message_id").ok_or(Error::Denied)?;
    let about = threads::chat_about(database, message_id)
        .await?
        .ok_or(Error::NotFound)?;
    let access = caller
        .require_project_access(database, Some(about.project_id))
        .await?;
    access.deny_vendors()
}
