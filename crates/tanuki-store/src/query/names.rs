//! Case-insensitive lookups by name.

use sea_query::{Expr, ExprTrait, Func, Order, Query, SelectStatement, SimpleExpr};
use uuid::Uuid;

use crate::{Connection, Filter, Result};

/// Condition: the column equals `name`, ignoring case. `%`, `_` and `\` have
/// no special meaning.
pub fn is_called(text: SimpleExpr, name: &str) -> SimpleExpr {
    let lowered = Expr::expr(Func::lower(text.clone()));
    text.eq(name).or(lowered.eq(Func::lower(Expr::val(name))))
}

/// Orders rows that match `name` exactly before those that [`is_called`]
/// matches in another case.
pub fn exact_first(select: &mut SelectStatement, text: SimpleExpr, name: &str) {
    select.order_by_expr(text.ne(name), Order::Asc);
}

/// Returns the id of the row whose name equals `name`, ignoring case, and that
/// matches the condition. An exact match takes precedence, then the oldest
/// row.
pub async fn called(
    connection: impl Connection,
    table: &'static str,
    name: &str,
    which: Filter,
) -> Result<Option<Uuid>> {
    // PostgreSQL refuses strings with a NUL character, so no name has one.
    if name.contains('\0') {
        return Ok(None);
    }
    let column = || Expr::col((table, "name"));
    let mut select = Query::select();
    select
        .column((table, "id"))
        .from(table)
        .and_where(is_called(column(), name))
        .cond_where(which);
    exact_first(&mut select, column(), name);
    select
        .order_by((table, "created_at"), Order::Asc)
        .order_by((table, "id"), Order::Asc)
        .limit(1);
    connection.scalar(&select).await
}
