//! Rows of any described table as JSON.

use std::collections::HashSet;

use sea_query::{Expr, ExprTrait, Func, Query, SelectStatement};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::shape::Shape;
use crate::{Connection, Database, Result, Transaction};

/// The row of that id in that shape.
pub async fn by_id(
    connection: impl Connection,
    shape: &Shape,
    id: Uuid,
) -> Result<Option<Map<String, Value>>> {
    let mut select = shape.select(connection.dialect());
    select.and_where(Expr::col((shape.table.name, "id")).eq(id));
    let query = connection.dialect().build(&select);
    let row = connection.fetch_optional(query).await?;
    row.map(|row| shape.read(&row)).transpose()
}

/// The rows of a query whose select list is the shape's.
pub async fn all(
    connection: impl Connection,
    shape: &Shape,
    select: &SelectStatement,
) -> Result<Vec<Map<String, Value>>> {
    let query = connection.dialect().build(select);
    let rows = connection.fetch_all(query).await?;
    rows.iter().map(|row| shape.read(row)).collect()
}

/// How many rows a query has.
pub async fn count(database: &Database, select: &SelectStatement) -> Result<i64> {
    let mut inner = select.clone();
    inner.clear_selects().clear_order_by().expr(Expr::val(1));
    let mut count = Query::select();
    count
        .expr(Func::count(Expr::cust("*")))
        .from_subquery(inner, "counted");
    let row = database
        .fetch_optional(database.dialect().build(&count))
        .await?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// Ids that go into one statement, well below what either database takes.
const MANY: usize = 10_000;

/// Which of these ids are there, in the given order.
pub async fn existing(
    transaction: &mut Transaction,
    table: &'static str,
    ids: &[Uuid],
) -> Result<Vec<Uuid>> {
    let mut found = HashSet::with_capacity(ids.len());
    for some in ids.chunks(MANY) {
        let mut select = Query::select();
        select
            .column("id")
            .from(table)
            .and_where(Expr::col("id").is_in(some.iter().copied()));
        let query = transaction.dialect().build(&select);
        for row in transaction.fetch_all(query).await? {
            found.insert(row.get::<Uuid>(0)?);
        }
    }
    Ok(ids
        .iter()
        .copied()
        .filter(|id| found.contains(id))
        .collect())
}
