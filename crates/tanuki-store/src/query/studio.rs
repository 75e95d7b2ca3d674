//! Studio-wide settings: default status, status automations and salary scales.

use sea_query::{Expr, ExprTrait, Order, Query};
use uuid::Uuid;

use std::collections::HashSet;

use crate::query::removal;
use crate::schema::{POSITIONS, SALARY_SCALE, SENIORITIES};
use crate::write::{self, Defaults, Values};
use crate::{Connection, Result, Transaction};

/// Clears `is_default` of the oldest default task status, unless that is
/// `except`. Two of the initial rows are defaults: one for tasks and one for
/// concepts. The one for tasks is older.
pub async fn unset_default_status(transaction: &mut Transaction, except: Uuid) -> Result<()> {
    let dialect = transaction.dialect();
    let mut oldest = Query::select();
    oldest
        .column("id")
        .from("task_status")
        .and_where(Expr::col("is_default").eq(true))
        .order_by("created_at", Order::Asc)
        .limit(1);
    let row = transaction.fetch_optional(dialect.build(&oldest)).await?;
    let Some(id) = row.map(|row| row.get::<Uuid>(0)).transpose()? else {
        return Ok(());
    };
    if id == except {
        return Ok(());
    }
    let mut unset = Query::update();
    unset
        .table("task_status")
        .value("is_default", false)
        .and_where(Expr::col("id").eq(id));
    transaction.execute(dialect.build(&unset)).await?;
    Ok(())
}

/// Returns whether any project uses the status automation.
pub async fn automation_is_used(transaction: &mut Transaction, id: Uuid) -> Result<bool> {
    let mut select = Query::select();
    select
        .column("project_id")
        .from("project_status_automation_link")
        .and_where(Expr::col("status_automation_id").eq(id))
        .limit(1);
    let query = transaction.dialect().build(&select);
    Ok(transaction.fetch_optional(query).await?.is_some())
}

/// Inserts the missing salary scales: one for each department, position and
/// seniority.
pub async fn make_salary_scales(
    transaction: &mut Transaction,
    defaults: &Defaults<'_>,
) -> Result<()> {
    let mut scales = Query::select();
    scales
        .columns(["department_id", "position", "seniority"])
        .from("salary_scale");
    let query = transaction.dialect().build(&scales);
    let rows = transaction.fetch_all(query).await?;
    let there = rows
        .iter()
        .map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .collect::<Result<HashSet<(Option<Uuid>, Option<String>, Option<String>)>>>()?;
    let mut departments = Query::select();
    departments.column("id").from("department");
    for department in removal::found(transaction, departments).await? {
        for position in POSITIONS {
            for seniority in SENIORITIES {
                let key = (
                    Some(department),
                    Some((*position).to_owned()),
                    Some((*seniority).to_owned()),
                );
                if there.contains(&key) {
                    continue;
                }
                let values = Values::from([
                    ("department_id", department.into()),
                    ("position", (*position).into()),
                    ("seniority", (*seniority).into()),
                ]);
                write::insert(transaction, &SALARY_SCALE, values, defaults).await?;
            }
        }
    }
    Ok(())
}
