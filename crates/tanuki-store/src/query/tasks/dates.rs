//! The periods in which people have tasks.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use sea_query::{Condition, Expr, ExprTrait, Func, Order, Query, SelectStatement};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::query::tasks::todos::in_open_production;
use crate::{Connection, Database, Result};

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
        Some(id) => Condition::all().add(Expr::col(("task", "project_id")).eq(id)),
        None => in_open_production(which.member),
    };
    let mut select = assigned(own.clone());
    select
        .column(("person", "id"))
        .expr(Func::min(Expr::col(("task", "start_date"))))
        .expr(Func::max(Expr::col(("task", "due_date"))))
        .group_by_col(("person", "id"));
    let mut people = BTreeMap::new();
    for row in database
        .fetch_all(database.dialect().build(&select))
        .await?
    {
        let [first, last] = [row.get(1)?, row.get(2)?];
        people.insert(row.get::<Uuid>(0)?, (first, last, Vec::new()));
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
async fn busy(database: &Database, own: Condition) -> Result<BTreeMap<Uuid, Vec<Value>>> {
    let mut select = assigned(in_open_production(None));
    select
        .column(("person", "id"))
        .column(("task", "start_date"))
        .column(("task", "due_date"))
        .cond_where(own.not())
        .and_where(Expr::col(("task", "start_date")).is_not_null())
        .and_where(Expr::col(("task", "due_date")).is_not_null())
        .order_by(("task", "start_date"), Order::Asc)
        .order_by(("task", "due_date"), Order::Asc);
    let mut periods: BTreeMap<Uuid, Vec<(NaiveDateTime, NaiveDateTime)>> = BTreeMap::new();
    for row in database
        .fetch_all(database.dialect().build(&select))
        .await?
    {
        let (start, end): (NaiveDateTime, NaiveDateTime) = (row.get(1)?, row.get(2)?);
        let merged = periods.entry(row.get(0)?).or_default();
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
fn assigned(which: Condition) -> SelectStatement {
    let mut select = Query::select();
    select
        .from("task")
        .inner_join(
            "task_person_link",
            Expr::col(("task_person_link", "task_id")).equals(("task", "id")),
        )
        .inner_join(
            "person",
            Expr::col(("person", "id")).equals(("task_person_link", "person_id")),
        )
        .and_where(Expr::col(("person", "active")).eq(true))
        .cond_where(which);
    select
}
