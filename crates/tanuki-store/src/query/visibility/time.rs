//! Time spent and days off of other people.

use sea_query::{Cond, Expr, ExprTrait, Query, SelectStatement};
use tanuki_domain::Role;
use uuid::Uuid;

use crate::query::access::{projects_with_role, teams, teams_as};
use crate::query::people::departments_of as departments;
use crate::query::visibility::tasks::led_by;
use crate::{Connection as _, Database, Filter, Result};

/// Condition on `time_spent`: the task is in a project whose team the person
/// manages, or of a task type of their departments in a project where they are
/// a supervisor. A supervisor without departments supervises all task types.
/// `own` is their studio-wide role. In core: `Tasks::time_of_person`.
pub fn spent_under(leader: Uuid, own: Role) -> Filter {
    let mut tasks = Query::select();
    tasks
        .column(("task", "id"))
        .from("task")
        .cond_where(led_by(leader, own));
    Expr::col(("time_spent", "task_id"))
        .in_subquery(tasks)
        .into()
}

/// Returns whether the person is a manager or supervisor in the team of any
/// project.
pub async fn leads_a_team(database: &Database, person_id: Uuid, own: Role) -> Result<bool> {
    let mut led = teams(person_id);
    led.cond_where(
        Cond::any()
            .add(projects_with_role(Role::Manager, own))
            .add(projects_with_role(Role::Supervisor, own)),
    );
    database.exists(led).await
}

/// Condition on `day_off`: the person may see when it is. It is their own, or
/// of somebody whom they manage or supervise in a project. In core:
/// `tasks::day_offs`, which says for one person whether it may be read.
pub fn off_under(leader: Uuid, own: Role) -> Filter {
    let person = || Expr::col(("day_off", "person_id"));
    let mut colleagues = Query::select();
    colleagues
        .column(("common", "person_id"))
        .from_as("department_link", "common")
        .and_where(Expr::col(("common", "department_id")).in_subquery(departments(leader)));
    let supervised = Cond::all()
        .add(person().in_subquery(members(teams_as(leader, Role::Supervisor, own))))
        .add(
            Cond::any()
                .add(person().in_subquery(colleagues))
                .add(Expr::exists(departments(leader)).not()),
        );
    Cond::any()
        .add(person().eq(leader))
        .add(person().in_subquery(members(teams_as(leader, Role::Manager, own))))
        .add(supervised)
        .into()
}

/// Returns the ids of the people in the teams that the person manages: those
/// whose days off they may read with the description.
pub async fn managed_people(database: &Database, manager: Uuid, own: Role) -> Result<Vec<Uuid>> {
    let mut people = members(teams_as(manager, Role::Manager, own));
    people.distinct();
    database.ids(&people).await
}

/// Subquery: the members of the teams of these projects.
fn members(projects: SelectStatement) -> SelectStatement {
    let mut members = Query::select();
    members
        .column(("member", "person_id"))
        .from_as("project_person_link", "member")
        .and_where(Expr::col(("member", "project_id")).in_subquery(projects));
    members
}
