//! Lookups of rows by name, most of them case-insensitive.

use std::collections::{BTreeSet, HashMap};

use sea_query::{Expr, ExprTrait, Func, Order, Query, SelectStatement, SimpleExpr};
use uuid::Uuid;

use crate::schema::Table;
use crate::write::{self, Defaults, Values};
use crate::{Connection, Error, Filter, Result, Transaction};

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

/// Returns the id of the row with exactly that name, and inserts the row, with
/// these values in its other columns, if there is none. The second value says
/// whether it was inserted. A concurrent insert of the same name is waited for
/// rather than refused.
pub async fn find_or_insert(
    transaction: &mut Transaction,
    (table, name): (&'static Table, &str),
    mut others: Values,
    defaults: &Defaults<'_>,
) -> Result<(Uuid, bool)> {
    if let Some(id) = exactly(&mut *transaction, table, name).await? {
        return Ok((id, false));
    }
    let new = Uuid::new_v4();
    others.extend([("id", new.into()), ("name", name.into())]);
    write::insert_new(transaction, table, vec![others], defaults).await?;
    let id = exactly(transaction, table, name).await?;
    let id = id.ok_or_else(|| Error::Database(format!("{} has no row {name}", table.name)))?;
    Ok((id, id == new))
}

/// Returns the id of the row with exactly that name, or `None`.
async fn exactly(
    connection: impl Connection,
    table: &'static Table,
    name: &str,
) -> Result<Option<Uuid>> {
    let mut select = Query::select();
    select
        .column("id")
        .from(table.name)
        .and_where(Expr::col("name").eq(name))
        .limit(1);
    connection.scalar(&select).await
}

/// Converts each letter by itself to lower case, as `lower` does in a query.
pub fn lowered(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// Rows by their names, with the ids in some of their columns.
#[derive(Debug, Clone, Default)]
pub struct NamedRows {
    /// By name in lower case, oldest first.
    rows: HashMap<String, Vec<NamedRow>>,
}

#[derive(Debug, Clone)]
struct NamedRow {
    id: Uuid,
    name: String,
    references: Vec<(&'static str, Option<Uuid>)>,
}

impl NamedRows {
    /// Returns the row that a name means, of those that have these ids in their
    /// columns: one with exactly that name, or else the oldest that equals it
    /// when case is ignored.
    pub fn meant(&self, name: &str, within: &[(&'static str, Uuid)]) -> Option<Uuid> {
        let rows = self.rows.get(&lowered(name))?;
        let is_within = |row: &&NamedRow| {
            let mut within = within.iter();
            within.all(|(column, id)| row.references.contains(&(*column, Some(*id))))
        };
        let mut rows_within = rows.iter().filter(is_within);
        let exact = rows_within.clone().find(|row| row.name == name);
        Some(exact.or_else(|| rows_within.next())?.id)
    }
}

/// Returns the rows that match the condition and whose name equals one of
/// `names`, ignoring case, with the ids in the columns `references`.
pub async fn all_called(
    connection: impl Connection,
    table: &'static str,
    names: &BTreeSet<&str>,
    which: Filter,
    references: &[&'static str],
) -> Result<NamedRows> {
    let names = names.iter().filter(|name| !name.contains('\0'));
    let exact: Vec<String> = names.map(|name| (*name).to_owned()).collect();
    let lower: Vec<String> = exact.iter().map(|name| lowered(name)).collect();
    let column = |name| Expr::col((table, name));
    let is_called = Expr::expr(Func::lower(column("name"))).is_in(lower);
    let mut select = Query::select();
    select
        .columns([(table, "id"), (table, "name")])
        .columns(references.iter().map(|column| (table, *column)))
        .from(table)
        .and_where(column("name").is_in(exact).or(is_called))
        .cond_where(which)
        .order_by((table, "created_at"), Order::Asc)
        .order_by((table, "id"), Order::Asc);
    let found = connection.fetch(&select, |row| {
        let reference = |column: &&'static str| Ok((*column, row.get(*column)?));
        Ok(NamedRow {
            id: row.get("id")?,
            name: row.get("name")?,
            references: references.iter().map(reference).collect::<Result<_>>()?,
        })
    });
    let mut rows: HashMap<String, Vec<NamedRow>> = HashMap::new();
    for row in found.await? {
        rows.entry(lowered(&row.name)).or_default().push(row);
    }
    Ok(NamedRows { rows })
}
