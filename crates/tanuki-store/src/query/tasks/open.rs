//! Tasks of open projects: filters, sums and burndown.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveDateTime};
use sea_query::{
    Asterisk, CaseStatement, CommonTableExpression, Cond, Condition, Expr, ExprTrait, Func,
    JoinType, NullOrdering, Order, Query, SelectStatement, WindowStatement, WithClause,
};
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::projection::Projection;
use crate::query::access;
use crate::query::tasks::todos;
use crate::{Connection, Database, Filter, ListQuery, Result};

/// Filters of the open-tasks endpoint.
#[derive(Debug, Clone, Default)]
pub struct OpenTaskFilter {
    pub task_type_id: Option<Uuid>,
    pub task_status_id: Option<Uuid>,
    /// Assigned to one of these people; an empty list means unassigned.
    pub people: Option<Vec<Uuid>>,
    /// Assigned to a person of this studio.
    pub studio_id: Option<Uuid>,
    /// Assigned to a person of this department.
    pub department_id: Option<Uuid>,
    pub start_date: Option<NaiveDateTime>,
    pub due_date: Option<NaiveDateTime>,
    /// The priority of the task type.
    pub priority: Option<i64>,
}

/// Condition on `task`, with `task_type` joined: it matches the filter. Tasks
/// of concepts are excluded unless a task type is given.
pub fn asked(asked: &OpenTaskFilter) -> Filter {
    let task = |name| Expr::col(("task", name));
    let task_type = |name| Expr::col(("task_type", name));
    let mut which = Cond::all();
    which = match asked.task_type_id {
        Some(id) => which.add(task_type("id").eq(id)),
        None => which.add(task_type("for_entity").ne("Concept")),
    };
    if let Some(id) = asked.task_status_id {
        which = which.add(task("task_status_id").eq(id));
    }
    if let Some(people) = asked.people.as_deref() {
        which = which.add(Condition::from(is_assigned_to_any(people)));
    }
    if let Some(id) = asked.studio_id {
        let of_studio = Expr::col(("worker", "studio_id")).eq(id);
        which = which.add(Expr::exists(assigned(Cond::all().add(of_studio))));
    }
    if let Some(id) = asked.department_id {
        let mut people = Query::select();
        people
            .column("person_id")
            .from("department_link")
            .and_where(Expr::col("department_id").eq(id));
        let of_department = Expr::col(("worker", "id")).in_subquery(people);
        which = which.add(Expr::exists(assigned(Cond::all().add(of_department))));
    }
    if let Some(date) = asked.start_date {
        which = which.add(task("start_date").gte(date));
    }
    if let Some(date) = asked.due_date {
        which = which.add(task("due_date").lte(date));
    }
    if let Some(priority) = asked.priority {
        which = which.add(task_type("priority").eq(priority));
    }
    which.into()
}

/// Condition on `task`: one of the people is assigned to it; nobody, if the list
/// is empty.
pub fn is_assigned_to_any(people: &[Uuid]) -> Filter {
    if people.is_empty() {
        return Expr::exists(assigned(Cond::all())).not().into();
    }
    let any = Expr::col(("worker", "id")).is_in(people.iter().copied());
    Expr::exists(assigned(Cond::all().add(any))).into()
}

/// Subquery: the assignees of the `task` of the outer query who match the
/// condition on `worker`.
fn assigned(which: Condition) -> SelectStatement {
    let mut people = Query::select();
    people
        .column(("worker", "id"))
        .from_as("person", "worker")
        .inner_join_from(fk::TASK_PERSON_LINK_PERSON.target_as("worker"))
        .and_where(Expr::col(("task_person_link", "task_id")).equals(("task", "id")))
        .cond_where(which);
    people
}

/// Sums over tasks. Durations and estimations are in minutes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sums {
    pub count: i64,
    pub done: i64,
    pub duration: f64,
    pub estimation: f64,
}

impl std::ops::AddAssign for Sums {
    fn add_assign(&mut self, more: Self) {
        self.count += more.count;
        self.done += more.done;
        self.duration += more.duration;
        self.estimation += more.estimation;
    }
}

/// Returns the sums over the matching tasks, grouped by these columns of
/// `task`.
pub async fn sums<const N: usize>(
    database: &Database,
    which: Filter,
    by: [&'static str; N],
) -> Result<Vec<([Uuid; N], Sums)>> {
    let is_done = CaseStatement::new().case(
        Expr::col(("task_status", "is_done")).eq(true),
        Expr::col(("task", "id")),
    );
    let mut select = matching(which);
    for column in by {
        let column = ("task", column);
        select.column(column).group_by_col(column);
    }
    select
        .expr_as(Func::count(Expr::col(("task", "id"))), "count")
        .expr_as(Func::count(is_done), "done")
        .expr_as(total("duration"), "duration")
        .expr_as(total("estimation"), "estimation");
    database
        .fetch(&select, |row| {
            let mut key = [Uuid::nil(); N];
            for (id, column) in key.iter_mut().zip(by) {
                *id = row.get(column)?;
            }
            let sums = Sums {
                count: row.get("count")?,
                done: row.get("done")?,
                duration: row.get("duration")?,
                estimation: row.get("estimation")?,
            };
            Ok((key, sums))
        })
        .await
}

/// Query on the matching tasks of entities that have a status, with their types
/// and statuses joined. A join with the entities would find no fewer: a task's
/// entity exists.
fn matching(which: Filter) -> SelectStatement {
    let mut select = Query::select();
    select
        .from("task")
        .inner_join_to(fk::TASK_TASK_TYPE)
        .inner_join_to(fk::TASK_TASK_STATUS)
        .and_where(Expr::col(("task", "entity_id")).is_not_null())
        .cond_where(which);
    select
}

/// Lists the matching tasks by place, as [`todos::order_by_place`] does: `limit`
/// of them after `offset`. The projection has the joins of
/// [`OPEN`](crate::view::tasks::OPEN).
///
/// Names are compared once for each entity instead of each task: tasks are sorted
/// by the rank of their entity.
pub fn page(
    projection: &'static Projection,
    which: Filter,
    (limit, offset): (u64, u64),
) -> ListQuery {
    let mut tasks = matching(which);
    tasks
        .columns(["id", "project_id", "entity_id"].map(|column| ("task", column)))
        .expr_as(Expr::col(("task_type", "name")), "type_name");
    let mut ids = Query::select();
    let is_owner = |column| Expr::col(("place", column)).equals(("matching", column));
    ids.column(("matching", "id"))
        .from("matching")
        .join_subquery(
            JoinType::InnerJoin,
            places(),
            "place",
            is_owner("entity_id").and(is_owner("project_id")),
        )
        .order_by(("place", "place"), Order::Asc)
        .order_by(("matching", "type_name"), Order::Asc)
        .order_by(("matching", "id"), Order::Asc)
        .limit(limit)
        .offset(offset);
    let matching = CommonTableExpression::new()
        .query(tasks)
        .table_name("matching")
        .materialized(true)
        .to_owned();
    ids.with_cte(WithClause::new().cte(matching).to_owned());
    let mut page = Query::select();
    page.column(("task", Asterisk))
        .from("task")
        .and_where(Expr::col(("task", "id")).in_subquery(ids));
    todos::order_by_place(ListQuery::among(projection, page))
}

/// Query for the rank of each project and entity that `matching` tasks have, by
/// their names.
fn places() -> SelectStatement {
    let mut by_name = WindowStatement::new();
    for table in ["project", "episode", "sequence", "entity_type", "entity"] {
        by_name.order_by_with_nulls((table, "name"), Order::Asc, NullOrdering::Last);
    }
    let mut owners = Query::select();
    owners
        .distinct()
        .columns(["project_id", "entity_id"])
        .from("matching");
    let mut places = Query::select();
    places
        .columns([("owner", "project_id"), ("owner", "entity_id")])
        .expr_window_as(Func::cust("rank"), by_name, "place")
        .from_subquery(owners, "owner")
        .inner_join(
            "project",
            Expr::col(("project", "id")).equals(("owner", "project_id")),
        )
        .inner_join(
            "entity",
            Expr::col(("entity", "id")).equals(("owner", "entity_id")),
        )
        .inner_join_to(fk::ENTITY_ENTITY_TYPE)
        .left_join_to(fk::ENTITY_PARENT.target_as("sequence"))
        .left_join_to(fk::ENTITY_PARENT.table_as("sequence").target_as("episode"));
    places
}

fn total(column: &'static str) -> sea_query::FunctionCall {
    let sum = Func::sum(Expr::col(("task", column)));
    Func::coalesce([sum.into(), Expr::val(0.0)])
}

/// The data of a burndown chart. Estimations are in minutes.
#[derive(Debug, Clone, Default)]
pub struct Burndown {
    pub count: i64,
    pub estimation: f64,
    /// The first start date of the tasks, or else of their projects.
    pub start: Option<NaiveDate>,
    /// The last due date of the tasks, or else the last end date of their
    /// projects.
    pub end: Option<NaiveDate>,
    /// For each day, the number of tasks done and the sum of their
    /// estimations.
    pub done: BTreeMap<NaiveDate, (i64, f64)>,
}

/// Returns the burndown of the matching tasks. Estimations of tasks of the
/// projects in `blank` count as 0.
pub async fn burndown(database: &Database, which: Filter, blank: Vec<Uuid>) -> Result<Burndown> {
    let seen = CaseStatement::new().case(
        Expr::col(("task", "project_id")).is_not_in(blank),
        Expr::col(("task", "estimation")),
    );
    let estimation = Func::coalesce([Func::sum(seen).into(), Expr::val(0.0)]);
    let done_date = ("task", "done_date");
    let mut days = matching(which);
    days.inner_join_to(fk::TASK_PROJECT)
        .column(done_date)
        .expr_as(Func::count(Expr::col(("task", "id"))), "count")
        .expr_as(estimation, "estimation")
        .expr_as(Func::min(Expr::col(("task", "start_date"))), "start")
        .expr_as(Func::max(Expr::col(("task", "due_date"))), "due")
        .expr_as(
            Func::min(Expr::col(("project", "start_date"))),
            "project_start",
        )
        .expr_as(Func::max(Expr::col(("project", "end_date"))), "project_end")
        .group_by_col(done_date);
    let days = database.fetch(&days, |row| {
        let day = |column: &str| -> Result<Option<NaiveDate>> {
            Ok(row
                .get::<Option<NaiveDateTime>>(column)?
                .map(|at| at.date()))
        };
        let planned = [day("start")?, day("due")?];
        let of_projects = [row.get("project_start")?, row.get("project_end")?];
        let amount: (i64, f64) = (row.get("count")?, row.get("estimation")?);
        Ok((day("done_date")?, amount, planned, of_projects))
    });
    let mut burndown = Burndown::default();
    let (mut first, mut last) = ([None; 2], [None; 2]);
    for (done, (count, estimation), [start, due], [project_start, project_end]) in days.await? {
        burndown.count += count;
        burndown.estimation += estimation;
        first = [earlier(first[0], start), earlier(first[1], project_start)];
        last = [Ord::max(last[0], due), Ord::max(last[1], project_end)];
        if let Some(day) = done {
            let day = burndown.done.entry(day).or_default();
            day.0 += count;
            day.1 += estimation;
        }
    }
    burndown.start = first[0].or(first[1]);
    burndown.end = last[0].or(last[1]);
    Ok(burndown)
}

/// Returns the earlier of two days, or the one that there is.
fn earlier(one: Option<NaiveDate>, other: Option<NaiveDate>) -> Option<NaiveDate> {
    one.into_iter().chain(other).min()
}

/// Condition on `task`: the person is assigned to it.
pub fn is_assigned_to(person_id: Uuid) -> Filter {
    Expr::col(("task", "id"))
        .in_subquery(access::assigned_tasks(person_id))
        .into()
}
