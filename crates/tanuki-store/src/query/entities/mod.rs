//! Entities: their types, castings, recorded versions and counters.

pub mod by_name;
pub mod deletion;
pub mod frames;
pub mod kinds;
pub mod news;
pub mod with_tasks;

use std::collections::HashMap;

use chrono::NaiveDateTime;
use sea_query::{
    CaseStatement, Cond, Condition, Expr, ExprTrait, Order, Query, SelectStatement, SimpleExpr,
};
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::query::{access, names};
use crate::schema::{ENTITY, ENTITY_TYPE, ENTITY_VERSION};
use crate::write::{self, Defaults, Values};
use crate::{Connection, Filter, Result, Transaction};

pub use crate::query::work::TEMPORAL_TYPES;

/// Expression for the kind of an `entity`: the name of its entity type, or
/// `Asset` if that is an asset type.
pub fn kind_name() -> SimpleExpr {
    let mut kind = Query::select();
    kind.expr(
        CaseStatement::new()
            .case(
                Expr::col(("kind", "name")).is_in(TEMPORAL_TYPES),
                Expr::col(("kind", "name")),
            )
            .finally("Asset"),
    )
    .from_as("entity_type", "kind")
    .and_where(Expr::col(("kind", "id")).equals(("entity", "entity_type_id")));
    sea_query::SubQueryStatement::SelectStatement(kind).into()
}

/// Subquery: one column of the casting links of an entity.
pub fn cast_of(id: Uuid, column: &'static str) -> SelectStatement {
    let mut cast = Query::select();
    cast.column(("link", column))
        .from_as("entity_link", "link")
        .and_where(Expr::col(("link", "entity_in_id")).eq(id));
    cast
}

/// Condition on a column with entity type ids: the type is Episode.
pub fn is_episode(column: (&'static str, &'static str)) -> Condition {
    crate::query::work::is_of_kind(column, crate::query::work::EntityKind::Temporal("Episode"))
}

/// Condition on `entity`: a child of that entity.
pub fn with_parent(id: Uuid) -> Filter {
    Expr::col(("entity", "parent_id")).eq(id).into()
}

/// Condition on `entity`: its `source_id` is that entity, the episode of an
/// asset or the layout scene of a shot.
pub fn with_source(id: Uuid) -> Filter {
    Expr::col(("entity", "source_id")).eq(id).into()
}

/// Condition on `entity`: it has that entity type.
pub fn of_type(id: Uuid) -> Filter {
    Expr::col(("entity", "entity_type_id")).eq(id).into()
}

/// Condition on `entity_type`: it has that name.
pub fn has_type_named(name: &str) -> Filter {
    Expr::col(("entity_type", "name")).eq(name).into()
}

/// Condition on `entity_version`: a version of that entity.
pub fn is_version_of(id: Uuid) -> Filter {
    Expr::col(("entity_version", "entity_id")).eq(id).into()
}

/// Condition on `entity`: an asset that is cast in that entity.
pub fn is_cast_in(id: Uuid) -> Filter {
    let cast = cast_of(id, "entity_out_id");
    Expr::col(("entity", "id")).in_subquery(cast).into()
}

/// Condition on `entity_type`: it is the type of an entity that matches.
pub fn is_type_of(entities: Filter) -> Filter {
    let mut types = Query::select();
    types
        .column(("entity", "entity_type_id"))
        .from("entity")
        .cond_where(entities);
    Expr::col(("entity_type", "id")).in_subquery(types).into()
}

/// Condition on `entity`: a shared asset of another project, not canceled,
/// that is cast in a shot of this project; if `episode` is given, in a shot of
/// that episode.
pub fn is_used_from_elsewhere(project_id: Uuid, episode: Option<Uuid>) -> Filter {
    let mut used = Query::select();
    used.column(("link", "entity_out_id"))
        .from_as("entity_link", "link")
        .inner_join_to(fk::ENTITY_LINK_ENTITY_IN.table_as("link").target_as("shot"))
        .inner_join_to(fk::ENTITY_PARENT.table_as("shot").target_as("sequence"))
        .and_where(Expr::col(("shot", "project_id")).eq(project_id));
    if let Some(id) = episode {
        used.and_where(Expr::col(("sequence", "parent_id")).eq(id));
    }
    Cond::all()
        .add(crate::query::work::is_of_kind(
            ("entity", "entity_type_id"),
            crate::query::work::EntityKind::Asset,
        ))
        .add(Expr::col(("entity", "is_shared")).eq(true))
        .add(Expr::col(("entity", "canceled")).eq(false))
        .add(Expr::col(("entity", "project_id")).ne(project_id))
        .add(Expr::col(("entity", "id")).in_subquery(used))
        .into()
}

/// Returns the name of an entity type, or `None` if there is no such type.
pub async fn type_name(
    connection: impl Connection,
    entity_type_id: Uuid,
) -> Result<Option<String>> {
    let mut select = Query::select();
    select
        .column("name")
        .from("entity_type")
        .and_where(Expr::col("id").eq(entity_type_id));
    connection.scalar(&select).await
}

/// Returns the project id of an asset. `None` if there is no such entity or it
/// is not an asset.
pub async fn project_of_asset(connection: impl Connection, id: Uuid) -> Result<Option<Uuid>> {
    let mut select = Query::select();
    select
        .column(("entity", "project_id"))
        .from("entity")
        .and_where(Expr::col(("entity", "id")).eq(id))
        .cond_where(crate::query::work::is_of_kind(
            ("entity", "entity_type_id"),
            crate::query::work::EntityKind::Asset,
        ));
    Ok(connection.scalar(&select).await?.flatten())
}

/// Returns the id of the entity type with that name, and creates it if there
/// is none.
pub async fn type_named(
    transaction: &mut Transaction,
    name: &str,
    defaults: &Defaults<'_>,
) -> Result<Uuid> {
    let (id, _) =
        names::find_or_insert(transaction, (&ENTITY_TYPE, name), Values::new(), defaults).await?;
    Ok(id)
}

/// Returns the entity type id of an entity, or `None` if there is no such
/// entity.
pub async fn type_id(connection: impl Connection, entity: Uuid) -> Result<Option<Uuid>> {
    let mut select = Query::select();
    select
        .column("entity_type_id")
        .from("entity")
        .and_where(Expr::col("id").eq(entity));
    Ok(connection.scalar(&select).await?.flatten())
}

/// Condition on `entity`: it belongs to the episode (`source_id`) or is cast
/// in it.
pub fn is_in_episode(episode: Uuid) -> Filter {
    let mut cast = Query::select();
    cast.column(("cast", "entity_out_id"))
        .from_as("entity_link", "cast")
        .and_where(Expr::col(("cast", "entity_in_id")).eq(episode));
    Cond::any()
        .add(Expr::col(("entity", "source_id")).eq(episode))
        .add(Expr::col(("entity", "id")).in_subquery(cast))
        .into()
}

/// Returns the keys of the metadata columns, for entities of that kind in a
/// project, that belong to one of the person's departments.
pub async fn fields_of_departments(
    connection: impl Connection,
    person_id: Uuid,
    project_id: Uuid,
    kind: &str,
) -> Result<Vec<String>> {
    let mut own = Query::select();
    own.column("department_id")
        .from("department_link")
        .and_where(Expr::col("person_id").eq(person_id));
    let mut linked = Query::select();
    linked
        .column("metadata_descriptor_id")
        .from("department_metadata_descriptor_link")
        .and_where(Expr::col("department_id").in_subquery(own));
    let mut select = Query::select();
    select
        .column("field_name")
        .from("metadata_descriptor")
        .and_where(Expr::col("project_id").eq(project_id))
        .and_where(Expr::col("entity_type").eq(kind))
        .and_where(Expr::col("id").in_subquery(linked));
    connection.scalars(&select).await
}

/// Returns whether the person is in any department.
pub async fn has_departments(connection: impl Connection, person_id: Uuid) -> Result<bool> {
    let own = Cond::all().add(Expr::col("person_id").eq(person_id));
    access::exists(connection, "department_link", own).await
}

/// Deletes all castings and concept links of entities, in both directions.
pub async fn remove_links(transaction: &mut Transaction, ids: &[Uuid]) -> Result<()> {
    for table in ["entity_link", "entity_concept_link"] {
        let either = Cond::any()
            .add(Expr::col("entity_in_id").is_in(ids.iter().copied()))
            .add(Expr::col("entity_out_id").is_in(ids.iter().copied()));
        write::delete_where(transaction, table, either).await?;
    }
    Ok(())
}

/// Deletes the subscriptions to an entity. Returns how many there were.
pub async fn remove_subscriptions(transaction: &mut Transaction, id: Uuid) -> Result<u64> {
    write::delete_where(transaction, "subscription", Expr::col("entity_id").eq(id)).await
}

/// A recorded version of a shot.
#[derive(Debug)]
pub struct Version {
    pub id: Uuid,
    pub name: String,
    pub data: Option<serde_json::Value>,
    pub person_id: Option<Uuid>,
    pub created_at: Option<NaiveDateTime>,
    pub updated_at: Option<NaiveDateTime>,
}

/// Returns the newest version of an entity, or `None`.
pub async fn last_version(
    transaction: &mut Transaction,
    entity_id: Uuid,
) -> Result<Option<Version>> {
    let mut select = Query::select();
    select
        .columns([
            "id",
            "name",
            "data",
            "person_id",
            "created_at",
            "updated_at",
        ])
        .from("entity_version")
        .and_where(Expr::col("entity_id").eq(entity_id))
        .order_by("created_at", Order::Desc)
        .limit(1);
    transaction
        .fetch_one(&select, |row| {
            let mut data = Vec::new();
            if !row.is_null("data")? {
                row.with_json_text(2, |text| data.extend_from_slice(text))?;
            }
            Ok(Version {
                id: row.get("id")?,
                name: row.get("name")?,
                data: serde_json::from_slice(&data).ok(),
                person_id: row.get("person_id")?,
                created_at: row.get("created_at")?,
                updated_at: row.get("updated_at")?,
            })
        })
        .await
}

/// Inserts a version of an entity.
pub async fn add_version(
    transaction: &mut Transaction,
    values: Values,
    defaults: &Defaults<'_>,
) -> Result<()> {
    write::insert(transaction, &ENTITY_VERSION, values, defaults).await
}

/// Replaces the data of a version.
pub async fn update_version(
    transaction: &mut Transaction,
    id: Uuid,
    data: serde_json::Value,
    now: NaiveDateTime,
) -> Result<()> {
    let values = Values::from([
        ("data", sea_query::Value::Json(Some(Box::new(data)))),
        ("updated_at", now.into()),
    ]);
    write::update(transaction, &ENTITY_VERSION, id, values).await?;
    Ok(())
}

/// Returns the parent of an entity: the folder of an asset or concept, the
/// sequence of a shot, the episode of a sequence.
pub async fn parent(connection: impl Connection, id: Uuid) -> Result<Option<Uuid>> {
    let mut select = Query::select();
    select
        .column("parent_id")
        .from(ENTITY.name)
        .and_where(Expr::col("id").eq(id));
    Ok(connection.scalar(&select).await?.flatten())
}

/// Returns the ids of the entities that assets are cast in (shots, episodes,
/// other assets), by asset. Canceled ones are left out.
pub async fn cast_in(
    transaction: &mut Transaction,
    assets: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Uuid>>> {
    let mut select = Query::select();
    select
        .column(("entity_link", "entity_out_id"))
        .column(("stage", "id"))
        .from("entity_link")
        .inner_join_to(fk::ENTITY_LINK_ENTITY_IN.target_as("stage"))
        .and_where(Expr::col(("entity_link", "entity_out_id")).is_in(assets.iter().copied()))
        .and_where(Expr::col(("stage", "canceled")).eq(false))
        // The lock order of entities: callers lock the rows in this order, so
        // that they cannot deadlock.
        .order_by_expr(Expr::col(("stage", "parent_id")).is_not_null(), Order::Asc)
        .order_by(("stage", "id"), Order::Asc);
    let rows = transaction.fetch(&select, |row| {
        Ok((row.get("entity_out_id")?, row.get("id")?))
    });
    let mut cast_in: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for (asset, stage) in rows.await? {
        cast_in.entry(asset).or_default().push(stage);
    }
    Ok(cast_in)
}
