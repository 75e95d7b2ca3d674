//! Shots that people finished: which, when, and what they took.

use chrono::{NaiveDate, NaiveDateTime};
use sea_query::{Cond, Condition, Expr, ExprTrait, Query, SelectStatement};
use uuid::Uuid;

use super::work::{self, EntityKind};
use crate::{Connection, Database, Result};

/// Which tasks of shots count.
#[derive(Debug, Clone, Copy)]
pub struct Scope {
    pub project_id: Uuid,
    pub task_type_id: Option<Uuid>,
    pub person_id: Option<Uuid>,
    /// Only those that somebody of this studio is assigned to.
    pub studio_id: Option<Uuid>,
    /// A shot is finished when it is approved, not when feedback is asked for.
    pub when_done: bool,
}

/// A shot's task, and whose work it is.
#[derive(Debug)]
pub struct Work {
    pub task_type_id: Uuid,
    pub person_id: Uuid,
    pub frames: i64,
    pub drawings: i64,
}

/// What somebody did for a shot on a day.
#[derive(Debug)]
pub struct Logged {
    pub work: Work,
    pub day: NaiveDate,
    pub duration: f64,
    /// What the whole task took.
    pub task_duration: f64,
}

/// A shot's task that was finished, when it was begun, if that is known, and
/// when it ended.
#[derive(Debug)]
pub struct Finished {
    pub work: Work,
    pub start: Option<NaiveDateTime>,
    pub end: NaiveDateTime,
}

impl Scope {
    fn end(self) -> &'static str {
        if self.when_done {
            "done_date"
        } else {
            "end_date"
        }
    }

    /// Tasks of shots that are finished, with their entities.
    fn tasks(self) -> SelectStatement {
        let shots = EntityKind::Temporal("Shot");
        let mut select = Query::select();
        select
            .column(("task", "task_type_id"))
            .column(("entity", "nb_frames"))
            .column(("task", "nb_drawings"))
            .from("task")
            .inner_join(
                "entity",
                Expr::col(("entity", "id")).equals(("task", "entity_id")),
            )
            .and_where(Expr::col(("task", "project_id")).eq(self.project_id))
            .and_where(Expr::col(("task", self.end())).is_not_null())
            .and_where(Expr::col(("task", "task_type_id")).is_not_null())
            .cond_where(work::is_of_kind(("entity", "entity_type_id"), shots));
        if let Some(id) = self.task_type_id {
            select.and_where(Expr::col(("task", "task_type_id")).eq(id));
        }
        if let Some(id) = self.studio_id {
            select.cond_where(has_assignee("studio_id", id));
        }
        select
    }

    /// Those tasks by each of their assignees.
    fn assigned(self) -> SelectStatement {
        let mut select = self.tasks();
        select
            .column(("task_person_link", "person_id"))
            .column(("task", "real_start_date"))
            .column(("task", self.end()))
            .inner_join(
                "task_person_link",
                Expr::col(("task_person_link", "task_id")).equals(("task", "id")),
            );
        if let Some(id) = self.person_id {
            select.cond_where(has_assignee("id", id));
        }
        select
    }
}

/// Condition on `task`: somebody is assigned whose column is that id.
fn has_assignee(column: &'static str, id: Uuid) -> Condition {
    let mut assignees = Query::select();
    assignees
        .column(("assigned", "task_id"))
        .from_as("task_person_link", "assigned")
        .inner_join(
            "person",
            Expr::col(("person", "id")).equals(("assigned", "person_id")),
        )
        .and_where(Expr::col(("person", column)).eq(id));
    Cond::all().add(Expr::col(("task", "id")).in_subquery(assignees))
}

impl Work {
    fn read(row: &crate::database::Row) -> Result<Self> {
        Ok(Self {
            task_type_id: row.get(0)?,
            frames: row.get::<Option<i64>>(1)?.unwrap_or_default(),
            drawings: row.get::<Option<i64>>(2)?.unwrap_or_default(),
            person_id: row.get(3)?,
        })
    }
}

/// The time that was logged for finished shots.
pub async fn logged(database: &Database, scope: Scope) -> Result<Vec<Logged>> {
    let mut select = scope.tasks();
    select
        .column(("time_spent", "person_id"))
        .column(("time_spent", "date"))
        .column(("time_spent", "duration"))
        .column(("task", "duration"))
        .inner_join(
            "time_spent",
            Expr::col(("time_spent", "task_id")).equals(("task", "id")),
        )
        .and_where(Expr::col(("task", "duration")).gt(0.0))
        .and_where(Expr::col(("time_spent", "person_id")).is_not_null());
    if let Some(id) = scope.person_id {
        select.and_where(Expr::col(("time_spent", "person_id")).eq(id));
    }
    let rows = database
        .fetch_all(database.dialect().build(&select))
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Logged {
                work: Work::read(row)?,
                day: row.get(4)?,
                duration: row.get(5)?,
                task_duration: row.get(6)?,
            })
        })
        .collect()
}

/// Finished shots by assignee.
pub async fn finished(database: &Database, scope: Scope) -> Result<Vec<Finished>> {
    read_finished(database, scope.assigned()).await
}

/// Finished shots by assignee that were begun and that no time was logged for.
pub async fn unlogged(database: &Database, scope: Scope) -> Result<Vec<Finished>> {
    let mut logged = Query::select();
    logged
        .column(("time_spent", "task_id"))
        .from("time_spent")
        .and_where(Expr::col(("time_spent", "task_id")).is_not_null());
    let mut select = scope.assigned();
    select
        .and_where(Expr::col(("task", "real_start_date")).is_not_null())
        .and_where(Expr::col(("task", "id")).not_in_subquery(logged));
    read_finished(database, select).await
}

async fn read_finished(database: &Database, select: SelectStatement) -> Result<Vec<Finished>> {
    let rows = database
        .fetch_all(database.dialect().build(&select))
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Finished {
                work: Work::read(row)?,
                start: row.get(4)?,
                end: row.get(5)?,
            })
        })
        .collect()
}
