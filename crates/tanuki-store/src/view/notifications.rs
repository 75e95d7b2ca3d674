//! Projection of a person's notifications.

use std::sync::LazyLock;

use sea_query::{CaseStatement, Expr, ExprTrait, Func};

use crate::projection::Projection;
use crate::query::comments::notifications;
use crate::query::entities::news;
use crate::schema::{
    COMMENT, ColumnType, ENTITY, ENTITY_TYPE, NOTIFICATION, PERSON, PLAYLIST, PROJECT, TASK,
};

/// The keys of [`LISTED`] that are no part of a response: the replies of the
/// comment, and which of them the notification is about.
pub const OF_REPLY: [&str; 2] = ["replies", "reply_id"];

/// Projection of a notification with what it is about: the comment, its task
/// and entity, or the playlist. The keys of a reply are empty.
pub static LISTED: LazyLock<Projection> = LazyLock::new(|| {
    let about = |projection: Projection| with_comment(with_task(projection));
    with_playlist(about(joined(Projection::only(&NOTIFICATION, &["id"]))))
});

fn joined(projection: Projection) -> Projection {
    projection
        .inner_join("author", ("notification", "author_id"), &PERSON)
        .left_join("task", ("notification", "task_id"), &TASK)
        .left_join("project", ("task", "project_id"), &PROJECT)
        .left_join("entity", ("task", "entity_id"), &ENTITY)
        .left_join("entity_type", ("entity", "entity_type_id"), &ENTITY_TYPE)
        .left_join("parent", ("entity", "parent_id"), &ENTITY)
        .left_join("grandparent", ("parent", "parent_id"), &ENTITY)
        .left_join("comment", ("notification", "comment_id"), &COMMENT)
        .left_join("playlist", ("notification", "playlist_id"), &PLAYLIST)
        .left_join("review", ("playlist", "project_id"), &PROJECT)
}

fn with_task(projection: Projection) -> Projection {
    projection
        .constant("type", NOTIFICATION.object)
        .alias("notification_type", "type")
        .alias("author_id", "author_id")
        .alias("comment_id", "comment_id")
        .alias("task_id", "task_id")
        .computed("task_type_id", ColumnType::Uuid, |_| {
            Expr::col(("task", "task_type_id"))
        })
        .computed("task_status_id", ColumnType::Uuid, |_| {
            Expr::col(("comment", "task_status_id"))
        })
}

fn with_comment(projection: Projection) -> Projection {
    projection
        .links_of("comment", &COMMENT, "mentions")
        .links_of("comment", &COMMENT, "department_mentions")
        .constant_json("reply_mentions", "[]")
        .constant_json("reply_department_mentions", "[]")
        .computed("preview_file_id", ColumnType::Uuid, |_| {
            notifications::first_preview()
        })
        .computed("project_id", ColumnType::Uuid, |_| {
            Func::coalesce([
                Expr::col(("playlist", "project_id")),
                Expr::col(("task", "project_id")),
            ])
            .into()
        })
        .computed("project_name", ColumnType::Text, |_| {
            Func::coalesce([
                Expr::col(("review", "name")),
                Expr::col(("project", "name")),
            ])
            .into()
        })
        .computed("comment_text", ColumnType::Text, |_| {
            Expr::col(("comment", "text"))
        })
        .constant("reply_text", "")
        .computed("replies", ColumnType::Json, |_| {
            Expr::col(("comment", "replies"))
        })
        .alias("reply_id", "reply_id")
}

fn with_playlist(projection: Projection) -> Projection {
    projection
        .alias("created_at", "created_at")
        .alias("read", "read")
        .alias("change", "change")
        .computed("full_entity_name", ColumnType::Text, |_| {
            news::full_entity_name()
        })
        .default_json("full_entity_name", "\"\"")
        .computed("episode_id", ColumnType::Uuid, |_| {
            CaseStatement::new()
                .case(
                    Expr::col(("playlist", "id")).is_not_null(),
                    Expr::col(("playlist", "episode_id")),
                )
                .finally(news::episode_of_entity())
                .into()
        })
        .computed("entity_preview_file_id", ColumnType::Uuid, |_| {
            Expr::col(("entity", "preview_file_id"))
        })
        .computed("subscription_id", ColumnType::Uuid, |_| {
            notifications::subscription_id()
        })
        .alias("playlist_id", "playlist_id")
        .computed("playlist_name", ColumnType::Text, |_| {
            Expr::col(("playlist", "name"))
        })
        .default_json("playlist_name", "\"\"")
        .computed("playlist_for_entity", ColumnType::Text, |_| {
            Expr::col(("playlist", "for_entity"))
        })
        .default_json("playlist_for_entity", "\"\"")
        .computed("playlist_is_for_all", ColumnType::Boolean, |_| {
            Expr::col(("playlist", "is_for_all"))
        })
        .default_json("playlist_is_for_all", "false")
}
