//! Metadata descriptors, the columns that a project adds to its entities or
//! tasks.

use sea_query::{Cond, Condition, Expr, ExprTrait, Query};
use tanuki_domain::Role;
use uuid::Uuid;

use crate::Filter;
use crate::query::access;
use crate::query::visibility::projects;

/// Condition on `metadata_descriptor`: it belongs to an open project of the
/// person. Where the person is a client, it must be published to clients;
/// where they are a vendor, it must belong to one of their departments or to
/// none. `role` is their studio-wide role. In core:
/// `Core::descriptor_scope`.
pub fn visible_to(person_id: Uuid, role: Role) -> Filter {
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
    Cond::all()
        .add(of_open)
        .add(
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
        .into()
}

/// The metadata descriptors that a person may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DescriptorScope {
    All,
    /// Those that are published to clients.
    ForClients,
    /// Those of these departments, and those without a department.
    Departments(Vec<Uuid>),
}

/// Condition on `metadata_descriptor`: it is in the scope, which
/// `Core::descriptor_scope` returns for a role.
pub fn in_scope(scope: &DescriptorScope) -> Filter {
    let mut linked = Query::select();
    linked
        .column(("link", "metadata_descriptor_id"))
        .from_as("department_metadata_descriptor_link", "link");
    let id = || Expr::col(("metadata_descriptor", "id"));
    Filter::from(match scope {
        DescriptorScope::All => Cond::all(),
        DescriptorScope::ForClients => {
            Cond::all().add(Expr::col(("metadata_descriptor", "for_client")).eq(true))
        }
        DescriptorScope::Departments(departments) => {
            let mut own = linked.clone();
            own.and_where(Expr::col(("link", "department_id")).is_in(departments.iter().copied()));
            Cond::any()
                .add(id().in_subquery(own))
                .add(id().not_in_subquery(linked))
        }
    })
}
