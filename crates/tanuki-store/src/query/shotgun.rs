//! Rows by their ids in ShotGrid.

use sea_query::{Expr, ExprTrait, Func, Order, Query, SelectStatement, SimpleExpr};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::projection::Projection;
use crate::query::{access, names, rows};
use crate::write::delete_where;
use crate::{Connection, Error, Filter, Result, Transaction};

/// Returns the ids of the rows with these ids in ShotGrid; of several with the
/// same one, the oldest row first.
pub async fn by_shotgun_id(
    transaction: &mut Transaction,
    table: &'static str,
    ids: &[i32],
    which: Filter,
) -> Result<Vec<(i32, Uuid)>> {
    let mut found = Vec::with_capacity(ids.len());
    // Lists of numbers are a parameter for each.
    for some in ids.chunks(rows::BATCH_SIZE) {
        let mut select = Query::select();
        select
            .columns([(table, "id"), (table, "shotgun_id")])
            .from(table)
            .and_where(has_shotgun_id(table, some))
            .cond_where(which.clone());
        oldest_first(&mut select, table);
        let rows = transaction.fetch(&select, |row| {
            let id: i64 = row.get("shotgun_id")?;
            Ok((narrow(id)?, row.get("id")?))
        });
        found.extend(rows.await?);
    }
    Ok(found)
}

/// Returns the ids of the rows with one of these texts in a column, the oldest
/// row first.
pub async fn by_text(
    connection: impl Connection,
    (table, column): (&'static str, &'static str),
    texts: &[String],
) -> Result<Vec<(String, Uuid)>> {
    // PostgreSQL refuses strings with a NUL character, so no row has one.
    let texts = texts.iter().filter(|text| !text.contains('\0'));
    let mut select = Query::select();
    select
        .columns([(table, "id"), (table, column)])
        .from(table)
        .and_where(Expr::col((table, column)).is_in(texts.map(String::as_str)));
    oldest_first(&mut select, table);
    connection
        .fetch(&select, |row| Ok((row.get(column)?, row.get("id")?)))
        .await
}

/// What else than its id in ShotGrid a row may be known by.
#[derive(Debug)]
pub enum KnownBy {
    /// An id in a column.
    Id(&'static str, Vec<Uuid>),
    /// A text in a column.
    Text(&'static str, Vec<String>),
    /// A text in a column, in any case.
    TextInAnyCase(&'static str, Vec<String>),
}

/// Returns the rows with one of these ids in ShotGrid, or that are known by
/// something else, as JSON in the projection; the oldest first.
pub async fn known(
    connection: impl Connection,
    projection: &Projection,
    ids: &[i32],
    known_by: Option<KnownBy>,
    which: Filter,
) -> Result<Vec<Map<String, Value>>> {
    let table = projection.table.name;
    let is_known = has_shotgun_id(table, ids);
    let is_known = match known_by {
        None => is_known,
        Some(KnownBy::Id(column, ids)) => is_known.or(Expr::col((table, column)).is_in(ids)),
        Some(KnownBy::Text(column, texts)) => {
            let texts = texts.into_iter().filter(|text| !text.contains('\0'));
            is_known.or(Expr::col((table, column)).is_in(texts))
        }
        Some(KnownBy::TextInAnyCase(column, texts)) => {
            let texts = texts.into_iter().filter(|text| !text.contains('\0'));
            let lowered = Expr::expr(Func::lower(Expr::col((table, column))));
            is_known.or(lowered.is_in(texts.map(|text| names::lowered(&text))))
        }
    };
    let mut select = projection.select(connection.dialect());
    select.and_where(is_known).cond_where(which);
    oldest_first(&mut select, table);
    rows::all(connection, projection, &select).await
}

/// A member of a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    pub project_id: Uuid,
    pub person_id: Uuid,
    pub shotgun_id: Option<i32>,
}

/// Returns the members of teams with these ids in ShotGrid, and those of the
/// projects.
pub async fn members(
    connection: impl Connection,
    ids: &[i32],
    projects: &[Uuid],
) -> Result<Vec<Member>> {
    let table = "project_person_link";
    let is_of = Expr::col((table, "project_id")).is_in(projects.iter().copied());
    let mut select = Query::select();
    select
        .columns(["project_id", "person_id", "shotgun_id"])
        .from(table)
        .and_where(has_shotgun_id(table, ids).or(is_of))
        .order_by("project_id", Order::Asc)
        .order_by("person_id", Order::Asc);
    connection
        .fetch(&select, |row| {
            let id: Option<i64> = row.get("shotgun_id")?;
            Ok(Member {
                project_id: row.get("project_id")?,
                person_id: row.get("person_id")?,
                shotgun_id: id.map(narrow).transpose()?,
            })
        })
        .await
}

/// Returns whether one of the tasks has working files.
pub async fn has_working_files(connection: impl Connection, tasks: &[Uuid]) -> Result<bool> {
    let of_tasks: Filter = Expr::col("task_id").is_in(tasks.iter().copied()).into();
    access::exists(connection, "working_file", of_tasks).await
}

/// Deletes the events about a project itself from the log, not those of what is
/// in it.
pub async fn forget_events(transaction: &mut Transaction, project_id: Uuid) -> Result<()> {
    let of_project = Expr::col("project_id").eq(project_id);
    let about_it = of_project.and(Expr::col("name").like("project:%"));
    delete_where(transaction, "api_event", about_it).await?;
    Ok(())
}

fn has_shotgun_id(table: &'static str, ids: &[i32]) -> SimpleExpr {
    Expr::col((table, "shotgun_id")).is_in(ids.iter().copied())
}

/// The columns hold 32 bits, and are read as 64.
fn narrow(id: i64) -> Result<i32> {
    i32::try_from(id).map_err(|_| Error::Database(format!("{id} is no id of ShotGrid")))
}

fn oldest_first(select: &mut SelectStatement, table: &'static str) {
    select
        .order_by((table, "created_at"), Order::Asc)
        .order_by((table, "id"), Order::Asc);
}
