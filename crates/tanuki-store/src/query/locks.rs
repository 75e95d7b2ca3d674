//! The order in which transactions lock rows, so that no two of them wait for
//! each other:
//!
//! 1. the project,
//! 2. entities: those without a parent first, then by id,
//! 3. the tasks of these entities, by id,
//! 4. what belongs to a task: comments, previews, time spent.
//!
//! Whoever locks rows of several of these, or several rows of one, locks all of
//! them at its beginning with the functions here. SQLite has one writer at a
//! time and needs none of this.

use sea_query::{Condition, Expr, ExprTrait, LockType, Order, Query, SelectStatement, SimpleExpr};
use uuid::Uuid;

use crate::schema::{ENTITY, TASK};
use crate::{Connection, Result, Transaction};

/// Locks the entities that a condition holds for, and their tasks.
pub async fn entities(transaction: &mut Transaction, which: SimpleExpr) -> Result<()> {
    let mut select = Query::select();
    select
        .column("id")
        .from(ENTITY.name)
        .and_where(which.clone())
        .order_by_expr(Expr::col("parent_id").is_not_null(), Order::Asc)
        .order_by("id", Order::Asc)
        .lock(LockType::NoKeyUpdate);
    run(transaction, &select).await?;
    let mut those = Query::select();
    those.column("id").from(ENTITY.name).and_where(which);
    tasks(transaction, Expr::col("entity_id").in_subquery(those)).await
}

/// Locks the entities of the tasks that a condition holds for, and all their
/// tasks.
pub async fn entities_of_tasks(transaction: &mut Transaction, which: Condition) -> Result<()> {
    let mut of_tasks = Query::select();
    of_tasks
        .column("entity_id")
        .from(TASK.name)
        .cond_where(which);
    entities(transaction, Expr::col("id").in_subquery(of_tasks)).await
}

/// Locks the entities of these tasks, and all their tasks.
pub async fn tasks_with_entities(
    transaction: &mut Transaction,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<()> {
    let which = Condition::all().add(Expr::col("id").is_in(ids));
    entities_of_tasks(transaction, which).await
}

/// Locks the entity, and all its tasks, of the task that a column of a row
/// refers to.
pub async fn entity_of(
    transaction: &mut Transaction,
    (table, column): (&'static str, &'static str),
    id: Uuid,
) -> Result<()> {
    let which = Expr::col("id").in_subquery(referred(table, column, id));
    entities_of_tasks(transaction, Condition::all().add(which)).await
}

/// Locks the task that a column of a row refers to.
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
    let query = transaction.dialect().build(select);
    transaction.fetch_all(query).await?;
    Ok(())
}
