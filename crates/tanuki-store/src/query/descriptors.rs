//! Metadata fields.

use sea_query::{Cond, Condition, Expr, ExprTrait, Order, Query};
use serde_json::{Map, Value};
use tanuki_domain::Role;
use uuid::Uuid;

use super::{access, projects, rows};
use crate::shape::Shape;
use crate::{Connection, Result, Transaction};

/// Condition on `metadata_descriptor`: one of an open production of the
/// person's; published where they are a client, of their departments or of
/// none where they are a vendor.
pub fn shown_to(person_id: Uuid, role: Role) -> Condition {
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
        .add(ExprTrait::not(teams(Some(access::there_as(
            Role::Client,
            role,
        )))))
        .add(ExprTrait::not(teams(Some(access::there_as(
            Role::Vendor,
            role,
        )))));
    Cond::all().add(of_open).add(
        Cond::any()
            .add(
                Cond::all()
                    .add(teams(Some(access::there_as(Role::Client, role))))
                    .add(published),
            )
            .add(
                Cond::all()
                    .add(teams(Some(access::there_as(Role::Vendor, role))))
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
    shape: &Shape,
    except: Uuid,
) -> Result<Vec<Map<String, Value>>> {
    let mut open = Query::select();
    open.column(("project", "id"))
        .from("project")
        .inner_join(
            "project_status",
            Expr::col(("project_status", "id")).equals(("project", "project_status_id")),
        )
        .and_where(Expr::col(("project_status", "name")).is_in(["Active", "open", "Open"]));
    let column = |name| Expr::col(("metadata_descriptor", name));
    let mut select = shape.select(transaction.dialect());
    select
        .and_where(column("project_id").in_subquery(open))
        .and_where(column("project_id").ne(except))
        .and_where(column("entity_type").eq("Project"))
        .order_by(("metadata_descriptor", "position"), Order::Asc)
        .order_by(("metadata_descriptor", "name"), Order::Asc);
    rows::all(transaction, shape, &select).await
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
