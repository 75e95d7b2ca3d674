//! The cascade of a deleted entity. The row of the entity is deleted by the
//! caller.

use std::collections::HashMap;

use sea_query::{Cond, Expr, ExprTrait, Query, SimpleExpr};
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::query::entities::kinds;
use crate::query::work::{EntityKind, is_of_kind};
use crate::query::{breakdown, entities, playlists, removal, rows};
use crate::schema::{ENTITY, TABLES};
use crate::write::{clear, delete_where};
use crate::{Connection, Result, Transaction};

/// An entity whose deletion is requested.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub id: Uuid,
    pub project_id: Uuid,
    pub type_name: String,
    pub parent_id: Option<Uuid>,
    pub created_by: Option<Uuid>,
    pub canceled: bool,
}

/// Locks the entities with these ids, and all entities that assets among them
/// are cast in, and returns them without duplicates in the given order. Ids
/// without an entity are left out.
pub async fn candidates(transaction: &mut Transaction, ids: &[Uuid]) -> Result<Vec<Candidate>> {
    let mut found = HashMap::with_capacity(ids.len());
    for some in ids.chunks(rows::BATCH_SIZE) {
        let mut assets = Query::select();
        assets
            .column("id")
            .from("entity")
            .and_where(Expr::col("id").is_in(some.iter().copied()));
        breakdown::lock_with_stages(transaction, some, assets).await?;
        found.extend(facts(transaction, some).await?);
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// Returns the entities of a kind whose parent is `parent`, without locking
/// them.
pub async fn below(
    transaction: &mut Transaction,
    parent: Uuid,
    kind: EntityKind,
) -> Result<Vec<Candidate>> {
    let ids = kinds::children(transaction, parent, kind).await?;
    let mut found = facts(transaction, &ids).await?;
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// Returns the assets of an episode, without locking them.
pub async fn assets_of(transaction: &mut Transaction, episode_id: Uuid) -> Result<Vec<Candidate>> {
    let mut select = Query::select();
    select
        .column(("entity", "id"))
        .from("entity")
        .and_where(Expr::col(("entity", "source_id")).eq(episode_id))
        .cond_where(is_of_kind(("entity", "entity_type_id"), EntityKind::Asset));
    let ids = transaction.ids(&select).await?;
    let mut found = facts(transaction, &ids).await?;
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

async fn facts(transaction: &mut Transaction, ids: &[Uuid]) -> Result<HashMap<Uuid, Candidate>> {
    let mut select = Query::select();
    select
        .columns(
            ["id", "project_id", "parent_id", "created_by", "canceled"]
                .map(|column| ("entity", column)),
        )
        .column(("entity_type", "name"))
        .from("entity")
        .inner_join_to(fk::ENTITY_ENTITY_TYPE)
        .and_where(Expr::col(("entity", "id")).is_in(ids.iter().copied()));
    let found = transaction.fetch(&select, |row| {
        Ok(Candidate {
            id: row.get("id")?,
            project_id: row.get("project_id")?,
            parent_id: row.get("parent_id")?,
            created_by: row.get("created_by")?,
            canceled: row.get::<Option<bool>>("canceled")?.unwrap_or_default(),
            type_name: row.get("name")?,
        })
    });
    let found = found.await?.into_iter();
    Ok(found.map(|entity| (entity.id, entity)).collect())
}

/// Deletes entities. The rows that depend on them must be deleted before.
pub async fn remove(transaction: &mut Transaction, ids: &[Uuid]) -> Result<()> {
    delete_where(transaction, ENTITY.name, is_one_of("id", ids)).await?;
    Ok(())
}

fn is_one_of(column: &'static str, ids: &[Uuid]) -> SimpleExpr {
    Expr::col(column).is_in(ids.iter().copied())
}

/// Deletes the dependents that every kind of entity may have: versions,
/// subscriptions and links.
pub async fn of_entities(transaction: &mut Transaction, ids: &[Uuid]) -> Result<()> {
    for table in ["entity_version", "subscription"] {
        delete_where(transaction, table, is_one_of("entity_id", ids)).await?;
    }
    links_of(transaction, ids).await
}

/// Deletes the castings of entities, in both directions.
pub async fn links_of(transaction: &mut Transaction, ids: &[Uuid]) -> Result<()> {
    entities::remove_links(transaction, ids).await?;
    let cast = is_one_of("entity_id", ids);
    delete_where(transaction, "asset_instance_link", cast).await?;
    Ok(())
}

/// Deletes the output files of entities.
pub async fn outputs_of(transaction: &mut Transaction, ids: &[Uuid]) -> Result<()> {
    let mut outputs = Query::select();
    outputs
        .column("id")
        .from("output_file")
        .and_where(is_one_of("entity_id", ids));
    let outputs = transaction.ids(&outputs).await?;
    removal::of_outputs(transaction, &outputs).await?;
    delete_where(transaction, "output_file", is_one_of("id", &outputs)).await?;
    Ok(())
}

/// Deletes the schedule items of entities.
pub async fn schedule_of(transaction: &mut Transaction, ids: &[Uuid]) -> Result<()> {
    delete_where(transaction, "schedule_item", is_one_of("object_id", ids)).await?;
    Ok(())
}

/// Deletes the playlists of an episode.
pub async fn playlists_of(transaction: &mut Transaction, episode_id: Uuid) -> Result<()> {
    let mut select = Query::select();
    select
        .column("id")
        .from("playlist")
        .and_where(Expr::col("episode_id").eq(episode_id));
    let ids = transaction.ids(&select).await?;
    playlists::remove_dependents(transaction, &ids).await?;
    delete_where(transaction, "playlist", Expr::col("id").is_in(ids)).await?;
    Ok(())
}

/// Clears the parent of the children of entities.
pub async fn detach_children(transaction: &mut Transaction, ids: &[Uuid]) -> Result<()> {
    let children = is_one_of("parent_id", ids);
    clear(transaction, ("entity", "parent_id"), children).await?;
    Ok(())
}

/// Returns whether any row refers to the entity, other than the links that are
/// deleted with it.
pub async fn is_needed(transaction: &mut Transaction, id: Uuid) -> Result<bool> {
    const GO_ALONG: [&str; 3] = ["entity_link", "entity_concept_link", "asset_instance_link"];
    let mut needed = Cond::any();
    let tables = TABLES
        .iter()
        .filter(|table| !GO_ALONG.contains(&table.name));
    for table in tables {
        for column in table.columns {
            if column.references.is_some_and(|to| to.table == "entity") {
                let mut rows = Query::select();
                rows.expr(Expr::val(1))
                    .from(table.name)
                    .and_where(Expr::col((table.name, column.name)).eq(id));
                needed = needed.add(Expr::exists(rows));
            }
        }
    }
    let mut select = Query::select();
    select.expr(Expr::val(1)).cond_where(needed);
    transaction.exists(select).await
}
