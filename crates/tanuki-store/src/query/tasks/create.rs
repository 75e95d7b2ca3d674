//! Queries for creating tasks: the entities, the initial status and the
//! permitted task types.

use std::collections::HashSet;

use sea_query::{Expr, ExprTrait, Order, Query};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::projection::Projection;
use crate::{Connection, Filter, Result, Transaction};

/// An entity that a task is created for.
#[derive(Debug, Clone)]
pub struct TaskSubject {
    pub id: Uuid,
    pub project_id: Uuid,
    /// Name of the entity type.
    pub entity_type: String,
}

/// Returns the entities that match a condition on `entity` and `entity_type`,
/// ordered by name.
pub async fn subjects(connection: impl Connection, which: Filter) -> Result<Vec<TaskSubject>> {
    let mut select = Query::select();
    select
        .columns([
            ("entity", "id"),
            ("entity", "project_id"),
            ("entity_type", "name"),
        ])
        .from("entity")
        .inner_join_to(fk::ENTITY_ENTITY_TYPE)
        .cond_where(which)
        .order_by(("entity", "name"), Order::Asc)
        .order_by(("entity", "id"), Order::Asc);
    connection
        .fetch(&select, |row| {
            Ok(TaskSubject {
                id: row.get("id")?,
                project_id: row.get("project_id")?,
                entity_type: row.get("name")?,
            })
        })
        .await
}

/// Returns those of the entities that already have a task of that type,
/// whatever its name.
pub async fn with_task(
    transaction: &mut Transaction,
    task_type_id: Uuid,
    entities: &[Uuid],
) -> Result<HashSet<Uuid>> {
    let mut select = Query::select();
    select
        .column("entity_id")
        .from("task")
        .and_where(Expr::col("task_type_id").eq(task_type_id))
        .and_where(Expr::col("entity_id").is_in(entities.iter().copied()));
    Ok(transaction.ids(&select).await?.into_iter().collect())
}

/// Returns the initial status of tasks as JSON in the projection: the default
/// status, or else the one with that short name. `None` if there is neither.
pub async fn first_status(
    connection: impl Connection,
    projection: &Projection,
    for_concept: bool,
    short_name: &str,
) -> Result<Option<Map<String, Value>>> {
    let column = |name| Expr::col(("task_status", name));
    let is_default = column("is_default").eq(true);
    let mut select = projection.select(connection.dialect());
    select
        .and_where(column("for_concept").eq(for_concept))
        .and_where(is_default.clone().or(column("short_name").eq(short_name)))
        .order_by_expr(is_default, Order::Desc)
        .order_by(("task_status", "created_at"), Order::Asc)
        .limit(1);
    connection
        .fetch_one(&select, |row| projection.read(row))
        .await
}

/// Returns the ids of the task types that a project uses.
pub async fn types_of_project(connection: impl Connection, id: Uuid) -> Result<HashSet<Uuid>> {
    let mut select = Query::select();
    select
        .column("task_type_id")
        .from("project_task_type_link")
        .and_where(Expr::col("project_id").eq(id));
    Ok(connection.ids(&select).await?.into_iter().collect())
}

/// Returns the ids of the task types in the workflow of the entity's asset
/// type.
pub async fn types_of_workflow(connection: impl Connection, entity: Uuid) -> Result<HashSet<Uuid>> {
    let mut asset_type = Query::select();
    asset_type
        .column("entity_type_id")
        .from("entity")
        .and_where(Expr::col("id").eq(entity));
    let mut select = Query::select();
    select
        .column("task_type_id")
        .from("task_type_asset_type_link")
        .and_where(Expr::col("asset_type_id").in_subquery(asset_type));
    Ok(connection.ids(&select).await?.into_iter().collect())
}
