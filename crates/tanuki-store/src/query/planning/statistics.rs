//! Statistics of a series: the number of tasks by episode, task type and
//! status, or by number of retakes.

use sea_query::{Expr, ExprTrait, Func, Query, SelectStatement};
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::query::access;
use crate::{Connection, Database, Result};

/// The number of tasks in a group, with the sums of their frames and drawings.
#[derive(Debug, Clone, Copy)]
pub struct Counted {
    pub tasks: i64,
    pub frames: i64,
    pub drawings: i64,
}

/// The tasks of an episode with the same task type and status.
#[derive(Debug)]
pub struct ByStatus {
    pub episode_id: Uuid,
    pub task_type_id: Uuid,
    pub task_status_id: Uuid,
    /// Short name of the status.
    pub name: Option<String>,
    pub color: Option<String>,
    pub counted: Counted,
}

/// The tasks of an episode with the same task type and number of retakes.
#[derive(Debug)]
pub struct ByRetakes {
    pub episode_id: Uuid,
    pub task_type_id: Uuid,
    pub retakes: i64,
    pub is_done: bool,
    pub is_retake: bool,
    pub counted: Counted,
}

/// Returns the counts by status. If `assignee` is given, only of tasks
/// assigned to them.
pub async fn by_status(
    database: &Database,
    project_id: Uuid,
    assignee: Option<Uuid>,
) -> Result<Vec<ByStatus>> {
    let columns = [
        ("episode", "id"),
        ("task", "task_type_id"),
        ("task", "task_status_id"),
        ("task_status", "short_name"),
        ("task_status", "color"),
    ];
    let select = counted(project_id, assignee, &columns);
    database
        .fetch(&select, |row| {
            Ok(ByStatus {
                counted: Counted::read(row)?,
                episode_id: row.get("id")?,
                task_type_id: row.get("task_type_id")?,
                task_status_id: row.get("task_status_id")?,
                name: row.get("short_name")?,
                color: row.get("color")?,
            })
        })
        .await
}

/// Returns the counts by number of retakes. If `assignee` is given, only of
/// tasks assigned to them.
pub async fn by_retakes(
    database: &Database,
    project_id: Uuid,
    assignee: Option<Uuid>,
) -> Result<Vec<ByRetakes>> {
    let columns = [
        ("episode", "id"),
        ("task", "task_type_id"),
        ("task", "retake_count"),
        ("task_status", "is_done"),
        ("task_status", "is_retake"),
    ];
    let select = counted(project_id, assignee, &columns);
    database
        .fetch(&select, |row| {
            Ok(ByRetakes {
                counted: Counted::read(row)?,
                episode_id: row.get("id")?,
                task_type_id: row.get("task_type_id")?,
                retakes: row.get::<Option<i64>>("retake_count")?.unwrap_or_default(),
                is_done: row.get::<Option<bool>>("is_done")?.unwrap_or_default(),
                is_retake: row.get::<Option<bool>>("is_retake")?.unwrap_or_default(),
            })
        })
        .await
}

impl Counted {
    fn read(row: &crate::database::Row) -> Result<Self> {
        Ok(Self {
            tasks: row.get("tasks")?,
            frames: row.get::<Option<i64>>("frames")?.unwrap_or_default(),
            drawings: row.get::<Option<i64>>("drawings")?.unwrap_or_default(),
        })
    }
}

/// Query: the tasks of entities within sequences within episodes, counted and
/// grouped by these columns. The three sums come first in the select list.
fn counted(
    project_id: Uuid,
    assignee: Option<Uuid>,
    columns: &[(&'static str, &'static str)],
) -> SelectStatement {
    let mut select = Query::select();
    select
        .expr_as(Func::count(Expr::col(("task", "id"))), "tasks")
        .expr_as(Func::sum(Expr::col(("entity", "nb_frames"))), "frames")
        .expr_as(Func::sum(Expr::col(("task", "nb_drawings"))), "drawings")
        .columns(columns.iter().copied())
        .from("task")
        .inner_join_to(fk::TASK_TASK_STATUS)
        .inner_join_to(fk::TASK_ENTITY)
        .inner_join_to(fk::ENTITY_PARENT.target_as("sequence"))
        .inner_join_to(fk::ENTITY_PARENT.table_as("sequence").target_as("episode"))
        .and_where(Expr::col(("task", "project_id")).eq(project_id))
        .and_where(Expr::col(("task", "task_type_id")).is_not_null())
        .add_group_by(columns.iter().map(|column| Expr::col(*column)));
    if let Some(person) = assignee {
        let own = access::assigned_tasks(person);
        select.and_where(Expr::col(("task", "id")).in_subquery(own));
    }
    select
}
