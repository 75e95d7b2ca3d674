//! Budgets of projects, their entries, and the time spent to compare them
//! with.

use sea_query::{Expr, ExprTrait, Func, Order, Query};
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::{Connection, Database, Filter, Result, Transaction};

/// Condition on `budget_entry`: its budget belongs to the project.
pub fn entries_in_production(project_id: Uuid) -> Filter {
    let mut budgets = Query::select();
    budgets
        .column(("budget", "id"))
        .from("budget")
        .and_where(Expr::col(("budget", "project_id")).eq(project_id));
    Expr::col(("budget_entry", "budget_id"))
        .in_subquery(budgets)
        .into()
}

/// Condition on `budget_entry`: it belongs to the budget.
pub fn entries_of(budget_id: Uuid) -> Filter {
    Expr::col(("budget_entry", "budget_id"))
        .eq(budget_id)
        .into()
}

/// Returns the revision of the project's last budget, or 0 if it has none.
pub async fn last_revision(transaction: &mut Transaction, project_id: Uuid) -> Result<i64> {
    let mut select = Query::select();
    select
        .expr(Func::max(Expr::col("revision")))
        .from("budget")
        .and_where(Expr::col("project_id").eq(project_id));
    let last = transaction.scalar(&select).await?.flatten();
    Ok(last.unwrap_or_default())
}

/// The time that a person spent on tasks of a department in a month.
#[derive(Debug)]
pub struct MonthSpent {
    pub department_id: Uuid,
    pub person_id: Uuid,
    /// Year and month, `2025-02` for example.
    pub month: String,
    pub duration: f64,
}

/// Returns the time spent in a project, in minutes, summed by department,
/// person and month. Time on tasks without a department is left out.
pub async fn time_spent(database: &Database, project_id: Uuid) -> Result<Vec<MonthSpent>> {
    let month = Expr::cust("substr(CAST(\"time_spent\".\"date\" AS text), 1, 7)");
    let mut select = Query::select();
    select
        .column(("task_type", "department_id"))
        .column(("time_spent", "person_id"))
        .expr_as(month, "month")
        .expr_as(Func::sum(Expr::col(("time_spent", "duration"))), "duration")
        .from("time_spent")
        .inner_join_to(fk::TIME_SPENT_TASK)
        .inner_join_to(fk::TASK_TASK_TYPE)
        .and_where(Expr::col(("task", "project_id")).eq(project_id))
        .and_where(Expr::col(("task_type", "department_id")).is_not_null())
        .and_where(Expr::col(("time_spent", "person_id")).is_not_null())
        .add_group_by([
            Expr::col(("task_type", "department_id")),
            Expr::col(("time_spent", "person_id")),
            Expr::col("month"),
        ])
        .order_by("month", Order::Asc);
    database
        .fetch(&select, |row| {
            Ok(MonthSpent {
                department_id: row.get("department_id")?,
                person_id: row.get("person_id")?,
                month: row.get("month")?,
                duration: row.get("duration")?,
            })
        })
        .await
}
