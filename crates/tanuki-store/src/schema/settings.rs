//! The studio itself, its event log and the saved settings of its people.

use super::ProjectScope;
use super::types::*;

/// The settings of the studio, in one row.
pub static ORGANISATION: Table = Table {
    name: "organisation",
    object: "Organisation",
    columns: &[
        varchar("name", 80).required().unique(),
        double("hours_by_day").required().fill(Fill::Int(8)),
        boolean("has_avatar").fill(Fill::Bool(false)),
        boolean("use_original_file_name").fill(Fill::Bool(false)),
        boolean("timesheets_locked").fill(Fill::Bool(false)),
        boolean("format_duration_in_hours").fill(Fill::Bool(false)),
        boolean("hd_by_default").fill(Fill::Bool(false)),
        varchar("chat_token_slack", 80).fill(Fill::Text("")),
        varchar("chat_webhook_mattermost", 80).fill(Fill::Text("")),
        varchar("chat_token_discord", 80).fill(Fill::Text("")),
        boolean("dark_theme_by_default").fill(Fill::Bool(false)),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    is_small: true,
    ..TABLE
};

/// Custom actions: URLs that the web client calls for selected entities.
pub static CUSTOM_ACTION: Table = Table {
    name: "custom_action",
    object: "CustomAction",
    columns: &[
        varchar("name", 80).required(),
        varchar("url", 400),
        varchar("entity_type", 40).fill(Fill::Text("all")),
        boolean("is_ajax").fill(Fill::Bool(false)),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    is_small: true,
    ..TABLE
};

/// Saved searches of a person, or shared ones of a project.
pub static SEARCH_FILTER: Table = Table {
    name: "search_filter",
    object: "SearchFilter",
    scope: ProjectScope::Column,
    columns: &[
        varchar("list_type", 80).required().indexed(),
        varchar("entity_type", 80),
        varchar("name", 200).required().fill(Fill::Text("")),
        varchar("search_query", 500).required().fill(Fill::Text("")),
        boolean("is_shared")
            .required()
            .default(Literal::Bool(false))
            .fill(Fill::Bool(false)),
        uuid("department_id").references("department").indexed(),
        uuid("search_filter_group_id")
            .references("search_filter_group")
            .indexed(),
        uuid("person_id").references("person").indexed(),
        uuid("project_id").references("project").indexed(),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    ..TABLE
};

/// Groups of saved searches.
pub static SEARCH_FILTER_GROUP: Table = Table {
    name: "search_filter_group",
    object: "SearchFilterGroup",
    scope: ProjectScope::Column,
    columns: &[
        varchar("list_type", 80).required().indexed(),
        varchar("entity_type", 80),
        varchar("name", 200).required().fill(Fill::Text("")),
        varchar("color", 8).required().fill(Fill::Text("")),
        boolean("is_shared")
            .required()
            .default(Literal::Bool(false))
            .fill(Fill::Bool(false)),
        uuid("person_id").references("person").indexed(),
        uuid("project_id").references("project").indexed(),
        uuid("department_id").references("department").indexed(),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    ..TABLE
};

/// Installed plugins of Zou.
pub static PLUGIN: Table = Table {
    name: "plugin",
    object: "Plugin",
    columns: &[
        varchar("plugin_id", 80).required().indexed_unique(),
        varchar("name", 80).required().indexed(),
        text("description"),
        varchar("version", 50).required(),
        varchar("maintainer_name", 200).required(),
        varchar("maintainer_email", 255),
        text("website"),
        varchar("license", 80).required(),
        varchar("revision", 12),
        ID,
        CREATED_AT,
        UPDATED_AT,
        boolean("frontend_project_enabled").fill(Fill::Bool(false)),
        boolean("frontend_studio_enabled").fill(Fill::Bool(false)),
        varchar("icon", 255),
    ],
    keys: &[
        "plugin_id",
        "name",
        "description",
        "version",
        "maintainer_name",
        "maintainer_email",
        "website",
        "license",
        "revision",
        "frontend_project_enabled",
        "frontend_studio_enabled",
        "icon",
        "id",
        "created_at",
        "updated_at",
    ],
    ..TABLE
};

/// The event log: published events with their payload in `data`.
pub static API_EVENT: Table = Table {
    name: "api_event",
    object: "ApiEvent",
    scope: ProjectScope::Column,
    columns: &[
        varchar("name", 80).required().indexed(),
        uuid("user_id").references("person").indexed(),
        uuid("project_id").references("project").indexed(),
        json("data"),
        ID,
        timestamp("created_at").fill(Fill::Now).indexed(),
        UPDATED_AT,
    ],
    indexes: &[Index {
        name: "ix_api_event_project_id_created_at",
        columns: &["project_id", "created_at"],
        unique: false,
        predicate: None,
    }],
    ..TABLE
};

/// Data that an import could not process.
pub static DATA_IMPORT_ERROR: Table = Table {
    name: "data_import_error",
    object: "DataImportError",
    columns: &[
        json("event_data").required(),
        import_source("source"),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    ..TABLE
};
