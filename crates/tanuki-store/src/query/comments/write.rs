//! Queries for posting comments: the state of the task, the people to notify,
//! the status automations to run.

use chrono::NaiveDateTime;
use sea_query::{Cond, Expr, ExprTrait, LockType, Order, Query, UnionType};
use serde_json::Value;
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::query::breakdown;
use crate::schema::{COMMENT_DEPARTMENT_MENTIONS, COMMENT_MENTIONS};
use crate::write::{self, Defaults, Values};
use crate::{Connection, Result, Transaction};

/// The state of a task before a comment, and the status that the comment sets.
#[derive(Debug)]
pub struct TaskForComment {
    pub status_id: Option<Uuid>,
    pub retakes: i64,
    pub last_comment: Option<NaiveDateTime>,
    pub is_begun: bool,
    pub task_type: String,
    /// Name of the entity type of the task's entity.
    pub entity_type: String,
    /// Maximum number of retakes of a task in the project; 0 means no limit.
    pub max_retakes: i64,
    pub entity_data: Option<Value>,
    pub given: GivenStatus,
}

/// The flags of the task status that the comment sets.
#[derive(Debug)]
pub struct GivenStatus {
    pub is_retake: bool,
    pub is_done: bool,
    pub is_wip: bool,
    pub is_feedback_request: bool,
}

/// Reads the state of a task and locks its row until the end of the
/// transaction. `None` if there is no such task or status, or if the task has
/// no task type, entity or project.
pub async fn lock_task_for_comment(
    transaction: &mut Transaction,
    task_id: Uuid,
    status_id: Uuid,
) -> Result<Option<TaskForComment>> {
    let mut select = Query::select();
    select
        .columns([
            ("task", "task_status_id"),
            ("task", "retake_count"),
            ("task", "last_comment_date"),
            ("task", "real_start_date"),
            ("project", "max_retakes"),
            ("entity", "data"),
            ("task_status", "is_retake"),
            ("task_status", "is_done"),
            ("task_status", "is_wip"),
            ("task_status", "is_feedback_request"),
        ])
        .expr_as(Expr::col(("task_type", "name")), "task_type")
        .expr_as(Expr::col(("entity_type", "name")), "entity_type")
        .from("task")
        .inner_join_to(fk::TASK_TASK_TYPE)
        .inner_join_to(fk::TASK_ENTITY)
        .inner_join_to(fk::ENTITY_ENTITY_TYPE)
        .inner_join_to(fk::TASK_PROJECT)
        .inner_join(
            "task_status",
            Expr::col(("task_status", "id")).eq(status_id),
        )
        .and_where(Expr::col(("task", "id")).eq(task_id))
        .lock_with_tables(LockType::NoKeyUpdate, ["task"]);
    transaction
        .fetch_one(&select, |row| {
            let flag = |column: &str| -> Result<bool> {
                Ok(row.get::<Option<bool>>(column)?.unwrap_or_default())
            };
            let number = |column: &str| -> Result<i64> {
                Ok(row.get::<Option<i64>>(column)?.unwrap_or_default())
            };
            Ok(TaskForComment {
                status_id: row.get("task_status_id")?,
                retakes: number("retake_count")?,
                last_comment: row.get("last_comment_date")?,
                is_begun: !row.is_null("real_start_date")?,
                task_type: row.get("task_type")?,
                entity_type: row.get("entity_type")?,
                max_retakes: number("max_retakes")?,
                entity_data: row.get("data")?,
                given: GivenStatus {
                    is_retake: flag("is_retake")?,
                    is_done: flag("is_done")?,
                    is_wip: flag("is_wip")?,
                    is_feedback_request: flag("is_feedback_request")?,
                },
            })
        })
        .await
}

/// Locks the entities and their tasks. In projects with a `ready_for`
/// automation it also locks the entities that assets among them are cast in,
/// because the automation recounts their ready assets. Rows are locked in the
/// order of [`locks`](crate::query::locks), so that transactions cannot deadlock.
pub async fn lock_entities_for_automations(
    transaction: &mut Transaction,
    entities: &[Uuid],
) -> Result<()> {
    let mut productions = Query::select();
    productions
        .column(("project_status_automation_link", "project_id"))
        .from("project_status_automation_link")
        .inner_join_to(fk::PROJECT_STATUS_AUTOMATION_LINK_STATUS_AUTOMATION)
        .and_where(Expr::col(("status_automation", "out_field_type")).eq("ready_for"));
    let mut assets = Query::select();
    assets
        .column("id")
        .from("entity")
        .and_where(Expr::col("id").is_in(entities.iter().copied()))
        .and_where(Expr::col("project_id").in_subquery(productions));
    breakdown::lock_with_stages(transaction, entities, assets).await
}

/// Stores the mentions of a new comment: the ids of people and of departments.
pub async fn add_mentions(
    transaction: &mut Transaction,
    comment_id: Uuid,
    people: &[Uuid],
    departments: &[Uuid],
    defaults: &Defaults<'_>,
) -> Result<()> {
    for (table, column, ids) in [
        (&COMMENT_MENTIONS, "person", people),
        (&COMMENT_DEPARTMENT_MENTIONS, "department", departments),
    ] {
        let link =
            |id: &Uuid| Values::from([("comment", comment_id.into()), (column, (*id).into())]);
        let rows = ids.iter().map(link).collect();
        write::insert_all(transaction, table, rows, defaults).await?;
    }
    Ok(())
}

/// Returns the ids of the people to notify about a task: its assignees, the
/// subscribers of the task, and the subscribers of its task type in the
/// sequence of its entity.
pub async fn followers(
    transaction: &mut Transaction,
    task_id: Uuid,
    task_type_id: Option<Uuid>,
    entity_id: Option<Uuid>,
) -> Result<Vec<Uuid>> {
    let mut sequence = Query::select();
    sequence
        .column("parent_id")
        .from("entity")
        .and_where(Expr::col("id").eq(entity_id));
    let mut select = Query::select();
    select
        .column("person_id")
        .from("task_person_link")
        .and_where(Expr::col("task_id").eq(task_id));
    let mut subscribed = Query::select();
    subscribed
        .column("person_id")
        .from("subscription")
        .cond_where(
            Cond::any().add(Expr::col("task_id").eq(task_id)).add(
                Expr::col("entity_id")
                    .in_subquery(sequence)
                    .and(Expr::col("task_type_id").eq(task_type_id)),
            ),
        );
    select.union(UnionType::Distinct, subscribed);
    transaction.ids(&select).await
}

/// A status automation: a change that a project makes by itself when a task
/// gets a certain status.
#[derive(Debug)]
pub struct Automation {
    pub id: Uuid,
    /// The kind of entity that the rule is for, as it was entered: `asset`,
    /// `shot`, ….
    pub entity_type: Option<String>,
    /// The status that triggers the rule.
    pub status_id: Uuid,
    pub status: String,
    /// What the rule changes: `status` or `ready_for`.
    pub field: String,
    pub out_task_type_id: Option<Uuid>,
    pub out_status_id: Option<Uuid>,
    pub takes_previews: bool,
}

/// Returns the project's automations that tasks of the task type trigger,
/// without archived ones.
pub async fn automations(
    transaction: &mut Transaction,
    project_id: Option<Uuid>,
    task_type_id: Option<Uuid>,
) -> Result<Vec<Automation>> {
    let mut select = Query::select();
    select
        .columns([
            ("status_automation", "entity_type"),
            ("status_automation", "in_task_status_id"),
            ("task_status", "name"),
            ("status_automation", "out_field_type"),
            ("status_automation", "out_task_type_id"),
            ("status_automation", "out_task_status_id"),
            ("status_automation", "import_last_revision"),
            ("status_automation", "id"),
        ])
        .from("project_status_automation_link")
        .inner_join_to(fk::PROJECT_STATUS_AUTOMATION_LINK_STATUS_AUTOMATION)
        .inner_join_to(fk::STATUS_AUTOMATION_IN_TASK_STATUS)
        .and_where(Expr::col(("project_status_automation_link", "project_id")).eq(project_id))
        .and_where(Expr::col(("status_automation", "in_task_type_id")).eq(task_type_id))
        .cond_where(
            Cond::any()
                .add(Expr::col(("status_automation", "archived")).is_null())
                .add(Expr::col(("status_automation", "archived")).eq(false)),
        );
    transaction
        .fetch(&select, |row| {
            Ok(Automation {
                id: row.get("id")?,
                entity_type: row.get("entity_type")?,
                status_id: row.get("in_task_status_id")?,
                status: row.get("name")?,
                field: row.get("out_field_type")?,
                out_task_type_id: row.get("out_task_type_id")?,
                out_status_id: row.get("out_task_status_id")?,
                takes_previews: row
                    .get::<Option<bool>>("import_last_revision")?
                    .unwrap_or_default(),
            })
        })
        .await
}

/// Another task of the same entity.
#[derive(Debug)]
pub struct Sibling {
    pub id: Uuid,
    pub task_type_id: Option<Uuid>,
    pub status_id: Option<Uuid>,
    /// Name of the task type.
    pub task_type: String,
}

/// Returns the tasks of an entity, ordered by name. Tasks without a task type
/// are left out.
pub async fn siblings(transaction: &mut Transaction, entity_id: Uuid) -> Result<Vec<Sibling>> {
    let mut select = Query::select();
    select
        .columns([
            ("task", "id"),
            ("task", "task_type_id"),
            ("task", "task_status_id"),
            ("task_type", "name"),
        ])
        .from("task")
        .inner_join_to(fk::TASK_TASK_TYPE)
        .and_where(Expr::col(("task", "entity_id")).eq(entity_id))
        .order_by(("task", "name"), Order::Asc)
        .order_by(("task", "id"), Order::Asc);
    transaction
        .fetch(&select, |row| {
            Ok(Sibling {
                id: row.get("id")?,
                task_type_id: row.get("task_type_id")?,
                status_id: row.get("task_status_id")?,
                task_type: row.get("name")?,
            })
        })
        .await
}

/// Returns the ids of the task types for that kind of entity, each with its
/// priority in the project (0 if none is set).
pub async fn priorities(
    transaction: &mut Transaction,
    project_id: Option<Uuid>,
    for_entity: &str,
) -> Result<Vec<(Uuid, i64)>> {
    let mut select = Query::select();
    select
        .columns([("link", "task_type_id"), ("link", "priority")])
        .from_as("project_task_type_link", "link")
        .inner_join_to(fk::PROJECT_TASK_TYPE_LINK_TASK_TYPE.table_as("link"))
        .and_where(Expr::col(("link", "project_id")).eq(project_id))
        .and_where(Expr::col(("task_type", "for_entity")).eq(for_entity));
    transaction
        .fetch(&select, |row| {
            Ok((
                row.get("task_type_id")?,
                row.get::<Option<i64>>("priority")?.unwrap_or_default(),
            ))
        })
        .await
}
