//! Working files: their lists and revisions.

use sea_query::{Expr, ExprTrait, Func, Order, Query, SimpleExpr, WindowStatement};
use uuid::Uuid;

use crate::query::access;
use crate::schema::WORKING_FILE;
use crate::{Connection, Filter, ListQuery, Result};

fn column(name: &'static str) -> SimpleExpr {
    Expr::col((WORKING_FILE.name, name))
}

/// Condition on `working_file`: the numbered revisions of that task's files.
pub fn of_task(task_id: Uuid) -> Filter {
    numbered().and(column("task_id").eq(task_id))
}

/// Condition on `working_file`: the numbered revisions of that entity's files.
pub fn of_entity(entity_id: Uuid) -> Filter {
    numbered().and(column("entity_id").eq(entity_id))
}

/// Condition on `working_file`: it has exactly that name.
pub fn is_named(name: &str) -> Filter {
    column("name").eq(name).into()
}

/// Revisions below 0 are hidden.
fn numbered() -> Filter {
    column("revision").gte(0).into()
}

/// Filters a list to the last revision of each name of a task's files, and adds
/// the name as a column, for [`stream_named`](crate::Database::stream_named).
pub fn last_of_task(list: ListQuery, task_id: Uuid) -> ListQuery {
    let mut newest_first = WindowStatement::partition_by("name");
    newest_first.order_by("revision", Order::Desc);
    let mut ranked = Query::select();
    ranked
        .column("id")
        .expr_window_as(Func::cust("rank"), newest_first, "place")
        .from(WORKING_FILE.name)
        .and_where(Expr::col("task_id").eq(task_id))
        .and_where(Expr::col("name").is_not_null())
        .and_where(Expr::col("revision").is_not_null());
    let mut last = Query::select();
    last.column("id")
        .from_subquery(ranked, "ranked")
        .and_where(Expr::col("place").eq(1));
    list.filter(Filter::from(column("id").in_subquery(last)))
        .ascending("name")
        .column(column("name"))
}

/// Returns the highest revision of a task's files of that name, or `None`.
pub async fn last_revision(
    connection: impl Connection,
    task_id: Uuid,
    name: &str,
) -> Result<Option<i64>> {
    let mut select = Query::select();
    select
        .expr(Func::max(column("revision")))
        .from(WORKING_FILE.name)
        .and_where(column("task_id").eq(task_id))
        .and_where(column("name").eq(name));
    Ok(connection.scalar(&select).await?.flatten())
}

/// Returns whether a task has a file of that name and revision.
pub async fn revision_is_taken(
    connection: impl Connection,
    task_id: Uuid,
    (name, revision): (&str, i64),
) -> Result<bool> {
    let same = Filter::from(column("task_id").eq(task_id))
        .and(column("name").eq(name))
        .and(column("revision").eq(revision));
    access::exists(connection, WORKING_FILE.name, same).await
}
