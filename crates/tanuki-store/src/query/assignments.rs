//! Who is given a task, and what ties people to its department.

use sea_query::{Expr, ExprTrait, Query, SelectStatement};
use uuid::Uuid;

use crate::schema::TASK_PERSON_LINK;
use crate::write::{self, Defaults, Values};
use crate::{Connection, Result, Transaction};

/// Somebody who is to work.
#[derive(Debug, Clone, Copy)]
pub struct Worker {
    pub id: Uuid,
    pub is_bot: bool,
    /// The account of a production's preview.
    pub is_preview: bool,
}

pub async fn worker(connection: impl Connection, id: Uuid) -> Result<Option<Worker>> {
    let mut select = Query::select();
    select
        .columns(["is_bot", "preview_project_id"])
        .from("person")
        .and_where(Expr::col("id").eq(id));
    let query = connection.dialect().build(&select);
    let row = connection.fetch_optional(query).await?;
    row.map(|row| {
        Ok(Worker {
            id,
            is_bot: row.get::<Option<bool>>(0)?.unwrap_or_default(),
            is_preview: !row.is_null(1)?,
        })
    })
    .transpose()
}

/// Whether bots work in that production.
pub async fn allows_bots(connection: impl Connection, project_id: Uuid) -> Result<bool> {
    let mut select = Query::select();
    select
        .column("is_bot_collaboration_enabled")
        .from("project")
        .and_where(Expr::col("id").eq(project_id));
    let query = connection.dialect().build(&select);
    let row = connection.fetch_optional(query).await?;
    row.map_or(Ok(false), |row| {
        Ok(row.get::<Option<bool>>(0)?.unwrap_or_default())
    })
}

/// What ties a person to a type of tasks.
#[derive(Debug, Clone, Copy)]
pub struct Ties {
    /// They are in no department.
    pub free: bool,
    /// They are in the type's department.
    pub of_type: bool,
    /// They share a department with the other one.
    pub with_other: bool,
}

/// The ties of a person to a type, and to somebody else.
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
        .expr(Expr::exists(own).not())
        .expr(Expr::exists(of_type))
        .expr(Expr::exists(shared));
    let query = connection.dialect().build(&select);
    let row = connection.fetch_optional(query).await?;
    row.map_or(
        Ok(Ties {
            free: false,
            of_type: false,
            with_other: false,
        }),
        |row| {
            Ok(Ties {
                free: row.get(0)?,
                of_type: row.get(1)?,
                with_other: row.get(2)?,
            })
        },
    )
}

/// Whether each of these people shares a department with that person.
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
            Expr::col("person_id").is_in(others.iter().copied().take(super::rows::BATCH_SIZE)),
        )
        .and_where(Expr::col("department_id").in_subquery(departments(person_id)));
    let query = connection.dialect().build(&sharing);
    Ok(connection.fetch_all(query).await?.len() == others.len())
}

fn departments(person_id: Uuid) -> SelectStatement {
    let mut own = Query::select();
    own.column(("own", "department_id"))
        .from_as("department_link", "own")
        .and_where(Expr::col(("own", "person_id")).eq(person_id));
    own
}

/// Makes somebody work on a task, if they do not yet.
pub async fn add(
    transaction: &mut Transaction,
    task_id: Uuid,
    person_id: Uuid,
    defaults: &Defaults<'_>,
) -> Result<()> {
    let values = Values::from([("task_id", task_id.into()), ("person_id", person_id.into())]);
    write::insert_new(transaction, &TASK_PERSON_LINK, vec![values], defaults).await
}

/// Makes that person, or everybody, no longer work on a task.
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
