//! Links between a project and people, task types, statuses and the other
//! things that it uses.

use std::collections::HashMap;

use sea_query::{Condition, Expr, ExprTrait, Query};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::projection::Projection;
use crate::query::{access, rows};
use crate::schema::{PROJECT_TASK_TYPE_SOFTWARE_LINK, Table};
use crate::write::{self, Defaults, Values};
use crate::{Connection, Filter, Result, Transaction};

/// The two ends of a link: project id, column of the other end, and the other
/// id.
pub type Ends = (Uuid, &'static str, Uuid);

fn between((project_id, column, target): Ends) -> Condition {
    Condition::all()
        .add(Expr::col("project_id").eq(project_id))
        .add(Expr::col(column).eq(target))
}

/// Inserts a link, or updates it if it exists (upsert).
pub async fn put(
    transaction: &mut Transaction,
    table: &'static Table,
    ends: Ends,
    mut values: Values,
    defaults: &Defaults<'_>,
) -> Result<()> {
    if exists(&mut *transaction, table, ends).await? {
        values.insert("updated_at", defaults.now.into());
        update(transaction, table, ends, values).await?;
        return Ok(());
    }
    add(transaction, table, ends, values, defaults).await
}

/// Updates a link. Returns `false` if there is no such link.
pub async fn update(
    transaction: &mut Transaction,
    table: &'static Table,
    ends: Ends,
    values: Values,
) -> Result<bool> {
    Ok(write::update_where(transaction, table, values, between(ends)).await? > 0)
}

/// Returns whether the link exists.
pub async fn exists(
    connection: impl Connection,
    table: &'static Table,
    ends: Ends,
) -> Result<bool> {
    access::exists(connection, table.name, between(ends)).await
}

/// Inserts a link, which must not exist yet.
pub async fn add(
    transaction: &mut Transaction,
    table: &'static Table,
    (project_id, column, target): Ends,
    mut values: Values,
    defaults: &Defaults<'_>,
) -> Result<()> {
    values.insert("project_id", project_id.into());
    values.insert(column, target.into());
    write::insert(transaction, table, values, defaults).await
}

/// Inserts links, none of which exists yet, each given by its other end and its
/// values.
pub async fn add_all(
    transaction: &mut Transaction,
    table: &'static Table,
    (project_id, column): (Uuid, &'static str),
    links: Vec<(Uuid, Values)>,
    defaults: &Defaults<'_>,
) -> Result<()> {
    let row = |(target, mut values): (Uuid, Values)| {
        values.insert("project_id", project_id.into());
        values.insert(column, target.into());
        values
    };
    let rows = links.into_iter().map(row).collect();
    write::insert_by_columns(transaction, table, rows, defaults).await
}

/// Returns the other ends of a project's links.
pub async fn targets(
    connection: impl Connection,
    table: &'static Table,
    (project_id, column): (Uuid, &'static str),
) -> Result<Vec<Uuid>> {
    let mut select = Query::select();
    select
        .column(column)
        .from(table.name)
        .and_where(Expr::col("project_id").eq(project_id));
    connection.ids(&select).await
}

/// Returns the ids of a project's links, which must have some, by their other
/// end.
pub async fn ids(
    connection: impl Connection,
    table: &'static Table,
    (project_id, column): (Uuid, &'static str),
) -> Result<HashMap<Uuid, Uuid>> {
    let mut select = Query::select();
    select
        .columns(["id", column])
        .from(table.name)
        .and_where(Expr::col("project_id").eq(project_id));
    let links = connection.fetch(&select, |row| Ok((row.get(column)?, row.get("id")?)));
    Ok(links.await?.into_iter().collect())
}

/// Deletes the links of a project to these other ends.
pub async fn remove_all(
    transaction: &mut Transaction,
    table: &'static Table,
    (project_id, column): (Uuid, &'static str),
    targets: &[Uuid],
) -> Result<()> {
    if targets.is_empty() {
        return Ok(());
    }
    let these = Expr::col("project_id")
        .eq(project_id)
        .and(Expr::col(column).is_in(targets.iter().copied()));
    write::delete_where(transaction, table.name, these).await?;
    Ok(())
}

/// Deletes a link. Returns `false` if there was no such link.
pub async fn remove(
    transaction: &mut Transaction,
    table: &'static Table,
    ends: Ends,
) -> Result<bool> {
    Ok(write::delete_where(transaction, table.name, between(ends)).await? > 0)
}

/// Condition on `target`: the project is linked to it, by the column of that
/// link table.
pub fn is_used_by(
    project_id: Uuid,
    (table, column): (&'static Table, &'static str),
    target: &'static Table,
) -> Filter {
    let mut used = Query::select();
    used.column((table.name, column))
        .from(table.name)
        .and_where(Expr::col((table.name, "project_id")).eq(project_id));
    Expr::col((target.name, "id")).in_subquery(used).into()
}

/// A software that is used for the tasks of a type in a project.
#[derive(Debug, Clone, Copy)]
pub struct SoftwareLink {
    pub project_id: Uuid,
    pub task_type_id: Uuid,
    pub software_id: Uuid,
}

impl SoftwareLink {
    fn is_it(&self) -> Condition {
        Condition::all()
            .add(Expr::col("project_id").eq(self.project_id))
            .add(Expr::col("task_type_id").eq(self.task_type_id))
            .add(Expr::col("software_id").eq(self.software_id))
    }
}

/// Returns whether there is such a link.
pub async fn has_software(transaction: &mut Transaction, link: &SoftwareLink) -> Result<bool> {
    let table = PROJECT_TASK_TYPE_SOFTWARE_LINK.name;
    access::exists(transaction, table, link.is_it()).await
}

/// Deletes the link. Returns the number of links deleted.
pub async fn remove_software(transaction: &mut Transaction, link: &SoftwareLink) -> Result<u64> {
    let table = PROJECT_TASK_TYPE_SOFTWARE_LINK.name;
    write::delete_where(transaction, table, link.is_it()).await
}

/// Returns the links of a project to any of the targets as JSON in the
/// projection.
pub async fn rows(
    transaction: &mut Transaction,
    projection: &Projection,
    (project_id, column, targets): (Uuid, &'static str, &[Uuid]),
) -> Result<Vec<Map<String, Value>>> {
    let mut select = projection.select(transaction.dialect());
    select
        .and_where(Expr::col("project_id").eq(project_id))
        .and_where(Expr::col(column).is_in(targets.iter().copied()));
    rows::all(transaction, projection, &select).await
}

/// Returns the link as JSON in the projection, or `None`.
pub async fn row(
    transaction: &mut Transaction,
    projection: &Projection,
    ends: Ends,
) -> Result<Option<Map<String, Value>>> {
    let mut select = projection.select(transaction.dialect());
    select.cond_where(between(ends));
    let found = rows::all(transaction, projection, &select).await?;
    Ok(found.into_iter().next())
}
