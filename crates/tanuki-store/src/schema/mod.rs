//! The 80 tables of the studio's database, described once as data.
//!
//! All code that depends on a table's columns uses these descriptions: the DDL
//! of both databases, generic queries, decoding of rows and their JSON. They
//! match Zou 1.0.97 (`alembic_version` [`REVISION`]): a test compares the
//! catalog of the PostgreSQL database created from them with the recorded
//! catalog of Zou's.

mod communication;
mod entities;
mod files;
mod links;
pub(crate) mod own_tables;
mod people;
mod planning;
mod productions;
mod scope;
mod settings;
mod tasks;
mod types;

pub use communication::*;
pub use entities::*;
pub use files::*;
pub use links::*;
pub use own_tables::{JOB_STATES, TANUKI_JOB, TANUKI_PASSKEY, TANUKI_SESSION};
pub use people::*;
pub use planning::*;
pub use productions::*;
pub use settings::*;
pub use tasks::*;
pub use types::*;

/// The only Alembic revision of the schema that this version supports.
pub const REVISION: &str = "b8e3d1f6a2c9";

/// Name of the table in which Alembic stores the revision.
pub const REVISION_TABLE: &str = "alembic_version";

/// Values of the only enum type of the schema, `import_source_enum`.
pub const IMPORT_SOURCES: &[&str] = &["csv", "shotgun"];

/// Roles of people.
pub const ROLES: &[&str] = &["admin", "manager", "supervisor", "user", "client", "vendor"];

/// Statuses of an entity.
pub const ENTITY_STATUSES: &[&str] = &["standby", "running", "complete", "canceled"];
/// Processing states of a preview's files.
pub const PREVIEW_STATUSES: &[&str] = &["processing", "ready", "broken", "missing"];
/// Validation statuses of previews and working files.
pub const VALIDATION_STATUSES: &[&str] = &["validated", "rejected", "neutral"];
/// Production styles of a project.
pub const PRODUCTION_STYLES: &[&str] = &[
    "2d",
    "2dpaper",
    "3d",
    "2d3d",
    "ar",
    "vfx",
    "stop-motion",
    "motion-design",
    "archviz",
    "commercial",
    "catalog",
    "immersive",
    "nft",
    "video-game",
    "vr",
];
/// Data types of a metadata column.
pub const DESCRIPTOR_TYPES: &[&str] = &[
    "string",
    "number",
    "list",
    "taglist",
    "boolean",
    "checklist",
    "date",
    "url",
    "textarea",
    "person",
];
/// Types of notifications.
pub const NOTIFICATION_TYPES: &[&str] = &[
    "comment",
    "mention",
    "assignation",
    "reply",
    "reply-mention",
    "playlist-ready",
];
/// Positions of people, for salaries and budgets.
pub const POSITIONS: &[&str] = &["supervisor", "lead", "artist"];
/// Levels of seniority of people, for salaries and budgets.
pub const SENIORITIES: &[&str] = &["senior", "mid", "junior"];

/// Finds a table by name. `None` if the schema has none of that name.
pub fn table(name: &str) -> Option<&'static Table> {
    TABLES.iter().copied().find(|table| table.name == name)
}

/// All tables of the schema except [`REVISION_TABLE`], sorted by name.
pub static TABLES: &[&Table] = &[
    &API_EVENT,
    &ASSET_INSTANCE,
    &ASSET_INSTANCE_LINK,
    &ATTACHMENT_FILE,
    &BUDGET,
    &BUDGET_ENTRY,
    &BUILD_JOB,
    &CHAT,
    &CHAT_MESSAGE,
    &CHAT_PARTICIPANT,
    &COMMENT,
    &COMMENT_ACKNOLEDGMENTS,
    &COMMENT_DEPARTMENT_MENTIONS,
    &COMMENT_MENTIONS,
    &COMMENT_PREVIEW_LINK,
    &CUSTOM_ACTION,
    &DATA_IMPORT_ERROR,
    &DAY_OFF,
    &DEPARTMENT,
    &DEPARTMENT_LINK,
    &DEPARTMENT_METADATA_DESCRIPTOR_LINK,
    &DESKTOP_LOGIN_LOG,
    &ENTITY,
    &ENTITY_CONCEPT_LINK,
    &ENTITY_LINK,
    &ENTITY_TYPE,
    &ENTITY_VERSION,
    &FILE_STATUS,
    &HARDWARE_ITEM,
    &HARDWARE_ITEM_DEPARTMENT_LINK,
    &LOGIN_LOG,
    &METADATA_DESCRIPTOR,
    &MILESTONE,
    &NEWS,
    &NOTIFICATION,
    &ORGANISATION,
    &OUTPUT_FILE,
    &OUTPUT_TYPE,
    &PERSON,
    &PLAYLIST,
    &PLAYLIST_SHARE_LINK,
    &PLUGIN,
    &PREVIEW_BACKGROUND_FILE,
    &PREVIEW_FILE,
    &PREVIEW_FILE_STORAGE_STATE,
    &PRODUCTION_SCHEDULE_VERSION,
    &PRODUCTION_SCHEDULE_VERSION_TASK_LINK,
    &PRODUCTION_SCHEDULE_VERSION_TASK_LINK_PERSON_LINK,
    &PROJECT,
    &PROJECT_ASSET_TYPE_LINK,
    &PROJECT_PERSON_LINK,
    &PROJECT_PREVIEW_BACKGROUND_FILE_LINK,
    &PROJECT_STATUS,
    &PROJECT_STATUS_AUTOMATION_LINK,
    &PROJECT_TASK_STATUS_LINK,
    &PROJECT_TASK_TYPE_LINK,
    &PROJECT_TASK_TYPE_SOFTWARE_LINK,
    &PROJECT_TEMPLATE,
    &PROJECT_TEMPLATE_ASSET_TYPE_LINK,
    &PROJECT_TEMPLATE_PREVIEW_BACKGROUND_FILE_LINK,
    &PROJECT_TEMPLATE_STATUS_AUTOMATION_LINK,
    &PROJECT_TEMPLATE_TASK_STATUS_LINK,
    &PROJECT_TEMPLATE_TASK_TYPE_LINK,
    &SALARY_SCALE,
    &SCHEDULE_ITEM,
    &SEARCH_FILTER,
    &SEARCH_FILTER_GROUP,
    &SOFTWARE,
    &SOFTWARE_DEPARTMENT_LINK,
    &STATUS_AUTOMATION,
    &STORED_FILE,
    &STUDIO,
    &SUBSCRIPTION,
    &TASK,
    &TASK_PERSON_LINK,
    &TASK_STATUS,
    &TASK_TYPE,
    &TASK_TYPE_ASSET_TYPE_LINK,
    &TIME_SPENT,
    &WORKING_FILE,
];
