//! Kinds of entities, and the tasks that a person is assigned to in open
//! projects.

use sea_query::{Cond, Condition, Expr, ExprTrait, Query, SelectStatement, SimpleExpr};
use tanuki_domain::Role;
use uuid::Uuid;

use crate::query::{access, projects, visibility};
use crate::{Connection, Database, Filter, Result};

/// Names of the entity types that are not asset types.
pub const TEMPORAL_TYPES: [&str; 7] = [
    "Shot",
    "Sequence",
    "Episode",
    "Edit",
    "Scene",
    "Concept",
    "ConceptFolder",
];

/// The kind of an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntityKind {
    Asset,
    /// One of [`TEMPORAL_TYPES`] by name.
    Temporal(&'static str),
}

impl EntityKind {
    /// The names that [`is_of_kind`] compares with.
    pub(crate) fn names(&self) -> &[&'static str] {
        match self {
            Self::Asset => &TEMPORAL_TYPES,
            Self::Temporal(name) => std::slice::from_ref(name),
        }
    }
}

/// Condition on a column with entity type ids: the type is of that kind.
pub fn is_of_kind(column: (&'static str, &'static str), kind: EntityKind) -> Condition {
    let mut types = Query::select();
    types.column(("kind", "id")).from_as("entity_type", "kind");
    let name = Expr::col(("kind", "name"));
    Cond::all().add(match kind {
        EntityKind::Asset => {
            types.and_where(name.is_in(TEMPORAL_TYPES));
            Expr::col(column).not_in_subquery(types)
        }
        // Names of entity types are unique, so the subquery has at most one
        // row.
        EntityKind::Temporal(kind) => {
            types.and_where(name.eq(kind));
            let only = sea_query::SubQueryStatement::SelectStatement(types);
            Expr::col(column).eq(SimpleExpr::from(only))
        }
    })
}

/// Condition on `entity_type`: a type of entities of that kind.
pub fn is_type_of(kind: EntityKind) -> Filter {
    is_of_kind(("entity_type", "id"), kind).into()
}

/// Returns whether there is an entity with that id and kind.
pub async fn entity_exists(database: &Database, id: Uuid, kind: EntityKind) -> Result<bool> {
    let mut select = Query::select();
    select
        .column(("entity", "id"))
        .from("entity")
        .and_where(Expr::col(("entity", "id")).eq(id))
        .cond_where(is_of_kind(("entity", "entity_type_id"), kind));
    database.exists(select).await
}

/// Returns whether there is an asset type with that id.
pub async fn asset_type_exists(database: &Database, id: Uuid) -> Result<bool> {
    let mut select = Query::select();
    select
        .column("id")
        .from("entity_type")
        .and_where(Expr::col("id").eq(id))
        .and_where(Expr::col("name").is_not_in(TEMPORAL_TYPES));
    database.exists(select).await
}

/// Condition on `task`: the person is assigned to it, and it belongs to an
/// open project whose team they are in. For an admin, to any open project.
pub fn is_assigned_work(person_id: Uuid) -> Filter {
    let mut admin = Query::select();
    admin
        .expr(Expr::val(1))
        .from_as("person", "worker")
        .and_where(Expr::col(("worker", "id")).eq(person_id))
        .and_where(Expr::col(("worker", "role")).eq(Role::Admin.as_str()));
    let mut open = Query::select();
    open.column(("project", "id"))
        .from("project")
        .cond_where(projects::is_open())
        .cond_where(
            Cond::any()
                .add(visibility::projects::has_member(person_id))
                .add(Expr::exists(admin)),
        );
    Cond::all()
        .add(Expr::col(("task", "id")).in_subquery(access::assigned_tasks(person_id)))
        .add(Expr::col(("task", "project_id")).in_subquery(open))
        .into()
}

/// Subquery: one column of the tasks that match [`is_assigned_work`].
fn of_assigned_tasks(column: &'static str, person_id: Uuid) -> SelectStatement {
    let mut tasks = Query::select();
    tasks
        .column(("task", column))
        .from("task")
        .cond_where(is_assigned_work(person_id));
    tasks
}

/// Condition on `task_type`: a task of the entity with that type matches
/// [`is_assigned_work`].
pub fn is_type_of_work_on(entity_id: Uuid, person_id: Uuid) -> Filter {
    let mut types = of_assigned_tasks("task_type_id", person_id);
    types.and_where(Expr::col(("task", "entity_id")).eq(entity_id));
    Expr::col(("task_type", "id")).in_subquery(types).into()
}

/// Condition on `entity_type`: it is the type of an entity of the project that
/// matches [`is_worked_on`].
pub fn is_type_worked_on(project_id: Uuid, person_id: Uuid) -> Filter {
    let mut types = Query::select();
    types
        .column(("entity", "entity_type_id"))
        .from("entity")
        .and_where(Expr::col(("entity", "project_id")).eq(project_id))
        .cond_where(is_worked_on(person_id));
    Expr::col(("entity_type", "id")).in_subquery(types).into()
}

/// Condition on `entity`: one of its tasks matches [`is_assigned_work`].
pub fn is_worked_on(person_id: Uuid) -> Filter {
    let entities = of_assigned_tasks("entity_id", person_id);
    Expr::col(("entity", "id")).in_subquery(entities).into()
}

/// Condition on `entity`: it is the parent of a shot that matches
/// [`is_worked_on`].
pub fn has_shot_worked_on(person_id: Uuid) -> Filter {
    let parents = parents_of_shots(person_id);
    Expr::col(("entity", "id")).in_subquery(parents).into()
}

/// Condition on `entity`: it is the parent of a sequence that matches
/// [`has_shot_worked_on`].
pub fn has_sequence_worked_on(person_id: Uuid) -> Filter {
    let sequence = EntityKind::Temporal("Sequence");
    let mut parents = Query::select();
    parents
        .column(("sequence", "parent_id"))
        .from_as("entity", "sequence")
        .cond_where(is_of_kind(("sequence", "entity_type_id"), sequence))
        .and_where(Expr::col(("sequence", "id")).in_subquery(parents_of_shots(person_id)));
    Expr::col(("entity", "id")).in_subquery(parents).into()
}

/// Subquery: the parents (sequences) of the shots that match [`is_worked_on`].
fn parents_of_shots(person_id: Uuid) -> SelectStatement {
    let shot = EntityKind::Temporal("Shot");
    let entities = of_assigned_tasks("entity_id", person_id);
    let mut parents = Query::select();
    parents
        .column(("shot", "parent_id"))
        .from_as("entity", "shot")
        .cond_where(is_of_kind(("shot", "entity_type_id"), shot))
        .and_where(Expr::col(("shot", "id")).in_subquery(entities));
    parents
}
