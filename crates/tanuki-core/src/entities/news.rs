//! News about an entity.

use std::borrow::Cow;
use std::sync::LazyLock;

use sea_query::{Expr, ExprTrait, Order};
use tanuki_store::database::JsonChunks;
use tanuki_store::query::news;
use tanuki_store::schema::{COMMENT, ENTITY, ENTITY_TYPE, Kind, NEWS, PREVIEW_FILE, PROJECT, TASK};
use tanuki_store::shape::Shape;

use crate::comments;
use crate::resource::Ordering;
use crate::{Caller, Core, Result};

/// Something that was said or shown, with what it takes to display it.
static ENTRY: LazyLock<Shape> = LazyLock::new(|| {
    let keys = ["id", "type", "author_id", "comment_id", "task_id"];
    Shape::only(&NEWS, &keys)
        .within("task", ("news", "task_id"), &TASK)
        .within("project", ("task", "project_id"), &PROJECT)
        .within("entity", ("task", "entity_id"), &ENTITY)
        .within("entity_type", ("entity", "entity_type_id"), &ENTITY_TYPE)
        .beside("parent", ("entity", "parent_id"), &ENTITY)
        .beside("grandparent", ("parent", "parent_id"), &ENTITY)
        .beside("comment", ("news", "comment_id"), &COMMENT)
        .beside("preview_file", ("news", "preview_file_id"), &PREVIEW_FILE)
        .computing("task_type_id", Kind::Uuid, |_| {
            Expr::col(("task", "task_type_id"))
        })
        .computing("task_status_id", Kind::Uuid, |_| {
            Expr::col(("comment", "task_status_id"))
        })
        .computing("task_entity_id", Kind::Uuid, |_| {
            Expr::col(("task", "entity_id"))
        })
        .computing("preview_file_id", Kind::Uuid, |_| {
            Expr::col(("news", "preview_file_id"))
        })
        .computing("preview_file_extension", Kind::Text, |_| {
            Expr::col(("preview_file", "extension"))
        })
        .computing("preview_file_revision", Kind::Integer, |_| {
            Expr::col(("preview_file", "revision"))
        })
        .computing("project_id", Kind::Uuid, |_| Expr::col(("project", "id")))
        .computing("project_name", Kind::Text, |_| {
            Expr::col(("project", "name"))
        })
        .also("created_at", "created_at")
        .also("change", "change")
        .computing("full_entity_name", Kind::Text, |_| news::full_entity_name())
        .computing("episode_id", Kind::Uuid, |_| news::episode_of_entity())
        .computing("entity_preview_file_id", Kind::Uuid, |_| {
            Expr::col(("entity", "preview_file_id"))
        })
        .holding("person", ("news", "author_id"), comments::author())
});

const NEWEST_FIRST: Ordering = &[("created_at", Order::Desc), ("id", Order::Desc)];

/// News of an answer at most.
const MOST: i64 = 2000;

impl Core {
    /// The last news about an entity. Clients learn what they may read; what
    /// clients wrote is for managers and supervisors.
    pub async fn entity_news(&self, caller: &Caller, text: &str) -> Result<JsonChunks> {
        let entity = self.visit(caller, text).await?;
        let mut select = ENTRY.select(self.database().dialect());
        select.and_where(Expr::col(("task", "entity_id")).eq(entity.id));
        if entity.standing.is_client() {
            select.cond_where(news::told_to_client(caller.id, entity.project_id));
        } else if !(entity.standing.manages() || entity.standing.supervises()) {
            select.cond_where(news::told_to_studio(entity.project_id));
        }
        let shape = Cow::Borrowed(&*ENTRY);
        self.page(shape, select, NEWEST_FIRST, (1, MOST)).await
    }
}
