//! Versions of a project's schedule: the planned dates, estimations and
//! assignees of its tasks.

use chrono::NaiveDateTime;
use sea_query::{Cond, Expr, ExprTrait, OnConflict, Query, SelectStatement};
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::write;
use crate::{Connection, Filter, Result, Transaction};

const LINK: &str = "production_schedule_version_task_link";
const ASSIGNED: &str = "production_schedule_version_task_link_person_link";

/// The columns of a plan, which tasks and the links of a version have in
/// common.
const PLAN: [&str; 3] = ["start_date", "due_date", "estimation"];

/// The source that a version is copied from.
#[derive(Debug, Clone, Copy)]
pub enum Source {
    /// The current dates of the project's tasks.
    Production(Uuid),
    /// Another schedule version.
    Version(Uuid),
}

impl Source {
    /// Query: the task ids of the source, which is named `source`; callers add
    /// the other columns.
    fn plans(self) -> SelectStatement {
        let mut plans = Query::select();
        match self {
            Self::Production(id) => plans
                .expr_as(Expr::col(("source", "id")), "task_id")
                .from_as("task", "source")
                .and_where(Expr::col(("source", "project_id")).eq(id)),
            Self::Version(id) => plans
                .column(("source", "task_id"))
                .from_as(LINK, "source")
                .and_where(Expr::col(("source", "production_schedule_version_id")).eq(id)),
        };
        plans
    }

    /// Joins the planned assignees of the source to a query on the task links
    /// of the new version, and selects their ids.
    fn join_persons(self, links: &mut SelectStatement) {
        match self {
            Self::Production(_) => links
                .inner_join(
                    "task_person_link",
                    Expr::col(("task_person_link", "task_id")).equals((LINK, "task_id")),
                )
                .column(("task_person_link", "person_id")),
            Self::Version(id) => links
                .join_as(
                    sea_query::JoinType::InnerJoin,
                    LINK,
                    "source",
                    Cond::all()
                        .add(Expr::col(("source", "task_id")).equals((LINK, "task_id")))
                        .add(Expr::col(("source", "production_schedule_version_id")).eq(id)),
                )
                .inner_join_from(fk::VERSION_TASK_ASSIGNEE_VERSION_TASK.target_as("source"))
                .column((ASSIGNED, "person_id")),
        };
    }
}

/// Condition on `production_schedule_version_task_link`: it belongs to the
/// version.
pub fn of_version(id: Uuid) -> Filter {
    Expr::col((LINK, "production_schedule_version_id"))
        .eq(id)
        .into()
}

/// Condition on `production_schedule_version_task_link`: the task has that
/// task type.
pub fn of_task_type(id: Uuid) -> Filter {
    let mut tasks = Query::select();
    tasks
        .column(("task", "id"))
        .from("task")
        .and_where(Expr::col(("task", "task_type_id")).eq(id));
    Expr::col((LINK, "task_id")).in_subquery(tasks).into()
}

/// Copies dates, estimations and assignees of all tasks of the source to a
/// version (upsert). Tasks that are not in the source keep their plan. Returns
/// the number of tasks.
pub async fn copy_plans(
    transaction: &mut Transaction,
    version: Uuid,
    source: Source,
    now: NaiveDateTime,
) -> Result<u64> {
    let dialect = transaction.dialect();
    let mut plans = source.plans();
    plans.columns(PLAN.map(|column| ("source", column)));
    plans
        .expr(dialect.new_id())
        .expr(Expr::val(version))
        .expr(Expr::val(now))
        .expr(Expr::val(now));
    let mut insert = Query::insert();
    insert
        .into_table(LINK)
        .columns([
            "task_id",
            PLAN[0],
            PLAN[1],
            PLAN[2],
            "id",
            "production_schedule_version_id",
            "created_at",
            "updated_at",
        ])
        .on_conflict(
            OnConflict::columns(["production_schedule_version_id", "task_id"])
                .update_columns(PLAN)
                .to_owned(),
        );
    insert
        .select_from(plans)
        .map_err(|error| crate::Error::Database(error.to_string()))?;
    let copied = transaction.execute(dialect.build(&insert)).await?;
    copy_assignees(transaction, version, source).await?;
    Ok(copied)
}

async fn copy_assignees(
    transaction: &mut Transaction,
    version: Uuid,
    source: Source,
) -> Result<()> {
    let mut links = Query::select();
    links
        .column((LINK, "id"))
        .from(LINK)
        .cond_where(of_version(version));
    let mut renewed = links.clone();
    renewed.and_where(Expr::col((LINK, "task_id")).in_subquery(source.plans()));
    let are_renewed = Expr::col("production_schedule_version_task_link_id").in_subquery(renewed);
    write::delete_where(transaction, ASSIGNED, are_renewed).await?;
    source.join_persons(&mut links);
    let mut insert = Query::insert();
    insert
        .into_table(ASSIGNED)
        .columns(["production_schedule_version_task_link_id", "person_id"]);
    insert
        .select_from(links)
        .map_err(|error| crate::Error::Database(error.to_string()))?;
    let query = transaction.dialect().build(&insert);
    transaction.execute(query).await?;
    Ok(())
}

/// Copies the plan of a version to its tasks. Returns the task ids.
pub async fn apply(
    transaction: &mut Transaction,
    version: Uuid,
    now: NaiveDateTime,
) -> Result<Vec<Uuid>> {
    let mut planned = Query::select();
    planned
        .column((LINK, "task_id"))
        .from(LINK)
        .cond_where(of_version(version));
    let mut update = Query::update();
    update
        .table("task")
        .value("updated_at", now)
        .and_where(Expr::col(("task", "id")).in_subquery(planned.clone()));
    for column in PLAN {
        let mut plan = Query::select();
        plan.column((LINK, column))
            .from(LINK)
            .cond_where(of_version(version))
            .and_where(Expr::col((LINK, "task_id")).equals(("task", "id")));
        update.value(column, sea_query::SubQueryStatement::SelectStatement(plan));
    }
    let dialect = transaction.dialect();
    transaction.execute(dialect.build(&update)).await?;
    transaction.fetch(&planned, |row| row.get("task_id")).await
}
