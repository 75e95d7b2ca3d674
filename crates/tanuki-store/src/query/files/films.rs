//! Films: what their encoding depends on, and which await one.

use sea_query::{Expr, ExprTrait, Order, Query};
use serde_json::Value;
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::{Connection, Result};

/// The preview of a film, with the settings that its encoding depends on.
#[derive(Debug)]
pub struct FilmPreview {
    pub status: String,
    pub project_id: Uuid,
    /// `data` of the entity, where a shot may have a frame rate and a resolution.
    pub entity_data: Value,
    /// The frame rate of the project, as text.
    pub fps: Option<String>,
    /// The resolution of the project, as text.
    pub resolution: Option<String>,
    /// Mbit/s in high definition: those of the task type, else of the project.
    pub highdef_bitrate: Option<i64>,
    /// Mbit/s in low definition: those of the task type, else of the project.
    pub lowdef_bitrate: Option<i64>,
}

/// Returns a film's preview; `None` if there is no such preview.
pub async fn by_id(connection: impl Connection, id: Uuid) -> Result<Option<FilmPreview>> {
    let link = |column| ("project_task_type_link", column);
    let project = |column| ("project", column);
    let of_task_type = Expr::col(link("project_id"))
        .equals(("task", "project_id"))
        .and(Expr::col(link("task_type_id")).equals(("task", "task_type_id")));
    let mut select = Query::select();
    select
        .columns([("preview_file", "status"), ("task", "project_id")])
        .expr_as(Expr::col(("entity", "data")), "entity_data")
        .columns([project("fps"), project("resolution")])
        .expr_as(Expr::col(link("hd_bitrate_compression")), "own_highdef")
        .expr_as(Expr::col(link("ld_bitrate_compression")), "own_lowdef")
        .expr_as(Expr::col(project("hd_bitrate_compression")), "highdef")
        .expr_as(Expr::col(project("ld_bitrate_compression")), "lowdef")
        .from("preview_file")
        .inner_join_to(fk::PREVIEW_FILE_TASK)
        .inner_join_to(fk::TASK_PROJECT)
        .left_join_to(fk::TASK_ENTITY)
        .left_join("project_task_type_link", of_task_type)
        .and_where(Expr::col(("preview_file", "id")).eq(id))
        .limit(1);
    connection
        .fetch_one(&select, |row| {
            let own: (Option<i64>, Option<i64>) = (row.get("own_highdef")?, row.get("own_lowdef")?);
            let project: (Option<i64>, Option<i64>) = (row.get("highdef")?, row.get("lowdef")?);
            Ok(FilmPreview {
                status: row.get("status")?,
                project_id: row.get("project_id")?,
                entity_data: row.get::<Option<Value>>("entity_data")?.unwrap_or_default(),
                fps: row.get("fps")?,
                resolution: row.get("resolution")?,
                highdef_bitrate: own.0.or(project.0),
                lowdef_bitrate: own.1.or(project.1),
            })
        })
        .await
}

/// The previews to list; those of the ids or the project, or all.
#[derive(Debug, Clone, Copy)]
pub struct WhichPreviews<'a> {
    /// `mp4` or `png`.
    pub extension: &'static str,
    pub ids: &'a [Uuid],
    pub project: Option<Uuid>,
    /// The last of the page before.
    pub after: Option<Uuid>,
}

/// What a preview says of its film or picture.
#[derive(Debug)]
pub struct PreviewRow {
    pub id: Uuid,
    pub status: String,
    /// In pixels.
    pub width: Option<i64>,
    pub height: Option<i64>,
    /// Of a film, in seconds.
    pub duration: Option<f64>,
    /// In bytes.
    pub file_size: Option<i64>,
}

/// Returns a page of the previews of films or pictures, by id.
pub async fn list(
    connection: impl Connection,
    which: WhichPreviews<'_>,
    limit: u64,
) -> Result<Vec<PreviewRow>> {
    let preview = |column| ("preview_file", column);
    let mut select = Query::select();
    select
        .columns(["id", "status", "width", "height", "duration", "file_size"].map(preview))
        .from("preview_file")
        .inner_join_to(fk::PREVIEW_FILE_TASK)
        .and_where(Expr::col(preview("extension")).eq(which.extension))
        .order_by(preview("id"), Order::Asc)
        .limit(limit);
    if !which.ids.is_empty() {
        select.and_where(Expr::col(preview("id")).is_in(which.ids.iter().copied()));
    }
    if let Some(project) = which.project {
        select.and_where(Expr::col(("task", "project_id")).eq(project));
    }
    if let Some(after) = which.after {
        select.and_where(Expr::col(preview("id")).gt(after));
    }
    connection
        .fetch(&select, |row| {
            Ok(PreviewRow {
                id: row.get("id")?,
                status: row.get("status")?,
                width: row.get("width")?,
                height: row.get("height")?,
                duration: row.get("duration")?,
                file_size: row.get("file_size")?,
            })
        })
        .await
}
