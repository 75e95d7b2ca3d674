//! Conditions and expressions for the news feed of a project.

use sea_query::{CaseStatement, Cond, Expr, ExprTrait, Func, SimpleExpr};
use uuid::Uuid;

use crate::Filter;
use crate::query::comments::threads;

/// Condition on `news` of a project, with `comment` and `project` joined: a
/// client of the project may see it. These are the comments that are published
/// to clients and their own; unless the project isolates its clients, also
/// those of other clients.
pub fn is_visible_to_client(person_id: Uuid, project_id: Uuid) -> Filter {
    let author = || Expr::col(("comment", "person_id"));
    let isolated = Func::coalesce([
        Expr::col(("project", "is_clients_isolated")),
        Expr::val(false),
    ]);
    let by_clients = Cond::all()
        .add(author().in_subquery(threads::clients(Some(project_id))))
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
pub fn told_to_studio(project_id: Uuid) -> Filter {
    Cond::any()
        .add(Expr::col(("comment", "person_id")).is_null())
        .add(threads::not_by_clients(project_id))
        .into()
}

/// Expression for the full name of an `entity`: `Episode / Sequence / Shot`,
/// or the asset type and the name of an asset. Expects `parent`, `grandparent`
/// and `entity_type` to be joined.
pub fn full_entity_name() -> SimpleExpr {
    let name = |table: &'static str| Expr::col((table, "name"));
    let in_parent = || behind(name("parent"), name("entity"));
    let temporal = Func::coalesce([
        behind(name("grandparent"), in_parent()),
        in_parent(),
        name("entity"),
    ]);
    let in_episode = Func::coalesce([in_parent(), name("entity")]);
    CaseStatement::new()
        .case(name("entity_type").eq("Shot"), temporal)
        .case(name("entity_type").eq("Sequence"), in_episode)
        .case(name("entity_type").eq("Episode"), name("entity"))
        .finally(behind(name("entity_type"), name("entity")))
        .into()
}

/// Expression for the episode id of an `entity`, with the same joins as
/// [`full_entity_name`]. For an asset, it is the episode that it belongs to.
pub fn episode_of_entity() -> SimpleExpr {
    let type_name = || Expr::col(("entity_type", "name"));
    CaseStatement::new()
        .case(type_name().eq("Shot"), Expr::col(("grandparent", "id")))
        .case(type_name().eq("Sequence"), Expr::col(("parent", "id")))
        .case(
            type_name().ne("Episode"),
            Expr::col(("entity", "source_id")),
        )
        .into()
}

/// Expression for both names, joined by ` / `; NULL if one of them is NULL.
fn behind(first: SimpleExpr, second: SimpleExpr) -> SimpleExpr {
    let and = || sea_query::BinOper::Custom("||");
    first.binary(and(), Expr::val(" / ")).binary(and(), second)
}
