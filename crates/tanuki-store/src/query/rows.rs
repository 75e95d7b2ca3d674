//! Rows of any table in the schema as JSON, row locks, and the project that a
//! row belongs to.

use std::collections::HashSet;

use sea_query::{Expr, ExprTrait, Func, LockType, Query, SelectStatement};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::projection::Projection;
use crate::schema::{self, Table};
use crate::{Connection, Database, Executor, Result, Transaction};

/// Returns the row with that id as JSON in the projection, or `None`.
pub async fn by_id(
    connection: impl Connection,
    projection: &Projection,
    id: Uuid,
) -> Result<Option<Map<String, Value>>> {
    let query = projection.by_id(connection.dialect(), id);
    let row = connection.fetch_optional(query).await?;
    row.map(|row| projection.read(&row)).transpose()
}

/// Like [`by_id`], and locks the row until the end of the transaction. On
/// SQLite the transaction excludes other writers anyway.
pub async fn locked(
    transaction: &mut Transaction,
    projection: &Projection,
    id: Uuid,
) -> Result<Option<Map<String, Value>>> {
    let mut select = projection.select(transaction.dialect());
    select
        .and_where(Expr::col((projection.table.name, "id")).eq(id))
        .lock_with_tables(LockType::NoKeyUpdate, [projection.table.name]);
    transaction
        .fetch_one(&select, |row| projection.read(row))
        .await
}

/// Locks a row until the end of the transaction, so that a count of related
/// rows after this is not outdated by a concurrent transaction. The lock
/// permits inserts of rows that refer to it: most callers have just inserted
/// such a row themselves, and a stronger lock could deadlock.
pub async fn lock(transaction: &mut Transaction, table: &'static str, id: Uuid) -> Result<()> {
    let mut select = Query::select();
    select
        .column("id")
        .from(table)
        .and_where(Expr::col("id").eq(id))
        .lock(LockType::NoKeyUpdate);
    transaction.ids(&select).await?;
    Ok(())
}

/// Returns the rows with these ids as JSON in the projection, in no particular
/// order.
pub async fn by_ids(
    connection: impl Connection,
    projection: &Projection,
    ids: &[Uuid],
) -> Result<Vec<Map<String, Value>>> {
    let mut select = projection.select(connection.dialect());
    select.and_where(Expr::col((projection.table.name, "id")).is_in(ids.iter().copied()));
    all(connection, projection, &select).await
}

/// Runs a query whose select list is the projection's, and returns its rows as
/// JSON.
pub async fn all(
    connection: impl Connection,
    projection: &Projection,
    select: &SelectStatement,
) -> Result<Vec<Map<String, Value>>> {
    connection.fetch(select, |row| projection.read(row)).await
}

/// Returns the number of rows of a query.
pub(crate) async fn count(database: &Database, select: &SelectStatement) -> Result<i64> {
    let mut inner = select.clone();
    inner.clear_selects().clear_order_by().expr(Expr::val(1));
    let mut count = Query::select();
    count
        .expr(Func::count(Expr::cust("*")))
        .from_subquery(inner, "counted");
    Ok(database.scalar(&count).await?.unwrap_or(0))
}

pub(super) use crate::database::BATCH_SIZE;

/// Returns those of the ids that exist in the table, in the given order.
pub async fn existing(
    transaction: &mut Transaction,
    table: &'static str,
    ids: &[Uuid],
) -> Result<Vec<Uuid>> {
    let found = Executor::from(transaction)
        .fetch_in_batches(ids, |some| those(table, some), |row| row.get("id"))
        .await?;
    Ok(in_order(ids, found))
}

/// Like [`existing`] in a single statement: for at most `BATCH_SIZE` ids.
pub async fn existing_in(
    connection: impl Connection,
    table: &'static str,
    ids: &[Uuid],
) -> Result<Vec<Uuid>> {
    let found = connection.ids(&those(table, ids)).await?;
    Ok(in_order(ids, found))
}

/// Subquery: those of the ids that exist in the table.
fn those(table: &'static str, ids: &[Uuid]) -> SelectStatement {
    let mut select = Query::select();
    select
        .column("id")
        .from(table)
        .and_where(Expr::col("id").is_in(ids.iter().copied()));
    select
}

/// Returns those of the ids that were found.
fn in_order(ids: &[Uuid], found: Vec<Uuid>) -> Vec<Uuid> {
    let found: HashSet<Uuid> = found.into_iter().collect();
    let ids = ids.iter().copied();
    ids.filter(|id| found.contains(id)).collect()
}

/// Returns the `project_id` of a row: `Some(None)` if it is NULL, `None` if
/// there is no such row.
pub async fn project_of(
    connection: impl Connection,
    table: &'static str,
    id: Uuid,
) -> Result<Option<Option<Uuid>>> {
    let mut select = Query::select();
    select
        .column("project_id")
        .from(table)
        .and_where(Expr::col("id").eq(id));
    connection.scalar(&select).await
}

/// The columns to follow from a row to its project, in order of preference:
/// the table that has the column (any, if empty), the column, and the table
/// that it refers to.
const TOWARDS_PRODUCTION: [(&str, &str, &str); 16] = [
    ("", "project_id", "project"),
    ("", "task_id", "task"),
    ("comment", "object_id", "task"),
    ("chat", "object_id", "entity"),
    ("", "entity_id", "entity"),
    ("", "asset_id", "entity"),
    ("", "scene_id", "entity"),
    ("", "entity_in_id", "entity"),
    ("", "comment_id", "comment"),
    ("", "preview_file_id", "preview_file"),
    ("", "playlist_id", "playlist"),
    ("", "budget_id", "budget"),
    (
        "",
        "production_schedule_version_id",
        "production_schedule_version",
    ),
    ("", "schedule_item_id", "schedule_item"),
    ("", "chat_message_id", "chat_message"),
    ("", "chat_id", "chat"),
];

/// Maximum number of references to follow: from an attachment to its comment,
/// to the task, to the project, for example.
const MAX_STEPS: usize = 5;

/// Returns the project id of a row, from its own `project_id` or by following
/// references. `ids` returns the id in a column of the row, if there is one.
/// `None` if the row belongs to no project.
pub async fn production_of(
    transaction: &mut Transaction,
    table: &'static Table,
    ids: impl Fn(&str) -> Option<Uuid>,
) -> Result<Option<Uuid>> {
    let leads = |of: &Table| {
        let name = of.name;
        let has: Vec<&str> = of.columns.iter().map(|column| column.name).collect();
        TOWARDS_PRODUCTION
            .into_iter()
            .filter(move |(owner, column, _)| {
                (owner.is_empty() || *owner == name) && has.contains(column)
            })
            .collect::<Vec<_>>()
    };
    let mut next = leads(table)
        .into_iter()
        .find_map(|(_, column, target)| Some((target, ids(column)?)));
    for _ in 0..MAX_STEPS {
        let Some((target, id)) = next else {
            return Ok(None);
        };
        if target == "project" {
            return Ok(Some(id));
        }
        let Some(table) = schema::table(target) else {
            return Ok(None);
        };
        let leads = leads(table);
        let mut select = Query::select();
        select
            .columns(leads.iter().map(|(_, column, _)| *column))
            .from(table.name)
            .and_where(Expr::col("id").eq(id));
        let followed = transaction.fetch_one(&select, |row| {
            for (_, column, target) in leads {
                if let Some(id) = row.get::<Option<Uuid>>(column)? {
                    return Ok(Some((target, id)));
                }
            }
            Ok(None)
        });
        next = followed.await?.flatten();
    }
    Ok(None)
}
