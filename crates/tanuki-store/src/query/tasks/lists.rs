//! Lists of tasks with the names of project, task type, status and entity.

use sea_query::{Cond, Expr, ExprTrait, Query, SelectStatement};
use uuid::Uuid;

use crate::dialect::Dialect;
use crate::fk::{self, JoinByKey};
use crate::query::work::{EntityKind, is_of_kind};
use crate::{Filter, ListQuery};

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
pub fn of_entity(id: Uuid) -> Filter {
    Expr::col(("task", "entity_id")).eq(id).into()
}

/// Condition on `task`: it belongs to one of the entities.
pub fn of_entities(ids: &[Uuid]) -> Filter {
    let ids = ids.iter().copied();
    Expr::col(("task", "entity_id")).is_in(ids).into()
}

/// Condition on `task`: it has that task type.
pub fn of_type(id: Uuid) -> Filter {
    Expr::col(("task", "task_type_id")).eq(id).into()
}

/// Condition on `task`, with `entity` joined as by [`with_names`]: the entity is
/// such a descendant of the sequence or episode `id`.
pub fn below(below: Below, id: Uuid) -> Filter {
    let parent = || Expr::col(("entity", "parent_id"));
    let kind = ("entity", "entity_type_id");
    Filter::from(match below {
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
    })
}

/// Joins the tables with the names to a list of tasks, and sorts it by task,
/// project, task type, entity type and entity name, ignoring case.
pub fn with_names(list: ListQuery) -> ListQuery {
    ["task", "project", "task_type", "entity_type", "entity"]
        .into_iter()
        .fold(list.narrow(join_names), |list, table| {
            list.sort_key((table, "name"), Dialect::caseless)
        })
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
