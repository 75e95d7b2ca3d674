//! Queries for permission checks on comments, and for the mentions in their
//! text.

pub mod notifications;
pub mod threads;
pub mod write;

use sea_query::{Cond, Expr, ExprTrait, JoinType, Query};
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::{Connection, Result, Transaction};

/// The task of a comment.
#[derive(Debug, Clone, Copy)]
pub struct CommentTask {
    pub task_id: Uuid,
    pub project_id: Option<Uuid>,
    pub entity_id: Option<Uuid>,
    pub task_type_id: Option<Uuid>,
}

/// Returns the task of a comment; `None` if there is no such comment or task.
pub async fn task_of_comment(
    connection: impl Connection,
    comment_id: Uuid,
) -> Result<Option<CommentTask>> {
    let mut select = Query::select();
    select
        .columns([
            ("task", "id"),
            ("task", "project_id"),
            ("task", "entity_id"),
            ("task", "task_type_id"),
        ])
        .from("comment")
        .inner_join_to(fk::COMMENT_OBJECT)
        .and_where(Expr::col(("comment", "id")).eq(comment_id));
    connection
        .fetch_one(&select, |row| {
            Ok(CommentTask {
                task_id: row.get("id")?,
                project_id: row.get("project_id")?,
                entity_id: row.get("entity_id")?,
                task_type_id: row.get("task_type_id")?,
            })
        })
        .await
}

/// Decides which clients may read a comment.
#[derive(Debug, Clone, Copy, Default)]
pub struct CommentVisibility {
    /// The author's role in the project is client.
    pub by_client: bool,
    /// Clients of the project do not see each other's comments.
    pub isolates_clients: bool,
}

/// Returns the visibility of comments by `author` in a project. Both flags are
/// `false` if there is no such person.
pub async fn comment_visibility(
    connection: impl Connection,
    author: Uuid,
    project_id: Option<Uuid>,
) -> Result<CommentVisibility> {
    let of_author = Cond::all()
        .add(Expr::col(("link", "person_id")).equals(("person", "id")))
        .add(Expr::col(("link", "project_id")).eq(project_id));
    let mut select = Query::select();
    select
        .expr_as(Expr::col(("link", "role")), "role_here")
        .column(("person", "role"))
        .column(("project", "is_clients_isolated"))
        .from("person")
        .join_as(JoinType::LeftJoin, "project_person_link", "link", of_author)
        .left_join("project", Expr::col(("project", "id")).eq(project_id))
        .and_where(Expr::col(("person", "id")).eq(author));
    let visibility = connection.fetch_one(&select, |row| {
        let there: Option<String> = row.get("role_here")?;
        let role: Option<String> = there.or(row.get("role")?);
        let isolates_clients: Option<bool> = row.get("is_clients_isolated")?;
        Ok(CommentVisibility {
            by_client: role.as_deref() == Some("client"),
            isolates_clients: isolates_clients.unwrap_or_default(),
        })
    });
    Ok(visibility.await?.unwrap_or_default())
}

/// Which roles may set a task status in a project.
#[derive(Debug, Clone, Copy)]
pub struct Status {
    pub artists: bool,
    pub clients: bool,
}

/// Returns who may set the status; `None` if there is no such status. For
/// clients, the project's own setting takes precedence over the status's.
pub async fn status(
    connection: impl Connection,
    id: Uuid,
    project_id: Option<Uuid>,
) -> Result<Option<Status>> {
    let here = Cond::all()
        .add(Expr::col(("link", "task_status_id")).equals(("task_status", "id")))
        .add(Expr::col(("link", "project_id")).eq(project_id));
    let mut select = Query::select();
    select
        .column(("task_status", "is_artist_allowed"))
        .column(("task_status", "is_client_allowed"))
        .expr_as(Expr::col(("link", "is_client_allowed")), "allowed_here")
        .from("task_status")
        .join_as(JoinType::LeftJoin, "project_task_status_link", "link", here)
        .and_where(Expr::col(("task_status", "id")).eq(id));
    connection
        .fetch_one(&select, |row| {
            let flag = |column: &str| -> Result<Option<bool>> { row.get(column) };
            Ok(Status {
                artists: flag("is_artist_allowed")?.unwrap_or_default(),
                clients: flag("allowed_here")?
                    .or(flag("is_client_allowed")?)
                    .unwrap_or_default(),
            })
        })
        .await
}

/// Returns the ids and full names of a project's team, without preview
/// accounts.
pub async fn team_names(
    transaction: &mut Transaction,
    project_id: Uuid,
) -> Result<Vec<(Uuid, String)>> {
    let mut team = Query::select();
    team.column("person_id")
        .from("project_person_link")
        .and_where(Expr::col("project_id").eq(project_id));
    let mut select = Query::select();
    select
        .columns(["id", "first_name", "last_name"])
        .from("person")
        .and_where(Expr::col("preview_project_id").is_null())
        .and_where(Expr::col("id").in_subquery(team));
    transaction
        .fetch(&select, |row| {
            let [first, last]: [Option<String>; 2] =
                [row.get("first_name")?, row.get("last_name")?];
            let (first, last) = (first.unwrap_or_default(), last.unwrap_or_default());
            Ok((row.get("id")?, format!("{first} {last}").trim().to_owned()))
        })
        .await
}

/// Returns the ids and names of all departments.
pub async fn department_names(transaction: &mut Transaction) -> Result<Vec<(Uuid, String)>> {
    let mut select = Query::select();
    select.columns(["id", "name"]).from("department");
    transaction
        .fetch(&select, |row| Ok((row.get("id")?, row.get("name")?)))
        .await
}

/// Returns the ids of the members of a project's team who are in one of the
/// departments.
pub async fn members_of(
    transaction: &mut Transaction,
    project_id: Uuid,
    departments: &[Uuid],
) -> Result<Vec<Uuid>> {
    let mut team = Query::select();
    team.column("person_id")
        .from("project_person_link")
        .and_where(Expr::col("project_id").eq(project_id));
    let mut select = Query::select();
    select
        .column("person_id")
        .from("department_link")
        .and_where(Expr::col("department_id").is_in(departments.iter().copied()))
        .and_where(Expr::col("person_id").in_subquery(team));
    transaction.ids(&select).await
}
