//! Projections of playlists.

use std::sync::LazyLock;

use sea_query::{Expr, Func};

use crate::projection::Projection;
use crate::schema::{BUILD_JOB, ColumnType, PLAYLIST, PREVIEW_FILE, TASK, TASK_TYPE};
use crate::view::previews::duration_or_zero;

/// Projection of a playlist in a list: without its entries, but with the
/// preview of the first as `first_preview_file_id` if it names one.
pub static LISTED: LazyLock<Projection> = LazyLock::new(|| {
    let keys = [
        "type",
        "id",
        "name",
        "project_id",
        "episode_id",
        "task_type_id",
        "for_client",
        "for_entity",
        "is_for_all",
        "created_at",
        "updated_at",
        "created_by",
    ];
    Projection::only(&PLAYLIST, &keys)
        .computed("for_entity", ColumnType::Text, |_| {
            let kind = Expr::col(("playlist", "for_entity"));
            Func::coalesce([kind, Expr::val("shot")]).into()
        })
        .computed("first_preview_file_id", ColumnType::Text, |dialect| {
            dialect.json_text_of_first(Expr::col(("playlist", "shots")), "preview_file_id")
        })
        .optional("first_preview_file_id")
});

/// Projection of a preview among the revisions of an entity, with the type of
/// its task. Durations are in seconds.
pub static REVISION: LazyLock<Projection> = LazyLock::new(|| {
    let keys = [
        "id",
        "revision",
        "position",
        "extension",
        "width",
        "height",
        "duration",
        "status",
        "created_at",
        "task_id",
    ];
    Projection::only(&PREVIEW_FILE, &keys)
        .inner_join("task", ("preview_file", "task_id"), &TASK)
        .inner_join("task_type", ("task", "task_type_id"), &TASK_TYPE)
        .computed("duration", ColumnType::Double, |_| duration_or_zero())
        .computed("task_type_id", ColumnType::Uuid, |_| {
            Expr::col(("task", "task_type_id"))
        })
        .computed("entity_id", ColumnType::Uuid, |_| {
            Expr::col(("task", "entity_id"))
        })
});

/// Projection of a build job of a playlist.
pub static BUILD: LazyLock<Projection> =
    LazyLock::new(|| Projection::only(&BUILD_JOB, &["id", "status", "created_at", "message"]));
