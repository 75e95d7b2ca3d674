//! Durations of shots, taken from their previews.

use sea_query::{Expr, ExprTrait, Func, Query};
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::query::work::{self, EntityKind};
use crate::{Connection, Result, Transaction};

/// Returns the shots of a project, each with the duration in seconds of its
/// newest preview of the task type. Shots without such a preview are left out,
/// and so are shots of other episodes if an episode is given.
pub async fn last_durations(
    transaction: &mut Transaction,
    project_id: Uuid,
    task_type_id: Uuid,
    episode_id: Option<Uuid>,
) -> Result<Vec<(Uuid, f64)>> {
    let mut last = Query::select();
    last.expr(Func::max(Expr::col(("other", "created_at"))))
        .from_as("preview_file", "other")
        .inner_join_to(fk::PREVIEW_FILE_TASK.table_as("other").target_as("sibling"))
        .and_where(Expr::col(("sibling", "entity_id")).equals(("entity", "id")))
        .and_where(Expr::col(("sibling", "task_type_id")).eq(task_type_id));
    let last = sea_query::SubQueryStatement::SelectStatement(last);
    let mut select = Query::select();
    select
        .column(("entity", "id"))
        .column(("preview_file", "duration"))
        .from("preview_file")
        .inner_join_to(fk::PREVIEW_FILE_TASK)
        .inner_join_to(fk::TASK_ENTITY)
        .and_where(Expr::col(("entity", "project_id")).eq(project_id))
        .and_where(Expr::col(("task", "task_type_id")).eq(task_type_id))
        .and_where(Expr::col(("preview_file", "duration")).is_not_null())
        .and_where(Expr::col(("preview_file", "created_at")).eq(Expr::from(last)))
        .cond_where(work::is_of_kind(
            ("entity", "entity_type_id"),
            EntityKind::Temporal("Shot"),
        ));
    if let Some(id) = episode_id {
        let mut sequences = Query::select();
        sequences
            .column(("sequence", "id"))
            .from_as("entity", "sequence")
            .and_where(Expr::col(("sequence", "parent_id")).eq(id));
        select.and_where(Expr::col(("entity", "parent_id")).in_subquery(sequences));
    }
    transaction
        .fetch(&select, |row| Ok((row.get("id")?, row.get("duration")?)))
        .await
}
