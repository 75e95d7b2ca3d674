//! Main previews: which preview a task or an entity is shown with.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use sea_query::{Expr, ExprTrait, Func, Order, Query, Value, WindowStatement};
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::schema::{ENTITY, TASK};
use crate::write::{self, Values};
use crate::{Connection, Result, Transaction};

/// Extensions of previews that have a thumbnail.
const PICTURED: [&str; 2] = ["png", "mp4"];

/// Whether previews with this extension may be the main preview of a task or
/// an entity: pictures and films, whose thumbnails Zou shows, too.
pub fn may_be_main(extension: &str) -> bool {
    PICTURED.contains(&extension)
}

/// The tasks, with their project ids, and the entities whose main preview is
/// one of a list.
#[derive(Debug, Default)]
pub struct ShownPreview {
    pub tasks: Vec<(Uuid, Option<Uuid>)>,
    pub entities: Vec<Uuid>,
}

/// Returns the tasks and entities whose main preview is one of these.
pub async fn shown_by(transaction: &mut Transaction, ids: &[Uuid]) -> Result<ShownPreview> {
    let mut tasks = Query::select();
    tasks
        .columns(["id", "project_id"])
        .from("task")
        .and_where(Expr::col("last_preview_file_id").is_in(ids.iter().copied()));
    let tasks = transaction
        .fetch(&tasks, |row| Ok((row.get("id")?, row.get("project_id")?)))
        .await?;
    let mut entities = Query::select();
    entities
        .column("id")
        .from("entity")
        .and_where(Expr::col("preview_file_id").is_in(ids.iter().copied()));
    Ok(ShownPreview {
        tasks,
        entities: transaction.ids(&entities).await?,
    })
}

/// Returns the ids of the entities whose main preview is one of these tasks'.
pub async fn entities_showing(transaction: &mut Transaction, tasks: &[Uuid]) -> Result<Vec<Uuid>> {
    let mut previews = Query::select();
    previews
        .column("id")
        .from("preview_file")
        .and_where(Expr::col("task_id").is_in(tasks.iter().copied()));
    let mut select = Query::select();
    select
        .column("id")
        .from("entity")
        .and_where(Expr::col("preview_file_id").in_subquery(previews));
    transaction.ids(&select).await
}

/// The tasks or entities to find the newest previews of.
#[derive(Debug, Clone, Copy)]
enum Owners<'a> {
    Tasks(&'a [Uuid]),
    Entities(&'a [Uuid]),
}

/// Returns the newest preview of each owner that is ready and has a thumbnail,
/// with its status, by owner. Only the first preview of a revision counts.
async fn newest(
    transaction: &mut Transaction,
    owners: Owners<'_>,
) -> Result<HashMap<Uuid, (Uuid, String)>> {
    let (owner, ids) = match owners {
        Owners::Tasks(ids) => (("preview_file", "task_id"), ids),
        Owners::Entities(ids) => (("task", "entity_id"), ids),
    };
    let mut by_age = WindowStatement::partition_by(owner);
    by_age
        .order_by(("preview_file", "created_at"), Order::Desc)
        .order_by(("preview_file", "id"), Order::Desc);
    let mut numbered = Query::select();
    numbered
        .columns([("preview_file", "id"), ("preview_file", "status")])
        .expr_as(Expr::col(owner), "owner_id")
        .expr_window_as(Func::cust("row_number"), by_age, "place")
        .from("preview_file")
        .inner_join_to(fk::PREVIEW_FILE_TASK)
        .and_where(Expr::col(("preview_file", "position")).eq(1))
        .and_where(Expr::col(("preview_file", "status")).eq("ready"))
        .and_where(Expr::col(("preview_file", "extension")).is_in(PICTURED))
        .and_where(Expr::col(owner).is_in(ids.iter().copied()));
    let mut select = Query::select();
    select
        .columns(["owner_id", "id", "status"])
        .from_subquery(numbered, "numbered")
        .and_where(Expr::col("place").eq(1));
    let newest = transaction.fetch(&select, |row| {
        Ok((row.get("owner_id")?, (row.get("id")?, row.get("status")?)))
    });
    Ok(newest.await?.into_iter().collect())
}

/// Sets the main preview of tasks to their newest preview each, or clears it if
/// there is none.
pub async fn show_newest_of_tasks(
    transaction: &mut Transaction,
    ids: &[Uuid],
    now: NaiveDateTime,
) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let newest = newest(transaction, Owners::Tasks(ids)).await?;
    let preview = |id| newest.get(id).map(|(preview, _)| *preview);
    let shown: Vec<(Uuid, Value)> = ids.iter().map(|id| (*id, preview(id).into())).collect();
    let values = Values::from([("updated_at", now.into())]);
    write::update_each(transaction, (&TASK, "last_preview_file_id"), &shown, values).await
}

/// The main preview of an entity after a change, for the event to publish
/// about it.
#[derive(Debug, Clone)]
pub struct NewMain {
    pub project_id: Uuid,
    pub entity_type: String,
    /// Id and status of the preview; `None` if the entity has no main preview
    /// now.
    pub preview: Option<(Uuid, String)>,
}

/// Sets the main previews of entities, each given with the id and status of its
/// preview. Of several for one entity the last one counts. Returns one
/// [`NewMain`] for each; entities that do not exist are left out.
pub async fn show(
    transaction: &mut Transaction,
    shown: &[(Uuid, (Uuid, String))],
    now: NaiveDateTime,
) -> Result<Vec<(Uuid, NewMain)>> {
    let ids: Vec<Uuid> = shown.iter().map(|(id, _)| *id).collect();
    let so_far = shown_so_far(transaction, &ids).await?;
    let previews: Vec<(Uuid, Value)> = shown
        .iter()
        .map(|(id, (preview, _))| (*id, (*preview).into()))
        .collect();
    let values = Values::from([("updated_at", now.into())]);
    write::update_each(transaction, (&ENTITY, "preview_file_id"), &previews, values).await?;
    let main = |(id, preview): &(Uuid, (Uuid, String))| {
        let (main, _) = so_far.get(id)?;
        let preview = Some(preview.clone());
        Some((
            *id,
            NewMain {
                preview,
                ..main.clone()
            },
        ))
    };
    Ok(shown.iter().filter_map(main).collect())
}

/// Sets the main previews of entities to their newest preview each if the
/// project does so automatically, otherwise clears them. Returns one [`NewMain`]
/// for each; entities that do not exist are left out.
pub async fn show_newest_of_entities(
    transaction: &mut Transaction,
    ids: &[Uuid],
    now: NaiveDateTime,
) -> Result<Vec<(Uuid, NewMain)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let so_far = shown_so_far(transaction, ids).await?;
    let automatic = so_far.iter().filter(|(_, (_, is_automatic))| *is_automatic);
    let automatic: Vec<Uuid> = automatic.map(|(id, _)| *id).collect();
    let newest = if automatic.is_empty() {
        HashMap::new()
    } else {
        newest(transaction, Owners::Entities(&automatic)).await?
    };
    let main = |id: &Uuid| {
        let (main, _) = so_far.get(id)?;
        let preview = newest.get(id).cloned();
        Some((
            *id,
            NewMain {
                preview,
                ..main.clone()
            },
        ))
    };
    let mains: Vec<(Uuid, NewMain)> = ids.iter().filter_map(main).collect();
    let preview = |main: &NewMain| main.preview.as_ref().map(|(id, _)| *id);
    let shown: Vec<(Uuid, Value)> = mains
        .iter()
        .map(|(id, main)| (*id, preview(main).into()))
        .collect();
    let values = Values::from([("updated_at", now.into())]);
    write::update_each(transaction, (&ENTITY, "preview_file_id"), &shown, values).await?;
    Ok(mains)
}

/// Reads entities whose main preview is about to change, and whether their
/// projects set main previews automatically.
async fn shown_so_far(
    transaction: &mut Transaction,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, (NewMain, bool)>> {
    let mut select = Query::select();
    select
        .columns([
            ("entity", "id"),
            ("entity", "project_id"),
            ("entity_type", "name"),
            ("project", "is_set_preview_automated"),
        ])
        .from("entity")
        .inner_join_to(fk::ENTITY_ENTITY_TYPE)
        .inner_join_to(fk::ENTITY_PROJECT)
        .and_where(Expr::col(("entity", "id")).is_in(ids.iter().copied()));
    let found = transaction.fetch(&select, |row| {
        let main = NewMain {
            project_id: row.get("project_id")?,
            entity_type: row.get("name")?,
            preview: None,
        };
        let is_automatic: Option<bool> = row.get("is_set_preview_automated")?;
        Ok((row.get("id")?, (main, is_automatic.unwrap_or_default())))
    });
    Ok(found.await?.into_iter().collect())
}
