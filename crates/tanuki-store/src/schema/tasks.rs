//! Tasks, their types and statuses, and who works on them.

use super::ProjectScope;
use super::types::*;

/// Tasks: the work of a task type on an entity. `duration` (the sum of the time
/// spent) and `estimation` in minutes, `difficulty` from 1 to 5.
pub static TASK: Table = Table {
    name: "task",
    object: "Task",
    scope: ProjectScope::Column,
    columns: &[
        varchar("name", 80).required(),
        text("description"),
        integer("priority").fill(Fill::Int(0)),
        integer("difficulty")
            .required()
            .default(Literal::Int(3))
            .fill(Fill::Int(3)),
        double("duration").fill(Fill::Int(0)),
        double("estimation").fill(Fill::Int(0)),
        integer("completion_rate").fill(Fill::Int(0)),
        integer("retake_count").fill(Fill::Int(0)),
        integer("sort_order").fill(Fill::Int(0)),
        timestamp("start_date"),
        timestamp("due_date"),
        timestamp("real_start_date"),
        timestamp("end_date"),
        timestamp("done_date"),
        timestamp("last_comment_date"),
        integer("nb_assets_ready").fill(Fill::Int(0)),
        json_object("data"),
        integer("nb_drawings").fill(Fill::Int(0)),
        integer("shotgun_id"),
        uuid("last_preview_file_id").points_at("preview_file"),
        uuid("project_id").references("project").indexed(),
        uuid("task_type_id").references("task_type").indexed(),
        uuid("task_status_id").references("task_status").indexed(),
        uuid("entity_id").references("entity").indexed(),
        uuid("assigner_id").references("person").indexed(),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    uniques: &[Unique {
        name: "task_uc",
        columns: &["name", "project_id", "task_type_id", "entity_id"],
    }],
    indexes: &[Index {
        name: "ix_task_entity_project",
        columns: &["entity_id", "project_id"],
        unique: false,
        predicate: None,
    }],
    checks: &[Check {
        name: "check_difficulty",
        expression: "(difficulty > 0) AND (difficulty < 6)",
    }],
    links: &[Link {
        field: "assignees",
        table: "task_person_link",
        owner: "task_id",
        target: "person_id",
        of: "person",
        ..LINK
    }],
    keys: &[
        "name",
        "description",
        "priority",
        "difficulty",
        "duration",
        "estimation",
        "completion_rate",
        "retake_count",
        "sort_order",
        "start_date",
        "due_date",
        "real_start_date",
        "end_date",
        "done_date",
        "last_comment_date",
        "nb_assets_ready",
        "data",
        "nb_drawings",
        "shotgun_id",
        "last_preview_file_id",
        "project_id",
        "task_type_id",
        "task_status_id",
        "entity_id",
        "assigner_id",
        "assignees",
        "id",
        "created_at",
        "updated_at",
    ],
    ..TABLE
};

/// Task types: steps of the pipeline.
pub static TASK_TYPE: Table = Table {
    name: "task_type",
    object: "TaskType",
    columns: &[
        varchar("name", 40).required(),
        varchar("short_name", 20),
        text("description"),
        varchar("color", 7).fill(Fill::Text("#FFFFFF")),
        integer("priority").fill(Fill::Int(1)),
        varchar("for_entity", 30).fill(Fill::Text("Asset")),
        boolean("allow_timelog").fill(Fill::Bool(true)),
        boolean("archived").fill(Fill::Bool(false)),
        integer("shotgun_id").indexed(),
        uuid("department_id").references("department").indexed(),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    uniques: &[Unique {
        name: "task_type_uc",
        columns: &["name", "for_entity", "department_id"],
    }],
    is_small: true,
    ..TABLE
};

/// Task statuses, such as todo and done.
pub static TASK_STATUS: Table = Table {
    name: "task_status",
    object: "TaskStatus",
    columns: &[
        varchar("name", 40).required(),
        boolean("archived").fill(Fill::Bool(false)),
        varchar("short_name", 10).required().indexed_unique(),
        text("description"),
        varchar("color", 7).required(),
        integer("priority").fill(Fill::Int(1)),
        boolean("is_done").fill(Fill::Bool(false)).indexed(),
        boolean("is_artist_allowed").fill(Fill::Bool(true)),
        boolean("is_client_allowed").fill(Fill::Bool(true)),
        boolean("is_retake").fill(Fill::Bool(false)),
        boolean("is_feedback_request")
            .fill(Fill::Bool(false))
            .indexed(),
        boolean("is_default").fill(Fill::Bool(false)).indexed(),
        boolean("is_wip").fill(Fill::Bool(false)).indexed(),
        integer("shotgun_id"),
        boolean("for_concept")
            .default(Literal::Bool(false))
            .fill(Fill::Bool(false)),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    is_small: true,
    ..TABLE
};

/// Assignees of a task.
pub static TASK_PERSON_LINK: Table = Table {
    name: "task_person_link",
    object: "TaskPersonLink",
    scope: ProjectScope::Through(&["task_id"]),
    columns: &[
        uuid("task_id").required().references("task"),
        uuid("person_id").required().references("person").indexed(),
    ],
    primary_key: &["task_id", "person_id"],
    primary_key_name: Some("assignations_pkey"),
    ..TABLE
};

/// Status automations: when a task of the "in" type gets the "in" status, the
/// task of the "out" type gets the "out" status.
pub static STATUS_AUTOMATION: Table = Table {
    name: "status_automation",
    object: "StatusAutomation",
    columns: &[
        varchar("entity_type", 40).fill(Fill::Text("asset")),
        uuid("in_task_type_id").references("task_type").indexed(),
        uuid("in_task_status_id")
            .references("task_status")
            .indexed(),
        varchar("out_field_type", 255)
            .required()
            .fill(Fill::Text("status")),
        uuid("out_task_type_id").references("task_type").indexed(),
        uuid("out_task_status_id")
            .references("task_status")
            .indexed(),
        boolean("import_last_revision")
            .default(Literal::Bool(false))
            .fill(Fill::Bool(false)),
        boolean("archived").fill(Fill::Bool(false)),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    is_small: true,
    ..TABLE
};
