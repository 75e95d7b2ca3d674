//! Assignees of tasks, and the shared departments that permission to assign
//! depends on.

use std::collections::HashSet;

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

/// Returns those of the projects in which bots may be assigned to tasks.
pub async fn allowing_bots(connection: impl Connection, projects: &[Uuid]) -> Result<Vec<Uuid>> {
    let mut select = Query::select();
    select
        .column("id")
        .from("project")
        .and_where(Expr::col("id").is_in(projects.iter().copied()))
        .and_where(Expr::col("is_bot_collaboration_enabled").eq(true));
    connection.ids(&select).await
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

/// The departments of a person, compared with those of task types and of
/// another person.
#[derive(Debug, Clone, Default)]
pub struct Departments {
    is_free: bool,
    has_in_common: bool,
    /// The task types of the person's departments.
    task_types: HashSet<Uuid>,
}

impl Departments {
    /// Returns what the person has in common with that task type.
    pub fn ties(&self, task_type_id: Option<Uuid>) -> Ties {
        Ties {
            free: self.is_free,
            of_type: task_type_id.is_some_and(|id| self.task_types.contains(&id)),
            with_other: self.has_in_common,
        }
    }
}

/// Compares the departments of a person with those of all task types and of
/// another person.
pub async fn departments(
    connection: impl Connection,
    person_id: Uuid,
    other: Option<Uuid>,
) -> Result<Departments> {
    let own = departments_of(person_id);
    let mut shared = Query::select();
    shared
        .column("department_id")
        .from("department_link")
        .and_where(Expr::col("person_id").eq(other))
        .and_where(Expr::col("department_id").in_subquery(own.clone()));
    let is_own = Expr::col(("task_type", "department_id")).in_subquery(own.clone());
    let mut select = Query::select();
    select
        .expr_as(Expr::exists(own).not(), "free")
        .expr_as(Expr::exists(shared), "with_other")
        .column(("task_type", "id"))
        .from("person")
        .left_join("task_type", is_own)
        .and_where(Expr::col(("person", "id")).eq(person_id));
    let mut departments = Departments::default();
    let rows = connection.fetch(&select, |row| {
        let task_type: Option<Uuid> = row.get("id")?;
        Ok((row.get("free")?, row.get("with_other")?, task_type))
    });
    for (is_free, has_in_common, task_type) in rows.await? {
        departments.is_free = is_free;
        departments.has_in_common = has_in_common;
        departments.task_types.extend(task_type);
    }
    Ok(departments)
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
        .and_where(Expr::col("department_id").in_subquery(departments_of(person_id)));
    Ok(connection.ids(&sharing).await?.len() == others.len())
}

fn departments_of(person_id: Uuid) -> SelectStatement {
    let mut own = Query::select();
    own.column(("own", "department_id"))
        .from_as("department_link", "own")
        .and_where(Expr::col(("own", "person_id")).eq(person_id));
    own
}

/// Assigns a person to tasks. Idempotent.
pub async fn add(
    transaction: &mut Transaction,
    tasks: &[Uuid],
    person_id: Uuid,
    defaults: &Defaults<'_>,
) -> Result<()> {
    let link = |task_id: &Uuid| {
        Values::from([
            ("task_id", (*task_id).into()),
            ("person_id", person_id.into()),
        ])
    };
    let links = tasks.iter().map(link).collect();
    write::insert_new(transaction, &TASK_PERSON_LINK, links, defaults).await
}

/// Removes an assignee from tasks, or all of them if `person_id` is `None`.
/// Idempotent.
pub async fn remove(
    transaction: &mut Transaction,
    tasks: &[Uuid],
    person_id: Option<Uuid>,
) -> Result<()> {
    let mut links = Expr::col("task_id").is_in(tasks.iter().copied());
    if let Some(person_id) = person_id {
        links = links.and(Expr::col("person_id").eq(person_id));
    }
    write::delete_where(transaction, TASK_PERSON_LINK.name, links).await?;
    Ok(())
}
