//! Playlists: their visibility and their dependents.

use std::collections::HashMap;

use sea_query::{Expr, ExprTrait, Query};
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::write::delete_where;
use crate::{Connection, Result, Transaction};

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

/// Returns the entity id of each preview, by preview id. Previews without a
/// task or entity are left out.
pub async fn entities_of_previews(
    connection: impl Connection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Uuid>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut select = Query::select();
    select
        .columns([("preview_file", "id"), ("task", "entity_id")])
        .from("preview_file")
        .inner_join_to(fk::PREVIEW_FILE_TASK)
        .and_where(Expr::col(("preview_file", "id")).is_in(ids.iter().copied()))
        .and_where(Expr::col(("task", "entity_id")).is_not_null());
    let pairs = connection
        .fetch(&select, |row| Ok((row.get("id")?, row.get("entity_id")?)))
        .await?;
    Ok(pairs.into_iter().collect())
}
