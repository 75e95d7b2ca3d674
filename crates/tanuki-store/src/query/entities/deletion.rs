//! The cascade of a deleted entity. The row of the entity is deleted by the
//! caller.

use std::collections::HashMap;

use sea_query::{Cond, Expr, ExprTrait, Query};
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::query::work::{EntityKind, is_of_kind};
use crate::query::{breakdown, entities, playlists, removal, rows};
use crate::schema::TABLES;
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
        let mut select = Query::select();
        select
            .columns(
                ["id", "project_id", "parent_id", "created_by", "canceled"]
                    .map(|column| ("entity", column)),
            )
            .column(("entity_type", "name"))
            .from("entity")
            .inner_join_to(fk::ENTITY_ENTITY_TYPE)
            .and_where(Expr::col(("entity", "id")).is_in(some.iter().copied()));
        let candidates = transaction.fetch(&select, |row| {
            Ok(Candidate {
                id: row.get("id")?,
                project_id: row.get("project_id")?,
                parent_id: row.get("parent_id")?,
                created_by: row.get("created_by")?,
                canceled: row.get::<Option<bool>>("canceled")?.unwrap_or_default(),
                type_name: row.get("name")?,
            })
        });
        let candidates = candidates.await?.into_iter();
        found.extend(candidates.map(|candidate| (candidate.id, candidate)));
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// Deletes the dependents that every kind of entity may have: versions,
/// subscriptions and links.
pub async fn of_entity(transaction: &mut Transaction, id: Uuid) -> Result<()> {
    for table in ["entity_version", "subscription"] {
        delete_where(transaction, table, Expr::col("entity_id").eq(id)).await?;
    }
    links_of(transaction, id).await
}

/// Deletes the castings of an entity, in both directions.
pub async fn links_of(transaction: &mut Transaction, id: Uuid) -> Result<()> {
    entities::remove_links(transaction, id).await?;
    let cast = Expr::col("entity_id").eq(id);
    delete_where(transaction, "asset_instance_link", cast).await?;
    Ok(())
}

/// Deletes the output files of an entity.
pub async fn outputs_of(transaction: &mut Transaction, id: Uuid) -> Result<()> {
    let mut outputs = Query::select();
    outputs
        .column("id")
        .from("output_file")
        .and_where(Expr::col("entity_id").eq(id));
    let outputs = transaction.ids(&outputs).await?;
    removal::of_outputs(transaction, &outputs).await?;
    let gone = Expr::col("id").is_in(outputs);
    delete_where(transaction, "output_file", gone).await?;
    Ok(())
}

/// Deletes the schedule items of an entity.
pub async fn schedule_of(transaction: &mut Transaction, id: Uuid) -> Result<()> {
    delete_where(transaction, "schedule_item", Expr::col("object_id").eq(id)).await?;
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

/// Clears the parent of an entity's children.
pub async fn detach_children(transaction: &mut Transaction, id: Uuid) -> Result<()> {
    let children = Expr::col("parent_id").eq(id);
    clear(transaction, ("entity", "parent_id"), children).await?;
    Ok(())
}

/// Returns the ids of the assets of an episode.
pub async fn assets_of(transaction: &mut Transaction, episode_id: Uuid) -> Result<Vec<Uuid>> {
    let mut select = Query::select();
    select
        .column(("entity", "id"))
        .from("entity")
        .and_where(Expr::col(("entity", "source_id")).eq(episode_id))
        .cond_where(is_of_kind(("entity", "entity_type_id"), EntityKind::Asset));
    transaction.ids(&select).await
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
