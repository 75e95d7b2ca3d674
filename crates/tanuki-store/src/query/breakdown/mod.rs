//! Casting: the links of a breakdown, with their order, and the locks to
//! change them.

pub mod asset_instances;
pub mod counts;

use std::collections::HashMap;

use chrono::NaiveDateTime;
use sea_query::{
    Cond, Expr, ExprTrait, NullOrdering, Order, Query, SelectStatement, UnionType, Value,
};
use serde_json::Map;
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::query::locks;
use crate::query::work::{EntityKind, is_of_kind};
use crate::schema::{ENTITY, ENTITY_LINK};
use crate::view::breakdown::{ASSET_OF_CAST, CASTING, SHOT_OF_CAST};
use crate::write::{self, Defaults, Values};
use crate::{Connection, Filter, ListQuery, Result, Transaction};

/// An entity that assets are cast in.
#[derive(Debug, Clone)]
pub struct Stage {
    pub id: Uuid,
    pub project_id: Uuid,
    pub type_name: String,
    /// The parent of its parent: for a shot, the episode of its sequence.
    pub episode_id: Option<Uuid>,
}

/// Returns the entities with these ids, in the given order. Ids without an
/// entity are left out.
pub async fn stages(connection: impl Connection, ids: &[Uuid]) -> Result<Vec<Stage>> {
    let mut select = Query::select();
    select
        .columns([("entity", "id"), ("entity", "project_id")])
        .column(("entity_type", "name"))
        .column(("sequence", "parent_id"))
        .from("entity")
        .inner_join_to(fk::ENTITY_ENTITY_TYPE)
        .left_join_to(fk::ENTITY_PARENT.target_as("sequence"))
        .and_where(Expr::col(("entity", "id")).is_in(ids.iter().copied()));
    let found = connection.fetch(&select, |row| {
        Ok(Stage {
            id: row.get("id")?,
            project_id: row.get("project_id")?,
            type_name: row.get("name")?,
            episode_id: row.get("parent_id")?,
        })
    });
    let found: HashMap<Uuid, Stage> = found
        .await?
        .into_iter()
        .map(|stage| (stage.id, stage))
        .collect();
    let stage = |id: &Uuid| found.get(id).cloned();
    Ok(ids.iter().filter_map(stage).collect())
}

/// Locks entities and their tasks, on which numbers about the casting are
/// stored.
pub async fn lock(transaction: &mut Transaction, ids: &[Uuid]) -> Result<()> {
    locks::entities(transaction, entities_with(ids)).await
}

/// Like [`lock`], and also locks the shots of the episodes.
pub async fn lock_with_shots(
    transaction: &mut Transaction,
    ids: &[Uuid],
    episodes: &[Uuid],
) -> Result<()> {
    let mut those = entities_with(ids);
    if !episodes.is_empty() {
        let mut shots = Query::select();
        shots
            .column(("shot", "id"))
            .from_as(ENTITY.name, "shot")
            .inner_join_to(fk::ENTITY_PARENT.table_as("shot").target_as("sequence"))
            .and_where(Expr::col(("sequence", "parent_id")).is_in(episodes.iter().copied()));
        those.union(UnionType::Distinct, shots);
    }
    locks::entities(transaction, those).await
}

/// Like [`lock`], and also locks the entities that the assets are cast in,
/// whose numbers change with the assets, and the episodes of those of `ids`
/// that are shots.
pub(super) async fn lock_with_stages(
    transaction: &mut Transaction,
    ids: &[Uuid],
    assets: SelectStatement,
) -> Result<()> {
    locks::entities(transaction, with_stages(ids, assets)).await
}

/// Query: the ids of these entities, of those that the assets are cast in, and of
/// the episodes of shots among them.
fn with_stages(ids: &[Uuid], assets: SelectStatement) -> SelectStatement {
    // Canceled ones too: they may be restored until they are recounted.
    let mut stages = Query::select();
    stages
        .column(("link", "entity_in_id"))
        .from_as(ENTITY_LINK.name, "link")
        .and_where(Expr::col(("link", "entity_out_id")).in_subquery(assets));
    let mut episodes = Query::select();
    episodes
        .column(("sequence", "parent_id"))
        .from_as(ENTITY.name, "shot")
        .inner_join_to(fk::ENTITY_PARENT.table_as("shot").target_as("sequence"))
        .and_where(Expr::col(("shot", "id")).is_in(ids.iter().copied()));
    let mut those = entities_with(ids);
    those
        .union(UnionType::Distinct, stages)
        .union(UnionType::Distinct, episodes);
    those
}

/// Query: that id.
fn only(id: Uuid) -> SelectStatement {
    let mut only = Query::select();
    only.expr(Expr::val(id));
    only
}

/// Query: the ids of those of the entities that exist.
fn entities_with(ids: &[Uuid]) -> SelectStatement {
    let mut entities = Query::select();
    entities
        .column("id")
        .from(ENTITY.name)
        .and_where(Expr::col("id").is_in(ids.iter().copied()));
    entities
}

/// Like [`lock`] for one entity, and also locks the entities that it is cast
/// in.
pub async fn lock_with_castings(transaction: &mut Transaction, id: Uuid) -> Result<()> {
    lock_with_stages(transaction, &[id], only(id)).await
}

/// What an update changes of an entity that other entities depend on. A field is
/// `None` if the update does not contain it.
#[derive(Debug, Clone, Copy, Default)]
pub struct EntityUpdate {
    pub parent_id: Option<Option<Uuid>>,
    pub canceled: Option<bool>,
    pub ready_for: Option<Option<Uuid>>,
}

/// Locks an entity that is updated with the entities that the update affects:
/// the episodes that its casting leaves and enters if it is moved, and the
/// entities that it is cast in if `canceled` or `ready_for` changes, in whatever
/// project they are. Locks nothing if the update contains none of these.
pub async fn lock_for_update(
    transaction: &mut Transaction,
    id: Uuid,
    update: EntityUpdate,
) -> Result<()> {
    let moved = update.parent_id.map(|parent| moved_into(id, parent));
    let counted = (update.canceled.is_some() || update.ready_for.is_some())
        .then(|| with_stages(&[id], if_changed(id, update)));
    let ids = moved.into_iter().chain(counted).reduce(|mut ids, others| {
        ids.union(UnionType::Distinct, others);
        ids
    });
    match ids {
        Some(ids) => locks::entities(transaction, ids).await,
        None => Ok(()),
    }
}

/// Query: the ids of a shot or sequence that is moved into `parent`, and of the
/// episodes that its casting leaves and enters.
fn moved_into(id: Uuid, parent: Option<Uuid>) -> SelectStatement {
    let parents = |of: SelectStatement| {
        let mut parents = Query::select();
        parents
            .column(("moved", "parent_id"))
            .from_as(ENTITY.name, "moved")
            .and_where(Expr::col(("moved", "id")).in_subquery(of));
        parents
    };
    let above = parents(only(id));
    let mut those = only(id);
    those
        .union(UnionType::Distinct, above.clone())
        .union(UnionType::Distinct, parents(above));
    if let Some(parent) = parent {
        those
            .union(UnionType::Distinct, only(parent))
            .union(UnionType::Distinct, parents(only(parent)));
    }
    those
}

/// Subquery: the id of the entity if `canceled` or `ready_for` will be another.
fn if_changed(id: Uuid, update: EntityUpdate) -> SelectStatement {
    let column = |name| Expr::col(("updated", name));
    let mut differs = Cond::any();
    if let Some(canceled) = update.canceled {
        let given = column("canceled").ne(canceled);
        differs = differs.add(given.or(column("canceled").is_null()));
    }
    differs = match update.ready_for {
        Some(Some(ready_for)) => {
            let given = column("ready_for").ne(ready_for);
            differs.add(given.or(column("ready_for").is_null()))
        }
        Some(None) => differs.add(column("ready_for").is_not_null()),
        None => differs,
    };
    let mut changed = Query::select();
    changed
        .column(("updated", "id"))
        .from_as(ENTITY.name, "updated")
        .and_where(column("id").eq(id))
        .cond_where(differs);
    changed
}

/// A casting link: an asset that is cast in an entity.
#[derive(Debug, Clone)]
pub struct CastLink {
    pub id: Uuid,
    /// The entity that the asset is cast in.
    pub entity_id: Uuid,
    pub asset_id: Uuid,
    pub nb_occurences: Option<i64>,
    pub label: Option<String>,
    /// The link was added to an episode automatically, because the asset is
    /// cast in one of its shots.
    pub is_automatic: bool,
}

/// Returns the casting links of several entities.
pub async fn links_of(connection: impl Connection, entities: &[Uuid]) -> Result<Vec<CastLink>> {
    let mut select = Query::select();
    select
        .columns([
            "id",
            "entity_in_id",
            "entity_out_id",
            "nb_occurences",
            "label",
            "data",
        ])
        .from(ENTITY_LINK.name)
        .and_where(Expr::col("entity_in_id").is_in(entities.iter().copied()));
    connection
        .fetch(&select, |row| {
            let data: Option<serde_json::Value> = row.get("data")?;
            let is_automatic = data.is_some_and(|data| data["auto"] == true);
            Ok(CastLink {
                id: row.get("id")?,
                entity_id: row.get("entity_in_id")?,
                asset_id: row.get("entity_out_id")?,
                nb_occurences: row.get("nb_occurences")?,
                label: row.get("label")?,
                is_automatic,
            })
        })
        .await
}

/// Adds casting links, which have values for the same columns.
pub async fn add_links(
    transaction: &mut Transaction,
    links: Vec<Values>,
    defaults: &Defaults<'_>,
) -> Result<()> {
    write::insert_all(transaction, &ENTITY_LINK, links, defaults).await
}

/// Sets the number of occurrences and the label of each of the casting links.
pub async fn update_links(
    transaction: &mut Transaction,
    links: &[(Uuid, [Value; 2])],
    now: NaiveDateTime,
) -> Result<()> {
    for (place, column) in ["nb_occurences", "label"].into_iter().enumerate() {
        let values: Vec<(Uuid, Value)> = links
            .iter()
            .map(|(id, values)| (*id, values[place].clone()))
            .collect();
        let now = Values::from([("updated_at", now.into())]);
        write::update_each(transaction, (&ENTITY_LINK, column), &values, now).await?;
    }
    Ok(())
}

/// Deletes casting links.
pub async fn remove_links(transaction: &mut Transaction, ids: &[Uuid]) -> Result<()> {
    let those = Expr::col("id").is_in(ids.iter().copied());
    write::delete_where(transaction, ENTITY_LINK.name, those).await?;
    Ok(())
}

/// A casting link of a shot.
#[derive(Debug, Clone, Copy)]
pub struct ShotLink {
    pub id: Uuid,
    pub shot_id: Uuid,
    pub project_id: Uuid,
    pub episode_id: Uuid,
    pub asset_id: Uuid,
}

/// Returns the casting links to any of the assets of the shots of episodes.
pub async fn links_below(
    transaction: &mut Transaction,
    episodes: &[Uuid],
    assets: &[Uuid],
) -> Result<Vec<ShotLink>> {
    let is_shot = is_of_kind(("shot", "entity_type_id"), EntityKind::Temporal("Shot"));
    let mut select = Query::select();
    select
        .columns([("entity_link", "id"), ("entity_link", "entity_out_id")])
        .expr_as(Expr::col(("shot", "id")), "shot_id")
        .column(("shot", "project_id"))
        .expr_as(Expr::col(("sequence", "parent_id")), "episode_id")
        .from(ENTITY_LINK.name)
        .inner_join_to(fk::ENTITY_LINK_ENTITY_IN.target_as("shot"))
        .inner_join_to(fk::ENTITY_PARENT.table_as("shot").target_as("sequence"))
        .cond_where(is_shot)
        .and_where(Expr::col(("sequence", "parent_id")).is_in(episodes.iter().copied()))
        .and_where(Expr::col(("entity_link", "entity_out_id")).is_in(assets.iter().copied()));
    transaction
        .fetch(&select, |row| {
            Ok(ShotLink {
                id: row.get("id")?,
                shot_id: row.get("shot_id")?,
                project_id: row.get("project_id")?,
                episode_id: row.get("episode_id")?,
                asset_id: row.get("entity_out_id")?,
            })
        })
        .await
}

/// Condition on links with `asset` joined: the asset is not canceled.
pub fn is_live() -> Filter {
    Expr::col(("asset", "canceled")).eq(false).into()
}

/// Condition on links with `stage` joined: it is a shot, or another entity
/// that has a parent.
pub fn is_shot_or_within() -> Filter {
    Cond::any()
        .add(Expr::col(("stage", "parent_id")).is_not_null())
        .add(is_of_kind(
            ("stage", "entity_type_id"),
            EntityKind::Temporal("Shot"),
        ))
        .into()
}

/// Condition on links with `stage` joined: it belongs to the project.
pub fn is_cast_in_production(project_id: Uuid) -> Filter {
    Expr::col(("stage", "project_id")).eq(project_id).into()
}

/// Groups links by the entity that they belong to: sorts them by the names in
/// the tables `by`, and each group by the names of asset type and asset.
pub fn grouped(list: ListQuery, by: &[&'static str]) -> ListQuery {
    let list = list
        .column(Expr::col(("entity_link", "entity_in_id")))
        .narrow(|select| {
            for table in by {
                // Shots without a sequence come first.
                select.order_by_with_nulls((*table, "name"), Order::Asc, NullOrdering::First);
            }
            select.order_by(("entity_link", "entity_in_id"), Order::Asc);
        });
    in_order(list)
}

/// Sorts links by the names of asset type and asset.
fn in_order(list: ListQuery) -> ListQuery {
    list.narrow(|select| {
        select
            .order_by(("asset_type", "name"), Order::Asc)
            .order_by(("asset", "name"), Order::Asc);
    })
}

/// Returns the casting of an entity, without canceled assets, sorted by asset
/// type and asset. JSON: [`CASTING`].
pub fn casting_of(id: Uuid) -> ListQuery {
    let casting = ListQuery::new(&CASTING)
        .filter(Expr::col(("entity_link", "entity_in_id")).eq(id))
        .filter(is_live());
    in_order(casting)
}

/// Returns the castings of entities as [`casting_of`] does, by entity.
pub async fn castings_of(
    transaction: &mut Transaction,
    entities: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Map<String, serde_json::Value>>>> {
    let mut select = CASTING.select(transaction.dialect());
    select
        .expr_as(Expr::col(("entity_link", "entity_in_id")), "cast_in")
        .and_where(Expr::col(("entity_link", "entity_in_id")).is_in(entities.iter().copied()))
        .cond_where(is_live())
        .order_by(("asset_type", "name"), Order::Asc)
        .order_by(("asset", "name"), Order::Asc);
    let links = transaction.fetch(&select, |row| {
        let entity_id: Uuid = row.get("cast_in")?;
        Ok((entity_id, CASTING.read(row)?))
    });
    let mut castings: HashMap<Uuid, Vec<Map<String, serde_json::Value>>> = HashMap::new();
    for (entity_id, link) in links.await? {
        castings.entry(entity_id).or_default().push(link);
    }
    Ok(castings)
}

/// Condition on links with `sequence` joined: it belongs to the episode.
pub fn is_in_episode(id: Uuid) -> Filter {
    Expr::col(("sequence", "parent_id")).eq(id).into()
}

/// Condition on links with `stage` joined: a child of that entity.
pub fn is_in_child_of(id: Uuid) -> Filter {
    Expr::col(("stage", "parent_id")).eq(id).into()
}

/// Condition on links with `stage` joined: it has that entity type.
pub fn is_in_type(id: Uuid) -> Filter {
    Expr::col(("stage", "entity_type_id")).eq(id).into()
}

/// Condition on links with `stage` joined: that asset is cast in it, and it is
/// not canceled.
pub fn is_use_of(asset_id: Uuid) -> Filter {
    Filter::from(Expr::col(("entity_link", "entity_out_id")).eq(asset_id))
        .and(Expr::col(("stage", "canceled")).eq(false))
}

/// Returns the shots of the links that match, by episode, sequence and shot.
/// JSON: [`SHOT_OF_CAST`].
pub fn shots_of_cast(which: Filter) -> ListQuery {
    ListQuery::new(&SHOT_OF_CAST)
        .filter(which)
        .filter(is_shot_or_within())
        .narrow(|shots| {
            for table in ["episode", "sequence", "stage"] {
                // A shot may have no sequence. PostgreSQL and SQLite both sort
                // it first.
                shots.order_by_with_nulls((table, "name"), Order::Asc, NullOrdering::First);
            }
        })
}

/// Returns the assets of the links that match, by asset type and asset. JSON:
/// [`ASSET_OF_CAST`].
pub fn assets_of_cast(which: Filter) -> ListQuery {
    ListQuery::new(&ASSET_OF_CAST)
        .filter(which)
        .filter(is_of_kind(("stage", "entity_type_id"), EntityKind::Asset))
        .narrow(|assets| {
            assets
                .order_by(("stage_type", "name"), Order::Asc)
                .order_by(("stage", "name"), Order::Asc);
        })
}

/// Condition on links with `stage` joined: created after that time.
pub fn is_created_after(time: NaiveDateTime) -> Filter {
    Expr::col(("entity_link", "created_at")).gt(time).into()
}
