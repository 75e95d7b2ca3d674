//! Time spent and days off.

use chrono::{NaiveDate, NaiveDateTime};
use sea_query::{
    Cond, Condition, Expr, ExprTrait, Func, Order, Query, SelectStatement, SimpleExpr, Value,
};
use serde_json::Map;
use tanuki_domain::Role;
use uuid::Uuid;

use crate::projection::Projection;
use crate::query::{access, locks, rows};
use crate::schema::PERSON;
use crate::write::{self, Values, delete_where};
use crate::{Connection, Database, Filter, Result, Transaction};

/// Condition on `time_spent`: the date is between these days, inclusive.
pub fn spent_between(start: NaiveDate, end: NaiveDate) -> Filter {
    let date = || Expr::col(("time_spent", "date"));
    Cond::all()
        .add(date().gte(start))
        .add(date().lte(end))
        .into()
}

/// Condition on `time_spent`: the date is not before `start` and not after
/// `end`, if they are given.
pub fn spent_within(start: Option<NaiveDate>, end: Option<NaiveDate>) -> Filter {
    let date = || Expr::col(("time_spent", "date"));
    Filter::all()
        .and_option(start.map(|start| date().gte(start)))
        .and_option(end.map(|end| date().lte(end)))
}

/// Condition on `time_spent`: the task belongs to the project and, if given,
/// has that task type.
pub fn spent_on(project_id: Uuid, task_type_id: Option<Uuid>) -> Filter {
    let mut tasks = Query::select();
    tasks
        .column(("task", "id"))
        .from("task")
        .and_where(Expr::col(("task", "project_id")).eq(project_id));
    if let Some(id) = task_type_id {
        tasks.and_where(Expr::col(("task", "task_type_id")).eq(id));
    }
    Expr::col(("time_spent", "task_id"))
        .in_subquery(tasks)
        .into()
}

/// Condition on `day_off`: the person is in the team of the project.
pub fn off_in_team(project_id: Uuid) -> Filter {
    let mut team = Query::select();
    team.column(("project_person_link", "person_id"))
        .from("project_person_link")
        .and_where(Expr::col(("project_person_link", "project_id")).eq(project_id));
    Expr::col(("day_off", "person_id")).in_subquery(team).into()
}

/// Condition on `day_off`: it belongs to the person, overlaps the period from
/// `start` to `end`, and is not `except`. `None` does not filter.
pub fn days_off(
    person_id: Option<Value>,
    start: Option<Value>,
    end: Option<Value>,
    except: Option<Uuid>,
) -> Filter {
    let person = person_id.map(|id| Expr::col("person_id").eq(id));
    let start = start.map(|day| Expr::col("end_date").gte(day));
    let end = end.map(|day| Expr::col("date").lte(day));
    let other = except.map(|id| Expr::col("id").ne(id));
    [person, start, end, other]
        .into_iter()
        .flatten()
        .fold(Cond::all(), Condition::add)
        .into()
}

/// A day on which a person worked on a task.
#[derive(Debug, Clone, Copy)]
pub struct WorkDay {
    pub task_id: Uuid,
    pub person_id: Uuid,
    pub date: NaiveDate,
}

/// Returns the id and duration, in minutes, of the time that a person spent on
/// a task on a day, or `None`.
pub async fn spent_in_day(
    transaction: &mut Transaction,
    projection: &Projection,
    day: WorkDay,
) -> Result<Option<(Uuid, f64)>> {
    let mut select = Query::select();
    select
        .columns(["id", "duration"])
        .from(projection.table.name)
        .and_where(Expr::col("task_id").eq(day.task_id))
        .and_where(Expr::col("person_id").eq(day.person_id))
        .and_where(Expr::col("date").eq(day.date));
    transaction
        .fetch_one(&select, |row| Ok((row.get("id")?, row.get("duration")?)))
        .await
}

/// Returns the time spent on a task, optionally of one day, as JSON in the
/// projection. Oldest rows first.
pub async fn spent_on_task(
    database: &Database,
    projection: &Projection,
    task_id: Uuid,
    date: Option<NaiveDate>,
) -> Result<Vec<Map<String, serde_json::Value>>> {
    let mut select = projection.select(database.dialect());
    select
        .and_where(Expr::col(("time_spent", "task_id")).eq(task_id))
        .order_by(("time_spent", "created_at"), Order::Asc);
    if let Some(date) = date {
        select.and_where(Expr::col(("time_spent", "date")).eq(date));
    }
    rows::all(database, projection, &select).await
}

/// Updates `last_presence` of a person: the last day on which they logged time
/// or logged in with the desktop program.
pub async fn set_presence(
    transaction: &mut Transaction,
    person_id: Uuid,
    now: NaiveDateTime,
) -> Result<()> {
    let last = |table| {
        let mut last = Query::select();
        last.expr(Func::max(Expr::col("date")))
            .from(table)
            .and_where(Expr::col("person_id").eq(person_id));
        SimpleExpr::from(sea_query::SubQueryStatement::SelectStatement(last))
    };
    let mut select = Query::select();
    select
        .expr_as(last("time_spent"), "logged")
        .expr_as(last("desktop_login_log"), "opened");
    let days = transaction.fetch_one(&select, |row| Ok((row.get("logged")?, row.get("opened")?)));
    let Some(days) = days.await? else {
        return Ok(());
    };
    let (logged, opened): (Option<NaiveDate>, Option<NaiveDateTime>) = days;
    let day = Ord::max(logged, opened.map(|time| time.date()));
    let values = Values::from([("last_presence", day.into()), ("updated_at", now.into())]);
    write::update(transaction, &PERSON, person_id, values).await?;
    Ok(())
}

/// Condition on `time_spent`: it is of the same person and within the days of
/// the day off.
pub fn spent_in(day_off: Uuid) -> Filter {
    let mut off = Query::select();
    off.column("id").from("day_off").cond_where(
        Cond::all()
            .add(Expr::col(("day_off", "id")).eq(day_off))
            .add(Expr::col(("day_off", "person_id")).equals(("time_spent", "person_id")))
            .add(Expr::col(("day_off", "date")).lte(Expr::col(("time_spent", "date"))))
            .add(Expr::col(("day_off", "end_date")).gte(Expr::col(("time_spent", "date")))),
    );
    Expr::exists(off).into()
}

/// Condition on `time_spent`: it belongs to the person.
pub fn spent_by(person_id: Uuid) -> Filter {
    Expr::col(("time_spent", "person_id")).eq(person_id).into()
}

/// Deletes the matching time spent. Returns the ids of the tasks, whose
/// durations have changed.
pub async fn remove_spent(transaction: &mut Transaction, which: Filter) -> Result<Vec<Uuid>> {
    let mut tasks = Query::select();
    tasks
        .distinct()
        .column(("time_spent", "task_id"))
        .from("time_spent")
        .cond_where(which.clone())
        .and_where(Expr::col(("time_spent", "task_id")).is_not_null());
    let locked = transaction.ids(&tasks).await?;
    // Time is logged under the lock of its task.
    locks::tasks_by_id(transaction, &locked).await?;
    let tasks = transaction.ids(&tasks).await?;
    delete_where(transaction, "time_spent", which).await?;
    Ok(tasks)
}

/// Returns whether `manager` has the role manager in a project whose team
/// `person_id` is in. `own` is the manager's studio-wide role.
pub async fn manages(
    database: &Database,
    manager: Uuid,
    own: Role,
    person_id: Uuid,
) -> Result<bool> {
    let teams = teams_as(manager, Role::Manager, own);
    access::exists(database, "project_person_link", shared(teams, person_id)).await
}

/// Returns whether `supervisor` has the role supervisor in a project whose
/// team `person_id` is in, and shares a department with them. A supervisor
/// without departments needs to share none. `own` is the supervisor's
/// studio-wide role.
pub async fn supervises(
    database: &Database,
    supervisor: Uuid,
    own: Role,
    person_id: Uuid,
) -> Result<bool> {
    let departments = |person| {
        let mut select = Query::select();
        select
            .column(("department_link", "department_id"))
            .from("department_link")
            .and_where(Expr::col(("department_link", "person_id")).eq(person));
        select
    };
    let mut common = departments(supervisor);
    common.and_where(
        Expr::col(("department_link", "department_id")).in_subquery(departments(person_id)),
    );
    let teams = teams_as(supervisor, Role::Supervisor, own);
    let condition = shared(teams, person_id).add(
        Cond::any()
            .add(Expr::exists(common))
            .add(ExprTrait::not(Expr::exists(departments(supervisor)))),
    );
    access::exists(database, "project_person_link", condition).await
}

fn teams_as(person_id: Uuid, role: Role, own: Role) -> SelectStatement {
    let mut teams = Query::select();
    teams
        .column(("own", "project_id"))
        .from_as("project_person_link", "own")
        .and_where(Expr::col(("own", "person_id")).eq(person_id));
    let given = || Expr::col(("own", "role"));
    let mut there = Cond::any().add(given().eq(role.as_str()));
    if role == own {
        there = there.add(given().is_null());
    }
    teams.cond_where(there);
    teams
}

/// Condition on `project_person_link`: the person's membership in one of these
/// projects.
fn shared(teams: SelectStatement, person_id: Uuid) -> Condition {
    Cond::all()
        .add(Expr::col(("project_person_link", "person_id")).eq(person_id))
        .add(Expr::col(("project_person_link", "project_id")).in_subquery(teams))
}
