//! The resources, and the paths under which they are served.

use tanuki_core::comments::{ATTACHMENT_FILES, COMMENTS};
use tanuki_core::communication::{
    CHAT_MESSAGES, CHATS, NEWS_ITEMS, NOTIFICATIONS, SEARCH_FILTER_GROUPS, SEARCH_FILTERS,
    SUBSCRIPTIONS,
};
use tanuki_core::entities::{ASSET_INSTANCES, ENTITIES, ENTITY_LINKS, ENTITY_TYPES};
use tanuki_core::event_log::EVENTS;
use tanuki_core::files::{OUTPUT_FILES, PREVIEW_BACKGROUNDS, PREVIEW_FILES, WORKING_FILES};
use tanuki_core::people::PERSONS;
use tanuki_core::planning::{
    BUDGET_ENTRIES, BUDGETS, MILESTONES, SCHEDULE_ITEMS, SCHEDULE_VERSION_TASKS, SCHEDULE_VERSIONS,
};
use tanuki_core::playlists::PLAYLISTS;
use tanuki_core::projects::{METADATA_DESCRIPTORS, PROJECT_TEMPLATES, PROJECTS};
use tanuki_core::resource::{Relations, Resource};
use tanuki_core::studio::{
    CUSTOM_ACTIONS, DEPARTMENTS, FILE_STATUSES, HARDWARE_ITEMS, ORGANISATIONS, OUTPUT_TYPES,
    PLUGINS, PROJECT_STATUSES, SALARY_SCALES, SOFTWARES, STATUS_AUTOMATIONS, STUDIOS,
    TASK_STATUSES, TASK_TYPES,
};
use tanuki_core::tasks::TASKS;
use tanuki_core::tasks::time::{DAY_OFFS, TIME_SPENTS};
use tanuki_store::schema::Column;

/// The list path of each resource; a row is at `path/ID`.
pub(crate) static RESOURCES: &[(&str, &Resource)] = &[
    // People and bots
    ("/data/persons", &PERSONS),
    ("/data/day-offs", &DAY_OFFS),
    ("/data/salary-scales", &SALARY_SCALES),
    // Settings of the studio
    ("/data/organisations", &ORGANISATIONS),
    ("/data/studios", &STUDIOS),
    ("/data/departments", &DEPARTMENTS),
    ("/data/project-status", &PROJECT_STATUSES),
    ("/data/task-status", &TASK_STATUSES),
    ("/data/task-types", &TASK_TYPES),
    ("/data/entity-types", &ENTITY_TYPES),
    ("/data/status-automations", &STATUS_AUTOMATIONS),
    ("/data/custom-actions", &CUSTOM_ACTIONS),
    ("/data/file-status", &FILE_STATUSES),
    ("/data/output-types", &OUTPUT_TYPES),
    ("/data/softwares", &SOFTWARES),
    ("/data/hardware-items", &HARDWARE_ITEMS),
    ("/data/preview-background-files", &PREVIEW_BACKGROUNDS),
    ("/data/plugins", &PLUGINS),
    ("/data/events", &EVENTS),
    // Productions
    ("/data/projects", &PROJECTS),
    ("/data/project-templates", &PROJECT_TEMPLATES),
    ("/data/metadata-descriptors", &METADATA_DESCRIPTORS),
    ("/data/milestones", &MILESTONES),
    ("/data/schedule-items", &SCHEDULE_ITEMS),
    ("/data/production-schedule-versions", &SCHEDULE_VERSIONS),
    (
        "/data/production-schedule-version-task-links",
        &SCHEDULE_VERSION_TASKS,
    ),
    ("/data/budgets", &BUDGETS),
    ("/data/budget-entries", &BUDGET_ENTRIES),
    // The work in them
    ("/data/entities", &ENTITIES),
    ("/data/entity-links", &ENTITY_LINKS),
    ("/data/asset-instances", &ASSET_INSTANCES),
    ("/data/tasks", &TASKS),
    ("/data/time-spents", &TIME_SPENTS),
    ("/data/preview-files", &PREVIEW_FILES),
    ("/data/working-files", &WORKING_FILES),
    ("/data/output-files", &OUTPUT_FILES),
    // Communication about it
    ("/data/comments", &COMMENTS),
    ("/data/attachment-files", &ATTACHMENT_FILES),
    ("/data/playlists", &PLAYLISTS),
    ("/data/chats", &CHATS),
    ("/data/chat-messages", &CHAT_MESSAGES),
    ("/data/news", &NEWS_ITEMS),
    ("/data/notifications", &NOTIFICATIONS),
    ("/data/subscriptions", &SUBSCRIPTIONS),
    ("/data/search-filters", &SEARCH_FILTERS),
    ("/data/search-filter-groups", &SEARCH_FILTER_GROUPS),
];

/// Returns the columns of the table that the resource's rows show.
pub(crate) fn shown_columns(resource: &Resource) -> impl Iterator<Item = &'static Column> {
    let projection = (resource.projection)(Relations::With);
    let keys: Vec<&str> = projection.keys().collect();
    let columns = resource.table.columns.iter();
    columns.filter(move |column| keys.contains(&column.name))
}
