//! Time sheets: the time that people spent, by task, and by person and period.

use std::ops::RangeInclusive;

use chrono::NaiveDate;
use sea_query::{Expr, ExprTrait, Func, Order, Query};
use serde::Serialize;
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::{Connection as _, Database, Filter, Result};

/// Condition on `time_spent`: on one of these days.
pub fn on_days(days: &RangeInclusive<NaiveDate>) -> Filter {
    crate::query::planning::time::spent_between(*days.start(), *days.end())
}

/// Condition on `time_spent`: on the task.
pub fn on_task(task_id: Uuid) -> Filter {
    Expr::col(("time_spent", "task_id")).eq(task_id).into()
}

/// Condition on `time_spent`: the task is of a type of the department.
pub fn in_department(department_id: Uuid) -> Filter {
    let mut tasks = Query::select();
    tasks
        .column(("task", "id"))
        .from("task")
        .inner_join_to(fk::TASK_TASK_TYPE)
        .and_where(Expr::col(("task_type", "department_id")).eq(department_id));
    Expr::col(("time_spent", "task_id"))
        .in_subquery(tasks)
        .into()
}

/// Condition on `time_spent`: by a person of the studio (a branch of the
/// company).
pub fn in_studio(studio_id: Uuid) -> Filter {
    let mut people = Query::select();
    people
        .column(("person", "id"))
        .from("person")
        .and_where(Expr::col(("person", "studio_id")).eq(studio_id));
    Expr::col(("time_spent", "person_id"))
        .in_subquery(people)
        .into()
}

/// A task that somebody spent time on, with the names of what it refers to.
#[derive(Debug, Clone, Serialize)]
pub struct WorkedOn {
    pub task_id: Uuid,
    pub task_type_id: Uuid,
    pub project_id: Uuid,
    pub project_name: String,
    pub entity_name: String,
    pub entity_type_name: String,
    /// The entity above the task's: a shot's sequence.
    pub sequence_name: Option<String>,
    pub episode_name: Option<String>,
    /// In minutes.
    pub duration: f64,
}

/// Returns the tasks of the matching time spent, with its sum, by project,
/// episode, sequence and entity.
pub async fn tasks_worked_on(database: &Database, which: Filter) -> Result<Vec<WorkedOn>> {
    let sequence = fk::ENTITY_PARENT.target_as("sequence");
    let episode = fk::ENTITY_PARENT.table_as("sequence").target_as("episode");
    let keys = [
        (("task", "id"), "task_id"),
        (("task", "task_type_id"), "task_type_id"),
        (("project", "id"), "project_id"),
        (("project", "name"), "project_name"),
        (("entity", "name"), "entity_name"),
        (("entity_type", "name"), "entity_type_name"),
        (("sequence", "name"), "sequence_name"),
        (("episode", "name"), "episode_name"),
    ];
    let mut select = Query::select();
    select
        .from("time_spent")
        .inner_join_to(fk::TIME_SPENT_TASK)
        .inner_join_to(fk::TASK_ENTITY)
        .inner_join_to(fk::ENTITY_ENTITY_TYPE)
        .inner_join_to(fk::TASK_PROJECT)
        .left_join_to(sequence)
        .left_join_to(episode)
        .expr_as(Func::sum(Expr::col(("time_spent", "duration"))), "duration")
        .cond_where(which);
    for (column, name) in keys {
        select
            .expr_as(Expr::col(column), name)
            .add_group_by([Expr::col(column)]);
    }
    let mut found = database
        .fetch(&select, |row| {
            Ok(WorkedOn {
                task_id: row.get("task_id")?,
                task_type_id: row.get("task_type_id")?,
                project_id: row.get("project_id")?,
                project_name: row.get("project_name")?,
                entity_name: row.get("entity_name")?,
                entity_type_name: row.get("entity_type_name")?,
                sequence_name: row.get("sequence_name")?,
                episode_name: row.get("episode_name")?,
                duration: row.get("duration")?,
            })
        })
        .await?;
    found.sort_by(|one, other| place(one).cmp(&place(other)));
    Ok(found)
}

/// The place of a task in a time sheet.
fn place(task: &WorkedOn) -> impl Ord + '_ {
    (
        &task.project_name,
        &task.episode_name,
        &task.sequence_name,
        &task.entity_name,
        task.task_id,
    )
}

/// The unit of time that durations are summed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    Day,
    Month,
    Year,
}

impl Precision {
    /// The length of the part of a date in the format `YYYY-MM-DD`.
    fn length(self) -> i32 {
        match self {
            Self::Day => 10,
            Self::Month => 7,
            Self::Year => 4,
        }
    }
}

/// The time that a person spent in a period.
#[derive(Debug, Clone)]
pub struct PersonSpent {
    /// A day, a month or a year: `2025-01-31`, `2025-01` or `2025`.
    pub period: String,
    pub person_id: Uuid,
    /// In minutes.
    pub duration: f64,
}

/// Returns the sums of the matching time spent by period and person.
pub async fn by_person(
    database: &Database,
    which: Filter,
    precision: Precision,
) -> Result<Vec<PersonSpent>> {
    let period = format!(
        "substr(CAST(\"time_spent\".\"date\" AS text), 1, {})",
        precision.length()
    );
    let mut select = Query::select();
    select
        .expr_as(Expr::cust(period), "period")
        .column(("time_spent", "person_id"))
        .expr_as(Func::sum(Expr::col(("time_spent", "duration"))), "duration")
        .from("time_spent")
        .and_where(Expr::col(("time_spent", "person_id")).is_not_null())
        .cond_where(which)
        .add_group_by([Expr::col("period"), Expr::col(("time_spent", "person_id"))])
        .order_by("period", Order::Asc);
    database
        .fetch(&select, |row| {
            Ok(PersonSpent {
                period: row.get("period")?,
                person_id: row.get("person_id")?,
                duration: row.get("duration")?,
            })
        })
        .await
}
