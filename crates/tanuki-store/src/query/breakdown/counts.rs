//! Counts that are stored about castings: how many assets are cast in an entity,
//! and how many of them are ready for a task. The number of statements does not
//! depend on the number of entities.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use sea_query::{Condition, Expr, ExprTrait, Func, Order, Query, SimpleExpr};
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::query::locks;
use crate::schema::{ENTITY, TASK};
use crate::write::{self, Values};
use crate::{Connection, Result, Transaction};

/// The number of assets, without canceled ones, that are cast in an entity.
#[derive(Debug, Clone, Copy)]
pub struct CastingCount {
    pub live: i64,
    /// Whether another number was stored.
    pub has_changed: bool,
}

/// Counts the assets that are cast in entities and stores the counts. Returns
/// them by entity. Locks the entities in the common order.
pub async fn recount(
    transaction: &mut Transaction,
    ids: &[Uuid],
    now: NaiveDateTime,
) -> Result<HashMap<Uuid, CastingCount>> {
    let these = Expr::col(("entity", "id")).is_in(ids.iter().copied());
    let which = Condition::all().add(these);
    locks::rows_in_order(transaction, ENTITY.name, which.clone()).await?;
    let mut cast = Query::select();
    cast.expr(Func::count(Expr::val(1)))
        .from("entity_link")
        .inner_join_to(fk::ENTITY_LINK_ENTITY_OUT.target_as("asset"))
        .and_where(Expr::col(("entity_link", "entity_in_id")).equals(("entity", "id")))
        .and_where(Expr::col(("asset", "canceled")).eq(false));
    let live: SimpleExpr = sea_query::SubQueryStatement::SelectStatement(cast).into();
    let mut select = Query::select();
    select
        .columns(["id", "nb_entities_out"])
        .expr_as(live, "live")
        .from("entity")
        .cond_where(which);
    let counts = transaction.fetch(&select, |row| {
        let live: i64 = row.get("live")?;
        let stored: Option<i64> = row.get("nb_entities_out")?;
        let has_changed = stored != Some(live);
        Ok((row.get("id")?, CastingCount { live, has_changed }))
    });
    let counts: HashMap<Uuid, CastingCount> = counts.await?.into_iter().collect();
    let changed: Vec<_> = counts
        .iter()
        .filter(|(_, count)| count.has_changed)
        .map(|(id, count)| (*id, count.live.into()))
        .collect();
    let values = Values::from([("updated_at", now.into())]);
    write::update_each(transaction, (&ENTITY, "nb_entities_out"), &changed, values).await?;
    Ok(counts)
}

/// Returns the ids of the entities of a project that have a casting, or had one
/// when it was counted last, and of its shots.
pub async fn with_casting(connection: impl Connection, project_id: Uuid) -> Result<Vec<Uuid>> {
    let entity = |column| Expr::col(("entity", column));
    let mut cast = Query::select();
    cast.column("entity_in_id").from("entity_link");
    let has_casting = entity("id")
        .in_subquery(cast)
        .or(entity("nb_entities_out").ne(0))
        .or(Expr::col(("entity_type", "name")).eq("Shot"));
    let mut select = Query::select();
    select
        .column(("entity", "id"))
        .from(ENTITY.name)
        .inner_join_to(fk::ENTITY_ENTITY_TYPE)
        .and_where(entity("project_id").eq(project_id))
        .and_where(has_casting)
        .order_by(("entity", "id"), Order::Asc);
    connection.ids(&select).await
}

/// What decides whether a cast asset is ready for a task.
#[derive(Debug)]
pub struct Cast {
    pub canceled: Option<bool>,
    pub is_shared: bool,
    pub project_id: Uuid,
    /// Priority, in the project of the entity, of the task type that the asset
    /// is ready for.
    pub ready_priority: Option<i64>,
    pub is_ready_for_any: bool,
}

/// Returns the assets that are cast in entities, by entity.
pub async fn castings(
    transaction: &mut Transaction,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Cast>>> {
    let priority = shot_priority(("asset", "ready_for"), ("stage", "project_id"));
    let mut select = Query::select();
    select
        .column(("entity_link", "entity_in_id"))
        .columns([
            ("asset", "canceled"),
            ("asset", "is_shared"),
            ("asset", "project_id"),
            ("asset", "ready_for"),
        ])
        .expr_as(priority, "ready_priority")
        .from("entity_link")
        .inner_join_to(fk::ENTITY_LINK_ENTITY_OUT.target_as("asset"))
        .inner_join_to(fk::ENTITY_LINK_ENTITY_IN.target_as("stage"))
        .and_where(Expr::col(("entity_link", "entity_in_id")).is_in(ids.iter().copied()));
    let cast = transaction.fetch(&select, |row| {
        let stage: Uuid = row.get("entity_in_id")?;
        Ok((
            stage,
            Cast {
                canceled: row.get("canceled")?,
                is_shared: row.get("is_shared")?,
                project_id: row.get("project_id")?,
                ready_priority: row.get("ready_priority")?,
                is_ready_for_any: !row.is_null("ready_for")?,
            },
        ))
    });
    let mut castings: HashMap<Uuid, Vec<Cast>> = HashMap::new();
    for (stage, cast) in cast.await? {
        castings.entry(stage).or_default().push(cast);
    }
    Ok(castings)
}

/// Expression for the priority of a task type for shots in a project; NULL if
/// it has none.
fn shot_priority(
    task_type: (&'static str, &'static str),
    project_id: (&'static str, &'static str),
) -> SimpleExpr {
    let mut priority = Query::select();
    priority
        .column(("link", "priority"))
        .from_as("project_task_type_link", "link")
        .inner_join_to(fk::PROJECT_TASK_TYPE_LINK_TASK_TYPE.table_as("link"))
        .and_where(Expr::col(("link", "project_id")).equals(project_id))
        .and_where(Expr::col(("task_type", "for_entity")).eq("Shot"))
        .and_where(Expr::col(("link", "task_type_id")).equals(task_type));
    sea_query::SubQueryStatement::SelectStatement(priority).into()
}

/// A task of an entity.
#[derive(Debug)]
pub struct StageTask {
    pub id: Uuid,
    pub entity_id: Uuid,
    /// Priority of its task type for shots in the project of the entity.
    pub priority: Option<i64>,
}

/// Returns the tasks of entities, oldest first.
pub async fn tasks(transaction: &mut Transaction, ids: &[Uuid]) -> Result<Vec<StageTask>> {
    let priority = shot_priority(("task", "task_type_id"), ("entity", "project_id"));
    let mut select = Query::select();
    select
        .columns([("task", "id"), ("task", "entity_id")])
        .expr_as(priority, "priority")
        .from("task")
        .inner_join_to(fk::TASK_ENTITY)
        .and_where(Expr::col(("task", "entity_id")).is_in(ids.iter().copied()))
        .order_by(("task", "created_at"), Order::Asc)
        .order_by(("task", "id"), Order::Asc);
    transaction
        .fetch(&select, |row| {
            Ok(StageTask {
                id: row.get("id")?,
                entity_id: row.get("entity_id")?,
                priority: row.get("priority")?,
            })
        })
        .await
}

/// Stores the number of cast assets that are ready for each of the tasks.
pub async fn set_ready_assets(
    transaction: &mut Transaction,
    ready: &[(Uuid, i64)],
    now: NaiveDateTime,
) -> Result<()> {
    let counts: Vec<_> = ready
        .iter()
        .map(|(id, ready)| (*id, (*ready).into()))
        .collect();
    let values = Values::from([("updated_at", now.into())]);
    write::update_each(transaction, (&TASK, "nb_assets_ready"), &counts, values).await
}
