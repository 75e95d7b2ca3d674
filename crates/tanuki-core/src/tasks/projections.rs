//! Projections of tasks embedded in lists of entities, and the values hidden
//! from clients.

use sea_query::{Expr, Func};
use serde_json::{Map, Value};
use tanuki_store::projection::Projection;
use tanuki_store::schema::{ColumnType, TASK};

/// Keys of a task in every list of entities.
const COMMON: [&str; 14] = [
    "id",
    "duration",
    "due_date",
    "end_date",
    "entity_id",
    "estimation",
    "last_comment_date",
    "priority",
    "real_start_date",
    "retake_count",
    "start_date",
    "task_status_id",
    "task_type_id",
    "data",
];

/// Keys that are internal to the studio, each with the JSON value shown to
/// clients instead.
const BLANKS: [(&str, &str); 16] = [
    ("assignees", "[]"),
    ("assigner_id", "null"),
    ("completion_rate", "0"),
    ("difficulty", "null"),
    ("done_date", "null"),
    ("due_date", "null"),
    ("duration", "0"),
    ("end_date", "null"),
    ("estimation", "0"),
    ("last_comment_date", "null"),
    ("nb_assets_ready", "0"),
    ("nb_drawings", "0"),
    ("priority", "0"),
    ("real_start_date", "null"),
    ("retake_count", "0"),
    ("start_date", "null"),
];

/// Projection of a shot's task.
pub(crate) fn of_shot() -> Projection {
    with(&[
        "done_date",
        "last_preview_file_id",
        "nb_assets_ready",
        "difficulty",
        "nb_drawings",
    ])
    .in_order(&[
        "id",
        "duration",
        "due_date",
        "end_date",
        "done_date",
        "entity_id",
        "estimation",
        "is_subscribed",
        "last_comment_date",
        "last_preview_file_id",
        "nb_assets_ready",
        "priority",
        "real_start_date",
        "retake_count",
        "start_date",
        "difficulty",
        "nb_drawings",
        "task_status_id",
        "task_type_id",
        "assignees",
        "data",
    ])
}

/// Projection of an asset's task.
pub(crate) fn of_asset() -> Projection {
    with(&["done_date", "last_preview_file_id", "difficulty"]).in_order(&[
        "id",
        "due_date",
        "done_date",
        "duration",
        "entity_id",
        "estimation",
        "end_date",
        "is_subscribed",
        "last_comment_date",
        "last_preview_file_id",
        "priority",
        "real_start_date",
        "retake_count",
        "start_date",
        "difficulty",
        "task_status_id",
        "task_type_id",
        "assignees",
        "data",
    ])
}

/// Projection of an edit's task.
pub(crate) fn of_edit() -> Projection {
    with(&["last_preview_file_id", "nb_assets_ready"]).in_order(&[
        "id",
        "duration",
        "due_date",
        "entity_id",
        "end_date",
        "estimation",
        "last_comment_date",
        "last_preview_file_id",
        "nb_assets_ready",
        "priority",
        "real_start_date",
        "retake_count",
        "start_date",
        "task_status_id",
        "task_type_id",
        "data",
        "is_subscribed",
        "assignees",
    ])
}

/// Projection of a concept's task.
pub(crate) fn of_concept() -> Projection {
    with(&["nb_assets_ready"]).in_order(&[
        "id",
        "duration",
        "due_date",
        "end_date",
        "entity_id",
        "estimation",
        "last_comment_date",
        "nb_assets_ready",
        "priority",
        "real_start_date",
        "retake_count",
        "start_date",
        "task_status_id",
        "task_type_id",
        "data",
        "is_subscribed",
        "assignees",
    ])
}

fn with(more: &[&'static str]) -> Projection {
    let keys: Vec<&'static str> = COMMON.iter().chain(more).copied().collect();
    Projection::only(&TASK, &[&keys[..], &["assignees"]].concat())
        .computed("priority", ColumnType::Integer, |_| {
            let priority = Expr::col(("task", "priority"));
            Func::coalesce([priority, Expr::val(0)]).into()
        })
        .constant_json("is_subscribed", "false")
}

/// Replaces the values that are hidden from clients by constants. All keys
/// remain.
pub(crate) fn blank(projection: Projection) -> Projection {
    let keys: Vec<&'static str> = projection.keys().collect();
    BLANKS
        .iter()
        .filter(|(key, _)| keys.contains(key))
        .fold(projection, |projection, (key, json)| {
            projection.constant_json(key, json)
        })
}

/// Whether the value of a field is hidden from clients.
pub(crate) fn is_blanked(field: &str) -> bool {
    BLANKS.iter().any(|(key, _)| *key == field)
}

/// Like [`blank`], for a row that was already read.
pub(crate) fn blank_row(task: &mut Map<String, Value>) {
    for (key, json) in BLANKS {
        if let Some(value) = task.get_mut(key) {
            *value = serde_json::from_str(json).unwrap_or(Value::Null);
        }
    }
}

/// Like [`blank`], for lists in which values are hidden in some rows only.
pub(crate) fn blanking(projection: Projection) -> Projection {
    BLANKS.iter().fold(projection, |projection, (key, json)| {
        projection.redact(key, json)
    })
}
