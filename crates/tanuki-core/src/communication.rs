//! Chats, news, notifications, subscriptions and saved searches as resources
//! under `/data`, for admins. Their owners use endpoints made for the purpose.

use std::sync::LazyLock;

use tanuki_store::projection::Projection;
use tanuki_store::schema::{
    CHAT, CHAT_MESSAGE, NEWS, NOTIFICATION, SEARCH_FILTER, SEARCH_FILTER_GROUP, SUBSCRIPTION,
};

use crate::resource::{Resource, full_projection, ready};

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
