//! The periods in which people have tasks.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use sea_query::{Condition, Expr, ExprTrait, Func, Order, Query, SelectStatement};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::query::visibility::tasks::in_open_project;
use crate::{Connection, Database, Filter, Result};

/// Filters the tasks whose dates are returned.
#[derive(Debug, Clone, Copy)]
pub struct TaskDateFilter {
    /// Only tasks of this project, open or not.
    pub project_id: Option<Uuid>,
    /// Only tasks of open projects whose team this person is in. Tasks of
    /// other open projects are returned as busy periods.
    pub member: Option<Uuid>,
}

const FORMAT: &str = "%Y-%m-%dT%H:%M:%S";

/// Returns the first start date and the last due date of each active person
/// with tasks. JSON: `person_id`, `min_date`, `max_date` and `busy_periods`, a
/// list of `start_date` and `end_date`.
pub async fn by_person(
    database: &Database,
    which: TaskDateFilter,
) -> Result<Vec<Map<String, Value>>> {
    let own = match which.project_id {
        Some(id) => Expr::col(("task", "project_id")).eq(id).into(),
        None => in_open_project(which.member),
    };
    let mut select = assigned(own.clone());
    select
        .column(("person", "id"))
        .expr_as(Func::min(Expr::col(("task", "start_date"))), "first")
        .expr_as(Func::max(Expr::col(("task", "due_date"))), "last")
        .group_by_col(("person", "id"));
    let mut people = BTreeMap::new();
    let dates = database.fetch(&select, |row| {
        Ok((row.get::<Uuid>("id")?, row.get("first")?, row.get("last")?))
    });
    for (person, first, last) in dates.await? {
        people.insert(person, (first, last, Vec::new()));
    }
    if which.project_id.is_none() && which.member.is_some() {
        for (person, periods) in busy(database, own).await? {
            people.entry(person).or_insert((None, None, Vec::new())).2 = periods;
        }
    }
    let time = |at: Option<NaiveDateTime>| at.map(|at| at.format(FORMAT).to_string());
    let rows = people.into_iter().map(|(person, (first, last, periods))| {
        Map::from_iter([
            ("person_id".into(), person.to_string().into()),
            ("min_date".into(), time(first).into()),
            ("max_date".into(), time(last).into()),
            ("busy_periods".into(), periods.into()),
        ])
    });
    Ok(rows.collect())
}

/// Returns the periods in which people have tasks in other open projects.
/// Overlapping periods are merged.
async fn busy(database: &Database, own: Filter) -> Result<BTreeMap<Uuid, Vec<Value>>> {
    let mut select = assigned(in_open_project(None));
    select
        .column(("person", "id"))
        .column(("task", "start_date"))
        .column(("task", "due_date"))
        .cond_where(Condition::from(own).not())
        .and_where(Expr::col(("task", "start_date")).is_not_null())
        .and_where(Expr::col(("task", "due_date")).is_not_null())
        .order_by(("task", "start_date"), Order::Asc)
        .order_by(("task", "due_date"), Order::Asc);
    let mut periods: BTreeMap<Uuid, Vec<(NaiveDateTime, NaiveDateTime)>> = BTreeMap::new();
    let assigned = database.fetch(&select, |row| {
        Ok((
            row.get("id")?,
            row.get::<NaiveDateTime>("start_date")?,
            row.get::<NaiveDateTime>("due_date")?,
        ))
    });
    for (person, start, end) in assigned.await? {
        let merged = periods.entry(person).or_default();
        match merged.last_mut() {
            Some((_, last)) if start <= *last => *last = Ord::max(end, *last),
            _ => merged.push((start, end)),
        }
    }
    let json = |(start, end): (NaiveDateTime, NaiveDateTime)| json!({"start_date": start.to_string(), "end_date": end.to_string()});
    let periods = periods.into_iter();
    Ok(periods
        .map(|(person, merged)| (person, merged.into_iter().map(json).collect()))
        .collect())
}

/// Query: the matching tasks, one row for each active assignee.
fn assigned(which: Filter) -> SelectStatement {
    let mut select = Query::select();
    select
        .from("task")
        .inner_join_from(fk::TASK_PERSON_LINK_TASK)
        .inner_join_to(fk::TASK_PERSON_LINK_PERSON)
        .and_where(Expr::col(("person", "active")).eq(true))
        .cond_where(which);
    select
}
