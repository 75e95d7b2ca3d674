//! Projects: their status, members, and linked task types and statuses.

pub mod descriptors;
pub mod links;
pub mod template_links;
pub mod templates;

use std::collections::BTreeMap;

use sea_query::{Cond, Expr, ExprTrait, Order, Query, SelectStatement};
use serde::Serialize;
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::query::{access, names};
use crate::schema::PROJECT_STATUS;
use crate::write::{self, Defaults, Values};
use crate::{Connection, Database, Filter, ListQuery, Result};

/// Condition on `project`: it is open, that is, its status is named `Open`.
pub fn is_open() -> Filter {
    let mut open = Query::select();
    open.column(("project_status", "id"))
        .from("project_status")
        .and_where(Expr::col(("project_status", "name")).eq("Open"));
    Expr::col(("project", "project_status_id"))
        .in_subquery(open)
        .into()
}

/// Condition on `project`: its status has one of the names of open projects,
/// including those of older databases.
pub fn is_running() -> Filter {
    let mut running = Query::select();
    running
        .column(("project_status", "id"))
        .from("project_status")
        .and_where(Expr::col(("project_status", "name")).is_in(["Active", "open", "Open"]));
    Expr::col(("project", "project_status_id"))
        .in_subquery(running)
        .into()
}

/// Returns the ids of the matching projects, ordered by name.
pub async fn ids(connection: impl Connection, which: Filter) -> Result<Vec<Uuid>> {
    let mut select = Query::select();
    select
        .column(("project", "id"))
        .from("project")
        .cond_where(which)
        .order_by(("project", "name"), Order::Asc);
    connection.ids(&select).await
}

/// Joins `project_status` to a list of projects. Projects without a status
/// are left out.
pub fn with_status(list: ListQuery) -> ListQuery {
    list.narrow(join_status)
}

fn join_status(select: &mut SelectStatement) {
    select.inner_join_to(fk::PROJECT_PROJECT_STATUS);
}

/// Condition on `project`: it has that name, ignoring case.
pub fn is_called(name: &str) -> Filter {
    names::is_called(Expr::col(("project", "name")), name).into()
}

/// Condition on `project`: it has exactly that name.
pub fn has_name(name: &str) -> Filter {
    Expr::col(("project", "name")).eq(name).into()
}

/// Condition on `metadata_descriptor`: it belongs to one of the projects.
pub fn descriptors_of(projects: impl IntoIterator<Item = Uuid>) -> Filter {
    let project = Expr::col(("metadata_descriptor", "project_id"));
    project.is_in(projects).into()
}

/// Condition on `metadata_descriptor`: it describes entities of that type.
pub fn describes(entity_type: &str) -> Filter {
    let of = Expr::col(("metadata_descriptor", "entity_type"));
    of.eq(entity_type).into()
}

/// Filters a list of people to the team of a project, oldest account first. The
/// membership is joined.
pub fn team(list: ListQuery, project_id: Uuid) -> ListQuery {
    let is_theirs = Expr::col(("project_person_link", "person_id")).equals(("person", "id"));
    list.narrow(|select| {
        select
            .inner_join("project_person_link", is_theirs)
            .and_where(Expr::col(("project_person_link", "project_id")).eq(project_id));
    })
    .ascending("created_at")
}

/// Returns whether there is a project with that id.
pub async fn exists(connection: impl Connection, id: Uuid) -> Result<bool> {
    access::exists(
        connection,
        "project",
        Cond::all().add(Expr::col("id").eq(id)),
    )
    .await
}

/// Returns the name of a project's status; `None` if there is no such project
/// or it has no status.
pub async fn status_name(connection: impl Connection, id: Uuid) -> Result<Option<String>> {
    let mut select = Query::select();
    select
        .column(("project_status", "name"))
        .from("project")
        .and_where(Expr::col(("project", "id")).eq(id));
    join_status(&mut select);
    Ok(connection.scalar(&select).await?.flatten())
}

/// Returns the id of the status `Open`, and creates it if there is none.
pub async fn open_status(database: &Database, defaults: &Defaults<'_>) -> Result<Uuid> {
    let mut select = Query::select();
    select
        .column("id")
        .from("project_status")
        .and_where(Expr::col("name").eq("Open"));
    if let Some(id) = database.scalar(&select).await? {
        return Ok(id);
    }
    let id = Uuid::new_v4();
    let values = Values::from([
        ("id", id.into()),
        ("name", "Open".into()),
        ("color", "#000000".into()),
    ]);
    let mut transaction = database.begin().await?;
    write::insert(&mut transaction, &PROJECT_STATUS, values, defaults).await?;
    transaction.commit().await?;
    Ok(id)
}

/// Returns the project's first episode by name, or `None`.
pub async fn first_episode_by_name(
    connection: impl Connection,
    project_id: Uuid,
) -> Result<Option<Uuid>> {
    let mut select = Query::select();
    select
        .column(("entity", "id"))
        .from("entity")
        .inner_join_to(fk::ENTITY_ENTITY_TYPE)
        .and_where(Expr::col(("entity", "project_id")).eq(project_id))
        .and_where(Expr::col(("entity_type", "name")).eq("Episode"))
        .order_by(("entity", "name"), Order::Asc)
        .limit(1);
    Ok(connection.scalar(&select).await?.flatten())
}

/// Returns the ids of the projects where the person's membership has a role,
/// each with that role.
pub async fn roles_of(database: &Database, person_id: Uuid) -> Result<Vec<(Uuid, String)>> {
    let mut select = Query::select();
    select
        .columns(["project_id", "role"])
        .from("project_person_link")
        .and_where(Expr::col("person_id").eq(person_id))
        .and_where(Expr::col("role").is_not_null());
    database
        .fetch(&select, |row| {
            Ok((row.get("project_id")?, row.get("role")?))
        })
        .await
}

/// A task type that a project uses, with its settings. JSON: the settings.
#[derive(Debug, Serialize)]
pub struct TaskTypeLink {
    #[serde(skip)]
    pub project_id: Uuid,
    #[serde(skip)]
    pub task_type_id: Uuid,
    pub priority: Option<i64>,
    pub hd_bitrate_compression: Option<i64>,
    pub ld_bitrate_compression: Option<i64>,
    pub is_client_visible: Option<bool>,
}

/// Returns the task types that these projects use.
pub async fn task_type_links(
    connection: impl Connection,
    projects: &[Uuid],
) -> Result<Vec<TaskTypeLink>> {
    let mut select = Query::select();
    select
        .columns([
            "project_id",
            "task_type_id",
            "priority",
            "hd_bitrate_compression",
            "ld_bitrate_compression",
            "is_client_visible",
        ])
        .from("project_task_type_link")
        .and_where(Expr::col("project_id").is_in(projects.iter().copied()));
    connection
        .fetch(&select, |row| {
            Ok(TaskTypeLink {
                project_id: row.get("project_id")?,
                task_type_id: row.get("task_type_id")?,
                priority: row.get("priority")?,
                hd_bitrate_compression: row.get("hd_bitrate_compression")?,
                ld_bitrate_compression: row.get("ld_bitrate_compression")?,
                is_client_visible: row.get("is_client_visible")?,
            })
        })
        .await
}

/// A task status that a project uses, with its settings. JSON: the settings.
#[derive(Debug, Serialize)]
pub struct TaskStatusLink {
    #[serde(skip)]
    pub project_id: Uuid,
    #[serde(skip)]
    pub task_status_id: Uuid,
    pub priority: Option<i64>,
    /// JSON array of roles.
    pub roles_for_board: Option<serde_json::Value>,
    pub is_client_allowed: Option<bool>,
}

/// Returns the task statuses that these projects use.
pub async fn task_status_links(
    database: &Database,
    projects: &[Uuid],
) -> Result<Vec<TaskStatusLink>> {
    let dialect = database.dialect();
    let table = &crate::schema::PROJECT_TASK_STATUS_LINK;
    let mut select = Query::select();
    select
        .columns(["project_id", "task_status_id", "priority"])
        .from(table.name)
        .and_where(Expr::col("project_id").is_in(projects.iter().copied()));
    for name in ["roles_for_board", "is_client_allowed"] {
        if let Some(column) = table.column(name) {
            select.expr_as(dialect.readable(column, Expr::col(name)), name);
        }
    }
    database
        .fetch(&select, |row| {
            Ok(TaskStatusLink {
                project_id: row.get("project_id")?,
                task_status_id: row.get("task_status_id")?,
                priority: row.get("priority")?,
                roles_for_board: row
                    .get::<Option<String>>("roles_for_board")?
                    .and_then(|text| serde_json::from_str(&text).ok()),
                is_client_allowed: row.get("is_client_allowed")?,
            })
        })
        .await
}

/// Returns the episode of each project that the web client opens first, by the
/// id of the project: the first one by name with the status `running`, or else
/// the first by name.
pub async fn first_episodes(
    database: &Database,
    projects: &[Uuid],
) -> Result<BTreeMap<Uuid, Uuid>> {
    let mut episode_type = Query::select();
    episode_type
        .column("id")
        .from("entity_type")
        .and_where(Expr::col("name").eq("Episode"));
    let running = sea_query::CaseStatement::new()
        .case(Expr::col("status").eq("running"), 0)
        .finally(1);
    let mut select = Query::select();
    select
        .columns(["project_id", "id"])
        .from("entity")
        .and_where(Expr::col("project_id").is_in(projects.iter().copied()))
        .and_where(Expr::col("entity_type_id").in_subquery(episode_type))
        .order_by("project_id", Order::Asc)
        .order_by_expr(running.into(), Order::Asc)
        .order_by("name", Order::Asc);
    let episodes: Vec<(Uuid, Uuid)> = database
        .fetch(&select, |row| Ok((row.get("project_id")?, row.get("id")?)))
        .await?;
    let mut first = BTreeMap::new();
    for (project, episode) in episodes {
        first.entry(project).or_insert(episode);
    }
    Ok(first)
}
