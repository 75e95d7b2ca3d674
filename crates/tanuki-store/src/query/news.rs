//! News of productions: what was commented and shown.

use sea_query::{CaseStatement, Cond, Condition, Expr, ExprTrait, Func, SimpleExpr};
use uuid::Uuid;

use super::comment_threads;

/// Condition on `news` whose `comment` and `project` are joined, in that
/// production: what one of its clients may know of. That is what is published
/// to clients and what they wrote themselves, or what any client wrote where
/// the production does not keep its clients apart.
pub fn is_visible_to_client(person_id: Uuid, project_id: Uuid) -> Condition {
    let author = || Expr::col(("comment", "person_id"));
    let isolated = Func::coalesce([
        Expr::col(("project", "is_clients_isolated")),
        Expr::val(false),
    ]);
    let by_clients = Cond::all()
        .add(author().in_subquery(comment_threads::clients(Some(project_id))))
        .add(Expr::expr(isolated).eq(false));
    Cond::any()
        .add(Expr::col(("comment", "for_client")).eq(true))
        .add(author().eq(person_id))
        .add(by_clients)
}

/// Condition on `news` whose `comment` is joined: what those who neither manage
/// nor supervise the production may know of, which is all but the comments of
/// its clients.
pub fn told_to_studio(project_id: Uuid) -> Condition {
    Cond::any()
        .add(Expr::col(("comment", "person_id")).is_null())
        .add(comment_threads::not_by_clients(project_id))
}

/// The name of an `entity` with what it stands in before it: episode and
/// sequence, or the type of an asset. `parent` and `grandparent` are joined.
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

/// The episode that an `entity` is in, joined as for [`full_entity_name`]; of
/// an asset, the one that it was made for.
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

/// Both names with a slash between them, or null where one is missing.
fn behind(first: SimpleExpr, second: SimpleExpr) -> SimpleExpr {
    let and = || sea_query::BinOper::Custom("||");
    first.binary(and(), Expr::val(" / ")).binary(and(), second)
}
