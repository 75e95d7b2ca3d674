//! Uniqueness checks in addition to the constraints of the database, which
//! treat NULLs as distinct from each other.

use sea_query::{Condition, Expr, ExprTrait, Query, SimpleExpr};
use uuid::Uuid;

use crate::query::{access, locks, scopes};
use crate::schema::Table;
use crate::{Connection, Result, Transaction};

/// Locks what the values of a new row must be unique in, until the end of the
/// transaction: its project, or the whole table if it belongs to none. Comes
/// first in the order of [`locks`](super::locks).
pub async fn lock(
    transaction: &mut Transaction,
    table: &'static Table,
    project_id: Option<Uuid>,
) -> Result<()> {
    if let Some(id) = project_id {
        return locks::project(transaction, id).await;
    }
    if let Some(query) = transaction.dialect().lock_named(table.name) {
        transaction.fetch_optional(query).await?;
    }
    Ok(())
}

/// Like [`lock`], for the existing row `id`, which is not locked yet.
pub async fn lock_for_row(
    transaction: &mut Transaction,
    table: &'static Table,
    id: Uuid,
) -> Result<()> {
    let scopes = scopes::of_rows((&mut *transaction).into(), table, &[id]).await?;
    let project_id = scopes.get(&id).and_then(|scope| scope.project_id);
    lock(transaction, table, project_id).await
}

/// Returns whether another row has the same values in these columns as the row
/// `id`. Two NULLs are equal.
pub async fn has_duplicate(
    transaction: &mut Transaction,
    table: &'static Table,
    id: Uuid,
    columns: &[&'static str],
) -> Result<bool> {
    const OWN: &str = "own";
    let mut select = Query::select();
    select
        .expr(Expr::val(1))
        .from_as(table.name, OWN)
        .and_where(Expr::col((OWN, "id")).eq(id))
        .and_where(Expr::col((OWN, "id")).not_equals((table.name, "id")));
    for column in columns {
        let (own, other) = ((OWN, *column), (table.name, *column));
        let same = Expr::col(own).equals(other);
        let is_required = table.column(column).is_some_and(|column| !column.nullable);
        select.and_where(if is_required {
            same
        } else {
            let both_null: SimpleExpr = Expr::col(own).is_null().and(Expr::col(other).is_null());
            same.or(both_null)
        });
    }
    let duplicates = Condition::all().add(Expr::exists(select));
    access::exists(transaction, table.name, duplicates).await
}
