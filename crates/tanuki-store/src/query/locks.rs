//! The order in which transactions lock rows, so that they cannot deadlock:
//!
//! 1. the project,
//! 2. entities: those without a parent first, then by id,
//! 3. the tasks of these entities, by id,
//! 4. the rows of a task: comments, previews, time spent.
//!
//! A transaction that locks rows of several of these levels, or several rows
//! of one, locks all of them at its start with the functions here. SQLite has
//! a single writer and needs no row locks.

use sea_query::{Condition, Expr, ExprTrait, LockType, Order, Query, SelectStatement, SimpleExpr};
use uuid::Uuid;

use crate::query::rows;
use crate::schema::{ENTITY, PROJECT, TASK};
use crate::{Connection, Filter, Result, Transaction};

/// Locks a project.
pub async fn project(transaction: &mut Transaction, id: Uuid) -> Result<()> {
    rows::lock(transaction, PROJECT.name, id).await
}

/// Locks several projects, by id.
pub async fn projects(transaction: &mut Transaction, ids: &[Uuid]) -> Result<()> {
    let which = Expr::col("id").is_in(ids.iter().copied());
    rows_in_order(transaction, PROJECT.name, Condition::all().add(which)).await
}

/// Locks the tasks with these ids.
pub async fn tasks_by_id(transaction: &mut Transaction, ids: &[Uuid]) -> Result<()> {
    tasks(transaction, Expr::col("id").is_in(ids.iter().copied())).await
}

/// Locks the matching rows of one table, entities without a parent first, then
/// by id. Not the rows of other levels that belong to them.
pub(crate) async fn rows_in_order(
    transaction: &mut Transaction,
    table: &'static str,
    which: Condition,
) -> Result<()> {
    let mut select = Query::select();
    select.column((table, "id")).from(table).cond_where(which);
    if table == ENTITY.name {
        let has_parent = Expr::col((table, "parent_id")).is_not_null();
        select.order_by_expr(has_parent, Order::Asc);
    }
    select
        .order_by((table, "id"), Order::Asc)
        .lock(LockType::NoKeyUpdate);
    run(transaction, &select).await
}

/// Locks the entities whose ids a one-column query returns, and all their tasks.
/// A query with a union is better than one with a condition of several parts: for
/// that, PostgreSQL reads the whole table instead of looking the ids up.
pub async fn entities(transaction: &mut Transaction, ids: SelectStatement) -> Result<()> {
    let mut select = Query::select();
    select
        .column("id")
        .from(ENTITY.name)
        .and_where(Expr::col("id").in_subquery(ids.clone()))
        .order_by_expr(Expr::col("parent_id").is_not_null(), Order::Asc)
        .order_by("id", Order::Asc)
        .lock(LockType::NoKeyUpdate);
    run(transaction, &select).await?;
    tasks(transaction, Expr::col("entity_id").in_subquery(ids)).await
}

/// Locks the entities of the tasks that match the condition, and all tasks of
/// these entities.
pub async fn entities_of_tasks(transaction: &mut Transaction, which: Filter) -> Result<()> {
    let mut of_tasks = Query::select();
    of_tasks
        .column("entity_id")
        .from(TASK.name)
        .cond_where(which);
    entities(transaction, of_tasks).await
}

/// Locks the entities of the tasks with these ids, and all tasks of these
/// entities.
pub async fn tasks_with_entities(
    transaction: &mut Transaction,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<()> {
    entities_of_tasks(transaction, Expr::col("id").is_in(ids).into()).await
}

/// Locks the entity of a task, and all tasks of that entity. The task is the
/// one that `column` of the row `id` of `table` refers to.
pub async fn entity_of(
    transaction: &mut Transaction,
    (table, column): (&'static str, &'static str),
    id: Uuid,
) -> Result<()> {
    let which = Expr::col("id").in_subquery(referred(table, column, id));
    entities_of_tasks(transaction, which.into()).await
}

/// Locks the task that `column` of the row `id` of `table` refers to.
pub async fn task_of(
    transaction: &mut Transaction,
    (table, column): (&'static str, &'static str),
    id: Uuid,
) -> Result<()> {
    tasks(
        transaction,
        Expr::col("id").in_subquery(referred(table, column, id)),
    )
    .await
}

async fn tasks(transaction: &mut Transaction, which: SimpleExpr) -> Result<()> {
    let mut select = Query::select();
    select
        .column("id")
        .from(TASK.name)
        .and_where(which)
        .order_by("id", Order::Asc)
        .lock(LockType::NoKeyUpdate);
    run(transaction, &select).await
}

fn referred(table: &'static str, column: &'static str, id: Uuid) -> SelectStatement {
    let mut select = Query::select();
    select
        .column(column)
        .from(table)
        .and_where(Expr::col("id").eq(id));
    select
}

async fn run(transaction: &mut Transaction, select: &SelectStatement) -> Result<()> {
    transaction.fetch(select, |_| Ok(())).await?;
    Ok(())
}
