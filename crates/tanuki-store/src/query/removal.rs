//! Deletion cascades: removes the rows that depend on a row about to be
//! deleted. The row itself is deleted by the caller.

use sea_query::{Condition, Expr, ExprTrait, LockType, Order, Query, SelectStatement, SimpleExpr};
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::query::playlists;
use crate::write::{clear, delete_where};
use crate::{Connection, Filter, Result, Transaction};

/// A row that was deleted by a cascade, for the event to publish about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removed {
    pub id: Uuid,
    /// The entity of its task.
    pub entity_id: Option<Uuid>,
    pub project_id: Option<Uuid>,
}

/// Tables whose rows are deleted with a comment, and the column that refers to
/// it.
const OF_COMMENTS: [(&str, &str); 6] = [
    ("notification", "comment_id"),
    ("attachment_file", "comment_id"),
    ("comment_mentions", "comment"),
    ("comment_department_mentions", "comment"),
    ("comment_acknoledgments", "comment"),
    ("comment_preview_link", "comment"),
];

/// Tables whose rows are deleted with a task, and the column that refers to
/// it.
const OF_TASKS: [(&str, &str); 6] = [
    ("notification", "task_id"),
    ("subscription", "task_id"),
    ("time_spent", "task_id"),
    ("task_person_link", "task_id"),
    ("production_schedule_version_task_link", "task_id"),
    ("working_file", "task_id"),
];

fn within(column: &'static str, ids: &[Uuid]) -> SimpleExpr {
    Expr::col(column).is_in(ids.iter().copied())
}

/// `SELECT id FROM table WHERE column IN ids`.
fn ids_of(table: &'static str, column: &'static str, ids: &[Uuid]) -> SelectStatement {
    let mut select = Query::select();
    select
        .column("id")
        .from(table)
        .and_where(within(column, ids));
    select
}

/// Deletes the dependents of comments: notifications, news, attachments,
/// mentions, acknowledgements and links to previews. Returns the deleted news.
pub async fn of_comments(transaction: &mut Transaction, ids: &[Uuid]) -> Result<Vec<Removed>> {
    let news = take_news(transaction, within("comment_id", ids)).await?;
    for (table, column) in OF_COMMENTS {
        delete_where(transaction, table, within(column, ids)).await?;
    }
    Ok(news)
}

/// Deletes the notifications and news about a comment. Returns the deleted
/// news.
pub async fn events_of_comment(transaction: &mut Transaction, id: Uuid) -> Result<Vec<Removed>> {
    let of_comment = || within("comment_id", &[id]);
    delete_where(transaction, "notification", of_comment()).await?;
    take_news(transaction, of_comment()).await
}

/// A task that is about to be deleted.
#[derive(Debug, Clone, Copy)]
pub struct RemovedTask {
    pub id: Uuid,
    pub entity_id: Option<Uuid>,
    pub task_type_id: Option<Uuid>,
}

/// Returns the tasks that match the condition, locked in id order with `FOR
/// UPDATE`. This also blocks inserts of rows that refer to them.
pub async fn lock_tasks(transaction: &mut Transaction, which: Filter) -> Result<Vec<RemovedTask>> {
    let mut select = Query::select();
    select
        .columns(["id", "entity_id", "task_type_id"])
        .from("task")
        .cond_where(which)
        .order_by("id", Order::Asc)
        .lock(LockType::Update);
    transaction
        .fetch(&select, |row| {
            Ok(RemovedTask {
                id: row.get("id")?,
                entity_id: row.get("entity_id")?,
                task_type_id: row.get("task_type_id")?,
            })
        })
        .await
}

/// Deletes tasks. Their dependents must be deleted before, see [`of_tasks`].
pub async fn tasks(transaction: &mut Transaction, ids: &[Uuid]) -> Result<u64> {
    delete_where(transaction, "task", within("id", ids)).await
}

/// Deletes the dependents of tasks: files, comments, previews, news, time
/// spent, assignments and planning. Returns the deleted news.
pub async fn of_tasks(transaction: &mut Transaction, ids: &[Uuid]) -> Result<Vec<Removed>> {
    let comments = transaction
        .ids(&ids_of("comment", "object_id", ids))
        .await?;
    let mut news = of_comments(transaction, &comments).await?;
    delete_where(transaction, "comment", within("id", &comments)).await?;
    let previews = transaction
        .ids(&ids_of("preview_file", "task_id", ids))
        .await?;
    let files = Expr::col("source_file_id").in_subquery(ids_of("working_file", "task_id", ids));
    let outputs = {
        let mut select = Query::select();
        select.column("id").from("output_file").and_where(files);
        transaction.ids(&select).await?
    };
    of_outputs(transaction, &outputs).await?;
    delete_where(transaction, "output_file", within("id", &outputs)).await?;
    of_previews(transaction, &previews).await?;
    delete_where(transaction, "preview_file", within("id", &previews)).await?;
    news.extend(take_news(transaction, within("task_id", ids)).await?);
    for (table, column) in OF_TASKS {
        delete_where(transaction, table, within(column, ids)).await?;
    }
    Ok(news)
}

/// Removes the references to previews that are about to be deleted.
pub async fn of_previews(transaction: &mut Transaction, ids: &[Uuid]) -> Result<()> {
    for (table, column) in [
        ("entity", "preview_file_id"),
        ("news", "preview_file_id"),
        ("comment", "preview_file_id"),
    ] {
        clear(transaction, (table, column), within(column, ids)).await?;
    }
    for (table, column) in [
        ("comment_preview_link", "preview_file"),
        ("preview_file_storage_state", "preview_file_id"),
    ] {
        delete_where(transaction, table, within(column, ids)).await?;
    }
    Ok(())
}

/// Removes the references to output files that are about to be deleted.
pub async fn of_outputs(transaction: &mut Transaction, ids: &[Uuid]) -> Result<()> {
    let made_from = ("preview_file", "source_file_id");
    clear(transaction, made_from, within("source_file_id", ids)).await?;
    Ok(())
}

/// Returns the ids of the tasks of a project.
pub async fn tasks_of_project(transaction: &mut Transaction, id: Uuid) -> Result<Vec<Uuid>> {
    transaction.ids(&ids_of("task", "project_id", &[id])).await
}

/// Tables whose rows are deleted with an entity, and the column that refers to
/// it.
const OF_ENTITIES: [(&str, &str); 13] = [
    ("entity_link", "entity_in_id"),
    ("entity_link", "entity_out_id"),
    ("entity_concept_link", "entity_in_id"),
    ("entity_concept_link", "entity_out_id"),
    ("entity_version", "entity_id"),
    ("subscription", "entity_id"),
    ("asset_instance_link", "entity_id"),
    ("asset_instance", "asset_id"),
    ("asset_instance", "entity_id"),
    ("asset_instance", "scene_id"),
    ("output_file", "entity_id"),
    ("working_file", "entity_id"),
    ("schedule_item", "object_id"),
];

/// Tables whose rows are deleted with a project.
const OF_PROJECTS: [&str; 9] = [
    "task",
    "playlist",
    "api_event",
    "entity",
    "metadata_descriptor",
    "milestone",
    "schedule_item",
    "search_filter",
    "search_filter_group",
];

/// Deletes everything in a project, except for the links of the project
/// itself. The dependents of its tasks must be deleted before, see
/// [`of_tasks`].
pub async fn of_project(transaction: &mut Transaction, id: Uuid) -> Result<()> {
    let own = [id];
    let budgets = transaction
        .ids(&ids_of("budget", "project_id", &own))
        .await?;
    delete_where(transaction, "budget_entry", within("budget_id", &budgets)).await?;
    delete_where(transaction, "budget", within("id", &budgets)).await?;
    let playlists = transaction
        .ids(&ids_of("playlist", "project_id", &own))
        .await?;
    playlists::remove_dependents(transaction, &playlists).await?;
    let fields = transaction
        .ids(&ids_of("metadata_descriptor", "project_id", &own))
        .await?;
    let linked = within("metadata_descriptor_id", &fields);
    delete_where(transaction, "department_metadata_descriptor_link", linked).await?;
    let groups = transaction
        .ids(&ids_of("search_filter_group", "project_id", &own))
        .await?;
    let grouped = within("search_filter_group_id", &groups);
    delete_where(transaction, "search_filter", grouped).await?;
    let versions = transaction
        .ids(&ids_of("production_schedule_version", "project_id", &own))
        .await?;
    of_versions(transaction, &versions).await?;
    of_entities(transaction, id).await?;
    for table in OF_PROJECTS {
        delete_where(transaction, table, within("project_id", &own)).await?;
    }
    Ok(())
}

async fn of_versions(transaction: &mut Transaction, ids: &[Uuid]) -> Result<()> {
    let version = "production_schedule_version";
    let column = "production_schedule_from";
    clear(transaction, (version, column), within(column, ids)).await?;
    let column = "from_schedule_version_id";
    clear(transaction, ("project", column), within(column, ids)).await?;
    let links = ids_of(
        "production_schedule_version_task_link",
        "production_schedule_version_id",
        ids,
    );
    let links = transaction.ids(&links).await?;
    let of_links = within("production_schedule_version_task_link_id", &links);
    let people = "production_schedule_version_task_link_person_link";
    delete_where(transaction, people, of_links).await?;
    let links = within("id", &links);
    delete_where(transaction, "production_schedule_version_task_link", links).await?;
    delete_where(transaction, version, within("id", ids)).await?;
    Ok(())
}

/// Deletes the dependents of all entities of a project.
async fn of_entities(transaction: &mut Transaction, project_id: Uuid) -> Result<()> {
    let entities = || ids_of("entity", "project_id", &[project_id]);
    let of_entities = |column| Expr::col(column).in_subquery(entities());
    let chats = {
        let mut chats = Query::select();
        chats
            .column("id")
            .from("chat")
            .and_where(of_entities("object_id"));
        transaction.ids(&chats).await?
    };
    let messages = transaction
        .ids(&ids_of("chat_message", "chat_id", &chats))
        .await?;
    let files = within("chat_message_id", &messages);
    delete_where(transaction, "attachment_file", files).await?;
    delete_where(transaction, "chat_message", within("id", &messages)).await?;
    delete_where(transaction, "chat_participant", within("chat_id", &chats)).await?;
    delete_where(transaction, "chat", within("id", &chats)).await?;
    let outputs = {
        let mut outputs = Query::select();
        outputs
            .column("id")
            .from("output_file")
            .and_where(of_entities("entity_id"));
        transaction.ids(&outputs).await?
    };
    of_outputs(transaction, &outputs).await?;
    for (table, column) in [
        ("output_file", "temporal_entity_id"),
        ("asset_instance", "target_asset_id"),
        ("playlist", "episode_id"),
        ("entity", "parent_id"),
        ("entity", "source_id"),
    ] {
        clear(transaction, (table, column), of_entities(column)).await?;
    }
    // Instances may also be cast in other projects.
    let mut instances = Query::select();
    instances.column("id").from("asset_instance").cond_where(
        Condition::any()
            .add(of_entities("asset_id"))
            .add(of_entities("entity_id"))
            .add(of_entities("scene_id")),
    );
    let instances = transaction.ids(&instances).await?;
    for (table, column) in [
        ("asset_instance_link", "asset_instance_id"),
        ("output_file", "asset_instance_id"),
    ] {
        delete_where(transaction, table, within(column, &instances)).await?;
    }
    for (table, column) in OF_ENTITIES {
        delete_where(transaction, table, of_entities(column)).await?;
    }
    Ok(())
}

/// Deletes the matching news and returns them.
async fn take_news(transaction: &mut Transaction, which: SimpleExpr) -> Result<Vec<Removed>> {
    let mut select = Query::select();
    select
        .columns([
            ("news", "id"),
            ("task", "entity_id"),
            ("task", "project_id"),
        ])
        .from("news")
        .left_join_to(fk::NEWS_TASK)
        .and_where(Expr::col(("news", "id")).in_subquery({
            let mut ids = Query::select();
            ids.column("id").from("news").and_where(which);
            ids
        }));
    let news = transaction.fetch(&select, |row| {
        Ok(Removed {
            id: row.get("id")?,
            entity_id: row.get("entity_id")?,
            project_id: row.get("project_id")?,
        })
    });
    let news = news.await?;
    let ids: Vec<Uuid> = news.iter().map(|gone| gone.id).collect();
    delete_where(transaction, "news", within("id", &ids)).await?;
    Ok(news)
}
