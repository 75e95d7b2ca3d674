//! What tables and edits say of the entries of a playlist.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use sea_query::{Expr, ExprTrait, Func, Order, Query, WindowStatement};
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::query::entities::news::{full_entity_name, join_named_entity};
use crate::{Connection, Result};

/// An entity that a playlist shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownEntity {
    pub name: String,
    /// The name with those of what it is in: `Sequence / Shot`,
    /// `Character / Hero`.
    pub full_name: String,
    /// The name of its type: `Shot`, or that of an asset type.
    pub kind: String,
    /// The name of what it is in: of a shot its sequence.
    pub parent: Option<String>,
    /// The name of what its parent is in: of a shot its episode.
    pub grandparent: Option<String>,
    pub nb_frames: Option<i64>,
}

/// Returns the entities that exist, by their ids.
pub async fn shown_entities(
    connection: impl Connection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, ShownEntity>> {
    let mut select = Query::select();
    select
        .columns([
            ("entity", "id"),
            ("entity", "name"),
            ("entity", "nb_frames"),
        ])
        .expr_as(full_entity_name(), "full_name")
        .expr_as(Expr::col(("entity_type", "name")), "kind")
        .expr_as(Expr::col(("parent", "name")), "parent_name")
        .expr_as(Expr::col(("grandparent", "name")), "grandparent_name")
        .from("entity")
        .and_where(Expr::col(("entity", "id")).is_in(ids.iter().copied()));
    join_named_entity(&mut select);
    let entities = connection.fetch(&select, |row| {
        let entity = ShownEntity {
            name: row.get("name")?,
            full_name: row.get("full_name")?,
            kind: row.get("kind")?,
            parent: row.get("parent_name")?,
            grandparent: row.get("grandparent_name")?,
            nb_frames: row.get("nb_frames")?,
        };
        Ok((row.get("id")?, entity))
    });
    Ok(entities.await?.into_iter().collect())
}

/// A preview that a playlist shows, with its task.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownPreview {
    pub task_id: Uuid,
    pub entity_id: Uuid,
    pub task_type: String,
    pub task_status: String,
    pub retake_count: Option<i64>,
    pub revision: Option<i64>,
    pub extension: Option<String>,
    /// In seconds; 0 of a picture.
    pub duration: Option<f64>,
}

/// Returns the previews that exist and are of a task, by their ids.
pub async fn shown_previews(
    connection: impl Connection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, ShownPreview>> {
    let mut select = Query::select();
    select
        .columns([
            ("preview_file", "id"),
            ("preview_file", "task_id"),
            ("preview_file", "revision"),
            ("preview_file", "extension"),
            ("preview_file", "duration"),
            ("task", "entity_id"),
            ("task", "retake_count"),
        ])
        .expr_as(Expr::col(("task_type", "name")), "task_type_name")
        .expr_as(Expr::col(("task_status", "name")), "task_status_name")
        .from("preview_file")
        .inner_join_to(fk::PREVIEW_FILE_TASK)
        .inner_join_to(fk::TASK_TASK_TYPE)
        .inner_join_to(fk::TASK_TASK_STATUS)
        .and_where(Expr::col(("preview_file", "id")).is_in(ids.iter().copied()))
        .and_where(Expr::col(("task", "entity_id")).is_not_null());
    let previews = connection.fetch(&select, |row| {
        let preview = ShownPreview {
            task_id: row.get("task_id")?,
            entity_id: row.get("entity_id")?,
            task_type: row.get("task_type_name")?,
            task_status: row.get("task_status_name")?,
            retake_count: row.get("retake_count")?,
            revision: row.get("revision")?,
            extension: row.get("extension")?,
            duration: row.get("duration")?,
        };
        Ok((row.get("id")?, preview))
    });
    Ok(previews.await?.into_iter().collect())
}

/// The last comment on a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastComment {
    /// First and last name of the author.
    pub author: String,
    pub created_at: NaiveDateTime,
    pub text: String,
}

/// Returns the last comment on each task of a project that is not by one of its
/// clients, and, if wanted, of those that are published to clients. Tasks
/// without one are left out.
pub async fn last_comments(
    connection: impl Connection,
    (project_id, tasks): (Uuid, &[Uuid]),
    only_published: bool,
) -> Result<HashMap<Uuid, LastComment>> {
    let mut newest_first = WindowStatement::partition_by(("comment", "object_id"));
    newest_first
        .order_by(("comment", "created_at"), Order::Desc)
        .order_by(("comment", "id"), Order::Desc);
    let clients = crate::query::visibility::comments::clients(Some(project_id));
    let mut numbered = Query::select();
    numbered
        .column(("comment", "id"))
        .expr_window_as(Func::cust("row_number"), newest_first, "place")
        .from("comment")
        .and_where(Expr::col(("comment", "object_id")).is_in(tasks.iter().copied()))
        .and_where(Expr::col(("comment", "person_id")).is_not_null())
        .and_where(Expr::col(("comment", "person_id")).not_in_subquery(clients));
    if only_published {
        numbered.and_where(Expr::col(("comment", "for_client")).eq(true));
    }
    let mut last = Query::select();
    last.column("id")
        .from_subquery(numbered, "numbered")
        .and_where(Expr::col("place").eq(1));
    let mut select = Query::select();
    select
        .columns([
            ("comment", "object_id"),
            ("comment", "created_at"),
            ("comment", "text"),
            ("person", "first_name"),
            ("person", "last_name"),
        ])
        .from("comment")
        .inner_join_to(fk::COMMENT_PERSON)
        .and_where(Expr::col(("comment", "id")).in_subquery(last));
    let comments = connection.fetch(&select, |row| {
        let text =
            |name| Ok::<_, crate::Error>(row.get::<Option<String>>(name)?.unwrap_or_default());
        let author = format!("{} {}", text("first_name")?, text("last_name")?);
        let comment = LastComment {
            author: author.trim().to_owned(),
            created_at: row.get("created_at")?,
            text: text("text")?,
        };
        Ok((row.get("object_id")?, comment))
    });
    Ok(comments.await?.into_iter().collect())
}
