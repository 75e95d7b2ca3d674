//! Projects, their templates and their metadata columns.

use super::ProjectScope;
use super::types::*;
use super::{DESCRIPTOR_TYPES, PRODUCTION_STYLES};

/// Productions. `fps` is a string, in frames per second.
pub static PROJECT: Table = Table {
    name: "project",
    object: "Project",
    scope: ProjectScope::Itself,
    columns: &[
        varchar("name", 80).required().indexed_unique(),
        varchar("code", 80),
        text("description"),
        integer("shotgun_id"),
        json_object("file_tree"),
        json_object("data"),
        boolean("has_avatar").fill(Fill::Bool(false)),
        varchar("fps", 10).fill(Fill::Text("25")),
        varchar("ratio", 10).fill(Fill::Text("16:9")),
        varchar("resolution", 12).fill(Fill::Text("1920x1080")),
        varchar("production_type", 20).fill(Fill::Text("short")),
        varchar("production_style", 255)
            .one_of(PRODUCTION_STYLES)
            .required()
            .fill(Fill::Text("2d3d")),
        date("start_date"),
        date("end_date"),
        integer("man_days"),
        integer("nb_episodes").fill(Fill::Int(0)),
        integer("episode_span").fill(Fill::Int(0)),
        integer("max_retakes").fill(Fill::Int(0)),
        boolean("is_clients_isolated").fill(Fill::Bool(false)),
        boolean("is_preview_download_allowed").fill(Fill::Bool(false)),
        boolean("is_set_preview_automated").fill(Fill::Bool(false)),
        varchar("homepage", 80).fill(Fill::Text("assets")),
        boolean("is_publish_default_for_artists").fill(Fill::Bool(false)),
        integer("hd_bitrate_compression"),
        integer("ld_bitrate_compression"),
        uuid("project_status_id")
            .references("project_status")
            .indexed(),
        uuid("default_preview_background_file_id")
            .references("preview_background_file")
            .indexed(),
        uuid("from_schedule_version_id")
            .references("production_schedule_version")
            .on_delete(OnDelete::SetNull)
            .indexed(),
        ID,
        CREATED_AT,
        UPDATED_AT,
        boolean("is_bot_collaboration_enabled")
            .default(Literal::Bool(false))
            .fill(Fill::Bool(false)),
        boolean("is_single_preview_per_revision")
            .default(Literal::Bool(false))
            .fill(Fill::Bool(false)),
        integer("revision_padding")
            .required()
            .default(Literal::Int(0))
            .fill(Fill::Int(0)),
        boolean("is_frame_in_numbering")
            .default(Literal::Bool(false))
            .fill(Fill::Bool(false)),
        boolean("is_client_stats_visible")
            .default(Literal::Bool(true))
            .fill(Fill::Bool(true)),
        boolean("is_client_task_list_visible")
            .default(Literal::Bool(true))
            .fill(Fill::Bool(true)),
        boolean("is_client_task_panel_visible")
            .default(Literal::Bool(true))
            .fill(Fill::Bool(true)),
    ],
    links: &[
        Link {
            field: "team",
            table: "project_person_link",
            owner: "project_id",
            target: "person_id",
            of: "person",
            ..LINK
        },
        Link {
            field: "asset_types",
            table: "project_asset_type_link",
            owner: "project_id",
            target: "asset_type_id",
            of: "entity_type",
            ..LINK
        },
        Link {
            field: "task_statuses",
            table: "project_task_status_link",
            owner: "project_id",
            target: "task_status_id",
            of: "task_status",
            ..LINK
        },
        Link {
            field: "task_types",
            table: "project_task_type_link",
            owner: "project_id",
            target: "task_type_id",
            of: "task_type",
            ..LINK
        },
        Link {
            field: "status_automations",
            table: "project_status_automation_link",
            owner: "project_id",
            target: "status_automation_id",
            of: "status_automation",
            ..LINK
        },
        Link {
            field: "preview_background_files",
            table: "project_preview_background_file_link",
            owner: "project_id",
            target: "preview_background_file_id",
            of: "preview_background_file",
            ..LINK
        },
    ],
    keys: &[
        "name",
        "code",
        "description",
        "shotgun_id",
        "file_tree",
        "data",
        "has_avatar",
        "fps",
        "ratio",
        "resolution",
        "production_type",
        "production_style",
        "start_date",
        "end_date",
        "man_days",
        "nb_episodes",
        "episode_span",
        "max_retakes",
        "is_clients_isolated",
        "is_client_stats_visible",
        "is_client_task_list_visible",
        "is_client_task_panel_visible",
        "is_preview_download_allowed",
        "is_set_preview_automated",
        "homepage",
        "is_publish_default_for_artists",
        "is_bot_collaboration_enabled",
        "is_single_preview_per_revision",
        "is_frame_in_numbering",
        "revision_padding",
        "hd_bitrate_compression",
        "ld_bitrate_compression",
        "project_status_id",
        "default_preview_background_file_id",
        "from_schedule_version_id",
        "team",
        "asset_types",
        "task_statuses",
        "task_types",
        "status_automations",
        "preview_background_files",
        "id",
        "created_at",
        "updated_at",
    ],
    ..TABLE
};

/// Statuses of projects, such as open and closed.
pub static PROJECT_STATUS: Table = Table {
    name: "project_status",
    object: "ProjectStatus",
    columns: &[
        varchar("name", 20).required().indexed_unique(),
        varchar("color", 7).required(),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    is_small: true,
    ..TABLE
};

/// Templates: settings that a new project starts with.
pub static PROJECT_TEMPLATE: Table = Table {
    name: "project_template",
    object: "ProjectTemplate",
    columns: &[
        varchar("name", 80).required().indexed_unique(),
        text("description"),
        varchar("fps", 10).fill(Fill::Text("25")),
        varchar("ratio", 10).fill(Fill::Text("16:9")),
        varchar("resolution", 12).fill(Fill::Text("1920x1080")),
        varchar("production_type", 20).fill(Fill::Text("short")),
        varchar("production_style", 255)
            .one_of(PRODUCTION_STYLES)
            .required()
            .fill(Fill::Text("2d3d")),
        integer("max_retakes").fill(Fill::Int(0)),
        boolean("is_clients_isolated").fill(Fill::Bool(false)),
        boolean("is_preview_download_allowed").fill(Fill::Bool(false)),
        boolean("is_set_preview_automated").fill(Fill::Bool(false)),
        boolean("is_publish_default_for_artists").fill(Fill::Bool(false)),
        varchar("homepage", 80).fill(Fill::Text("assets")),
        integer("hd_bitrate_compression"),
        integer("ld_bitrate_compression"),
        json_object("file_tree"),
        json_object("data"),
        json_objects("metadata_descriptors").fill(Fill::EmptyList),
        ID,
        CREATED_AT,
        UPDATED_AT,
        uuid("default_preview_background_file_id")
            .references("preview_background_file")
            .indexed(),
        boolean("is_single_preview_per_revision")
            .default(Literal::Bool(false))
            .fill(Fill::Bool(false)),
        integer("revision_padding")
            .required()
            .default(Literal::Int(0))
            .fill(Fill::Int(0)),
        boolean("is_frame_in_numbering")
            .default(Literal::Bool(false))
            .fill(Fill::Bool(false)),
        boolean("is_client_stats_visible")
            .default(Literal::Bool(true))
            .fill(Fill::Bool(true)),
        boolean("is_client_task_list_visible")
            .default(Literal::Bool(true))
            .fill(Fill::Bool(true)),
        boolean("is_client_task_panel_visible")
            .default(Literal::Bool(true))
            .fill(Fill::Bool(true)),
    ],
    links: &[
        Link {
            field: "task_types",
            table: "project_template_task_type_link",
            owner: "project_template_id",
            target: "task_type_id",
            of: "task_type",
            ..LINK
        },
        Link {
            field: "task_statuses",
            table: "project_template_task_status_link",
            owner: "project_template_id",
            target: "task_status_id",
            of: "task_status",
            ..LINK
        },
        Link {
            field: "asset_types",
            table: "project_template_asset_type_link",
            owner: "project_template_id",
            target: "asset_type_id",
            of: "entity_type",
            ..LINK
        },
        Link {
            field: "status_automations",
            table: "project_template_status_automation_link",
            owner: "project_template_id",
            target: "status_automation_id",
            of: "status_automation",
            ..LINK
        },
        Link {
            field: "preview_background_files",
            table: "project_template_preview_background_file_link",
            owner: "project_template_id",
            target: "preview_background_file_id",
            of: "preview_background_file",
            ..LINK
        },
    ],
    keys: &[
        "name",
        "description",
        "fps",
        "ratio",
        "resolution",
        "production_type",
        "production_style",
        "max_retakes",
        "is_clients_isolated",
        "is_client_stats_visible",
        "is_client_task_list_visible",
        "is_client_task_panel_visible",
        "is_preview_download_allowed",
        "is_set_preview_automated",
        "is_publish_default_for_artists",
        "is_single_preview_per_revision",
        "is_frame_in_numbering",
        "revision_padding",
        "homepage",
        "hd_bitrate_compression",
        "ld_bitrate_compression",
        "file_tree",
        "data",
        "metadata_descriptors",
        "default_preview_background_file_id",
        "task_types",
        "task_statuses",
        "asset_types",
        "status_automations",
        "preview_background_files",
        "id",
        "created_at",
        "updated_at",
    ],
    ..TABLE
};

/// Metadata columns that a project adds to its entities or tasks. The values
/// are in `data` of these, under `field_name`.
pub static METADATA_DESCRIPTOR: Table = Table {
    name: "metadata_descriptor",
    object: "MetadataDescriptor",
    scope: ProjectScope::Column,
    columns: &[
        uuid("project_id")
            .required()
            .references("project")
            .indexed(),
        varchar("entity_type", 60).required().indexed(),
        varchar("name", 120).required(),
        varchar("data_type", 255).one_of(DESCRIPTOR_TYPES),
        varchar("field_name", 120).required(),
        json_list("choices"),
        boolean("for_client").fill(Fill::Bool(false)).indexed(),
        integer("position"),
        ID,
        CREATED_AT,
        UPDATED_AT,
        uuid("task_type_id")
            .references("task_type")
            .reference_named("fk_metadata_descriptor_task_type_id")
            .indexed(),
    ],
    indexes: &[
        Index {
            name: "metadata_descriptor_task_type_uc",
            columns: &["project_id", "entity_type", "task_type_id", "name"],
            unique: true,
            predicate: Some("task_type_id IS NOT NULL"),
        },
        Index {
            name: "metadata_descriptor_task_type_uc2",
            columns: &["project_id", "entity_type", "task_type_id", "field_name"],
            unique: true,
            predicate: Some("task_type_id IS NOT NULL"),
        },
        Index {
            name: "metadata_descriptor_uc",
            columns: &["project_id", "entity_type", "name"],
            unique: true,
            predicate: Some("task_type_id IS NULL"),
        },
        Index {
            name: "metadata_descriptor_uc2",
            columns: &["project_id", "entity_type", "field_name"],
            unique: true,
            predicate: Some("task_type_id IS NULL"),
        },
    ],
    links: &[Link {
        field: "departments",
        table: "department_metadata_descriptor_link",
        owner: "metadata_descriptor_id",
        target: "department_id",
        of: "department",
        ..LINK
    }],
    keys: &[
        "project_id",
        "entity_type",
        "task_type_id",
        "name",
        "data_type",
        "field_name",
        "choices",
        "for_client",
        "position",
        "departments",
        "id",
        "created_at",
        "updated_at",
    ],
    ..TABLE
};
