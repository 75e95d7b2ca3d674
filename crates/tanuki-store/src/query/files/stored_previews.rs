//! The files of previews: who may read them, and what is known of them.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use serde_json::Value;
use uuid::Uuid;

use crate::dialect::Dialect;
use crate::fk::{self, JoinByKey};
use crate::query::entities::news::{full_entity_name, join_named_entity};
use crate::schema::PREVIEW_FILE_STORAGE_STATE;
use crate::write::{self, Defaults, Values};
use crate::{Connection, Result, Row, Transaction};

/// What is needed to send a file of a preview, without its annotations.
#[derive(Debug, Clone)]
pub struct PreviewFacts {
    pub task_id: Option<Uuid>,
    pub extension: String,
    pub status: String,
    /// Name of the file that was sent, without its extension; empty before.
    pub original_name: String,
    pub updated_at: NaiveDateTime,
    /// Those of the prefixes `previews`, `lowdef` and `source` that are known
    /// to be stored of a film; empty if that is not recorded.
    pub movie_prefixes: Vec<String>,
}

/// Returns what is needed to send a file of a preview, or `None` if it does not
/// exist.
pub async fn facts(connection: impl Connection, id: Uuid) -> Result<Option<PreviewFacts>> {
    let mut select = Query::select();
    select
        .columns([
            "task_id",
            "extension",
            "status",
            "original_name",
            "updated_at",
            "created_at",
            "data",
        ])
        .from("preview_file")
        .and_where(Expr::col("id").eq(id));
    let facts = connection.fetch_one(&select, |row| {
        let text = |column: &str| -> Result<String> {
            Ok(row.get::<Option<String>>(column)?.unwrap_or_default())
        };
        let data: Option<Value> = row.get("data")?;
        let prefixes = data.as_ref().and_then(|data| data.get("movie_prefixes"));
        let prefixes = prefixes.and_then(Value::as_array).into_iter().flatten();
        let updated_at: Option<NaiveDateTime> = row.get("updated_at")?;
        let created_at: Option<NaiveDateTime> = row.get("created_at")?;
        Ok(PreviewFacts {
            task_id: row.get("task_id")?,
            extension: text("extension")?,
            status: text("status")?,
            original_name: text("original_name")?,
            updated_at: updated_at.or(created_at).unwrap_or_default(),
            movie_prefixes: prefixes
                .filter_map(|prefix| prefix.as_str().map(str::to_owned))
                .collect(),
        })
    });
    facts.await
}

/// Returns the status of a preview; `None` if it does not exist.
pub async fn status(connection: impl Connection, id: Uuid) -> Result<Option<String>> {
    let mut select = Query::select();
    select
        .column("status")
        .from("preview_file")
        .and_where(Expr::col("id").eq(id));
    connection.fetch_one(&select, |row| row.get("status")).await
}

/// Returns the id of a task's project.
pub async fn project_of_task(transaction: &mut Transaction, id: Uuid) -> Result<Option<Uuid>> {
    of_task(transaction, id, "project_id").await
}

/// Returns the id of a task's entity.
pub async fn entity_of_task(transaction: &mut Transaction, id: Uuid) -> Result<Option<Uuid>> {
    of_task(transaction, id, "entity_id").await
}

async fn of_task(
    transaction: &mut Transaction,
    id: Uuid,
    column: &'static str,
) -> Result<Option<Uuid>> {
    let mut select = Query::select();
    select
        .column(column)
        .from("task")
        .and_where(Expr::col("id").eq(id));
    Ok(transaction.scalar(&select).await?.flatten())
}

/// Returns whether the preview is the main preview of the entity of its task,
/// and the entity is shared with other productions.
pub async fn is_main_of_shared_entity(connection: impl Connection, id: Uuid) -> Result<bool> {
    let mut select = Query::select();
    select
        .column(("entity", "id"))
        .from("preview_file")
        .inner_join_to(fk::PREVIEW_FILE_TASK)
        .inner_join_to(fk::TASK_ENTITY)
        .and_where(Expr::col(("preview_file", "id")).eq(id))
        .and_where(Expr::col(("entity", "preview_file_id")).eq(id))
        .and_where(Expr::col(("entity", "is_shared")).eq(true));
    connection.exists(select).await
}

/// What the name of a downloaded preview consists of.
#[derive(Debug, Clone)]
pub struct NameParts {
    pub project: String,
    /// The entity with what it is in: `Seq / Shot`, `Character / Hero`.
    pub entity: String,
    pub task_type: String,
    pub revision: i64,
    pub position: i64,
    pub extension: String,
    pub original_name: Option<String>,
    /// The number of the shot's first frame, as stored; null if it has none.
    pub frame_in: Value,
}

/// Returns what the name of a downloaded preview consists of; `None` if it
/// does not exist, or is of no task.
pub async fn name_parts(connection: impl Connection, id: Uuid) -> Result<Option<NameParts>> {
    let select = named(connection.dialect(), &[id]);
    let parts = connection.fetch_one(&select, |row| Ok(named_row(row)?.1));
    parts.await
}

/// Like [`name_parts`], of several previews, by their ids.
pub async fn name_parts_of(
    connection: impl Connection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, NameParts>> {
    let select = named(connection.dialect(), ids);
    let parts = connection.fetch(&select, named_row).await?;
    Ok(parts.into_iter().collect())
}

fn named(dialect: Dialect, ids: &[Uuid]) -> SelectStatement {
    let frame_in = dialect.json_field(Expr::col(("entity", "data")), "frame_in");
    let mut select = Query::select();
    select
        .columns([
            ("preview_file", "id"),
            ("preview_file", "revision"),
            ("preview_file", "position"),
            ("preview_file", "extension"),
            ("preview_file", "original_name"),
        ])
        .expr_as(Expr::col(("project", "name")), "project_name")
        .expr_as(Expr::col(("task_type", "name")), "task_type_name")
        .expr_as(full_entity_name(), "entity_name")
        .expr_as(frame_in, "frame_in")
        .from("preview_file")
        .inner_join_to(fk::PREVIEW_FILE_TASK)
        .inner_join_to(fk::TASK_PROJECT)
        .inner_join_to(fk::TASK_TASK_TYPE)
        .inner_join_to(fk::TASK_ENTITY)
        .and_where(Expr::col(("preview_file", "id")).is_in(ids.iter().copied()));
    join_named_entity(&mut select);
    select
}

fn named_row(row: &Row) -> Result<(Uuid, NameParts)> {
    let number =
        |column: &str| -> Result<i64> { Ok(row.get::<Option<i64>>(column)?.unwrap_or_default()) };
    let text = |column: &str| -> Result<String> {
        Ok(row.get::<Option<String>>(column)?.unwrap_or_default())
    };
    let parts = NameParts {
        project: text("project_name")?,
        entity: text("entity_name")?,
        task_type: text("task_type_name")?,
        revision: number("revision")?,
        position: number("position")?,
        extension: text("extension")?,
        original_name: row.get("original_name")?,
        frame_in: row.get::<Option<Value>>("frame_in")?.unwrap_or_default(),
    };
    Ok((row.get("id")?, parts))
}

/// A comment that shows a preview.
#[derive(Debug, Clone)]
pub struct ShowingComment {
    pub id: Uuid,
    pub task_id: Option<Uuid>,
    pub person_id: Option<Uuid>,
    pub for_client: bool,
}

/// Returns the oldest comment that a preview is linked to, if any.
pub async fn comment_of(transaction: &mut Transaction, id: Uuid) -> Result<Option<ShowingComment>> {
    let mut linked = Query::select();
    linked
        .column("comment")
        .from("comment_preview_link")
        .and_where(Expr::col("preview_file").eq(id));
    let mut select = Query::select();
    select
        .columns(["id", "object_id", "person_id", "for_client"])
        .from("comment")
        .and_where(Expr::col("id").in_subquery(linked))
        .order_by("created_at", Order::Asc)
        .limit(1);
    let comment = transaction.fetch_one(&select, |row| {
        Ok(ShowingComment {
            id: row.get("id")?,
            task_id: row.get("object_id")?,
            person_id: row.get("person_id")?,
            for_client: row.get::<Option<bool>>("for_client")?.unwrap_or_default(),
        })
    });
    comment.await
}

/// Records that these files of a preview, each a bucket and prefix, are stored:
/// Zou asks its store for no file that it knows to be missing.
pub async fn record_stored(
    transaction: &mut Transaction,
    id: Uuid,
    files: &[(&'static str, &'static str)],
    defaults: &Defaults<'_>,
) -> Result<()> {
    for (bucket, prefix) in files {
        let this = Expr::col("preview_file_id")
            .eq(id)
            .and(Expr::col("bucket").eq(*bucket))
            .and(Expr::col("prefix").eq(*prefix));
        let values = Values::from([("state", "ok".into()), ("updated_at", defaults.now.into())]);
        let table = &PREVIEW_FILE_STORAGE_STATE;
        if write::update_where(transaction, table, values, this).await? == 0 {
            let values = Values::from([
                ("preview_file_id", id.into()),
                ("bucket", (*bucket).into()),
                ("prefix", (*prefix).into()),
                ("state", "ok".into()),
            ]);
            write::insert(transaction, table, values, defaults).await?;
        }
    }
    Ok(())
}
