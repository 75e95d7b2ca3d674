//! Projects by membership in their teams. In core:
//! `access::ProjectAccess`, which `Caller::project_access` returns.

use sea_query::{Condition, Expr, ExprTrait, Query, SelectStatement};
use tanuki_domain::Role;
use uuid::Uuid;

use crate::query::access;
use crate::query::projects::is_open;
use crate::{Connection, Filter, Result};

/// Condition on `project`: the person is in its team. In core:
/// `access::ProjectAccess::is_member`.
pub fn has_member(person_id: Uuid) -> Filter {
    Expr::col(("project", "id"))
        .in_subquery(access::teams(person_id))
        .into()
}

/// Condition on `project`: the person's role in it is manager. `own` is their
/// studio-wide role, which applies where the membership has none. In core:
/// `access::ProjectAccess::is_manager`.
pub fn has_manager(person_id: Uuid, own: Role) -> Filter {
    let mut teams = access::teams(person_id);
    teams.cond_where(access::projects_with_role(Role::Manager, own));
    Expr::col(("project", "id")).in_subquery(teams).into()
}

/// Subquery: the ids of the open projects whose team the person is in.
pub fn open_ids_of_member(person_id: Uuid) -> SelectStatement {
    let mut select = Query::select();
    select
        .column(("project", "id"))
        .from("project")
        .cond_where(is_open())
        .cond_where(has_member(person_id));
    select
}

/// Returns whether the project is open and, if `member` is given, whether they
/// are in its team.
pub async fn is_open_to(
    connection: impl Connection,
    project_id: Uuid,
    member: Option<Uuid>,
) -> Result<bool> {
    let mut select = Query::select();
    select
        .column(("project", "id"))
        .from("project")
        .cond_where(is_open())
        .and_where(Expr::col(("project", "id")).eq(project_id));
    if let Some(person_id) = member {
        select.cond_where(has_member(person_id));
    }
    connection.exists(select).await
}

/// Subquery: the ids of the open projects where the person's membership
/// matches the condition on `project_person_link` (see
/// [`access::projects_with_role`]).
pub fn open_ids_as(person_id: Uuid, there: Condition) -> SelectStatement {
    let mut teams = access::teams(person_id);
    teams.cond_where(there);
    let mut select = Query::select();
    select
        .column(("project", "id"))
        .from("project")
        .cond_where(is_open())
        .and_where(Expr::col(("project", "id")).in_subquery(teams));
    select
}
