//! Queries for the data that the web client loads after login.

use sea_query::{Cond, Expr, ExprTrait, Func, Query};
use uuid::Uuid;

use crate::query::projects;
use crate::{Connection, Database, ListQuery, Result};

/// Returns the number of unread notifications of a person.
pub async fn unread_notifications(database: &Database, person_id: Uuid) -> Result<i64> {
    let mut select = Query::select();
    select
        .expr(Func::count(Expr::col("id")))
        .from("notification")
        .and_where(Expr::col("person_id").eq(person_id))
        .and_where(Expr::col("read").eq(false));
    Ok(database.scalar(&select).await?.unwrap_or(0))
}

/// Filters a query on a table of saved searches to those that a person may
/// use: their own and shared ones, of open projects or without a project. With
/// `departments`, those of other departments are excluded; `None` does not
/// filter by department.
pub fn saved_searches(
    list: ListQuery,
    table: &'static str,
    person_id: Uuid,
    departments: Option<&[Uuid]>,
) -> ListQuery {
    list.narrow(|select| {
        let mut open = Query::select();
        open.column(("project", "id"))
            .from("project")
            .cond_where(projects::is_open());
        select
            .cond_where(
                Cond::any()
                    .add(Expr::col((table, "person_id")).eq(person_id))
                    .add(Expr::col((table, "is_shared")).eq(true)),
            )
            .cond_where(
                Cond::any()
                    .add(Expr::col((table, "project_id")).in_subquery(open))
                    .add(Expr::col((table, "project_id")).is_null()),
            );
        if let Some(departments) = departments {
            select.cond_where(
                Cond::any()
                    .add(Expr::col((table, "department_id")).is_null())
                    .add(Expr::col((table, "department_id")).is_in(departments.iter().copied())),
            );
        }
    })
}
