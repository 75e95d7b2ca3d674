//! What productions are linked to: their team, and what of the studio they use.

use sea_query::{Condition, Expr, ExprTrait, Query, SelectStatement};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{access, rows};
use crate::projection::Projection;
use crate::schema::Table;
use crate::write::{self, Defaults, Values};
use crate::{Connection, Result, Transaction};

/// The production, the column of the other end, and its id.
pub type Ends = (Uuid, &'static str, Uuid);

fn between((project_id, column, target): Ends) -> Condition {
    Condition::all()
        .add(Expr::col("project_id").eq(project_id))
        .add(Expr::col(column).eq(target))
}

/// Links both ends with these values, or gives a link that is there already
/// these values.
pub async fn put(
    transaction: &mut Transaction,
    table: &'static Table,
    ends: Ends,
    mut values: Values,
    defaults: &Defaults<'_>,
) -> Result<()> {
    if exists(&mut *transaction, table, ends).await? {
        values.insert("updated_at", defaults.now.into());
        update(transaction, table, ends, values).await?;
        return Ok(());
    }
    add(transaction, table, ends, values, defaults).await
}

/// Gives a link these values and returns whether there is one.
pub async fn update(
    transaction: &mut Transaction,
    table: &'static Table,
    ends: Ends,
    values: Values,
) -> Result<bool> {
    Ok(write::update_where(transaction, table, values, between(ends)).await? > 0)
}

/// Whether both ends are linked.
pub async fn exists(
    connection: impl Connection,
    table: &'static Table,
    ends: Ends,
) -> Result<bool> {
    access::exists(connection, table.name, between(ends)).await
}

/// Links both ends.
pub async fn add(
    transaction: &mut Transaction,
    table: &'static Table,
    (project_id, column, target): Ends,
    mut values: Values,
    defaults: &Defaults<'_>,
) -> Result<()> {
    values.insert("project_id", project_id.into());
    values.insert(column, target.into());
    write::insert(transaction, table, values, defaults).await
}

/// Takes a link away and returns whether there was one.
pub async fn remove(
    transaction: &mut Transaction,
    table: &'static Table,
    ends: Ends,
) -> Result<bool> {
    Ok(write::delete_where(transaction, table.name, between(ends)).await? > 0)
}

/// Ids of what a production is linked to.
pub fn targets(table: &'static Table, column: &'static str, project_id: Uuid) -> SelectStatement {
    let mut targets = Query::select();
    targets
        .column((table.name, column))
        .from(table.name)
        .and_where(Expr::col((table.name, "project_id")).eq(project_id));
    targets
}

/// The link between both ends.
pub async fn row(
    transaction: &mut Transaction,
    projection: &Projection,
    ends: Ends,
) -> Result<Option<Map<String, Value>>> {
    let mut select = projection.select(transaction.dialect());
    select.cond_where(between(ends));
    let found = rows::all(transaction, projection, &select).await?;
    Ok(found.into_iter().next())
}
