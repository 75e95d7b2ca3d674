//! Studio-wide settings: default status, status automations and salary scales.

use sea_query::{Expr, ExprTrait, Order, Query};
use uuid::Uuid;

use std::collections::HashSet;

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
    let Some(id) = transaction.scalar::<Uuid>(&oldest).await? else {
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
    transaction.exists(select).await
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
    let there = transaction.fetch(&scales, |row| {
        Ok((
            row.get("department_id")?,
            row.get("position")?,
            row.get("seniority")?,
        ))
    });
    let there: HashSet<(Option<Uuid>, Option<String>, Option<String>)> =
        there.await?.into_iter().collect();
    let mut departments = Query::select();
    departments.column("id").from("department");
    for department in transaction.ids(&departments).await? {
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
