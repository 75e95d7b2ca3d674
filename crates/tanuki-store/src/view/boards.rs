//! Projections of boards: entities with their tasks.

use std::sync::LazyLock;

use crate::Board;
use crate::projection::Projection;
use crate::query::entities::{self, with_tasks};
use crate::query::masking;
use crate::schema::{ColumnType, ENTITY, TASK};
use sea_query::Expr;

use super::{entities as projections, tasks};

/// JSON of an empty string.
const EMPTY: &str = r#""""#;

/// Keys of an entity on the boards of concepts and of entities linked to one.
const ALL_KEYS: [&str; 17] = [
    "canceled",
    "data",
    "description",
    "entity_type_id",
    "id",
    "name",
    "nb_frames",
    "parent_id",
    "preview_file_id",
    "project_id",
    "source_id",
    "nb_entities_out",
    "is_casting_standby",
    "entity_concept_links",
    "updated_at",
    "created_at",
    "created_by",
];

pub static ASSETS: LazyLock<Board> = LazyLock::new(|| {
    let entity = only(&["id", "name", "preview_file_id", "description"])
        .default_json("preview_file_id", EMPTY)
        .computed("asset_type_name", ColumnType::Text, |_| {
            Expr::col(("entity_type", "name"))
        })
        .alias("asset_type_id", "entity_type_id")
        .alias("canceled", "canceled")
        .alias("ready_for", "ready_for")
        .default_json("ready_for", r#""None""#)
        .alias("episode_id", "source_id")
        .default_json("episode_id", EMPTY)
        .computed("casting_episode_ids", ColumnType::Json, |_| {
            Expr::col(("cast_in", "episodes"))
        })
        .default_json("casting_episode_ids", "[]")
        .alias("is_casting_standby", "is_casting_standby")
        .alias("is_shared", "is_shared")
        .alias("data", "data");
    board(entity, &tasks::ASSET_TASK)
});

pub static SHOTS: LazyLock<Board> = LazyLock::new(|| {
    let entity = only(&["canceled", "data", "description", "entity_type_id"])
        .computed("episode_id", ColumnType::Uuid, |_| {
            Expr::col(("grandparent", "id"))
        })
        .computed("episode_name", ColumnType::Text, |_| {
            Expr::col(("grandparent", "name"))
        })
        .default_json("episode_name", EMPTY);
    let entity = projections::with_frames(entity)
        .alias("id", "id")
        .alias("name", "name")
        .alias("nb_frames", "nb_frames")
        .alias("parent_id", "parent_id")
        .alias("preview_file_id", "preview_file_id")
        .alias("project_id", "project_id")
        .computed("project_name", ColumnType::Text, |_| {
            Expr::col(("project", "name"))
        })
        .computed("sequence_id", ColumnType::Uuid, |_| {
            Expr::col(("parent", "id"))
        })
        .computed("sequence_name", ColumnType::Text, |_| {
            Expr::col(("parent", "name"))
        })
        .default_json("sequence_name", EMPTY)
        .alias("source_id", "source_id")
        .alias("nb_entities_out", "nb_entities_out")
        .alias("is_casting_standby", "is_casting_standby")
        .constant("type", "Shot");
    board(entity, &tasks::SHOT_TASK).in_plain_order(&projections::SHOT_ORDER)
});

pub static EDITS: LazyLock<Board> = LazyLock::new(|| {
    let entity = only(&projections::EDIT_COLUMNS)
        .computed("episode_id", ColumnType::Uuid, |_| {
            Expr::col(("parent", "id"))
        })
        .computed("episode_name", ColumnType::Text, |_| {
            Expr::col(("parent", "name"))
        })
        .default_json("episode_name", EMPTY)
        .computed("project_name", ColumnType::Text, |_| {
            Expr::col(("project", "name"))
        })
        .constant("type", "Edit");
    board(entity, &tasks::EDIT_TASK).in_plain_order(&projections::EDIT_ORDER)
});

pub static CONCEPTS: LazyLock<Board> = LazyLock::new(|| {
    let entity = projections::with_frames(only(&ALL_KEYS))
        .computed("preview_file_status", ColumnType::Text, |_| {
            Expr::col(("preview_file", "status"))
        })
        .computed("project_name", ColumnType::Text, |_| {
            Expr::col(("project", "name"))
        })
        .constant("type", "Concept");
    board(entity, &tasks::CONCEPT_TASK).in_plain_order(&projections::CONCEPT_ORDER)
});

/// The board of scenes, sequences and episodes.
pub static OTHERS: LazyLock<Board> = LazyLock::new(|| {
    let entity = projections::with_frames(only(&["id", "name", "status"]))
        .alias("episode_id", "parent_id")
        .default_json("episode_id", r#""None""#)
        .alias("description", "description")
        .alias("preview_file_id", "preview_file_id")
        .default_json("preview_file_id", EMPTY)
        .alias("canceled", "canceled")
        .alias("data", "data");
    board(
        entity,
        &[
            "id",
            "estimation",
            "entity_id",
            "end_date",
            "due_date",
            "done_date",
            "duration",
            "last_comment_date",
            "last_preview_file_id",
            "priority",
            "real_start_date",
            "retake_count",
            "start_date",
            "difficulty",
            "task_status_id",
            "task_type_id",
            "data",
            "is_subscribed",
            "assignees",
        ],
    )
    .in_plain_order(&[
        "id",
        "name",
        "status",
        "episode_id",
        "description",
        "frame_in",
        "frame_out",
        "fps",
        "preview_file_id",
        "canceled",
        "data",
        "tasks",
    ])
});

/// The board of the entities that are linked to a concept.
pub static LINKED: LazyLock<Board> = LazyLock::new(|| {
    let entity = projections::with_frames(only(&ALL_KEYS))
        .computed("project_name", ColumnType::Text, |_| {
            Expr::col(("project", "name"))
        })
        .computed("type", ColumnType::Text, |_| entities::kind_name());
    let mut keys = tasks::CONCEPT_TASK.to_vec();
    keys.retain(|key| !matches!(*key, "data" | "is_subscribed" | "assignees"));
    keys.extend(["assigner_id", "assignees"]);
    board(entity, &keys).in_plain_order(&projections::CONCEPT_ORDER)
});

fn only(keys: &[&'static str]) -> Projection {
    Projection::only(&ENTITY, keys)
}

/// Builds a board from the projection of its entities and the keys of its
/// tasks. `data` is masked for clients and vendors.
fn board(entity: Projection, task_keys: &[&'static str]) -> Board {
    let mut task = Projection::only(&TASK, &[]);
    for key in task_keys {
        task = match *key {
            "assignees" => task.flatten_links("assignees"),
            "is_subscribed" => task.computed("is_subscribed", ColumnType::Boolean, |_| {
                with_tasks::is_subscribed()
            }),
            key => task.alias(key, key),
        };
    }
    let task = tasks::blanking(task.default_json("priority", "0"));
    let board = Board::new(entity.default_json("data", "{}"), task.clone());
    if !task_keys.contains(&"data") {
        return board;
    }
    board.with_guest_task(task.computed("data", ColumnType::Json, masking::visible_task_data))
}
