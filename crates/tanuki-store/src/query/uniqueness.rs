//! Uniqueness checks in addition to the constraints of the database, which
//! treat NULLs as distinct from each other.

use sea_query::{Condition, Expr, ExprTrait, Query, SimpleExpr};
use uuid::Uuid;

use crate::query::access;
use crate::schema::Table;
use crate::{Connection, Result, Transaction};

/// Takes a lock named `scope` until the end of the transaction, so that two
/// transactions cannot check the same scope concurrently.
pub async fn lock(transaction: &mut Transaction, scope: &str) -> Result<()> {
    if let Some(query) = transaction.dialect().lock_named(scope) {
        transaction.fetch_optional(query).await?;
    }
    Ok(())
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
