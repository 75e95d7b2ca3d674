//! Tables of people, projects, task types, tasks, time spent and castings, for
//! spreadsheets.

pub mod productions;

use sea_query::{Alias, Expr, ExprTrait, Func, NullOrdering, Order, Query, SelectStatement};

use crate::Filter;
use crate::dialect::Dialect;
use crate::fk::{self, JoinByKey};
use crate::query::entities::news::{full_entity_name, join_named_entity};
use crate::table_rows::{Cell, TableQuery};

/// All people by name, with their daily salary; no bots and no guests.
pub fn persons(dialect: Dialect) -> TableQuery {
    let person = |column: &'static str| ("person", column);
    let mut departments = Query::select();
    departments
        .column(("department", "name"))
        .from("department_link")
        .inner_join_to(fk::DEPARTMENT_LINK_DEPARTMENT)
        .and_where(Expr::col(("department_link", "person_id")).equals(person("id")));
    let mut select = Query::select();
    select
        .columns(["first_name", "last_name", "email", "phone", "role"].map(person))
        .expr_as(dialect.json_list(departments, "name"), "departments")
        .expr_as(Expr::col(("studio", "name")), "studio")
        .columns(["country", "contract_type", "position", "seniority"].map(person))
        .columns(["daily_salary", "active"].map(person))
        .from("person")
        .left_join_to(fk::PERSON_STUDIO)
        .and_where(Expr::col(person("is_bot")).eq(false))
        .and_where(Expr::col(person("is_guest")).eq(false))
        .and_where(Expr::col(person("preview_project_id")).is_null())
        .order_by_expr(
            Func::lower(Expr::col(person("first_name"))).into(),
            Order::Asc,
        )
        .order_by_expr(
            Func::lower(Expr::col(person("last_name"))).into(),
            Order::Asc,
        )
        .order_by(person("id"), Order::Asc);
    TableQuery {
        columns: &[
            ("First Name", Cell::Text),
            ("Last Name", Cell::Text),
            ("Email", Cell::Text),
            ("Phone", Cell::Text),
            ("Role", Cell::Text),
            ("Departments", Cell::Names(",")),
            ("Studio", Cell::Text),
            ("Country", Cell::Text),
            ("Contract Type", Cell::Text),
            ("Position", Cell::Text),
            ("Seniority", Cell::Text),
            ("Daily Salary", Cell::Integer),
            ("Active", Cell::YesNo),
        ],
        select,
    }
}

/// The matching projects by name, with their status.
pub fn projects(which: Filter) -> TableQuery {
    let mut select = Query::select();
    select
        .column(("project", "name"))
        .expr_as(Expr::col(("project_status", "name")), "status")
        .from("project")
        .inner_join_to(fk::PROJECT_PROJECT_STATUS)
        .cond_where(which)
        .order_by(("project", "name"), Order::Asc);
    TableQuery {
        columns: &[("Name", Cell::Text), ("Status", Cell::Text)],
        select,
    }
}

/// The task types that belong to a department, by department and name.
pub fn task_types() -> TableQuery {
    let mut select = Query::select();
    select
        .expr_as(Expr::col(("department", "name")), "department")
        .column(("task_type", "name"))
        .from("task_type")
        .inner_join_to(fk::TASK_TYPE_DEPARTMENT)
        .order_by(("department", "name"), Order::Asc)
        .order_by(("task_type", "name"), Order::Asc)
        .order_by(("task_type", "id"), Order::Asc);
    TableQuery {
        columns: &[("Department", Cell::Text), ("Name", Cell::Text)],
        select,
    }
}

/// The tasks of the matching projects, by project, task type and entity.
pub fn tasks(dialect: Dialect, which: Filter) -> TableQuery {
    let task = |column: &'static str| ("task", column);
    let mut assignees = Query::select();
    assignees
        .expr_as(name_of("assignee"), "name")
        .from("task_person_link")
        .inner_join_to(fk::TASK_PERSON_LINK_PERSON.target_as("assignee"))
        .and_where(Expr::col(("task_person_link", "task_id")).equals(task("id")));
    let mut select = Query::select();
    for table in [
        "project",
        "task_type",
        "grandparent",
        "parent",
        "entity_type",
        "entity",
    ] {
        let alias = Alias::new(format!("{table}_name"));
        select.expr_as(Expr::col((table, "name")), alias);
    }
    select
        .expr_as(
            Expr::cust(
                "COALESCE(\"assigner\".\"first_name\" || ' ' || \"assigner\".\"last_name\", \
                 \"assigner\".\"first_name\", \"assigner\".\"last_name\")",
            ),
            "assigner",
        )
        .expr_as(dialect.json_list(assignees, "name"), "assignees")
        .columns(["duration", "estimation", "start_date", "due_date"].map(task))
        .columns(["real_start_date", "end_date"].map(task))
        .expr_as(Expr::col(("task_status", "name")), "status")
        .from("task")
        .inner_join_to(fk::TASK_PROJECT)
        .inner_join_to(fk::TASK_TASK_TYPE)
        .inner_join_to(fk::TASK_TASK_STATUS)
        .inner_join_to(fk::TASK_ENTITY)
        .left_join_to(fk::TASK_ASSIGNER.target_as("assigner"))
        .cond_where(which);
    join_named_entity(&mut select);
    for table in [
        "project",
        "task_type",
        "task",
        "grandparent",
        "parent",
        "entity_type",
        "entity",
    ] {
        by_name(&mut select, (table, "name"));
    }
    select.order_by(task("id"), Order::Asc);
    TableQuery {
        columns: &[
            ("Project", Cell::Text),
            ("Task Type", Cell::Text),
            ("Episode", Cell::Text),
            ("Sequence", Cell::Text),
            ("Entity Type", Cell::Text),
            ("Entity", Cell::Text),
            ("Assigner", Cell::Text),
            ("Assignees", Cell::Names(", ")),
            ("Duration", Cell::Number),
            ("Estimation", Cell::Number),
            ("Start date", Cell::DayOfTime),
            ("Due date", Cell::DayOfTime),
            ("WIP date", Cell::DayOfTime),
            ("Validation date", Cell::DayOfTime),
            ("Task Status", Cell::Text),
        ],
        select,
    }
}

/// The time spent on tasks of the matching projects, in minutes, by day and
/// person.
pub fn time_spents(which: Filter) -> TableQuery {
    let is_shot = Expr::col(("entity_type", "name")).eq("Shot");
    let entity = sea_query::CaseStatement::new()
        .case(is_shot, full_entity_name())
        .finally(Expr::col(("entity", "name")));
    let mut select = Query::select();
    select
        .expr_as(Expr::col(("project", "name")), "project_name")
        .expr_as(name_of("person"), "person_name")
        .expr_as(Expr::col(("entity_type", "name")), "entity_type_name")
        .expr_as(Expr::expr(entity), "entity_name")
        .expr_as(Expr::col(("task_type", "name")), "task_type_name")
        .columns([("time_spent", "date"), ("time_spent", "duration")])
        .from("time_spent")
        .inner_join_to(fk::TIME_SPENT_TASK)
        .inner_join_to(fk::TASK_ENTITY)
        .inner_join_to(fk::TASK_PROJECT)
        .inner_join_to(fk::TASK_TASK_TYPE)
        .inner_join_to(fk::TIME_SPENT_PERSON)
        .cond_where(which)
        .order_by(("time_spent", "date"), Order::Asc);
    join_named_entity(&mut select);
    by_name(&mut select, ("person", "last_name"));
    for table in ["project", "entity_type", "entity"] {
        by_name(&mut select, (table, "name"));
    }
    select.order_by(("time_spent", "id"), Order::Asc);
    TableQuery {
        columns: &[
            ("Project", Cell::Text),
            ("Person", Cell::Text),
            ("Entity Type Name", Cell::Text),
            ("Entity", Cell::Text),
            ("Task Type", Cell::Text),
            ("Date", Cell::Day),
            ("Time spent", Cell::Number),
        ],
        select,
    }
}

/// Sorts rows without the name last, on both databases.
fn by_name(select: &mut SelectStatement, column: (&'static str, &'static str)) {
    select.order_by_with_nulls(column, Order::Asc, NullOrdering::Last);
}

/// First and last name of a person, either of which may be missing.
fn name_of(table: &str) -> Expr {
    Expr::cust(format!(
        "TRIM(COALESCE(\"{table}\".\"first_name\", '') || ' ' || \
         COALESCE(\"{table}\".\"last_name\", ''))"
    ))
}
