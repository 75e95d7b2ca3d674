//! Metadata fields.

use chrono::NaiveDateTime;
use sea_query::{
    Cond, Condition, Expr, ExprTrait, NullOrdering, Order, Query, SelectStatement, SimpleExpr,
};
use serde_json::{Map, Value};
use tanuki_domain::Role;
use uuid::Uuid;

use super::work::{self, EntityKind};
use super::{access, projects, rows};
use crate::projection::Projection;
use crate::{Connection, Result, Transaction};

/// Condition on `metadata_descriptor`: one of an open production of the
/// person's; published where they are a client, of their departments or of
/// none where they are a vendor.
pub fn visible_to(person_id: Uuid, role: Role) -> Condition {
    let project = || Expr::col(("metadata_descriptor", "project_id"));
    let teams = |there: Option<Condition>| {
        let mut teams = access::teams(person_id);
        if let Some(there) = there {
            teams.cond_where(there);
        }
        project().in_subquery(teams)
    };
    let of_open = project().in_subquery(projects::open_ids_of_member(person_id));
    let mut own = Query::select();
    own.column(("department_link", "department_id"))
        .from("department_link")
        .and_where(Expr::col(("department_link", "person_id")).eq(person_id));
    let mut linked = Query::select();
    linked
        .column(("link", "metadata_descriptor_id"))
        .from_as("department_metadata_descriptor_link", "link");
    let mut of_own = linked.clone();
    of_own.and_where(Expr::col(("link", "department_id")).in_subquery(own));
    let id = || Expr::col(("metadata_descriptor", "id"));
    let published = Expr::col(("metadata_descriptor", "for_client")).eq(true);
    let of_department = Cond::any()
        .add(id().in_subquery(of_own))
        .add(id().not_in_subquery(linked));
    let elsewhere = Cond::all()
        .add(ExprTrait::not(teams(Some(access::projects_with_role(
            Role::Client,
            role,
        )))))
        .add(ExprTrait::not(teams(Some(access::projects_with_role(
            Role::Vendor,
            role,
        )))));
    Cond::all().add(of_open).add(
        Cond::any()
            .add(
                Cond::all()
                    .add(teams(Some(access::projects_with_role(Role::Client, role))))
                    .add(published),
            )
            .add(
                Cond::all()
                    .add(teams(Some(access::projects_with_role(Role::Vendor, role))))
                    .add(of_department),
            )
            .add(elsewhere),
    )
}

/// Names of the fields that a production itself has.
pub async fn fields_of_project(
    transaction: &mut Transaction,
    project_id: Uuid,
) -> Result<Vec<String>> {
    let mut select = Query::select();
    select
        .column("field_name")
        .from("metadata_descriptor")
        .and_where(Expr::col("project_id").eq(project_id))
        .and_where(Expr::col("entity_type").eq("Project"));
    let query = transaction.dialect().build(&select);
    let rows = transaction.fetch_all(query).await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// The fields that other open productions have.
pub async fn of_open_projects(
    transaction: &mut Transaction,
    projection: &Projection,
    except: Uuid,
) -> Result<Vec<Map<String, Value>>> {
    let mut open = Query::select();
    open.column(("project", "id"))
        .from("project")
        .cond_where(projects::is_running());
    let column = |name| Expr::col(("metadata_descriptor", name));
    let mut select = projection.select(transaction.dialect());
    select
        .and_where(column("project_id").in_subquery(open))
        .and_where(column("project_id").ne(except))
        .and_where(column("entity_type").eq("Project"))
        .order_by(("metadata_descriptor", "position"), Order::Asc)
        .order_by(("metadata_descriptor", "name"), Order::Asc);
    rows::all(transaction, projection, &select).await
}

/// Whether a production has that field already.
pub async fn exists(
    transaction: &mut Transaction,
    project_id: Uuid,
    (entity_type, name): (&str, &str),
    task_type_id: Option<Uuid>,
) -> Result<bool> {
    let same = Cond::all()
        .add(Expr::col("project_id").eq(project_id))
        .add(Expr::col("entity_type").eq(entity_type))
        .add(Expr::col("name").eq(name))
        .add(match task_type_id {
            Some(id) => Expr::col("task_type_id").eq(id),
            None => Expr::col("task_type_id").is_null(),
        });
    access::exists(transaction, "metadata_descriptor", same).await
}

/// Condition on `metadata_descriptor`: a field of that name that things of
/// that type have in one of the productions.
pub fn of_field(projects: &[Uuid], entity_type: &str, field_name: &str) -> Condition {
    let column = |name| Expr::col(("metadata_descriptor", name));
    Cond::all()
        .add(column("project_id").is_in(projects.iter().copied()))
        .add(column("entity_type").eq(entity_type))
        .add(column("field_name").eq(field_name))
}

/// The fields of a condition in their order: by position, then by name. Those
/// that were never put into order come last.
pub async fn in_order(
    connection: impl Connection,
    projection: &Projection,
    which: Condition,
) -> Result<Vec<Map<String, Value>>> {
    let mut select = projection.select(connection.dialect());
    select.cond_where(which);
    order(&mut select);
    rows::all(connection, projection, &select).await
}

/// Puts a query on `metadata_descriptor` into the order of [`in_order`].
pub fn order(select: &mut SelectStatement) {
    let position = ("metadata_descriptor", "position");
    select
        .order_by_with_nulls(position, Order::Asc, NullOrdering::Last)
        .order_by(("metadata_descriptor", "name"), Order::Asc);
}

/// Whether another field of the same things has that name or that key.
pub async fn name_is_taken(
    transaction: &mut Transaction,
    id: Uuid,
    field: &DescriptorField<'_>,
    name: &str,
    key: &str,
) -> Result<bool> {
    let named = Cond::any()
        .add(Expr::col("name").eq(name))
        .add(Expr::col("field_name").eq(key));
    let mut same = Cond::all()
        .add(Expr::col("id").ne(id))
        .add(Expr::col("project_id").eq(field.project_id))
        .add(Expr::col("entity_type").eq(field.entity_type))
        .add(named);
    if let Some(task_type) = field.task_type_id {
        same = same.add(Expr::col("task_type_id").eq(task_type));
    }
    access::exists(transaction, "metadata_descriptor", same).await
}

/// A field, and whose `data` has its values.
#[derive(Debug, Clone, Copy)]
pub struct DescriptorField<'a> {
    pub project_id: Uuid,
    pub entity_type: &'a str,
    pub task_type_id: Option<Uuid>,
    /// The key in `data`.
    pub key: &'a str,
}

impl DescriptorField<'_> {
    /// The table whose rows have the field, and which of its rows do.
    fn holders(&self) -> Option<(&'static str, Condition)> {
        let in_project =
            |table| Cond::all().add(Expr::col((table, "project_id")).eq(self.project_id));
        let entities = |kind| {
            let of_kind = work::is_of_kind(("entity", "entity_type_id"), kind);
            Some(("entity", in_project("entity").add(of_kind)))
        };
        match self.entity_type {
            "Project" => {
                let own = Expr::col(("project", "id")).eq(self.project_id);
                Some(("project", Cond::all().add(own)))
            }
            "Task" => {
                let of_type = Expr::col(("task", "task_type_id")).eq(self.task_type_id);
                Some(("task", in_project("task").add(of_type)))
            }
            "Asset" => entities(EntityKind::Asset),
            kind => FIELDED
                .iter()
                .find(|name| **name == kind)
                .and_then(|name| entities(EntityKind::Temporal(name))),
        }
    }
}

/// What has fields besides assets, tasks and productions.
const FIELDED: [&str; 5] = ["Shot", "Scene", "Sequence", "Episode", "Edit"];

/// Moves the values of a field to another key.
pub async fn rename_values(
    transaction: &mut Transaction,
    field: &DescriptorField<'_>,
    key: &str,
    now: NaiveDateTime,
) -> Result<()> {
    let dialect = transaction.dialect();
    let renamed = |data| dialect.json_renamed_key(data, field.key, key);
    let has = |data| dialect.json_has_value(data, field.key);
    change_data(transaction, field, (renamed, has), now).await
}

/// Takes the values of a field away.
pub async fn remove_values(
    transaction: &mut Transaction,
    field: &DescriptorField<'_>,
    now: NaiveDateTime,
) -> Result<()> {
    let dialect = transaction.dialect();
    let removed = |data| dialect.json_without_key(data, field.key);
    let has = |data| dialect.json_has(data, field.key);
    change_data(transaction, field, (removed, has), now).await
}

/// Changes the data of whatever may have a field and is concerned.
async fn change_data(
    transaction: &mut Transaction,
    field: &DescriptorField<'_>,
    (changed, concerned): (
        impl Fn(SimpleExpr) -> SimpleExpr,
        impl Fn(SimpleExpr) -> SimpleExpr,
    ),
    now: NaiveDateTime,
) -> Result<()> {
    let Some((table, condition)) = field.holders() else {
        return Ok(());
    };
    let data = || Expr::col((table, "data"));
    let mut update = Query::update();
    update
        .table(table)
        .value("data", changed(data()))
        .value("updated_at", now)
        .cond_where(condition)
        .and_where(concerned(data()));
    let query = transaction.dialect().build(&update);
    transaction.execute(query).await?;
    Ok(())
}
