//! Lists of tasks with the names of what they are of.

use sea_query::{Cond, Condition, Expr, ExprTrait, Order, Query, SelectStatement};
use uuid::Uuid;

use super::work::{EntityKind, is_of_kind};
use crate::dialect::Dialect;

/// What stands below a sequence or an episode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Below {
    /// Whatever is in a sequence.
    Sequence,
    /// Whatever is in the sequences of an episode.
    Episode,
    /// Assets that an episode brought in.
    AssetsOfEpisode,
    EditsOfEpisode,
}

/// Condition on `task`: of that entity.
pub fn of_entity(id: Uuid) -> Condition {
    Cond::all().add(Expr::col(("task", "entity_id")).eq(id))
}

/// Condition on `task`: of that type.
pub fn of_type(id: Uuid) -> Condition {
    Cond::all().add(Expr::col(("task", "task_type_id")).eq(id))
}

/// Condition on `task` and the `entity` that [`detail`] joins.
pub fn below(below: Below, id: Uuid) -> Condition {
    let parent = || Expr::col(("entity", "parent_id"));
    let kind = ("entity", "entity_type_id");
    match below {
        Below::Sequence => Cond::all().add(parent().eq(id)),
        Below::Episode => {
            let mut sequences = Query::select();
            sequences
                .column(("sequence", "id"))
                .from_as("entity", "sequence")
                .and_where(Expr::col(("sequence", "parent_id")).eq(id));
            Cond::all().add(parent().in_subquery(sequences))
        }
        Below::AssetsOfEpisode => Cond::all()
            .add(Expr::col(("entity", "source_id")).eq(id))
            .add(is_of_kind(kind, EntityKind::Asset)),
        Below::EditsOfEpisode => Cond::all()
            .add(parent().eq(id))
            .add(is_of_kind(kind, EntityKind::Temporal("Edit"))),
    }
}

/// Joins what tasks are named by, and orders them by these names.
pub fn detail(select: &mut SelectStatement, dialect: Dialect) {
    join_names(select);
    for table in ["task", "project", "task_type", "entity_type", "entity"] {
        let name = dialect.caseless(Expr::col((table, "name")));
        select.order_by_expr(name, Order::Asc);
    }
}

/// Joins production, type, status and entity of tasks.
pub fn join_names(select: &mut SelectStatement) {
    for (table, owner, column) in [
        ("project", "task", "project_id"),
        ("task_type", "task", "task_type_id"),
        ("task_status", "task", "task_status_id"),
        ("entity", "task", "entity_id"),
        ("entity_type", "entity", "entity_type_id"),
    ] {
        let is_its = Expr::col((table, "id")).equals((owner, column));
        select.inner_join(table, is_its);
    }
}
