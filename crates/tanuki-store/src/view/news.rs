//! Projections of news.

use std::sync::LazyLock;

use sea_query::Expr;

use super::comments;
use crate::projection::Projection;
use crate::query::entities::news;
use crate::schema::{COMMENT, ColumnType, ENTITY, ENTITY_TYPE, NEWS, PREVIEW_FILE, PROJECT, TASK};

/// Projection of a news entry: a comment or preview, with the names that the
/// client displays.
pub static ENTRY: LazyLock<Projection> = LazyLock::new(|| {
    let keys = ["id", "type", "author_id", "comment_id", "task_id"];
    Projection::only(&NEWS, &keys)
        .inner_join("task", ("news", "task_id"), &TASK)
        .inner_join("project", ("task", "project_id"), &PROJECT)
        .inner_join("entity", ("task", "entity_id"), &ENTITY)
        .inner_join("entity_type", ("entity", "entity_type_id"), &ENTITY_TYPE)
        .left_join("parent", ("entity", "parent_id"), &ENTITY)
        .left_join("grandparent", ("parent", "parent_id"), &ENTITY)
        .left_join("comment", ("news", "comment_id"), &COMMENT)
        .left_join("preview_file", ("news", "preview_file_id"), &PREVIEW_FILE)
        .computed("task_type_id", ColumnType::Uuid, |_| {
            Expr::col(("task", "task_type_id"))
        })
        .computed("task_status_id", ColumnType::Uuid, |_| {
            Expr::col(("comment", "task_status_id"))
        })
        .computed("task_entity_id", ColumnType::Uuid, |_| {
            Expr::col(("task", "entity_id"))
        })
        .computed("preview_file_id", ColumnType::Uuid, |_| {
            Expr::col(("news", "preview_file_id"))
        })
        .computed("preview_file_extension", ColumnType::Text, |_| {
            Expr::col(("preview_file", "extension"))
        })
        .computed("preview_file_revision", ColumnType::Integer, |_| {
            Expr::col(("preview_file", "revision"))
        })
        .computed("project_id", ColumnType::Uuid, |_| {
            Expr::col(("project", "id"))
        })
        .computed("project_name", ColumnType::Text, |_| {
            Expr::col(("project", "name"))
        })
        .alias("created_at", "created_at")
        .alias("change", "change")
        .computed("full_entity_name", ColumnType::Text, |_| {
            news::full_entity_name()
        })
        .computed("episode_id", ColumnType::Uuid, |_| {
            news::episode_of_entity()
        })
        .computed("entity_preview_file_id", ColumnType::Uuid, |_| {
            Expr::col(("entity", "preview_file_id"))
        })
        .embed("person", ("news", "author_id"), comments::author())
});

/// [`ENTRY`], with the previews of the revision that it is about.
pub static WITH_PREVIEWS: LazyLock<Projection> = LazyLock::new(|| {
    let keys = ["id", "name", "extension", "revision", "position", "status"];
    let previews = Projection::only(&PREVIEW_FILE, &keys);
    ENTRY
        .clone()
        .embed_many("preview_files", previews, news::of_revision)
});
