//! Queries on entities of one kind (assets, shots, …), with what permission
//! checks need to know about the viewer.

use bytes::Bytes;
use chrono::NaiveDateTime;
use sea_query::{
    Cond, Expr, ExprTrait, JoinType, Order, Query, SelectStatement, SimpleExpr, Value,
};
use uuid::Uuid;

use crate::database::Row;
use crate::dialect::Prepared;
use crate::projection::Projection;
use crate::query::access::Membership;
use crate::query::auth::tokens::{self, Identity};
use crate::query::entities;
use crate::query::work::{EntityKind, is_of_kind};
use crate::schema::ENTITY;
use crate::write::{self, Values};
use crate::{Connection, Database, Filter, Result, Transaction};

/// The columns of an entity that permission checks need, with the viewer's
/// membership in its project.
#[derive(Debug, Clone)]
pub struct EntityFacts {
    pub project_id: Uuid,
    pub entity_type_id: Uuid,
    pub parent_id: Option<Uuid>,
    pub created_by: Option<Uuid>,
    pub membership: Option<Membership>,
}

/// Returns the facts about an entity. `None` if there is no such entity or it
/// is of another kind.
pub async fn entity_facts(
    connection: impl Connection,
    viewer: Uuid,
    kind: EntityKind,
    id: Uuid,
) -> Result<Option<EntityFacts>> {
    let mut select = Query::select();
    select.from("entity");
    add_entity_facts(&mut select, viewer, kind, id);
    connection
        .fetch_one(&select, |row| EntityFacts::read(row, 0))
        .await
}

/// A prepared query for an entity of one kind, with its JSON in a projection.
#[derive(Debug)]
pub struct EntityQuery {
    projection: Projection,
    kind: EntityKind,
    text: Prepared,
}

impl EntityQuery {
    /// Creates the query; its SQL is built on first use.
    pub fn new(kind: EntityKind, projection: Projection) -> Self {
        let text = Prepared::new();
        Self {
            projection,
            kind,
            text,
        }
    }

    /// Like [`entity_facts`], with the entity's JSON and the identity of the
    /// viewer, who shows a token, in one query. `None` if there is no
    /// such person, no such entity, or if the entity is of another kind.
    pub async fn fetch(
        &'static self,
        database: &Database,
        (viewer, token): (Uuid, tokens::TokenIds<'_>),
        id: Uuid,
    ) -> Result<Option<EntityForCaller>> {
        let dialect = database.dialect();
        let kind = self.kind.names().iter().map(|name| Value::from(*name));
        let ids = [token.jti.into(), token.session.into()];
        let values = ids
            .into_iter()
            .chain([viewer.into(), viewer.into(), id.into()]);
        let values = values.chain(kind).collect();
        let query = self.text.query(dialect, values, || {
            let mut select = self.projection.select(dialect);
            let is_viewer = Expr::col(("person", "id")).eq(viewer);
            select.inner_join("person", is_viewer);
            tokens::add_identity(&mut select, token);
            add_entity_facts(&mut select, viewer, self.kind, id);
            select
        });
        let Some(written) = database.fetch_written(query, &self.projection).await? else {
            return Ok(None);
        };
        let place = self.projection.width();
        Ok(Some(EntityForCaller {
            identity: Identity::read(&written.row, place)?,
            facts: EntityFacts::read(&written.row, place + Identity::WIDTH)?,
            json: written.json,
        }))
    }
}

/// An entity with the identity of the person who requests it.
#[derive(Debug, Clone)]
pub struct EntityForCaller {
    pub identity: Identity,
    pub facts: EntityFacts,
    /// The entity as JSON, in the projection of the query.
    pub json: Bytes,
}

fn add_entity_facts(select: &mut SelectStatement, viewer: Uuid, kind: EntityKind, id: Uuid) {
    let is_place = is_place(viewer);
    select
        .columns([
            ("entity", "project_id"),
            ("entity", "entity_type_id"),
            ("entity", "parent_id"),
            ("entity", "created_by"),
        ])
        .expr(Expr::col(("place", "person_id")).is_not_null())
        .column(("place", "role"))
        .join_as(JoinType::LeftJoin, "project_person_link", "place", is_place)
        .and_where(Expr::col(("entity", "id")).eq(id))
        .cond_where(is_of_kind(("entity", "entity_type_id"), kind));
}

impl EntityFacts {
    fn read(row: &Row, place: usize) -> Result<Self> {
        let is_member: bool = row.get(place + 4)?;
        let role = row.get(place + 5)?;
        Ok(Self {
            project_id: row.get(place)?,
            entity_type_id: row.get(place + 1)?,
            parent_id: row.get(place + 2)?,
            created_by: row.get(place + 3)?,
            membership: is_member.then_some(Membership { role }),
        })
    }
}

/// Returns the oldest entity with that name and kind in a project. `parent`
/// restricts it to children of an entity (`Some(Some(id))`) or to entities
/// without a parent (`Some(None)`); `None` does not restrict it.
pub async fn named(
    transaction: &mut Transaction,
    name: &str,
    (project_id, kind): (Uuid, EntityKind),
    parent: Option<Option<Uuid>>,
) -> Result<Option<Uuid>> {
    let mut select = Query::select();
    select
        .column(("entity", "id"))
        .from("entity")
        .and_where(Expr::col(("entity", "name")).eq(name))
        .and_where(Expr::col(("entity", "project_id")).eq(project_id))
        .cond_where(of_kind(kind))
        .order_by(("entity", "created_at"), Order::Asc)
        .limit(1);
    let under = Expr::col(("entity", "parent_id"));
    match parent {
        Some(Some(id)) => select.and_where(under.eq(id)),
        Some(None) => select.and_where(under.is_null()),
        None => &mut select,
    };
    Ok(transaction.ids(&select).await?.into_iter().next())
}

/// Returns the ids of the entities of a kind whose parent is `parent`.
pub async fn children(
    transaction: &mut Transaction,
    parent: Uuid,
    kind: EntityKind,
) -> Result<Vec<Uuid>> {
    let mut select = Query::select();
    select
        .column(("entity", "id"))
        .from("entity")
        .and_where(Expr::col(("entity", "parent_id")).eq(parent))
        .cond_where(of_kind(kind));
    transaction.ids(&select).await
}

/// Returns those of the ids that are entities of the kind in the project.
pub async fn of_project(
    transaction: &mut Transaction,
    (project_id, kind): (Uuid, EntityKind),
    ids: &[Uuid],
) -> Result<Vec<Uuid>> {
    let mut select = Query::select();
    select
        .column(("entity", "id"))
        .from("entity")
        .and_where(Expr::col(("entity", "project_id")).eq(project_id))
        .and_where(Expr::col(("entity", "id")).is_in(ids.iter().copied()))
        .cond_where(of_kind(kind));
    transaction.ids(&select).await
}

/// Sets the parent of entities; `None` removes it.
pub async fn put_into(
    transaction: &mut Transaction,
    ids: &[Uuid],
    parent: Option<Uuid>,
    now: NaiveDateTime,
) -> Result<()> {
    let values = Values::from([("parent_id", parent.into()), ("updated_at", now.into())]);
    let which = Expr::col("id").is_in(ids.iter().copied());
    write::update_where(transaction, &ENTITY, values, which).await?;
    Ok(())
}

/// Condition on `entity`: it is of that kind.
pub fn of_kind(kind: EntityKind) -> Filter {
    is_of_kind(("entity", "entity_type_id"), kind).into()
}

/// Condition on `entity`: its parent is a child of that entity.
pub fn grandchildren_of(id: Uuid) -> Filter {
    let mut parents = Query::select();
    parents
        .column(("parent", "id"))
        .from_as("entity", "parent")
        .and_where(Expr::col(("parent", "parent_id")).eq(id));
    Expr::col(("entity", "parent_id"))
        .in_subquery(parents)
        .into()
}

/// Condition on `entity`: an asset that belongs to the episode or is cast in
/// it.
pub fn in_or_cast_in(episode_id: Uuid) -> Filter {
    let cast = entities::cast_of(episode_id, "entity_out_id");
    Cond::any()
        .add(Expr::col(("entity", "source_id")).eq(episode_id))
        .add(Expr::col(("entity", "id")).in_subquery(cast))
        .into()
}

/// Condition on `task_type`: there is a task of it on the entity (`depth` 0),
/// on its children (1), on its grandchildren (2) and so on.
pub fn is_task_type_of(id: Uuid, depth: usize) -> Filter {
    let mut ids = Query::select();
    ids.expr(Expr::val(id));
    for _ in 0..depth {
        let mut below = Query::select();
        below
            .column(("below", "id"))
            .from_as("entity", "below")
            .and_where(Expr::col(("below", "parent_id")).in_subquery(ids));
        ids = below;
    }
    let mut types = Query::select();
    types
        .column(("task", "task_type_id"))
        .from("task")
        .and_where(Expr::col(("task", "entity_id")).in_subquery(ids));
    Expr::col(("task_type", "id")).in_subquery(types).into()
}

fn is_place(viewer: Uuid) -> SimpleExpr {
    Expr::col(("place", "project_id"))
        .equals(("entity", "project_id"))
        .and(Expr::col(("place", "person_id")).eq(viewer))
}
