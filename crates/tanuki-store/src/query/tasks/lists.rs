//! Lists of tasks with the names of project, task type, status and entity.

use sea_query::{Cond, Condition, Expr, ExprTrait, Order, Query, SelectStatement};
use uuid::Uuid;

use crate::dialect::Dialect;
use crate::fk::{self, JoinByKey};
use crate::query::work::{EntityKind, is_of_kind};

/// Which descendants of a sequence or episode to list the tasks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Below {
    /// The children of a sequence.
    Sequence,
    /// The children of an episode's sequences.
    Episode,
    /// The assets that belong to an episode.
    AssetsOfEpisode,
    EditsOfEpisode,
}

/// Condition on `task`: it belongs to the entity.
pub fn of_entity(id: Uuid) -> Condition {
    Cond::all().add(Expr::col(("task", "entity_id")).eq(id))
}

/// Condition on `task`: it has that task type.
pub fn of_type(id: Uuid) -> Condition {
    Cond::all().add(Expr::col(("task", "task_type_id")).eq(id))
}

/// Condition on `task`, with `entity` joined as by [`detail`]: the entity is
/// such a descendant of the sequence or episode `id`.
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

/// Joins the tables with the names, and orders by task, project, task type,
/// entity type and entity name, ignoring case.
pub fn detail(select: &mut SelectStatement, dialect: Dialect) {
    join_names(select);
    for table in ["task", "project", "task_type", "entity_type", "entity"] {
        let name = dialect.caseless(Expr::col((table, "name")));
        select.order_by_expr(name, Order::Asc);
    }
}

/// Joins project, task type, task status, entity and entity type to a query on
/// `task`.
pub fn join_names(select: &mut SelectStatement) {
    select
        .inner_join_to(fk::TASK_PROJECT)
        .inner_join_to(fk::TASK_TASK_TYPE)
        .inner_join_to(fk::TASK_TASK_STATUS)
        .inner_join_to(fk::TASK_ENTITY)
        .inner_join_to(fk::ENTITY_ENTITY_TYPE);
}
