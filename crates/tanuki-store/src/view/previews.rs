//! Projections of previews.

use std::sync::LazyLock;

use sea_query::Expr;

use crate::projection::Projection;
use crate::schema::{ColumnType, PREVIEW_FILE, TASK, TASK_TYPE};

/// Projection of a preview with the type of its task. Durations are in seconds.
pub static OF_ENTITY: LazyLock<Projection> = LazyLock::new(|| {
    let projection = Projection::only(
        &PREVIEW_FILE,
        &[
            "id",
            "revision",
            "position",
            "original_name",
            "extension",
            "width",
            "height",
            "duration",
            "status",
            "annotations",
            "created_at",
            "task_id",
        ],
    )
    .inner_join("task", ("preview_file", "task_id"), &TASK)
    .inner_join("task_type", ("task", "task_type_id"), &TASK_TYPE)
    .computed("duration", ColumnType::Double, |_| {
        let duration = Expr::col(("preview_file", "duration"));
        sea_query::Func::coalesce([duration, Expr::val(0.0)]).into()
    })
    .computed("task_type_id", ColumnType::Uuid, |_| {
        Expr::col(("task", "task_type_id"))
    });
    projection
        .computed("original_width", ColumnType::Json, |dialect| {
            dialect.json_field(Expr::col(("preview_file", "data")), "original_width")
        })
        .computed("original_height", ColumnType::Json, |dialect| {
            dialect.json_field(Expr::col(("preview_file", "data")), "original_height")
        })
        .computed("original_duration", ColumnType::Json, |dialect| {
            dialect.json_field(Expr::col(("preview_file", "data")), "original_duration")
        })
        .computed("original_file_size", ColumnType::Json, |dialect| {
            dialect.json_field(Expr::col(("preview_file", "data")), "original_file_size")
        })
});
