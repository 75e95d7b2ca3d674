//! Studio-wide settings: default status, status automations, salary scales, and
//! what departments use.

use sea_query::{Condition, Expr, ExprTrait, Func, Order, Query};
use uuid::Uuid;

use std::collections::HashSet;

use crate::schema::{
    HARDWARE_ITEM, HARDWARE_ITEM_DEPARTMENT_LINK, POSITIONS, SALARY_SCALE, SENIORITIES, SOFTWARE,
    SOFTWARE_DEPARTMENT_LINK, Table,
};
use crate::write::{self, Defaults, Values};
use crate::{Connection, Database, Filter, ListQuery, Result, Transaction};

/// What the studio has made, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Previews that are films (`mp4`).
    pub films: i64,
    /// Previews that are pictures (`png`).
    pub pictures: i64,
    /// Previews that are 3D models (`obj`).
    pub models: i64,
    pub comments: i64,
}

/// Counts previews and comments.
pub async fn usage(connection: &Database) -> Result<Usage> {
    let mut comments = Query::select();
    comments.expr(Func::count(Expr::col("id"))).from("comment");
    let mut previews = Query::select();
    previews
        .column("extension")
        .expr_as(Func::count(Expr::col("id")), "count")
        .from("preview_file")
        .and_where(Expr::col("extension").is_in(["mp4", "png", "obj"]))
        .group_by_col("extension");
    let mut usage = Usage {
        comments: connection.scalar(&comments).await?.unwrap_or(0),
        ..Usage::default()
    };
    let counts: Vec<(String, i64)> = connection
        .fetch(&previews, |row| {
            Ok((row.get("extension")?, row.get("count")?))
        })
        .await?;
    for (extension, count) in counts {
        match extension.as_str() {
            "mp4" => usage.films = count,
            "png" => usage.pictures = count,
            _ => usage.models = count,
        }
    }
    Ok(usage)
}

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

/// What departments use, for budgets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Equipment {
    Hardware,
    Software,
}

impl Equipment {
    /// Returns the table.
    pub fn table(self) -> &'static Table {
        match self {
            Self::Hardware => &HARDWARE_ITEM,
            Self::Software => &SOFTWARE,
        }
    }

    /// Returns the table of its links to departments.
    pub fn links(self) -> &'static Table {
        match self {
            Self::Hardware => &HARDWARE_ITEM_DEPARTMENT_LINK,
            Self::Software => &SOFTWARE_DEPARTMENT_LINK,
        }
    }

    /// Returns the column of the links that refers to it.
    pub fn column(self) -> &'static str {
        match self {
            Self::Hardware => "hardware_item_id",
            Self::Software => "software_id",
        }
    }

    /// Condition on its table: the department uses it.
    pub fn is_used_by(self, department_id: Uuid) -> Filter {
        let mut used = Query::select();
        used.column(self.column())
            .from(self.links().name)
            .and_where(Expr::col("department_id").eq(department_id));
        Expr::col((self.table().name, "id"))
            .in_subquery(used)
            .into()
    }

    /// Condition on the links: this one.
    pub fn is_link(self, department_id: Uuid, id: Uuid) -> Filter {
        Condition::all()
            .add(Expr::col((self.links().name, "department_id")).eq(department_id))
            .add(Expr::col((self.links().name, self.column())).eq(id))
            .into()
    }

    /// Has a list of its rows contain each once for every department that uses
    /// it, grouped by department, with the department's id in a column after
    /// the projection.
    pub fn by_department(self, list: ListQuery) -> ListQuery {
        let (table, links) = (self.table().name, self.links().name);
        let department = (links, "department_id");
        list.narrow(|select| {
            select
                .inner_join(
                    links,
                    Expr::col((links, self.column())).equals((table, "id")),
                )
                .order_by(department, Order::Asc)
                .order_by((table, "name"), Order::Asc);
        })
        .column(Expr::col(department))
    }
}
