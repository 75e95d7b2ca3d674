//! Conditions and expressions for the news feed of a project.

use sea_query::{CaseStatement, Expr, ExprTrait, Func, SimpleExpr};

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
