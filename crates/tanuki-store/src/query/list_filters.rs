//! Filters by the columns and links of any table in the schema, for lists that
//! are filtered by the query string.

use sea_query::{Expr, ExprTrait, Func, Query, Value};
use uuid::Uuid;

use crate::query::names;
use crate::schema::{Column, Link, Table};
use crate::{Database, Filter};

/// Rows with that value in a column. Use [`is_called`] for names.
pub fn is(table: &'static Table, column: &'static Column, value: Value) -> Filter {
    Expr::col((table.name, column.name)).eq(value).into()
}

/// Rows with one of the values in a column.
pub fn is_one_of(table: &'static Table, column: &'static Column, values: Vec<Value>) -> Filter {
    Expr::col((table.name, column.name)).is_in(values).into()
}

/// Rows whose column equals the text, ignoring case.
pub fn is_called(table: &'static Table, column: &'static Column, text: &str) -> Filter {
    names::is_called(Expr::col((table.name, column.name)), text).into()
}

/// Rows that are linked to the row with that id.
pub fn is_linked_to(table: &'static Table, link: &'static Link, id: Uuid) -> Filter {
    let mut owners = Query::select();
    owners
        .column((link.table, link.owner))
        .from(link.table)
        .and_where(Expr::col((link.table, link.target)).eq(id));
    Expr::col((table.name, "id")).in_subquery(owners).into()
}

/// People whose first and last name, joined with a space and trimmed, equal
/// the text.
pub fn has_full_name(table: &'static Table, text: &str) -> Filter {
    let part = |column| {
        Expr::expr(Func::coalesce([
            Expr::col((table.name, column)),
            Expr::val(""),
        ]))
    };
    let joined = part("first_name").cast_as("text");
    let separated = concat(concat(joined, Expr::val(" ")), part("last_name"));
    let trimmed = Expr::expr(Func::cust("trim").arg(separated));
    trimmed.eq(text).into()
}

fn concat(left: Expr, right: Expr) -> Expr {
    left.binary(sea_query::BinOper::Custom("||"), right)
}

/// Rows with one of these ids.
pub fn has_id_in(table: &'static Table, ids: &[Uuid]) -> Filter {
    let ids = ids.iter().copied();
    Expr::col((table.name, "id")).is_in(ids).into()
}

/// The row with that id.
pub fn has_id(table: &'static Table, id: Uuid) -> Filter {
    Expr::col((table.name, "id")).eq(id).into()
}

/// Rows whose column `project_id` is that project.
pub fn of_project(table: &'static Table, project_id: Uuid) -> Filter {
    Expr::col((table.name, "project_id")).eq(project_id).into()
}

/// Like [`of_project`], for queries that join or aggregate all rows of a
/// project: planned for this one, which may have many more rows than others.
pub fn of_planned_project(database: &Database, table: &'static Table, project_id: Uuid) -> Filter {
    let id = database.dialect().id_literal(project_id);
    Expr::col((table.name, "project_id")).eq(id).into()
}
