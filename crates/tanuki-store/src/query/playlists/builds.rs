//! Films that are built of playlists.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use sea_query::{Expr, ExprTrait, Order, Query};
use serde_json::Value;
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::projection::Projection;
use crate::schema::TANUKI_JOB;
use crate::{Connection, Filter, ListQuery, Result};

/// Lists the build jobs of a playlist, newest first.
pub fn builds(projection: &'static Projection, playlist_id: Uuid) -> ListQuery {
    ListQuery::new(projection)
        .filter(Expr::col(("build_job", "playlist_id")).eq(playlist_id))
        .descending("created_at")
        .descending("id")
}

/// Condition on `build_job`: its playlist belongs to the project.
pub fn builds_of_project(project_id: Uuid) -> Filter {
    let mut playlists = Query::select();
    playlists
        .column("id")
        .from("playlist")
        .and_where(Expr::col("project_id").eq(project_id));
    Expr::col(("build_job", "playlist_id"))
        .in_subquery(playlists)
        .into()
}

/// Returns the arguments of the jobs of a kind that have not ended.
pub async fn unfinished_jobs(connection: impl Connection, kind: &str) -> Result<Vec<Value>> {
    let mut select = Query::select();
    select
        .column("arguments")
        .from(TANUKI_JOB.name)
        .and_where(Expr::col("kind").eq(kind))
        .and_where(Expr::col("state").is_in(["waiting", "running"]));
    connection.fetch(&select, |row| row.get("arguments")).await
}

/// Returns the extensions of those of the previews that exist.
pub async fn extensions_of_previews(
    connection: impl Connection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, String>> {
    let mut select = Query::select();
    select
        .columns(["id", "extension"])
        .from("preview_file")
        .and_where(Expr::col("id").is_in(ids.iter().copied()));
    let previews = connection.fetch(&select, |row| {
        let extension: Option<String> = row.get("extension")?;
        Ok((row.get("id")?, extension.unwrap_or_default()))
    });
    Ok(previews.await?.into_iter().collect())
}

/// A preview of a revision, to be packed with the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionPreview {
    pub id: Uuid,
    pub extension: String,
}

/// Returns the previews of the revisions that previews are of, by the preview
/// that was asked for, each list in the order of positions.
pub async fn revisions_of_previews(
    connection: impl Connection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<RevisionPreview>>> {
    let mut select = Query::select();
    select
        .expr_as(Expr::col(("named", "id")), "named_id")
        .columns([("preview_file", "id"), ("preview_file", "extension")])
        .from_as("preview_file", "named")
        .inner_join(
            "preview_file",
            Expr::col(("preview_file", "task_id"))
                .equals(("named", "task_id"))
                .and(Expr::col(("preview_file", "revision")).equals(("named", "revision"))),
        )
        .and_where(Expr::col(("named", "id")).is_in(ids.iter().copied()))
        .order_by(("preview_file", "position"), Order::Asc)
        .order_by(("preview_file", "created_at"), Order::Asc)
        .order_by(("preview_file", "id"), Order::Asc);
    let previews = connection.fetch(&select, |row| {
        let extension: Option<String> = row.get("extension")?;
        let preview = RevisionPreview {
            id: row.get("id")?,
            extension: extension.unwrap_or_default(),
        };
        Ok((row.get("named_id")?, preview))
    });
    let mut revisions: HashMap<Uuid, Vec<RevisionPreview>> = HashMap::new();
    for (named, preview) in previews.await? {
        revisions.entry(named).or_default().push(preview);
    }
    Ok(revisions)
}

/// What a file of a playlist is named after, and how its films are shown.
#[derive(Debug, Clone)]
pub struct PlaylistContext {
    pub playlist: String,
    pub for_entity: String,
    pub is_for_all: bool,
    pub project_id: Uuid,
    pub project: String,
    /// `short`, `tvshow` and so on.
    pub production_type: String,
    /// The name of the episode.
    pub episode: Option<String>,
    pub fps: Option<String>,
    pub resolution: Option<String>,
    pub created_at: NaiveDateTime,
    /// The entries as they are stored.
    pub shots: Value,
}

/// Returns what is known of a playlist and its project.
pub async fn context(connection: impl Connection, id: Uuid) -> Result<Option<PlaylistContext>> {
    let mut select = Query::select();
    for (table, column, name) in [
        ("playlist", "name", "playlist"),
        ("playlist", "for_entity", "for_entity"),
        ("playlist", "is_for_all", "is_for_all"),
        ("playlist", "created_at", "created_at"),
        ("playlist", "shots", "shots"),
        ("project", "id", "project_id"),
        ("project", "name", "project"),
        ("project", "production_type", "production_type"),
        ("project", "fps", "fps"),
        ("project", "resolution", "resolution"),
        ("episode", "name", "episode"),
    ] {
        select.expr_as(Expr::col((table, column)), name);
    }
    select
        .from("playlist")
        .inner_join_to(fk::PLAYLIST_PROJECT)
        .left_join_to(fk::PLAYLIST_EPISODE.target_as("episode"))
        .and_where(Expr::col(("playlist", "id")).eq(id));
    let context = connection.fetch_one(&select, |row| {
        let text =
            |name| Ok::<_, crate::Error>(row.get::<Option<String>>(name)?.unwrap_or_default());
        Ok(PlaylistContext {
            playlist: text("playlist")?,
            for_entity: text("for_entity")?,
            is_for_all: row.get::<Option<bool>>("is_for_all")?.unwrap_or(false),
            project_id: row.get("project_id")?,
            project: text("project")?,
            production_type: text("production_type")?,
            episode: row.get("episode")?,
            fps: row.get("fps")?,
            resolution: row.get("resolution")?,
            created_at: row.get("created_at")?,
            shots: row.get::<Option<Value>>("shots")?.unwrap_or_default(),
        })
    });
    context.await
}
