//! Links between a project and people, task types, statuses and the other
//! things that it uses.

use sea_query::{Condition, Expr, ExprTrait, Query, SelectStatement};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::projection::Projection;
use crate::query::{access, rows};
use crate::schema::Table;
use crate::write::{self, Defaults, Values};
use crate::{Connection, Result, Transaction};

/// The two ends of a link: project id, column of the other end, and the other
/// id.
pub type Ends = (Uuid, &'static str, Uuid);

fn between((project_id, column, target): Ends) -> Condition {
    Condition::all()
        .add(Expr::col("project_id").eq(project_id))
        .add(Expr::col(column).eq(target))
}

/// Inserts a link, or updates it if it exists (upsert).
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

/// Updates a link. Returns `false` if there is no such link.
pub async fn update(
    transaction: &mut Transaction,
    table: &'static Table,
    ends: Ends,
    values: Values,
) -> Result<bool> {
    Ok(write::update_where(transaction, table, values, between(ends)).await? > 0)
}

/// Returns whether the link exists.
pub async fn exists(
    connection: impl Connection,
    table: &'static Table,
    ends: Ends,
) -> Result<bool> {
    access::exists(connection, table.name, between(ends)).await
}

/// Inserts a link, which must not exist yet.
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

/// Deletes a link. Returns `false` if there was no such link.
pub async fn remove(
    transaction: &mut Transaction,
    table: &'static Table,
    ends: Ends,
) -> Result<bool> {
    Ok(write::delete_where(transaction, table.name, between(ends)).await? > 0)
}

/// Subquery: the ids that a project is linked to.
pub fn targets(table: &'static Table, column: &'static str, project_id: Uuid) -> SelectStatement {
    let mut targets = Query::select();
    targets
        .column((table.name, column))
        .from(table.name)
        .and_where(Expr::col((table.name, "project_id")).eq(project_id));
    targets
}

/// Returns the link as JSON in the projection, or `None`.
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
