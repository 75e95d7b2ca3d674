//! Entities of one kind: an asset, a shot and so on, as their viewer meets
//! them.

use sea_query::{Cond, Condition, Expr, ExprTrait, JoinType, Query, SelectStatement, SimpleExpr};
use uuid::Uuid;

use super::access::{self, Membership};
use super::entities;
use super::work::{EntityKind, is_of_kind};
use crate::database::Row;
use crate::dialect::Dialect;
use crate::shape::Shape;
use crate::{Connection, Result};

/// An entity, and its viewer's place in the team of its production.
#[derive(Debug, Clone)]
pub struct Met {
    pub project_id: Uuid,
    pub entity_type_id: Uuid,
    pub parent_id: Option<Uuid>,
    pub created_by: Option<Uuid>,
    pub membership: Option<Membership>,
}

/// The entity of that id, if it is of that kind.
pub async fn meet(
    connection: impl Connection,
    viewer: Uuid,
    kind: EntityKind,
    id: Uuid,
) -> Result<Option<Met>> {
    let mut select = Query::select();
    select.from("entity");
    add_meeting(&mut select, viewer, kind, id);
    let query = connection.dialect().build(&select);
    let row = connection.fetch_optional(query).await?;
    row.map(|row| Met::read(&row, 0)).transpose()
}

/// Like [`meet`], with the entity's JSON in that shape.
pub async fn meet_as(
    connection: impl Connection,
    viewer: Uuid,
    shape: &Shape,
    kind: EntityKind,
    id: Uuid,
) -> Result<Option<(Met, Vec<u8>)>> {
    let mut select = shape.select(connection.dialect());
    add_meeting(&mut select, viewer, kind, id);
    let query = connection.dialect().build(&select);
    let Some(row) = connection.fetch_optional(query).await? else {
        return Ok(None);
    };
    let mut json = Vec::with_capacity(4096);
    shape.write(&row, &mut json)?;
    Ok(Some((Met::read(&row, shape.width())?, json)))
}

fn add_meeting(select: &mut SelectStatement, viewer: Uuid, kind: EntityKind, id: Uuid) {
    let is_place = Expr::col(("place", "project_id"))
        .equals(("entity", "project_id"))
        .and(Expr::col(("place", "person_id")).eq(viewer));
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

impl Met {
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

/// Narrows a query to entities of that kind.
pub fn of_kind(kind: EntityKind) -> Condition {
    is_of_kind(("entity", "entity_type_id"), kind)
}

/// Condition on `entity`: the person has a task of it.
pub fn worked_on_by(person_id: Uuid) -> Condition {
    let mut tasks = Query::select();
    tasks
        .column(("mine", "entity_id"))
        .from_as("task", "mine")
        .and_where(Expr::col(("mine", "id")).in_subquery(access::assigned_tasks(person_id)));
    Cond::all().add(Expr::col(("entity", "id")).in_subquery(tasks))
}

/// Condition on a column: it is the id of what an entity that the person has a
/// task of refers to by `by`.
pub fn holds_work_of(
    column: (&'static str, &'static str),
    by: &'static str,
    person_id: Uuid,
) -> SimpleExpr {
    let mut held = Query::select();
    held.column(("entity", by))
        .from("entity")
        .and_where(Expr::col(("entity", by)).is_not_null())
        .cond_where(worked_on_by(person_id));
    Expr::col(column).in_subquery(held)
}

/// Joins the viewer, whom [`visible_data`] asks for.
pub fn add_viewer(select: &mut SelectStatement, viewer: Uuid) {
    let is_viewer = Expr::col(("viewer", "id")).eq(viewer);
    select.join_as(JoinType::InnerJoin, "person", "viewer", is_viewer);
}

/// The metadata of `entity` without the fields that belong to departments
/// which the joined `viewer` is in none of.
pub fn visible_data(dialect: Dialect) -> SimpleExpr {
    let mut departments = Query::select();
    departments
        .column(("owner", "department_id"))
        .from_as("department_metadata_descriptor_link", "owner")
        .and_where(Expr::col(("owner", "metadata_descriptor_id")).equals(("descriptor", "id")));
    let mut own = Query::select();
    own.column(("department_link", "department_id"))
        .from("department_link")
        .and_where(Expr::col(("department_link", "person_id")).equals(("viewer", "id")));
    let mut of_theirs = departments.clone();
    of_theirs.and_where(Expr::col(("owner", "department_id")).in_subquery(own));
    let mut hidden = Query::select();
    hidden
        .column(("descriptor", "field_name"))
        .from_as("metadata_descriptor", "descriptor")
        .and_where(Expr::col(("descriptor", "project_id")).equals(("entity", "project_id")))
        .and_where(Expr::col(("descriptor", "entity_type")).eq(entities::kind_name()))
        .and_where(Expr::exists(departments))
        .and_where(Expr::exists(of_theirs).not());
    dialect.json_without(Expr::col(("entity", "data")), hidden)
}
