//! Projections of previews.

use std::sync::LazyLock;

use sea_query::{Expr, Func, SimpleExpr};

use crate::projection::Projection;
use crate::query::entities::news;
use crate::schema::{ColumnType, ENTITY, ENTITY_TYPE, PREVIEW_FILE, PROJECT, TASK, TASK_TYPE};

/// Expression for the duration of a `preview_file` in seconds; 0 if it has
/// none.
pub(super) fn duration_or_zero() -> SimpleExpr {
    let duration = Expr::col(("preview_file", "duration"));
    Func::coalesce([duration, Expr::val(0.0)]).into()
}

/// Projection of a preview with the entity and the type of its task. Durations
/// are in seconds.
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
    .computed("duration", ColumnType::Double, |_| duration_or_zero())
    .computed("task_type_id", ColumnType::Uuid, |_| {
        Expr::col(("task", "task_type_id"))
    })
    .computed("entity_id", ColumnType::Uuid, |_| {
        Expr::col(("task", "entity_id"))
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

/// Projection of a preview with the project, task type and name of its entity.
/// Joins `task`, `project`, `entity`, `entity_type`, `parent` and `grandparent`.
pub static RUNNING: LazyLock<Projection> = LazyLock::new(|| {
    Projection::all_columns(&PREVIEW_FILE, &[])
        .inner_join("task", ("preview_file", "task_id"), &TASK)
        .inner_join("project", ("task", "project_id"), &PROJECT)
        .left_join("entity", ("task", "entity_id"), &ENTITY)
        .left_join("entity_type", ("entity", "entity_type_id"), &ENTITY_TYPE)
        .left_join("parent", ("entity", "parent_id"), &ENTITY)
        .left_join("grandparent", ("parent", "parent_id"), &ENTITY)
        .computed("project_id", ColumnType::Uuid, |_| {
            Expr::col(("task", "project_id"))
        })
        .computed("task_type_id", ColumnType::Uuid, |_| {
            Expr::col(("task", "task_type_id"))
        })
        .computed("full_entity_name", ColumnType::Text, |_| {
            news::full_entity_name()
        })
});
