//! Tasks as the entries of a playlist.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use sea_query::{Expr, ExprTrait, NullOrdering, Order, Query};
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::{Connection, Result};

/// A task whose entity may be an entry of a playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaylistTask {
    pub project_id: Uuid,
    pub task_type_id: Uuid,
    /// Id and name of the entity.
    pub entity: (Uuid, String),
    /// Id and name of the entity's type, such as `Shot`.
    pub entity_type: (Uuid, String),
    /// Id and name of the entity that it is part of.
    pub parent: Option<(Uuid, String)>,
}

/// Returns tasks by their ids. Those that do not exist, or have no project,
/// entity or task type, are left out.
pub async fn playlist_tasks(
    connection: impl Connection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, PlaylistTask>> {
    let mut select = Query::select();
    for (table, column, name) in [
        ("task", "id", "id"),
        ("task", "project_id", "project_id"),
        ("task", "task_type_id", "task_type_id"),
        ("entity", "id", "entity_id"),
        ("entity", "name", "entity_name"),
        ("entity_type", "id", "type_id"),
        ("entity_type", "name", "type_name"),
        ("parent", "id", "parent_id"),
        ("parent", "name", "parent_name"),
    ] {
        select.expr_as(Expr::col((table, column)), name);
    }
    select
        .from("task")
        .inner_join_to(fk::TASK_ENTITY)
        .inner_join_to(fk::ENTITY_ENTITY_TYPE)
        .left_join_to(fk::ENTITY_PARENT.target_as("parent"))
        .and_where(Expr::col(("task", "id")).is_in(ids.iter().copied()))
        .and_where(Expr::col(("task", "project_id")).is_not_null())
        .and_where(Expr::col(("task", "task_type_id")).is_not_null());
    let tasks = connection.fetch(&select, |row| {
        let parent: Option<Uuid> = row.get("parent_id")?;
        let task = PlaylistTask {
            project_id: row.get("project_id")?,
            task_type_id: row.get("task_type_id")?,
            entity: (row.get("entity_id")?, row.get("entity_name")?),
            entity_type: (row.get("type_id")?, row.get("type_name")?),
            parent: match parent {
                Some(id) => Some((id, row.get("parent_name")?)),
                None => None,
            },
        };
        Ok((row.get("id")?, task))
    });
    Ok(tasks.await?.into_iter().collect())
}

/// Returns the task of each entity that was commented on last, of those with a
/// preview. One that was never commented on comes before all others, as in
/// PostgreSQL's order of NULLs. Entities without such a task are left out.
pub async fn last_reviewed(
    connection: impl Connection,
    entities: &[Uuid],
) -> Result<HashMap<Uuid, Uuid>> {
    let mut select = Query::select();
    select
        .columns(["id", "entity_id", "last_comment_date"])
        .from("task")
        .and_where(Expr::col("entity_id").is_in(entities.iter().copied()))
        .and_where(Expr::col("last_preview_file_id").is_not_null())
        .order_by("id", Order::Asc);
    let tasks = connection.fetch(&select, |row| {
        let commented: Option<NaiveDateTime> = row.get("last_comment_date")?;
        Ok((row.get("entity_id")?, (commented, row.get("id")?)))
    });
    let mut last: HashMap<Uuid, (Option<NaiveDateTime>, Uuid)> = HashMap::new();
    for (entity, task) in tasks.await? {
        let is_later = |known: &(Option<NaiveDateTime>, Uuid)| match (known.0, task.0) {
            (Some(known), Some(own)) => own > known,
            (known, own) => known.is_some() && own.is_none(),
        };
        if last.get(&entity).is_none_or(is_later) {
            last.insert(entity, task);
        }
    }
    let tasks = last.into_iter().map(|(entity, (_, task))| (entity, task));
    Ok(tasks.collect())
}

/// Returns the task types of a project for one kind of entity, such as `Shot`,
/// in the project's order: the highest priority first.
pub async fn task_types_by_priority(
    connection: impl Connection,
    project_id: Uuid,
    for_entity: &str,
) -> Result<Vec<Uuid>> {
    let link = |column| ("project_task_type_link", column);
    let mut select = Query::select();
    select
        .column(link("task_type_id"))
        .from("project_task_type_link")
        .inner_join_to(fk::PROJECT_TASK_TYPE_LINK_TASK_TYPE)
        .and_where(Expr::col(link("project_id")).eq(project_id))
        .and_where(Expr::col(("task_type", "for_entity")).eq(for_entity))
        .order_by_with_nulls(link("priority"), Order::Desc, NullOrdering::First)
        .order_by(("task_type", "name"), Order::Asc);
    let types = connection.fetch(&select, |row| row.get("task_type_id"));
    types.await
}
