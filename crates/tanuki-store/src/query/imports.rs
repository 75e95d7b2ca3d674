//! What an import of rows looks up: the names of a production's entities, types,
//! statuses and people. Each is one query for the whole import.

use sea_query::{Cond, Expr, ExprTrait, Func, NullOrdering, Order, Query, SimpleExpr};
use serde_json::Map;
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::projection::Projection;
use crate::query::rows;
use crate::query::work::TEMPORAL_TYPES;
use crate::schema::DATA_IMPORT_ERROR;
use crate::{Connection, Filter, Result};

/// The id and the name of a row.
#[derive(Debug, Clone)]
pub struct Named {
    pub id: Uuid,
    pub name: String,
}

fn named(row: &crate::Row) -> Result<Named> {
    Ok(Named {
        id: row.get("id")?,
        name: row.get::<Option<String>>("name")?.unwrap_or_default(),
    })
}

/// Returns whether a project is a TV show, which has episodes.
pub async fn is_tv_show(connection: impl Connection, project_id: Uuid) -> Result<bool> {
    let mut select = Query::select();
    select
        .column("production_type")
        .from("project")
        .and_where(Expr::col("id").eq(project_id));
    let production_type: Option<String> = connection.scalar(&select).await?.flatten();
    Ok(production_type.as_deref() == Some("tvshow"))
}

/// A metadata column of a production.
#[derive(Debug, Clone)]
pub struct MetadataColumn {
    pub name: String,
    /// The key in the `data` of an entity or task.
    pub field_name: String,
    pub data_type: String,
}

/// Returns the metadata columns of a kind of entity in a project, by position and
/// name; those of tasks are of one task type. With `for_client` only those that
/// clients see.
pub async fn metadata_columns(
    connection: impl Connection,
    project_id: Uuid,
    entity_type: &str,
    task_type_id: Option<Uuid>,
    for_client: bool,
) -> Result<Vec<MetadataColumn>> {
    let mut select = Query::select();
    select
        .columns(["name", "field_name", "data_type"])
        .from("metadata_descriptor")
        .and_where(Expr::col("project_id").eq(project_id))
        .and_where(Expr::col("entity_type").eq(entity_type))
        .order_by_with_nulls("position", Order::Asc, NullOrdering::Last)
        .order_by("name", Order::Asc);
    if for_client {
        select.and_where(Expr::col("for_client").eq(true));
    }
    if let Some(id) = task_type_id {
        select.and_where(Expr::col("task_type_id").eq(id));
    }
    connection
        .fetch(&select, |row| {
            Ok(MetadataColumn {
                name: row.get("name")?,
                field_name: row.get("field_name")?,
                data_type: row.get::<Option<String>>("data_type")?.unwrap_or_default(),
            })
        })
        .await
}

/// Returns the task types of a project for a kind of entity, by priority and
/// name. Task types without a kind are for assets.
pub async fn task_types(
    connection: impl Connection,
    project_id: Uuid,
    for_entity: &str,
) -> Result<Vec<Named>> {
    let kind = || Expr::col(("task_type", "for_entity"));
    let mut which = Cond::any().add(kind().eq(for_entity));
    if for_entity == "Asset" {
        which = which.add(kind().is_null());
    }
    let mut select = Query::select();
    select
        .columns([("task_type", "id"), ("task_type", "name")])
        .from("project_task_type_link")
        .inner_join_to(fk::PROJECT_TASK_TYPE_LINK_TASK_TYPE)
        .and_where(Expr::col(("project_task_type_link", "project_id")).eq(project_id))
        .cond_where(which)
        .order_by(("task_type", "priority"), Order::Asc)
        .order_by(("task_type", "name"), Order::Asc)
        .order_by(("task_type", "id"), Order::Asc);
    connection.fetch(&select, named).await
}

/// Returns the kind of entity that a task type is for, by the name of its type;
/// `None` for assets.
pub async fn kind_of_task_type(connection: impl Connection, id: Uuid) -> Result<Option<String>> {
    let mut select = Query::select();
    select
        .column("for_entity")
        .from("task_type")
        .and_where(Expr::col("id").eq(id));
    Ok(connection.scalar(&select).await?.flatten())
}

/// A task status by its two names.
#[derive(Debug, Clone)]
pub struct StatusNames {
    pub id: Uuid,
    pub name: String,
    pub short_name: String,
}

/// Returns all task statuses: those for entities first, archived ones last.
pub async fn task_statuses(connection: impl Connection) -> Result<Vec<StatusNames>> {
    let mut select = Query::select();
    select
        .columns(["id", "name", "short_name"])
        .from("task_status")
        .order_by_expr(is_set("archived"), Order::Asc)
        .order_by_expr(is_set("for_concept"), Order::Asc)
        .order_by("created_at", Order::Asc)
        .order_by("id", Order::Asc);
    connection
        .fetch(&select, |row| {
            Ok(StatusNames {
                id: row.get("id")?,
                name: row.get("name")?,
                short_name: row.get("short_name")?,
            })
        })
        .await
}

/// A person by what a cell may call them.
#[derive(Debug, Clone)]
pub struct PersonNames {
    pub id: Uuid,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub is_bot: bool,
}

/// Returns all people and bots of the studio; no guests, and no accounts that
/// preview a project as a client.
pub async fn people(connection: impl Connection) -> Result<Vec<PersonNames>> {
    let mut select = Query::select();
    select
        .columns(["id", "first_name", "last_name", "email", "is_bot"])
        .from("person")
        .and_where(Expr::col("is_guest").eq(false))
        .and_where(Expr::col("preview_project_id").is_null());
    connection
        .fetch(&select, |row| {
            let text = |name: &str| -> Result<String> {
                Ok(row.get::<Option<String>>(name)?.unwrap_or_default())
            };
            Ok(PersonNames {
                id: row.get("id")?,
                first_name: text("first_name")?,
                last_name: text("last_name")?,
                email: text("email")?,
                is_bot: row.get::<Option<bool>>("is_bot")?.unwrap_or_default(),
            })
        })
        .await
}

/// Returns the types of all entities of the studio, the oldest first.
pub async fn entity_types(connection: impl Connection) -> Result<Vec<Named>> {
    names_in(connection, "entity_type").await
}

/// Returns the studios, the oldest first.
pub async fn studios(connection: impl Connection) -> Result<Vec<Named>> {
    names_in(connection, "studio").await
}

/// Returns the departments, the oldest first.
pub async fn departments(connection: impl Connection) -> Result<Vec<Named>> {
    names_in(connection, "department").await
}

async fn names_in(connection: impl Connection, table: &'static str) -> Result<Vec<Named>> {
    let mut select = Query::select();
    select
        .columns(["id", "name"])
        .from(table)
        .order_by("created_at", Order::Asc)
        .order_by("id", Order::Asc);
    connection.fetch(&select, named).await
}

/// Whether the name is that of a type which is no asset type, such as `Shot`.
pub fn is_temporal(name: &str) -> bool {
    TEMPORAL_TYPES.contains(&name)
}

/// Returns the ids of the task types in the workflow of each asset type, as
/// pairs of an asset type and a task type.
pub async fn workflows(connection: impl Connection) -> Result<Vec<(Uuid, Uuid)>> {
    let mut select = Query::select();
    select
        .columns(["asset_type_id", "task_type_id"])
        .from("task_type_asset_type_link");
    connection
        .fetch(&select, |row| {
            Ok((row.get("asset_type_id")?, row.get("task_type_id")?))
        })
        .await
}

/// An entity of a production, by what identifies it.
#[derive(Debug, Clone)]
pub struct KnownEntity {
    pub id: Uuid,
    pub name: String,
    pub entity_type_id: Uuid,
    pub parent_id: Option<Uuid>,
    pub source_id: Option<Uuid>,
}

/// Returns the entities of a project that match a condition on `entity`. The
/// first of several with the same name is the one to use: canceled ones come
/// last, then the oldest.
pub async fn entities(
    connection: impl Connection,
    project_id: Uuid,
    which: Filter,
) -> Result<Vec<KnownEntity>> {
    let mut select = Query::select();
    select
        .columns([
            ("entity", "id"),
            ("entity", "name"),
            ("entity", "entity_type_id"),
            ("entity", "parent_id"),
            ("entity", "source_id"),
        ])
        .from("entity")
        .and_where(Expr::col(("entity", "project_id")).eq(project_id))
        .cond_where(which)
        .order_by_expr(is_set("canceled"), Order::Asc)
        .order_by(("entity", "created_at"), Order::Asc)
        .order_by(("entity", "id"), Order::Asc);
    connection
        .fetch(&select, |row| {
            Ok(KnownEntity {
                id: row.get("id")?,
                name: row.get("name")?,
                entity_type_id: row.get("entity_type_id")?,
                parent_id: row.get("parent_id")?,
                source_id: row.get("source_id")?,
            })
        })
        .await
}

/// A flag that is false where the database has none.
fn is_set(column: &'static str) -> SimpleExpr {
    Func::coalesce([Expr::col(column), Expr::val(false)]).into()
}

/// A task of an entity.
#[derive(Debug, Clone)]
pub struct KnownTask {
    pub id: Uuid,
    pub entity_id: Uuid,
    pub task_type_id: Uuid,
    pub task_status_id: Option<Uuid>,
}

/// Returns the tasks of the entities, the oldest first.
pub async fn tasks(connection: impl Connection, entities: &[Uuid]) -> Result<Vec<KnownTask>> {
    let mut select = Query::select();
    select
        .columns(["id", "entity_id", "task_type_id", "task_status_id"])
        .from("task")
        .and_where(Expr::col("entity_id").is_in(entities.iter().copied()))
        .and_where(Expr::col("task_type_id").is_not_null())
        .order_by("created_at", Order::Asc)
        .order_by("id", Order::Asc);
    connection
        .fetch(&select, |row| {
            Ok(KnownTask {
                id: row.get("id")?,
                entity_id: row.get("entity_id")?,
                task_type_id: row.get("task_type_id")?,
                task_status_id: row.get("task_status_id")?,
            })
        })
        .await
}

/// Returns who is assigned to the tasks, as pairs of a task and a person.
pub async fn assignees(connection: impl Connection, tasks: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>> {
    let mut select = Query::select();
    select
        .columns(["task_id", "person_id"])
        .from("task_person_link")
        .and_where(Expr::col("task_id").is_in(tasks.iter().copied()));
    connection
        .fetch(&select, |row| {
            Ok((row.get("task_id")?, row.get("person_id")?))
        })
        .await
}

/// Returns the castings in any of the entities as JSON in the projection.
pub async fn castings_into(
    connection: impl Connection,
    projection: &Projection,
    entities: &[Uuid],
) -> Result<Vec<Map<String, serde_json::Value>>> {
    let mut select = projection.select(connection.dialect());
    select.and_where(Expr::col("entity_in_id").is_in(entities.iter().copied()));
    rows::all(connection, projection, &select).await
}

/// Returns which of these people are preview accounts, each with its project.
pub async fn preview_accounts(
    connection: impl Connection,
    people: &[Uuid],
) -> Result<Vec<(Uuid, Uuid)>> {
    let mut select = Query::select();
    select
        .columns(["id", "preview_project_id"])
        .from("person")
        .and_where(Expr::col("id").is_in(people.iter().copied()))
        .and_where(Expr::col("preview_project_id").is_not_null());
    let accounts = connection.fetch(&select, |row| {
        Ok((row.get("id")?, row.get("preview_project_id")?))
    });
    accounts.await
}

/// Errors of imports from a source.
pub fn is_error_of(source: &str) -> Filter {
    let column = Expr::col((DATA_IMPORT_ERROR.name, "source"));
    // On PostgreSQL it is an enum.
    column.cast_as("text").eq(source).into()
}
