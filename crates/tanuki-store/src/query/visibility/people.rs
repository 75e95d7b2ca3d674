//! People, for clients.

use sea_query::{Expr, ExprTrait, Query};
use uuid::Uuid;

use crate::Filter;
use crate::query::visibility::projects;

/// Condition on `person`: a member of an open project whose team the client is
/// in.
pub fn in_team_with(client: Uuid) -> Filter {
    let mut teams = Query::select();
    teams
        .column(("project_person_link", "person_id"))
        .from("project_person_link")
        .and_where(
            Expr::col(("project_person_link", "project_id"))
                .in_subquery(projects::open_ids_of_member(client)),
        );
    Expr::col(("person", "id")).in_subquery(teams).into()
}
