//! Projections of chats and their messages.

use std::sync::LazyLock;

use sea_query::Expr;

use crate::projection::Projection;
use crate::query::chats;
use crate::query::entities::news;
use crate::schema::{
    ATTACHMENT_FILE, CHAT, CHAT_MESSAGE, ColumnType, ENTITY, ENTITY_TYPE, PROJECT,
};

/// Projection of a chat in the list of a person's chats, with the names that
/// the client displays.
pub static JOINED: LazyLock<Projection> = LazyLock::new(|| {
    Projection::only(&CHAT, &["id", "object_id", "last_message"])
        .inner_join("entity", ("chat", "object_id"), &ENTITY)
        .inner_join("project", ("entity", "project_id"), &PROJECT)
        .inner_join("entity_type", ("entity", "entity_type_id"), &ENTITY_TYPE)
        .left_join("parent", ("entity", "parent_id"), &ENTITY)
        .left_join("grandparent", ("parent", "parent_id"), &ENTITY)
        .computed("entity_name", ColumnType::Text, |_| {
            news::full_entity_name()
        })
        .computed("project_id", ColumnType::Uuid, |_| {
            Expr::col(("entity", "project_id"))
        })
        .computed("preview_file_id", ColumnType::Uuid, |_| {
            Expr::col(("entity", "preview_file_id"))
        })
});

/// Projection of a message with its attachments.
pub static MESSAGE: LazyLock<Projection> = LazyLock::new(|| {
    let file = Projection::only(&ATTACHMENT_FILE, &["id", "name", "extension"]);
    Projection::all_columns(&CHAT_MESSAGE, &[]).embed_many(
        "attachment_files",
        file,
        chats::files_of_message,
    )
});
