//! The event log, which admins and managers read.

use sea_query::{Expr, ExprTrait};
use tanuki_domain::Role;
use uuid::Uuid;

use crate::Filter;
use crate::query::access;

/// Condition on `api_event`: it is about a project where the person's role is
/// manager. `own` is their studio-wide role. In core:
/// `Core::may_see_events`.
pub fn of_managed_projects(person_id: Uuid, own: Role) -> Filter {
    let mut managed = access::teams(person_id);
    managed.cond_where(access::projects_with_role(Role::Manager, own));
    Expr::col(("api_event", "project_id"))
        .in_subquery(managed)
        .into()
}
