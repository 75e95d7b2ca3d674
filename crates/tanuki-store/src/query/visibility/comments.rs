//! Comments. Which ones somebody may read depends on who wrote them.

use sea_query::{Cond, Expr, ExprTrait, Func, JoinType, Query, SelectStatement, SimpleExpr};
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
pub(in crate::query) fn clients(project_id: Option<Uuid>) -> SelectStatement {
    let member = Cond::all()
        .add(Expr::col(("member", "person_id")).equals(("somebody", "id")))
        .add(Expr::col(("member", "project_id")).eq(project_id));
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

/// Condition: a person is a client of a project, as [`clients`]. Both are columns
/// (of the comment and its task). The subqueries do not refer to them, so the
/// database runs each once for all rows.
pub(in crate::query) fn is_client(
    person: (&'static str, &'static str),
    project: (&'static str, &'static str),
) -> SimpleExpr {
    let membership = || Expr::tuple([Expr::col(project), Expr::col(person)]);
    let members = |role: fn(SimpleExpr) -> SimpleExpr| {
        let mut members = Query::select();
        members
            .columns([
                ("project_person_link", "project_id"),
                ("project_person_link", "person_id"),
            ])
            .from("project_person_link")
            .and_where(role(Expr::col(("project_person_link", "role"))));
        members
    };
    let mut clients = Query::select();
    clients
        .column(("person", "id"))
        .from("person")
        .and_where(Expr::col(("person", "role")).eq("client"));
    let is_elsewhere = Expr::col(person)
        .in_subquery(clients)
        .and(membership().not_in_subquery(members(|role| role.ne("client"))));
    membership()
        .in_subquery(members(|role| role.eq("client")))
        .or(is_elsewhere)
}
