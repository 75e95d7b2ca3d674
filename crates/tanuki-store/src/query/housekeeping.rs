//! Deleting old rows of tables that only grow: the logs and notifications.

use chrono::NaiveDateTime;
use sea_query::{Expr, ExprTrait, Func, Order, Query, SimpleExpr};
use uuid::Uuid;

use crate::schema::Table;
use crate::{Connection, Database, Result, write};

fn is_older(before: NaiveDateTime) -> SimpleExpr {
    Expr::col("created_at").lt(before)
}

/// Returns how many rows were created before a time.
pub async fn count_older(
    database: &Database,
    table: &'static Table,
    before: NaiveDateTime,
) -> Result<u64> {
    let mut select = Query::select();
    select
        .expr(Func::count(Expr::col("id")))
        .from(table.name)
        .and_where(is_older(before));
    let count: i64 = database.scalar(&select).await?.unwrap_or(0);
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Returns the ids of up to `limit` rows that were created before a time, in
/// the order of their ids from `after` on. Whoever continues after the last one
/// reads no row twice, on tables without an index on the time too.
pub async fn older(
    database: &Database,
    table: &'static Table,
    before: NaiveDateTime,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Uuid>> {
    let mut select = Query::select();
    select
        .column("id")
        .from(table.name)
        .and_where(is_older(before))
        .order_by("id", Order::Asc)
        .limit(limit);
    if let Some(after) = after {
        select.and_where(Expr::col("id").gt(after));
    }
    database.ids(&select).await
}

/// Deletes rows in a transaction of their own. Returns how many there were.
pub async fn remove(database: &Database, table: &'static Table, ids: &[Uuid]) -> Result<u64> {
    let these = Expr::col("id").is_in(ids.iter().copied());
    let mut transaction = database.begin().await?;
    let removed = write::delete_where(&mut transaction, table.name, these).await?;
    transaction.commit().await?;
    Ok(removed)
}
