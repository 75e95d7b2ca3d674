//! What is planned for productions: milestones, schedules, budgets.

use super::ProjectScope;
use super::types::*;
use super::{POSITIONS, SENIORITIES};

/// Milestones in the schedule of a project.
pub static MILESTONE: Table = Table {
    name: "milestone",
    object: "Milestone",
    scope: ProjectScope::Column,
    columns: &[
        date("date"),
        varchar("name", 40).required(),
        uuid("project_id").references("project").indexed(),
        uuid("task_type_id").references("task_type").indexed(),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    ..TABLE
};

/// Bars in the schedule of a project, for a task type or one of its entities
/// (`object_id`).
pub static SCHEDULE_ITEM: Table = Table {
    name: "schedule_item",
    object: "ScheduleItem",
    scope: ProjectScope::Column,
    columns: &[
        date("start_date"),
        date("end_date"),
        integer("man_days"),
        uuid("project_id").references("project").indexed(),
        uuid("task_type_id").references("task_type").indexed(),
        uuid("object_id").points_at("entity").indexed(),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    uniques: &[Unique {
        name: "schedule_item_uc",
        columns: &["project_id", "task_type_id", "object_id"],
    }],
    ..TABLE
};

/// Versions of the schedule of a project.
pub static PRODUCTION_SCHEDULE_VERSION: Table = Table {
    name: "production_schedule_version",
    object: "ProductionScheduleVersion",
    scope: ProjectScope::Column,
    columns: &[
        varchar("name", 80).required(),
        uuid("project_id")
            .required()
            .references("project")
            .on_delete(OnDelete::Cascade)
            .indexed(),
        uuid("production_schedule_from")
            .references("production_schedule_version")
            .on_delete(OnDelete::SetNull)
            .indexed(),
        boolean("locked").fill(Fill::Bool(false)),
        boolean("canceled").fill(Fill::Bool(false)),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    uniques: &[Unique {
        name: "production_schedule_version_uc",
        columns: &["name", "project_id"],
    }],
    ..TABLE
};

/// Dates and estimation of a task in a version of the schedule; `estimation` in
/// minutes.
pub static PRODUCTION_SCHEDULE_VERSION_TASK_LINK: Table = Table {
    name: "production_schedule_version_task_link",
    object: "ProductionScheduleVersionTaskLink",
    scope: ProjectScope::Through(&["production_schedule_version_id"]),
    columns: &[
        uuid("production_schedule_version_id")
            .required()
            .references("production_schedule_version")
            .on_delete(OnDelete::Cascade)
            .reference_named("production_schedule_version_t_production_schedule_version__fkey")
            .indexed_as("ix_production_schedule_version_task_link_production_sch_9cee"),
        uuid("task_id")
            .required()
            .references("task")
            .on_delete(OnDelete::Cascade)
            .indexed(),
        timestamp("start_date"),
        timestamp("due_date"),
        double("estimation").fill(Fill::Int(0)),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    uniques: &[Unique {
        name: "production_schedule_version_task_link_uc",
        columns: &["production_schedule_version_id", "task_id"],
    }],
    links: &[Link {
        field: "assignees",
        table: "production_schedule_version_task_link_person_link",
        owner: "production_schedule_version_task_link_id",
        target: "person_id",
        of: "person",
        ..LINK
    }],
    keys: &[
        "production_schedule_version_id",
        "task_id",
        "start_date",
        "due_date",
        "estimation",
        "assignees",
        "id",
        "created_at",
        "updated_at",
    ],
    ..TABLE
};

/// Assignees of a task in a version of the schedule.
pub static PRODUCTION_SCHEDULE_VERSION_TASK_LINK_PERSON_LINK: Table = Table {
    name: "production_schedule_version_task_link_person_link",
    object: "ProductionScheduleVersionTaskLinkPersonLink",
    scope: ProjectScope::Through(&["production_schedule_version_task_link_id"]),
    columns: &[
        uuid("production_schedule_version_task_link_id")
            .required()
            .references("production_schedule_version_task_link")
            .on_delete(OnDelete::Cascade)
            .reference_named("production_schedule_version__production_schedule_version__fkey1"),
        uuid("person_id")
            .required()
            .references("person")
            .on_delete(OnDelete::Cascade)
            .reference_named("production_schedule_version_task_link_person_lin_person_id_fkey"),
    ],
    primary_key: &["production_schedule_version_task_link_id", "person_id"],
    ..TABLE
};

/// Budgets of a project, numbered by `revision`.
pub static BUDGET: Table = Table {
    name: "budget",
    object: "Budget",
    scope: ProjectScope::Column,
    columns: &[
        uuid("project_id").references("project").indexed(),
        integer("revision").required().fill(Fill::Int(1)),
        varchar("name", 255).required(),
        varchar("currency", 3),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    ..TABLE
};

/// Positions of a budget: a person or a vacancy for `months_duration` months.
pub static BUDGET_ENTRY: Table = Table {
    name: "budget_entry",
    object: "BudgetEntry",
    scope: ProjectScope::Through(&["budget_id"]),
    columns: &[
        uuid("budget_id").required().references("budget").indexed(),
        uuid("department_id")
            .required()
            .references("department")
            .indexed(),
        uuid("person_id").references("person").indexed(),
        date("start_date").required(),
        integer("months_duration").required(),
        double("daily_salary").required(),
        varchar("position", 255)
            .one_of(POSITIONS)
            .fill(Fill::Text("artist")),
        varchar("seniority", 255)
            .one_of(SENIORITIES)
            .fill(Fill::Text("mid")),
        json_object("exceptions"),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    ..TABLE
};
