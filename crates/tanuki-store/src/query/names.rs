//! Rows by their names, as people write them.

use sea_query::{Condition, Expr, Order, Query};
use uuid::Uuid;

use crate::{Connection, Result};

/// The first row of a table whose name is that one but for the case of its
/// letters, and that fits the condition.
pub async fn called(
    connection: impl Connection,
    table: &'static str,
    name: &str,
    which: Condition,
) -> Result<Option<Uuid>> {
    // No name has one, and PostgreSQL takes none.
    if name.contains('\0') {
        return Ok(None);
    }
    let column = Expr::col((table, "name"));
    let mut select = Query::select();
    select
        .column((table, "id"))
        .from(table)
        .and_where(connection.dialect().ilike(column, &literally(name)))
        .cond_where(which)
        .order_by((table, "created_at"), Order::Asc)
        .order_by((table, "id"), Order::Asc)
        .limit(1);
    let query = connection.dialect().build(&select);
    let row = connection.fetch_optional(query).await?;
    row.map(|row| row.get(0)).transpose()
}

/// A pattern that fits nothing but the text.
fn literally(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern
}
