//! Masks metadata: hides the values of metadata columns
//! (`metadata_descriptor`) that clients and vendors have no permission to see.
//!
//! A client sees the columns that are published to clients. A vendor sees
//! those of their departments, and those without a department. Keys of `data`
//! without a descriptor are visible to everybody. One condition implements
//! this, both for queries that stream rows ([`visible_data`],
//! [`visible_task_data`]) and for rows that are already loaded
//! ([`hidden_fields`]).

use sea_query::{
    CaseStatement, Cond, Condition, Expr, ExprTrait, Func, JoinType, Query, SelectStatement,
    SimpleExpr,
};
use tanuki_domain::Role;
use uuid::Uuid;

use crate::dialect::Dialect;
use crate::query::entities;
use crate::{Connection, ListQuery, Result};

/// The `entity_type` of descriptors of tasks.
pub const TASK: &str = "Task";

/// A metadata column whose values are hidden from a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HiddenField {
    pub project_id: Uuid,
    /// `Asset`, `Shot` and so on, or [`TASK`].
    pub entity_type: String,
    /// The only task type that the column applies to; `None` means all of
    /// them.
    pub task_type_id: Option<Uuid>,
    /// The key of the value in `data`.
    pub field_name: String,
}

impl ListQuery {
    /// Sets the person for whom metadata is masked in a list of entities, in a
    /// projection that masks it.
    pub fn seen_by(self, viewer: Uuid) -> Self {
        self.narrow(|select| add_viewer(select, viewer, ("entity", "project_id")))
    }
}

/// Joins the viewer (as `viewer`) and their membership in a project (as
/// `place`), which [`visible_data`] and [`visible_task_data`] refer to.
pub(crate) fn add_viewer(
    select: &mut SelectStatement,
    viewer: Uuid,
    project_id: (&'static str, &'static str),
) {
    let is_viewer = Expr::col(("viewer", "id")).eq(viewer);
    let is_place = Expr::col(("place", "project_id"))
        .equals(project_id)
        .and(Expr::col(("place", "person_id")).eq(viewer));
    select
        .join_as(JoinType::InnerJoin, "person", "viewer", is_viewer)
        .join_as(JoinType::LeftJoin, "project_person_link", "place", is_place);
}

/// Expression for the role of the joined `viewer` in the project of the joined
/// `place`. The studio-wide role applies where the membership has none, or has
/// `admin`.
fn role_there() -> SimpleExpr {
    let given = Func::cust("nullif").args([Expr::col(("place", "role")), Expr::val("admin")]);
    Func::coalesce([given.into(), Expr::col(("viewer", "role"))]).into()
}

/// Condition on `descriptor`: its values are hidden from the joined `viewer`.
fn is_hidden() -> Condition {
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
    let is_published = Func::coalesce([Expr::col(("descriptor", "for_client")), Expr::val(false)]);
    Cond::any()
        .add(
            Cond::all()
                .add(role_there().eq(Role::Client.as_str()))
                .add(Expr::expr(is_published).eq(false)),
        )
        .add(
            Cond::all()
                .add(role_there().eq(Role::Vendor.as_str()))
                .add(Expr::exists(departments))
                .add(Expr::exists(of_theirs).not()),
        )
}

fn hidden_names(project_id: (&'static str, &'static str)) -> SelectStatement {
    let mut hidden = Query::select();
    hidden
        .column(("descriptor", "field_name"))
        .from_as("metadata_descriptor", "descriptor")
        .and_where(Expr::col(("descriptor", "project_id")).equals(project_id))
        .cond_where(is_hidden());
    hidden
}

fn masked(data: SimpleExpr, hidden: SelectStatement, dialect: Dialect) -> SimpleExpr {
    let guests = [Role::Vendor.as_str(), Role::Client.as_str()];
    CaseStatement::new()
        .case(
            role_there().is_in(guests),
            dialect.json_without(data.clone(), hidden),
        )
        .finally(data)
        .into()
}

/// Expression for the `data` of `entity`, without the keys that are hidden
/// from the joined `viewer`.
pub fn visible_data(dialect: Dialect) -> SimpleExpr {
    let mut hidden = hidden_names(("entity", "project_id"));
    hidden.and_where(Expr::col(("descriptor", "entity_type")).eq(entities::kind_name()));
    masked(Expr::col(("entity", "data")), hidden, dialect)
}

/// Expression for the `data` of `task`, without the keys that are hidden from
/// the joined `viewer`. NULL remains NULL.
pub fn visible_task_data(dialect: Dialect) -> SimpleExpr {
    let mut hidden = hidden_names(("task", "project_id"));
    let of_type = || Expr::col(("descriptor", "task_type_id"));
    hidden.cond_where(is_of_tasks()).cond_where(
        Cond::any()
            .add(of_type().is_null())
            .add(of_type().equals(("task", "task_type_id"))),
    );
    let data = Expr::col(("task", "data"));
    CaseStatement::new()
        .case(data.clone().is_null(), data.clone())
        .finally(masked(data, hidden, dialect))
        .into()
}

fn is_of_tasks() -> Condition {
    Cond::any()
        .add(Expr::col(("descriptor", "entity_type")).eq(TASK))
        .add(Expr::col(("descriptor", "task_type_id")).is_not_null())
}

/// Returns the metadata columns that are hidden from the person, of all
/// projects where their role is client or vendor.
pub async fn hidden_fields(
    connection: impl Connection,
    person_id: Uuid,
) -> Result<Vec<HiddenField>> {
    let mut select = Query::select();
    select
        .columns([
            ("descriptor", "project_id"),
            ("descriptor", "entity_type"),
            ("descriptor", "task_type_id"),
            ("descriptor", "field_name"),
        ])
        .from_as("metadata_descriptor", "descriptor")
        .cond_where(is_hidden());
    add_viewer(&mut select, person_id, ("descriptor", "project_id"));
    select.and_where(Expr::col(("place", "person_id")).is_not_null());
    connection
        .fetch(&select, |row| {
            let task_type_id: Option<Uuid> = row.get("task_type_id")?;
            let entity_type: String = row.get("entity_type")?;
            Ok(HiddenField {
                project_id: row.get("project_id")?,
                entity_type: task_type_id.map_or(entity_type, |_| TASK.to_owned()),
                task_type_id,
                field_name: row.get("field_name")?,
            })
        })
        .await
}
