//! The JSON of entities on boards, and of the tasks in them.

use std::sync::LazyLock;

use sea_query::Expr;
use tanuki_store::Board;
use tanuki_store::query::{entities, masking, with_tasks};
use tanuki_store::schema::{ENTITY, Kind, TASK};
use tanuki_store::shape::Shape;

use super::shapes;
use crate::tasks::shapes as tasks;

const NOTHING: &str = r#""""#;

/// What boards around concepts show of an entity.
const WHOLE: [&str; 17] = [
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

/// What they show of a task first.
const TASK_BASICS: [&str; 14] = [
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
];

pub(super) static ASSETS: LazyLock<Board> = LazyLock::new(|| {
    let entity = only(&["id", "name", "preview_file_id", "description"])
        .or("preview_file_id", NOTHING)
        .computing("asset_type_name", Kind::Text, |_| {
            Expr::col(("entity_type", "name"))
        })
        .also("asset_type_id", "entity_type_id")
        .also("canceled", "canceled")
        .also("ready_for", "ready_for")
        .or("ready_for", r#""None""#)
        .also("episode_id", "source_id")
        .or("episode_id", NOTHING)
        .computing("casting_episode_ids", Kind::Json, |_| {
            Expr::col(("cast_in", "episodes"))
        })
        .or("casting_episode_ids", "[]")
        .also("is_casting_standby", "is_casting_standby")
        .also("is_shared", "is_shared")
        .also("data", "data");
    board(
        entity,
        &[
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
        ],
    )
});

pub(super) static SHOTS: LazyLock<Board> = LazyLock::new(|| {
    let entity = only(&["canceled", "data", "description", "entity_type_id"])
        .computing("episode_id", Kind::Uuid, |_| {
            Expr::col(("grandparent", "id"))
        })
        .computing("episode_name", Kind::Text, |_| {
            Expr::col(("grandparent", "name"))
        })
        .or("episode_name", NOTHING);
    let entity = shapes::with_frames(entity)
        .also("id", "id")
        .also("name", "name")
        .also("nb_frames", "nb_frames")
        .also("parent_id", "parent_id")
        .also("preview_file_id", "preview_file_id")
        .also("project_id", "project_id")
        .computing("project_name", Kind::Text, |_| {
            Expr::col(("project", "name"))
        })
        .computing("sequence_id", Kind::Uuid, |_| Expr::col(("parent", "id")))
        .computing("sequence_name", Kind::Text, |_| {
            Expr::col(("parent", "name"))
        })
        .or("sequence_name", NOTHING)
        .also("source_id", "source_id")
        .also("nb_entities_out", "nb_entities_out")
        .also("is_casting_standby", "is_casting_standby")
        .saying("type", "Shot");
    board(
        entity,
        &[
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
        ],
    )
    .in_plain_order(&shapes::SHOT_ORDER)
});

pub(super) static EDITS: LazyLock<Board> = LazyLock::new(|| {
    let entity = only(&[
        "canceled",
        "data",
        "description",
        "entity_type_id",
        "id",
        "name",
        "parent_id",
        "preview_file_id",
        "project_id",
        "source_id",
        "nb_entities_out",
    ])
    .computing("episode_id", Kind::Uuid, |_| Expr::col(("parent", "id")))
    .computing("episode_name", Kind::Text, |_| {
        Expr::col(("parent", "name"))
    })
    .or("episode_name", NOTHING)
    .computing("project_name", Kind::Text, |_| {
        Expr::col(("project", "name"))
    })
    .saying("type", "Edit");
    board(
        entity,
        &[
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
        ],
    )
    .in_plain_order(&shapes::EDIT_ORDER)
});

pub(super) static CONCEPTS: LazyLock<Board> = LazyLock::new(|| {
    let entity = shapes::with_frames(only(&WHOLE))
        .computing("preview_file_status", Kind::Text, |_| {
            Expr::col(("preview_file", "status"))
        })
        .computing("project_name", Kind::Text, |_| {
            Expr::col(("project", "name"))
        })
        .saying("type", "Concept");
    board(
        entity,
        &[&TASK_BASICS[..], &["data", "is_subscribed", "assignees"]].concat(),
    )
    .in_plain_order(&shapes::CONCEPT_ORDER)
});

/// Scenes, sequences and episodes.
pub(super) static OTHERS: LazyLock<Board> = LazyLock::new(|| {
    let entity = shapes::with_frames(only(&["id", "name", "status"]))
        .also("episode_id", "parent_id")
        .or("episode_id", r#""None""#)
        .also("description", "description")
        .also("preview_file_id", "preview_file_id")
        .or("preview_file_id", NOTHING)
        .also("canceled", "canceled")
        .also("data", "data");
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

/// Whatever is linked to a concept.
pub(super) static LINKED: LazyLock<Board> = LazyLock::new(|| {
    let entity = shapes::with_frames(only(&WHOLE))
        .computing("project_name", Kind::Text, |_| {
            Expr::col(("project", "name"))
        })
        .computing("type", Kind::Text, |_| entities::kind_name());
    board(
        entity,
        &[&TASK_BASICS[..], &["assigner_id", "assignees"]].concat(),
    )
    .in_plain_order(&shapes::CONCEPT_ORDER)
});

fn only(keys: &[&'static str]) -> Shape {
    Shape::only(&ENTITY, keys)
}

fn board(entity: Shape, task_keys: &[&'static str]) -> Board {
    let mut task = Shape::only(&TASK, &[]);
    for key in task_keys {
        task = match *key {
            "assignees" => task.joining_links("assignees"),
            "is_subscribed" => task.computing("is_subscribed", Kind::Boolean, |_| {
                with_tasks::is_subscribed()
            }),
            key => task.also(key, key),
        };
    }
    let task = tasks::blanking(task.or("priority", "0"));
    let board = Board::new(entity.or("data", "{}"), task.clone());
    if !task_keys.contains(&"data") {
        return board;
    }
    board.with_guest_task(task.computing("data", Kind::Json, masking::visible_task_data))
}
