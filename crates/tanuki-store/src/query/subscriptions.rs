//! Subscriptions of people to tasks, and to task types of sequences.

use sea_query::{Expr, ExprTrait, SimpleExpr};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::projection::Projection;
use crate::query::rows;
use crate::schema::SUBSCRIPTION;
use crate::write;
use crate::{Connection, Result, Transaction};

fn column(name: &'static str) -> Expr {
    Expr::col((SUBSCRIPTION.name, name))
}

fn to_any(person_id: Uuid, tasks: &[Uuid]) -> SimpleExpr {
    column("person_id")
        .eq(person_id)
        .and(column("task_id").is_in(tasks.iter().copied()))
}

fn to_one(person_id: Uuid, (sequence_id, task_type_id): (Uuid, Uuid)) -> SimpleExpr {
    column("person_id")
        .eq(person_id)
        .and(column("entity_id").eq(sequence_id))
        .and(column("task_type_id").eq(task_type_id))
}

/// Returns a person's subscriptions to tasks.
pub async fn to_tasks(
    connection: impl Connection,
    projection: &Projection,
    person_id: Uuid,
    tasks: &[Uuid],
) -> Result<Vec<Map<String, Value>>> {
    let mut select = projection.select(connection.dialect());
    select.and_where(to_any(person_id, tasks));
    rows::all(connection, projection, &select).await
}

/// Returns a person's subscription to a sequence and a task type.
pub async fn to_sequence(
    connection: impl Connection,
    projection: &Projection,
    person_id: Uuid,
    to: (Uuid, Uuid),
) -> Result<Option<Map<String, Value>>> {
    let mut select = projection.select(connection.dialect());
    select.and_where(to_one(person_id, to));
    connection
        .fetch_one(&select, |row| projection.read(row))
        .await
}

/// Deletes a person's subscriptions to tasks.
pub async fn remove_from_tasks(
    transaction: &mut Transaction,
    person_id: Uuid,
    tasks: &[Uuid],
) -> Result<()> {
    write::delete_where(transaction, SUBSCRIPTION.name, to_any(person_id, tasks)).await?;
    Ok(())
}

/// Deletes a person's subscription to a sequence and a task type.
pub async fn remove_from_sequence(
    transaction: &mut Transaction,
    person_id: Uuid,
    from: (Uuid, Uuid),
) -> Result<()> {
    write::delete_where(transaction, SUBSCRIPTION.name, to_one(person_id, from)).await?;
    Ok(())
}
