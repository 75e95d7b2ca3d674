//! Time spent and days off.

use chrono::NaiveDate;
use sea_query::{Cond, Condition, Expr, ExprTrait, Query, SelectStatement, Value};
use tanuki_domain::Role;
use uuid::Uuid;

use super::access;
use crate::write::delete_where;
use crate::{Database, Result, Transaction};

/// Condition on `time_spent`: on one of these days.
pub fn spent_between(start: NaiveDate, end: NaiveDate) -> Condition {
    let date = || Expr::col(("time_spent", "date"));
    Cond::all().add(date().gte(start)).add(date().lte(end))
}

/// Condition on `time_spent`: on a task of that production, and of that type if
/// one is given.
pub fn spent_on(project_id: Uuid, task_type_id: Option<Uuid>) -> Condition {
    let mut tasks = Query::select();
    tasks
        .column(("task", "id"))
        .from("task")
        .and_where(Expr::col(("task", "project_id")).eq(project_id));
    if let Some(id) = task_type_id {
        tasks.and_where(Expr::col(("task", "task_type_id")).eq(id));
    }
    Cond::all().add(Expr::col(("time_spent", "task_id")).in_subquery(tasks))
}

/// Condition on `day_off`: of somebody in the team of that production.
pub fn off_in_team(project_id: Uuid) -> Condition {
    let mut team = Query::select();
    team.column(("project_person_link", "person_id"))
        .from("project_person_link")
        .and_where(Expr::col(("project_person_link", "project_id")).eq(project_id));
    Cond::all().add(Expr::col(("day_off", "person_id")).in_subquery(team))
}

/// Condition on `day_off`: the person's, but `except`, on one of these days.
/// What is not given is not looked at.
pub fn days_off(
    person_id: Option<Value>,
    start: Option<Value>,
    end: Option<Value>,
    except: Option<Uuid>,
) -> Condition {
    let person = person_id.map(|id| Expr::col("person_id").eq(id));
    let start = start.map(|day| Expr::col("end_date").gte(day));
    let end = end.map(|day| Expr::col("date").lte(day));
    let other = except.map(|id| Expr::col("id").ne(id));
    [person, start, end, other]
        .into_iter()
        .flatten()
        .fold(Cond::all(), Condition::add)
}

/// Deletes the time that a person spent on the days of a day off.
pub async fn remove_spent_in(transaction: &mut Transaction, day_off: Uuid) -> Result<u64> {
    let mut off = Query::select();
    off.column("id").from("day_off").cond_where(
        Cond::all()
            .add(Expr::col(("day_off", "id")).eq(day_off))
            .add(Expr::col(("day_off", "person_id")).equals(("time_spent", "person_id")))
            .add(Expr::col(("day_off", "date")).lte(Expr::col(("time_spent", "date"))))
            .add(Expr::col(("day_off", "end_date")).gte(Expr::col(("time_spent", "date")))),
    );
    delete_where(transaction, "time_spent", Expr::exists(off)).await
}

/// Whether one manages a production that the other is in.
pub async fn manages(
    database: &Database,
    manager: Uuid,
    own: Role,
    person_id: Uuid,
) -> Result<bool> {
    let teams = teams_as(manager, Role::Manager, own);
    access::exists(database, "project_person_link", shared(teams, person_id)).await
}

/// Whether one supervises a production that the other is in, and a department
/// of theirs if they supervise any in particular.
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

/// Condition on `project_person_link`: the person is in one of these teams.
fn shared(teams: SelectStatement, person_id: Uuid) -> Condition {
    Cond::all()
        .add(Expr::col(("project_person_link", "person_id")).eq(person_id))
        .add(Expr::col(("project_person_link", "project_id")).in_subquery(teams))
}
