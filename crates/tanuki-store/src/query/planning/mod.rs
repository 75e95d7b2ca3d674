//! Schedule items and schedule versions of projects.

pub mod budgets;
pub mod quotas;
pub mod schedule;
pub mod statistics;
pub mod time;
pub mod versions;

use chrono::NaiveDateTime;
use sea_query::{Cond, Expr, ExprTrait, Query};
use uuid::Uuid;

use crate::query::access;
use crate::schema::PROJECT;
use crate::write::{self, Values};
use crate::{Connection, Database, Filter, Result, Transaction};

/// Returns whether there is a schedule item with that project, task type and
/// object. `None` matches NULL.
pub async fn schedule_item_exists(
    database: &Database,
    [project_id, task_type_id, object_id]: [Option<Uuid>; 3],
) -> Result<bool> {
    let same = [
        ("project_id", project_id),
        ("task_type_id", task_type_id),
        ("object_id", object_id),
    ]
    .into_iter()
    .fold(Cond::all(), |same, (column, id)| {
        same.add(match id {
            Some(id) => Expr::col(column).eq(id),
            None => Expr::col(column).is_null(),
        })
    });
    access::exists(database, "schedule_item", same).await
}

/// Condition on `production_schedule_version_task_link`: its version belongs
/// to the project.
pub fn links_in_production(project_id: Uuid) -> Filter {
    let mut versions = Query::select();
    versions
        .column("id")
        .from("production_schedule_version")
        .and_where(Expr::col("project_id").eq(project_id));
    Cond::all()
        .add(
            Expr::col((
                "production_schedule_version_task_link",
                "production_schedule_version_id",
            ))
            .in_subquery(versions),
        )
        .into()
}

/// Clears the references to a schedule version from versions that were copied
/// from it and from projects that follow it. Returns the ids of these
/// projects.
pub async fn detach_version(
    transaction: &mut Transaction,
    id: Uuid,
    now: NaiveDateTime,
) -> Result<Vec<Uuid>> {
    write::clear(
        transaction,
        ("production_schedule_version", "production_schedule_from"),
        Expr::col("production_schedule_from").eq(id),
    )
    .await?;
    let follows = Expr::col("from_schedule_version_id").eq(id);
    let mut select = Query::select();
    select
        .column("id")
        .from("project")
        .and_where(follows.clone());
    let followers = transaction.ids(&select).await?;
    let values = Values::from([
        ("from_schedule_version_id", sea_query::Value::Uuid(None)),
        ("updated_at", now.into()),
    ]);
    write::update_where(transaction, &PROJECT, values, follows).await?;
    Ok(followers)
}
