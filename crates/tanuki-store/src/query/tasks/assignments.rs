//! Assignees of tasks, and the shared departments that permission to assign
//! depends on.

use sea_query::{Expr, ExprTrait, Query, SelectStatement};
use uuid::Uuid;

use crate::schema::TASK_PERSON_LINK;
use crate::write::{self, Defaults, Values};
use crate::{Connection, Result, Transaction};

/// A person who is to be assigned to a task.
#[derive(Debug, Clone, Copy)]
pub struct Worker {
    pub id: Uuid,
    pub is_bot: bool,
    /// Whether this is the account that previews a project as a client.
    pub is_preview: bool,
}

/// Returns the person with that id, or `None`.
pub async fn worker(connection: impl Connection, id: Uuid) -> Result<Option<Worker>> {
    let mut select = Query::select();
    select
        .columns(["is_bot", "preview_project_id"])
        .from("person")
        .and_where(Expr::col("id").eq(id));
    connection
        .fetch_one(&select, |row| {
            Ok(Worker {
                id,
                is_bot: row.get::<Option<bool>>("is_bot")?.unwrap_or_default(),
                is_preview: !row.is_null("preview_project_id")?,
            })
        })
        .await
}

/// Returns whether bots may be assigned to tasks of the project.
pub async fn allows_bots(connection: impl Connection, project_id: Uuid) -> Result<bool> {
    let mut select = Query::select();
    select
        .column("is_bot_collaboration_enabled")
        .from("project")
        .and_where(Expr::col("id").eq(project_id));
    let allows: Option<bool> = connection.scalar(&select).await?.flatten();
    Ok(allows.unwrap_or_default())
}

/// The departments that a person has in common with a task type and with
/// another person.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ties {
    /// The person is in no department.
    pub free: bool,
    /// The task type belongs to one of the person's departments.
    pub of_type: bool,
    /// The person shares a department with the other person.
    pub with_other: bool,
}

/// Compares the departments of a person with those of a task type and of
/// another person.
pub async fn ties(
    connection: impl Connection,
    person_id: Uuid,
    task_type_id: Option<Uuid>,
    other: Option<Uuid>,
) -> Result<Ties> {
    let own = departments(person_id);
    let mut of_type = Query::select();
    of_type
        .column("id")
        .from("task_type")
        .and_where(Expr::col("id").eq(task_type_id))
        .and_where(Expr::col("department_id").in_subquery(own.clone()));
    let mut shared = Query::select();
    shared
        .column("department_id")
        .from("department_link")
        .and_where(Expr::col("person_id").eq(other))
        .and_where(Expr::col("department_id").in_subquery(own.clone()));
    let mut select = Query::select();
    select
        .expr_as(Expr::exists(own).not(), "free")
        .expr_as(Expr::exists(of_type), "of_type")
        .expr_as(Expr::exists(shared), "with_other");
    let ties = connection.fetch_one(&select, |row| {
        Ok(Ties {
            free: row.get("free")?,
            of_type: row.get("of_type")?,
            with_other: row.get("with_other")?,
        })
    });
    Ok(ties.await?.unwrap_or_default())
}

/// Returns whether every one of `others` shares a department with the person.
pub async fn share_departments(
    connection: impl Connection,
    person_id: Uuid,
    others: &[Uuid],
) -> Result<bool> {
    let mut sharing = Query::select();
    sharing
        .column("person_id")
        .distinct()
        .from("department_link")
        .and_where(
            Expr::col("person_id")
                .is_in(others.iter().copied().take(crate::query::rows::BATCH_SIZE)),
        )
        .and_where(Expr::col("department_id").in_subquery(departments(person_id)));
    Ok(connection.ids(&sharing).await?.len() == others.len())
}

fn departments(person_id: Uuid) -> SelectStatement {
    let mut own = Query::select();
    own.column(("own", "department_id"))
        .from_as("department_link", "own")
        .and_where(Expr::col(("own", "person_id")).eq(person_id));
    own
}

/// Assigns a person to a task. Idempotent.
pub async fn add(
    transaction: &mut Transaction,
    task_id: Uuid,
    person_id: Uuid,
    defaults: &Defaults<'_>,
) -> Result<()> {
    let values = Values::from([("task_id", task_id.into()), ("person_id", person_id.into())]);
    write::insert_new(transaction, &TASK_PERSON_LINK, vec![values], defaults).await
}

/// Removes an assignee from a task, or all of them if `person_id` is `None`.
/// Idempotent.
pub async fn remove(
    transaction: &mut Transaction,
    task_id: Uuid,
    person_id: Option<Uuid>,
) -> Result<()> {
    let mut links = Expr::col("task_id").eq(task_id);
    if let Some(person_id) = person_id {
        links = links.and(Expr::col("person_id").eq(person_id));
    }
    write::delete_where(transaction, TASK_PERSON_LINK.name, links).await?;
    Ok(())
}
