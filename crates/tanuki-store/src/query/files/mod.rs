//! Conditions for the permissions on working files and output files.

pub mod previews;
pub mod stored;

use sea_query::{Expr, ExprTrait, Query, SelectStatement};
use tanuki_domain::Role;
use uuid::Uuid;

use crate::Filter;
use crate::query::{access, projects};

/// Condition on `working_file`: its entity belongs to a project whose team the
/// person is in and where their role is not vendor. The project need not be
/// open.
pub fn working_files_of_teams(person_id: Uuid, own: Role) -> Filter {
    let mut teams = access::teams(person_id);
    teams.cond_where(access::not_in_project_as(Role::Vendor, own));
    let entities = entities_in(teams);
    Expr::col(("working_file", "entity_id"))
        .in_subquery(entities)
        .into()
}

/// Condition on `output_file`: its entity belongs to an open project whose
/// team the person is in and where their role is not vendor.
pub fn output_files_in_open(person_id: Uuid, own: Role) -> Filter {
    let open = projects::open_ids_as(person_id, access::not_in_project_as(Role::Vendor, own));
    let entities = entities_in(open);
    Expr::col(("output_file", "entity_id"))
        .in_subquery(entities)
        .into()
}

fn entities_in(projects: SelectStatement) -> SelectStatement {
    let mut entities = Query::select();
    entities
        .column(("entity", "id"))
        .from("entity")
        .and_where(Expr::col(("entity", "project_id")).in_subquery(projects));
    entities
}
