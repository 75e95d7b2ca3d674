//! Projections of tasks, in lists of their own and embedded in entities, and
//! the values hidden from clients.

use std::sync::LazyLock;

use sea_query::{Expr, Func};
use serde_json::{Map, Value};

use crate::Shape;
use crate::projection::{Projection, Relations};
use crate::query::tasks::todos;
use crate::schema::{
    ColumnType, ENTITY, ENTITY_TYPE, PROJECT, TASK, TASK_STATUS, TASK_TYPE, TIME_SPENT,
};

/// Keys of a shot's task, on its own and on the board of shots.
pub const SHOT_TASK: [&str; 21] = [
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
pub const ASSET_TASK: [&str; 19] = [
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
pub const EDIT_TASK: [&str; 18] = [
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
pub const CONCEPT_TASK: [&str; 17] = [
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
const BLANKS: [(&str, &str); 21] = [
    ("assignees", "[]"),
    ("assigner_id", "null"),
    ("completion_rate", "0"),
    ("difficulty", "null"),
    ("done_date", "null"),
    ("due_date", "null"),
    ("duration", "0"),
    ("end_date", "null"),
    ("estimation", "0"),
    ("last_comment", "{}"),
    ("last_comment_date", "null"),
    ("nb_assets_ready", "0"),
    ("nb_drawings", "0"),
    ("priority", "0"),
    ("real_start_date", "null"),
    ("retake_count", "0"),
    ("start_date", "null"),
    ("task_due_date", "null"),
    ("task_duration", "0"),
    ("task_estimation", "0"),
    ("task_start_date", "null"),
];

/// Projection of the tasks of a single entity, which nobody is subscribed to.
/// `keys` contains `is_subscribed`.
pub fn of_entity(keys: &[&'static str]) -> Projection {
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
pub fn blank(projection: Projection) -> Projection {
    let keys: Vec<&'static str> = projection.keys().collect();
    BLANKS
        .iter()
        .filter(|(key, _)| keys.contains(key))
        .fold(projection, |projection, (key, json)| {
            projection.constant_json(key, json)
        })
}

/// Whether the value of a field is hidden from clients.
pub fn is_blanked(field: &str) -> bool {
    BLANKS.iter().any(|(key, _)| *key == field)
}

/// Like [`blank`], for a row that was already read.
pub fn blank_row(task: &mut Map<String, Value>) {
    for (key, json) in BLANKS {
        if let Some(value) = task.get_mut(key) {
            *value = serde_json::from_str(json).unwrap_or(Value::Null);
        }
    }
}

/// Like [`blank`], for lists in which values are hidden in some rows only.
pub fn blanking(projection: Projection) -> Projection {
    BLANKS.iter().fold(projection, |projection, (key, json)| {
        projection.redact(key, json)
    })
}

/// Variants of a projection: with or without assignees, and with the values
/// hidden from clients or not.
#[derive(Debug)]
pub struct Forms([Projection; 4]);

impl Forms {
    fn of(complete: fn(Projection) -> Projection) -> Self {
        let plain = || complete(Projection::all_columns(&TASK, &[]));
        let linked = || complete(Projection::with_links(&TASK, &[]));
        Self([plain(), linked(), blank(plain()), blank(linked())])
    }

    /// Returns the projection with or without the ids of linked rows; for
    /// clients the one with blanked values.
    pub fn form(&self, relations: Relations, for_client: bool) -> &Projection {
        let [plain, linked, blank, blank_linked] = &self.0;
        match (relations, for_client) {
            (Relations::Without, false) => plain,
            (Relations::With, false) => linked,
            (Relations::Without, true) => blank,
            (Relations::With, true) => blank_linked,
        }
    }

    /// The shape of all of them.
    pub fn shape(&self) -> Shape {
        blanking(self.form(Relations::With, false).clone()).shape()
    }
}

/// The columns of a task.
pub static PLAIN: LazyLock<Forms> = LazyLock::new(|| Forms::of(|projection| projection));

/// A task with the names of its project, type, status, entity and entity type.
pub static DETAILED: LazyLock<Forms> = LazyLock::new(|| {
    Forms::of(|projection| {
        projection
            .computed("project_name", ColumnType::Text, |_| name_of("project"))
            .computed("task_type_name", ColumnType::Text, |_| name_of("task_type"))
            .computed("task_status_name", ColumnType::Text, |_| {
                name_of("task_status")
            })
            .computed("entity_type_name", ColumnType::Text, |_| {
                name_of("entity_type")
            })
            .computed("entity_name", ColumnType::Text, |_| name_of("entity"))
            .at_end(&["assignees"])
    })
});

/// Joins the project, type, status, entity, sequence and episode of a task and
/// adds their columns.
fn placed(projection: Projection) -> Projection {
    projection
        .inner_join("project", ("task", "project_id"), &PROJECT)
        .inner_join("task_type", ("task", "task_type_id"), &TASK_TYPE)
        .inner_join("task_status", ("task", "task_status_id"), &TASK_STATUS)
        .inner_join("entity", ("task", "entity_id"), &ENTITY)
        .inner_join("entity_type", ("entity", "entity_type_id"), &ENTITY_TYPE)
        .left_join("sequence", ("entity", "parent_id"), &ENTITY)
        .left_join("episode", ("sequence", "parent_id"), &ENTITY)
        .left_join("source", ("entity", "source_id"), &ENTITY)
        .left_join("source_type", ("source", "entity_type_id"), &ENTITY_TYPE)
        .computed("project_name", ColumnType::Text, |_| name_of("project"))
        .computed("project_has_avatar", ColumnType::Boolean, |_| {
            Expr::col(("project", "has_avatar"))
        })
        .computed("entity_name", ColumnType::Text, |_| name_of("entity"))
        .computed("entity_description", ColumnType::Text, |_| {
            Expr::col(("entity", "description"))
        })
        .computed("entity_data", ColumnType::Json, |_| {
            Expr::col(("entity", "data"))
        })
        .computed("entity_preview_file_id", ColumnType::Text, |_| {
            todos::id_or_empty(Expr::col(("entity", "preview_file_id")))
        })
        .computed("entity_source_id", ColumnType::Text, |_| {
            todos::id_or_empty(Expr::col(("entity", "source_id")))
        })
        .computed("entity_type_name", ColumnType::Text, |_| {
            name_of("entity_type")
        })
        .computed("entity_canceled", ColumnType::Boolean, |_| {
            Expr::col(("entity", "canceled"))
        })
        .computed("sequence_name", ColumnType::Text, |_| name_of("sequence"))
        .computed("episode_id", ColumnType::Text, |_| todos::episode_id())
        .computed("episode_name", ColumnType::Text, |_| todos::episode_name())
        .computed("task_type_for_entity", ColumnType::Text, |_| {
            Expr::col(("task_type", "for_entity"))
        })
}

/// A task in somebody's to-do list.
pub static TODO: LazyLock<Projection> = LazyLock::new(|| {
    placed(Projection::with_links(&TASK, &[]))
        .alias("task_estimation", "estimation")
        .alias("task_duration", "duration")
        .alias("task_start_date", "start_date")
        .alias("task_due_date", "due_date")
        .computed("task_type_name", ColumnType::Text, |_| name_of("task_type"))
        .computed("task_status_name", ColumnType::Text, |_| {
            name_of("task_status")
        })
        .computed("task_type_color", ColumnType::Text, |_| {
            color_of("task_type")
        })
        .computed("task_status_color", ColumnType::Text, |_| {
            color_of("task_status")
        })
        .computed("task_status_short_name", ColumnType::Text, |_| {
            status_called()
        })
        .computed("last_comment", ColumnType::Json, todos::last_comment)
        .computed("episode_ids", ColumnType::Json, |dialect| {
            todos::cast_in(dialect, "id")
        })
        .optional("episode_ids")
        .computed("episode_names", ColumnType::Json, |dialect| {
            todos::cast_in(dialect, "name")
        })
        .optional("episode_names")
        .at_end(&["episode_ids", "episode_names", "assignees", "last_comment"])
});

/// [`TODO`] without the episodes that the entity is cast in.
pub static TO_CHECK: LazyLock<Projection> =
    LazyLock::new(|| TODO.clone().without(&["episode_ids", "episode_names"]));

/// A task of an open project.
pub static OPEN: LazyLock<Forms> = LazyLock::new(|| {
    Forms::of(|projection| {
        placed(projection)
            .computed("type_name", ColumnType::Text, |_| name_of("task_type"))
            .computed("status_name", ColumnType::Text, |_| name_of("task_status"))
            .computed("type_color", ColumnType::Text, |_| color_of("task_type"))
            .computed("status_color", ColumnType::Text, |_| {
                color_of("task_status")
            })
            .computed("status_short_name", ColumnType::Text, |_| status_called())
            .at_end(&["assignees"])
    })
});

/// [`OPEN`] with assignees, for lists that mix rows with and without values
/// hidden from the caller.
pub static OPEN_MASKED: LazyLock<Projection> =
    LazyLock::new(|| blanking(OPEN.form(Relations::With, false).clone()));

/// [`PLAIN`] without assignees, for such mixed lists.
pub static PLAIN_MASKED: LazyLock<Projection> =
    LazyLock::new(|| blanking(PLAIN.form(Relations::Without, false).clone()));

fn color_of(table: &'static str) -> Expr {
    Expr::col((table, "color"))
}

fn status_called() -> Expr {
    Expr::col(("task_status", "short_name"))
}

fn name_of(table: &'static str) -> Expr {
    Expr::col((table, "name"))
}

/// Time spent, with the project and the type of the task.
pub static SPENT_ON_TASK: LazyLock<Projection> = LazyLock::new(|| {
    Projection::all_columns(&TIME_SPENT, &[])
        .inner_join("task", ("time_spent", "task_id"), &TASK)
        .computed("project_id", ColumnType::Uuid, |_| {
            Expr::col(("task", "project_id"))
        })
        .computed("task_type_id", ColumnType::Uuid, |_| {
            Expr::col(("task", "task_type_id"))
        })
});
