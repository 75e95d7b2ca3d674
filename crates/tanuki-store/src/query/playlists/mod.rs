//! Playlists: their lists, the previews of their entities, their dependents.

mod builds;
mod entries;
mod tasks;

use std::collections::HashMap;

use sea_query::{Expr, ExprTrait, NullOrdering, Order, Query};
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::projection::Projection;
use crate::schema::{ColumnType, PLAYLIST};
use crate::write::delete_where;
use crate::{Connection, Filter, ListQuery, Result, Transaction};

pub use builds::{
    PlaylistContext, RevisionPreview, builds, builds_of_project, context, extensions_of_previews,
    revisions_of_previews, unfinished_jobs,
};
pub use entries::{
    LastComment, ShownEntity, ShownPreview, last_comments, shown_entities, shown_previews,
};
pub use tasks::{PlaylistTask, last_reviewed, playlist_tasks, task_types_by_priority};

/// The maximum number of entities that [`previews_of`] takes.
pub const MAX_ENTITIES: usize = 1000;

fn column(name: &'static str) -> Expr {
    Expr::col(("playlist", name))
}

/// Condition on `playlist`: it belongs to the project.
pub fn of_project(project_id: Uuid) -> Filter {
    column("project_id").eq(project_id).into()
}

/// Condition on `playlist`: it belongs to the episode.
pub fn of_episode(episode_id: Uuid) -> Filter {
    column("episode_id").eq(episode_id).into()
}

/// Condition on `playlist`: it belongs to no episode, and is either for all or
/// not.
pub fn of_no_episode(is_for_all: bool) -> Filter {
    let for_all = column("is_for_all").eq(true);
    let not_for_all = column("is_for_all")
        .is_null()
        .or(column("is_for_all").eq(false));
    let no_episode = column("episode_id").is_null();
    no_episode
        .and(if is_for_all { for_all } else { not_for_all })
        .into()
}

/// Condition on `playlist`: it is shared with clients.
pub fn is_for_clients() -> Filter {
    column("for_client").eq(true).into()
}

/// Condition on `playlist`: it has this task type.
pub fn of_task_type(task_type_id: Uuid) -> Filter {
    column("task_type_id").eq(task_type_id).into()
}

/// Condition on `playlist`: its entities are of this kind.
pub fn for_entity(kind: &str) -> Filter {
    column("for_entity").eq(kind).into()
}

/// Sorts playlists by a column, then by id; by the last change if there is no
/// such column. Times sort newest first, everything else ascending with NULL
/// last.
pub fn sorted(list: ListQuery, by: &str) -> ListQuery {
    let known = PLAYLIST.columns.iter().filter(|column| {
        // JSON has no order that both databases share.
        !matches!(column.kind, ColumnType::Json)
    });
    let by = known.map(|column| column.name).find(|name| *name == by);
    let list = match by.unwrap_or("updated_at") {
        time @ ("created_at" | "updated_at") => list.descending(time),
        by => list.narrow(|select| {
            select.order_by_with_nulls(("playlist", by), Order::Asc, NullOrdering::Last);
        }),
    };
    list.ascending("id")
}

/// Lists the previews of at most [`MAX_ENTITIES`] entities. The projection has
/// `task` and `task_type` joined. Sorted by task type (highest priority first),
/// then revision (last first), then position.
pub fn previews_of(projection: &'static Projection, entities: &[Uuid]) -> ListQuery {
    let entities = entities.iter().copied();
    ListQuery::new(projection)
        .filter(Expr::col(("task", "entity_id")).is_in(entities))
        .narrow(|select| {
            select
                .order_by(("task_type", "priority"), Order::Desc)
                .order_by(("task_type", "name"), Order::Asc)
                .order_by(("preview_file", "revision"), Order::Desc)
                .order_by(("preview_file", "position"), Order::Asc)
                .order_by(("preview_file", "created_at"), Order::Asc)
                .order_by(("preview_file", "id"), Order::Asc);
        })
}

/// Returns the preview with the highest revision of each entity, of one task
/// type if it is given. Entities without previews are left out.
pub async fn latest_previews(
    transaction: &mut Transaction,
    entities: &[Uuid],
    task_type_id: Option<Uuid>,
) -> Result<HashMap<Uuid, Uuid>> {
    let mut latest = HashMap::new();
    for some in entities.chunks(MAX_ENTITIES) {
        let mut select = Query::select();
        select
            .columns([("preview_file", "id"), ("task", "entity_id")])
            .from("preview_file")
            .inner_join_to(fk::PREVIEW_FILE_TASK)
            .and_where(Expr::col(("task", "entity_id")).is_in(some.iter().copied()))
            .order_by(("preview_file", "revision"), Order::Desc)
            .order_by(("preview_file", "created_at"), Order::Desc);
        if let Some(task_type) = task_type_id {
            select.and_where(Expr::col(("task", "task_type_id")).eq(task_type));
        }
        let pairs = transaction.fetch(&select, |row| {
            Ok((row.get::<Uuid>("entity_id")?, row.get::<Uuid>("id")?))
        });
        for (entity, preview) in pairs.await? {
            latest.entry(entity).or_insert(preview);
        }
    }
    Ok(latest)
}

/// Deletes the dependents of playlists: notifications, build jobs and share
/// links. Returns the ids of the build jobs.
pub async fn remove_dependents(transaction: &mut Transaction, ids: &[Uuid]) -> Result<Vec<Uuid>> {
    let mut jobs = Query::select();
    jobs.column("id")
        .from("build_job")
        .and_where(Expr::col("playlist_id").is_in(ids.iter().copied()));
    let jobs = transaction.ids(&jobs).await?;
    for table in ["notification", "build_job", "playlist_share_link"] {
        let theirs = Expr::col("playlist_id").is_in(ids.iter().copied());
        delete_where(transaction, table, theirs).await?;
    }
    Ok(jobs)
}

/// Where a preview belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PreviewPlace {
    pub task_id: Uuid,
    pub entity_id: Uuid,
}

/// Returns where previews belong, by their ids. Those without a task or entity
/// are left out.
pub async fn preview_places(
    connection: impl Connection,
    previews: &[Uuid],
) -> Result<HashMap<Uuid, PreviewPlace>> {
    if previews.is_empty() {
        return Ok(HashMap::new());
    }
    let mut select = Query::select();
    select
        .columns([("preview_file", "id"), ("preview_file", "task_id")])
        .column(("task", "entity_id"))
        .from("preview_file")
        .inner_join_to(fk::PREVIEW_FILE_TASK)
        .and_where(Expr::col(("preview_file", "id")).is_in(previews.iter().copied()))
        .and_where(Expr::col(("task", "entity_id")).is_not_null());
    let places = connection.fetch(&select, |row| {
        let place = PreviewPlace {
            task_id: row.get("task_id")?,
            entity_id: row.get("entity_id")?,
        };
        Ok((row.get("id")?, place))
    });
    Ok(places.await?.into_iter().collect())
}

/// Returns the entity id of each preview, by preview id. Previews without a
/// task or entity are left out.
pub async fn entities_of_previews(
    connection: impl Connection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Uuid>> {
    let places = preview_places(connection, ids).await?.into_iter();
    Ok(places.map(|(id, place)| (id, place.entity_id)).collect())
}
