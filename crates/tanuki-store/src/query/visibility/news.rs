//! The news of a project, of which most are about comments. In core:
//! `Caller::reads_comment`, for the comment that an entry is about.

use sea_query::{Cond, Expr, ExprTrait, Func};
use uuid::Uuid;

use crate::Filter;
use crate::query::visibility::comments;

/// Condition on `news` of a project, with `comment` and `project` joined: a
/// client of the project may see it. These are the comments that are published
/// to clients and their own; unless the project isolates its clients, also
/// those of other clients.
pub fn visible_to_client(person_id: Uuid, project_id: Uuid) -> Filter {
    let author = || Expr::col(("comment", "person_id"));
    let isolated = Func::coalesce([
        Expr::col(("project", "is_clients_isolated")),
        Expr::val(false),
    ]);
    let by_clients = Cond::all()
        .add(author().in_subquery(comments::clients(Some(project_id))))
        .add(Expr::expr(isolated).eq(false));
    Cond::any()
        .add(Expr::col(("comment", "for_client")).eq(true))
        .add(author().eq(person_id))
        .add(by_clients)
        .into()
}

/// Condition on `news` with `comment` joined: it is visible to members of the
/// team who are neither managers nor supervisors. These see all but the
/// comments of the project's clients.
pub fn visible_to_artist(project_id: Uuid) -> Filter {
    Cond::any()
        .add(Expr::col(("comment", "person_id")).is_null())
        .add(comments::not_by_clients(project_id))
        .into()
}
