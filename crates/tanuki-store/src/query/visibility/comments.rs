//! Comments. Which ones somebody may read depends on who wrote them.

use sea_query::{Cond, Expr, ExprTrait, Func, JoinType, Query, SelectStatement};
use uuid::Uuid;

use crate::Filter;

/// Condition on `comment`: the author is not a client of the project. Artists
/// and vendors read only these. In core: `Caller::reads_comment`.
pub fn not_by_clients(project_id: Uuid) -> Filter {
    let author = Expr::col(("comment", "person_id"));
    Cond::all()
        .add(author.not_in_subquery(clients(Some(project_id))))
        .into()
}

/// Subquery: the ids of the people whose role in the project is client. The
/// studio-wide role applies where the membership has none, and to people
/// outside of the team.
pub(in crate::query) fn clients(project_id: impl Into<Expr>) -> SelectStatement {
    let member = Cond::all()
        .add(Expr::col(("member", "person_id")).equals(("somebody", "id")))
        .add(Expr::col(("member", "project_id")).eq(project_id.into()));
    let role = Func::coalesce([
        Expr::col(("member", "role")),
        Expr::col(("somebody", "role")),
    ]);
    let mut clients = Query::select();
    clients
        .column(("somebody", "id"))
        .from_as("person", "somebody")
        .join_as(JoinType::LeftJoin, "project_person_link", "member", member)
        .and_where(Expr::expr(role).eq("client"));
    clients
}
