//! Checks the integrity of a database.

use sea_query::{Expr, ExprTrait, Func, Query};

use crate::schema::{Column, TABLES, Table};
use crate::{Connection, Database, Result, SearchIndex, migrate, search_index};

/// Rows of a table whose foreign key refers to a row that does not exist.
#[derive(Debug)]
pub struct Orphans {
    pub table: &'static str,
    pub column: &'static str,
    /// The table that the column refers to.
    pub references: &'static str,
    pub rows: u64,
}

/// The result of [`check`].
#[derive(Debug)]
pub struct Report {
    /// Name and version of the database server.
    pub version: String,
    /// The number of rows of each table.
    pub counts: Vec<(&'static str, u64)>,
    pub orphans: Vec<Orphans>,
    pub odd_values: Vec<UnreadableValues>,
    pub search: SearchIndex,
}

/// Rows of a table with a value that HTTP clients or Zou cannot read: dates
/// whose year is not 1 to 9999, infinity, JSON of another shape than its
/// column's.
#[derive(Debug)]
pub struct UnreadableValues {
    pub table: &'static str,
    pub column: &'static str,
    pub rows: u64,
}

/// Counts the rows of all tables, orphans and unreadable values.
///
/// # Errors
///
/// [`Error::Refused`](crate::Error::Refused) if the database is empty, not one
/// of Zou, or of another revision.
pub async fn check(database: &Database) -> Result<Report> {
    migrate::require_studio(database).await?;
    let mut report = Report {
        version: version(database).await?,
        counts: Vec::with_capacity(TABLES.len()),
        orphans: Vec::new(),
        odd_values: Vec::new(),
        search: search_index::inspect(database).await?,
    };
    for table in TABLES {
        let rows = count(database, table.name).await?;
        report.counts.push((table.name, rows));
        for column in table.columns {
            if let Some(orphans) = orphans(database, table, column).await? {
                report.orphans.push(orphans);
            }
            if let Some(odd) = unreadable_values(database, table, column).await? {
                report.odd_values.push(odd);
            }
        }
    }
    Ok(report)
}

/// Returns the name and version of the database server, for people.
pub async fn version(database: &Database) -> Result<String> {
    let row = database
        .fetch_optional(database.dialect().version())
        .await?;
    row.map_or(Ok(String::new()), |row| row.get(0))
}

/// Counts the rows of a table.
pub async fn count(database: &Database, table: &'static str) -> Result<u64> {
    let mut select = Query::select();
    select.expr(Func::count(Expr::cust("*"))).from(table);
    let rows: i64 = database.scalar(&select).await?.unwrap_or_default();
    Ok(rows.unsigned_abs())
}

async fn unreadable_values(
    database: &Database,
    table: &'static Table,
    column: &'static Column,
) -> Result<Option<UnreadableValues>> {
    let value = Expr::col((table.name, column.name));
    let Some(is_odd) = database.dialect().is_unreadable(column, value) else {
        return Ok(None);
    };
    let mut select = Query::select();
    select
        .expr(Func::count(Expr::cust("*")))
        .from(table.name)
        .and_where(Expr::col((table.name, column.name)).is_not_null())
        .and_where(is_odd);
    let rows: i64 = database.scalar(&select).await?.unwrap_or_default();
    Ok((rows > 0).then_some(UnreadableValues {
        table: table.name,
        column: column.name,
        rows: rows.unsigned_abs(),
    }))
}

async fn orphans(
    database: &Database,
    table: &'static Table,
    column: &'static Column,
) -> Result<Option<Orphans>> {
    let Some(reference) = &column.references else {
        return Ok(None);
    };
    let mut known = Query::select();
    known
        .column(("known", "id"))
        .from_as(reference.table, "known");
    let mut select = Query::select();
    select
        .expr(Func::count(Expr::cust("*")))
        .from(table.name)
        .and_where(Expr::col((table.name, column.name)).is_not_null())
        .and_where(Expr::col((table.name, column.name)).not_in_subquery(known));
    let rows: i64 = database.scalar(&select).await?.unwrap_or_default();
    Ok((rows > 0).then_some(Orphans {
        table: table.name,
        column: column.name,
        references: reference.table,
        rows: rows.unsigned_abs(),
    }))
}
