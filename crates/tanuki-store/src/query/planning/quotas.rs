//! Quotas: the shots that people finished, with the time spent on them.

use chrono::{NaiveDate, NaiveDateTime};
use sea_query::{Cond, Condition, Expr, ExprTrait, Query, SelectStatement};
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::query::work::{self, EntityKind};
use crate::{Connection, Database, Filter, Result};

/// Filters the tasks of shots that count towards quotas.
#[derive(Debug, Clone, Copy)]
pub struct Scope {
    pub project_id: Option<Uuid>,
    pub task_type_id: Option<Uuid>,
    pub person_id: Option<Uuid>,
    /// Only tasks with an assignee of this studio.
    pub studio_id: Option<Uuid>,
    /// A task is finished at its `done_date` (approved) rather than at its
    /// `end_date` (feedback requested).
    pub when_done: bool,
}

/// The task of a shot and the person it counts for.
#[derive(Debug)]
pub struct Work {
    pub shot_id: Uuid,
    pub task_type_id: Uuid,
    pub person_id: Uuid,
    pub frames: i64,
    pub drawings: i64,
}

/// The time that a person logged on a task on one day. Durations are in
/// minutes.
#[derive(Debug)]
pub struct Logged {
    pub work: Work,
    pub day: NaiveDate,
    pub duration: f64,
    /// Duration of the whole task.
    pub task_duration: f64,
}

/// A finished task of a shot. `start` is its real start date, `None` if it is
/// not known.
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

    /// Query: the finished tasks of shots, with their entities.
    fn tasks(self) -> SelectStatement {
        let shots = EntityKind::Temporal("Shot");
        let mut select = Query::select();
        select
            .column(("task", "task_type_id"))
            .expr_as(Expr::col(("entity", "id")), "shot_id")
            .column(("entity", "nb_frames"))
            .column(("task", "nb_drawings"))
            .from("task")
            .inner_join_to(fk::TASK_ENTITY)
            .and_where(Expr::col(("task", self.end())).is_not_null())
            .and_where(Expr::col(("task", "task_type_id")).is_not_null())
            .cond_where(work::is_of_kind(("entity", "entity_type_id"), shots));
        if let Some(id) = self.project_id {
            select.and_where(Expr::col(("task", "project_id")).eq(id));
        }
        if let Some(id) = self.task_type_id {
            select.and_where(Expr::col(("task", "task_type_id")).eq(id));
        }
        if let Some(id) = self.studio_id {
            select.cond_where(has_assignee("studio_id", id));
        }
        select
    }

    /// Query: the finished tasks of shots, one row for each assignee.
    fn assigned(self) -> SelectStatement {
        let mut select = self.tasks();
        select
            .column(("task_person_link", "person_id"))
            .column(("task", "real_start_date"))
            .expr_as(Expr::col(("task", self.end())), "finished_at")
            .inner_join_from(fk::TASK_PERSON_LINK_TASK);
        if let Some(id) = self.person_id {
            select.cond_where(has_assignee("id", id));
        }
        select
    }
}

/// Condition on `task`: it has an assignee with `id` in that column of
/// `person`.
fn has_assignee(column: &'static str, id: Uuid) -> Condition {
    let mut assignees = Query::select();
    assignees
        .column(("assigned", "task_id"))
        .from_as("task_person_link", "assigned")
        .inner_join_to(fk::TASK_PERSON_LINK_PERSON.table_as("assigned"))
        .and_where(Expr::col(("person", column)).eq(id));
    Cond::all().add(Expr::col(("task", "id")).in_subquery(assignees))
}

impl Work {
    fn read(row: &crate::database::Row) -> Result<Self> {
        Ok(Self {
            shot_id: row.get("shot_id")?,
            task_type_id: row.get("task_type_id")?,
            frames: row.get::<Option<i64>>("nb_frames")?.unwrap_or_default(),
            drawings: row.get::<Option<i64>>("nb_drawings")?.unwrap_or_default(),
            person_id: row.get("person_id")?,
        })
    }
}

/// Returns the time that was logged on finished tasks of shots, of those that
/// match a condition on `time_spent` and `task`.
pub async fn logged(database: &Database, scope: Scope, which: Filter) -> Result<Vec<Logged>> {
    let mut select = scope.tasks();
    select
        .column(("time_spent", "person_id"))
        .column(("time_spent", "date"))
        .column(("time_spent", "duration"))
        .expr_as(Expr::col(("task", "duration")), "task_duration")
        .inner_join_from(fk::TIME_SPENT_TASK)
        .and_where(Expr::col(("task", "duration")).gt(0.0))
        .and_where(Expr::col(("time_spent", "person_id")).is_not_null())
        .cond_where(which);
    if let Some(id) = scope.person_id {
        select.and_where(Expr::col(("time_spent", "person_id")).eq(id));
    }
    database
        .fetch(&select, |row| {
            Ok(Logged {
                work: Work::read(row)?,
                day: row.get("date")?,
                duration: row.get("duration")?,
                task_duration: row.get("task_duration")?,
            })
        })
        .await
}

/// Returns the finished tasks of shots, one for each assignee, of those that
/// match a condition on `task`.
pub async fn finished(database: &Database, scope: Scope, which: Filter) -> Result<Vec<Finished>> {
    let mut select = scope.assigned();
    select.cond_where(which);
    read_finished(database, select).await
}

/// Like [`finished`], only tasks that have a start date and on which no time
/// was logged.
pub async fn unlogged(database: &Database, scope: Scope, which: Filter) -> Result<Vec<Finished>> {
    let mut logged = Query::select();
    logged
        .column(("time_spent", "task_id"))
        .from("time_spent")
        .and_where(Expr::col(("time_spent", "task_id")).is_not_null());
    let mut select = scope.assigned();
    select
        .and_where(Expr::col(("task", "real_start_date")).is_not_null())
        .and_where(Expr::col(("task", "id")).not_in_subquery(logged))
        .cond_where(which);
    read_finished(database, select).await
}

/// Condition on `task`: it ended in this period, with its ends.
pub fn ended_between(scope: Scope, start: NaiveDateTime, end: NaiveDateTime) -> Filter {
    let ended = || Expr::col(("task", scope.end()));
    ended().gte(start).and(ended().lte(end)).into()
}

/// Condition on `task`: it was worked on in this period, from its real start
/// date to its end.
pub fn ran_between(scope: Scope, start: NaiveDateTime, end: NaiveDateTime) -> Filter {
    let begun = Expr::col(("task", "real_start_date")).lte(end);
    begun
        .and(Expr::col(("task", scope.end())).gte(start))
        .into()
}

async fn read_finished(database: &Database, select: SelectStatement) -> Result<Vec<Finished>> {
    database
        .fetch(&select, |row| {
            Ok(Finished {
                work: Work::read(row)?,
                start: row.get("real_start_date")?,
                end: row.get("finished_at")?,
            })
        })
        .await
}
