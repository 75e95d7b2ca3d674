//! Playlists.

use sea_query::{Cond, Expr, ExprTrait};
use tanuki_domain::Role;
use uuid::Uuid;

use crate::Filter;
use crate::query::access;

/// Condition on `playlist`: it belongs to a project whose team the person is
/// in. Where they are a client, it must be shared with clients; where they are
/// a vendor, none match. `role` is their studio-wide role. In core:
/// `playlists::may_read`.
pub fn visible_to(person_id: Uuid, role: Role) -> Filter {
    let project = || Expr::col(("playlist", "project_id"));
    let mut teams = access::teams(person_id);
    teams.cond_where(access::not_in_project_as(Role::Vendor, role));
    let mut as_client = access::teams(person_id);
    as_client.cond_where(access::projects_with_role(Role::Client, role));
    Cond::all()
        .add(project().in_subquery(teams))
        .add(
            Cond::any()
                .add(Expr::col(("playlist", "for_client")).eq(true))
                .add(project().not_in_subquery(as_client)),
        )
        .into()
}
