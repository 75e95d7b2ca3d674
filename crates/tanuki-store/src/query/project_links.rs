//! Task types and statuses that productions use.

use sea_query::{Condition, Expr, ExprTrait};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{access, rows};
use crate::schema::Table;
use crate::shape::Shape;
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
    if access::exists(&mut *transaction, table.name, between(ends)).await? {
        values.insert("updated_at", defaults.now.into());
        update(transaction, table, ends, values).await?;
        return Ok(());
    }
    let (project_id, column, target) = ends;
    values.insert("project_id", project_id.into());
    values.insert(column, target.into());
    write::insert(transaction, table, values, defaults).await
}

/// Gives a link these values, if there is one.
pub async fn update(
    transaction: &mut Transaction,
    table: &'static Table,
    ends: Ends,
    values: Values,
) -> Result<()> {
    write::update_where(transaction, table, values, between(ends)).await?;
    Ok(())
}

/// The link between both ends.
pub async fn row(
    transaction: &mut Transaction,
    shape: &Shape,
    ends: Ends,
) -> Result<Option<Map<String, Value>>> {
    let mut select = shape.select(transaction.dialect());
    select.cond_where(between(ends));
    let found = rows::all(transaction, shape, &select).await?;
    Ok(found.into_iter().next())
}
