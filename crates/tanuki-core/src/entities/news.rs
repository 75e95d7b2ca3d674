//! News about an entity.

use std::borrow::Cow;
use std::sync::LazyLock;

use sea_query::{Expr, ExprTrait, Order};
use tanuki_store::database::JsonChunks;
use tanuki_store::projection::Projection;
use tanuki_store::query::entities::news;
use tanuki_store::schema::{
    COMMENT, ColumnType, ENTITY, ENTITY_TYPE, NEWS, PREVIEW_FILE, PROJECT, TASK,
};

use crate::comments;
use crate::ids::parse_id;
use crate::resource::Ordering;
use crate::{Caller, Core, Result};

/// Projection of a news entry: a comment or preview, with the names that the
/// client displays.
static ENTRY: LazyLock<Projection> = LazyLock::new(|| {
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

const NEWEST_FIRST: Ordering = &[("created_at", Order::Desc), ("id", Order::Desc)];

/// Maximum number of entries in a response.
const MAX_NEWS: i64 = 2000;

impl Core {
    /// Lists the latest news about an entity. JSON: a page object with at most
    /// 2,000 entries, newest first. Requires access to the entity.
    ///
    /// Clients get the news of comments that they may read. Comments written by
    /// clients are limited to managers and supervisors.
    pub async fn entity_news(&self, caller: &Caller, text: &str) -> Result<JsonChunks> {
        let entity = self.require_entity(caller, parse_id(text)?).await?;
        let mut select = ENTRY.select(self.database().dialect());
        select.and_where(Expr::col(("task", "entity_id")).eq(entity.id));
        if entity.access.is_client() {
            select.cond_where(news::is_visible_to_client(caller.id, entity.project_id));
        } else if !(entity.access.is_manager() || entity.access.is_supervisor()) {
            select.cond_where(news::told_to_studio(entity.project_id));
        }
        let projection = Cow::Borrowed(&*ENTRY);
        self.page(projection, select, NEWEST_FIRST, (1, MAX_NEWS))
            .await
    }
}
