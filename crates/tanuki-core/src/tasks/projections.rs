//! Projections of tasks embedded in lists of entities, and the values hidden
//! from clients.

use sea_query::{Expr, Func};
use serde_json::{Map, Value};
use tanuki_store::projection::Projection;
use tanuki_store::schema::{ColumnType, TASK};

/// Keys of a shot's task, on its own and on the board of shots.
pub(crate) const SHOT_TASK: [&str; 21] = [
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
];

/// Keys of an asset's task, on its own and on the board of assets.
pub(crate) const ASSET_TASK: [&str; 19] = [
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
];

/// Keys of an edit's task, on its own and on the board of edits.
pub(crate) const EDIT_TASK: [&str; 18] = [
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
];

/// Keys of a concept's task, on its own and on the board of concepts.
pub(crate) const CONCEPT_TASK: [&str; 17] = [
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

/// Projection of the tasks of a single entity, which nobody is subscribed to.
/// `keys` contains `is_subscribed`.
pub(crate) fn of_entity(keys: &[&'static str]) -> Projection {
    let mut columns = keys.to_vec();
    columns.retain(|key| *key != "is_subscribed");
    Projection::only(&TASK, &columns)
        .computed("priority", ColumnType::Integer, |_| {
            let priority = Expr::col(("task", "priority"));
            Func::coalesce([priority, Expr::val(0)]).into()
        })
        .constant_json("is_subscribed", "false")
        .in_order(keys)
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
