//! The tables whose rows are imported from another server.

use std::sync::LazyLock;

use tanuki_store::projection::Projection;
use tanuki_store::schema::{
    ATTACHMENT_FILE, BUILD_JOB, COMMENT, ENTITY, ENTITY_LINK, METADATA_DESCRIPTOR, MILESTONE, NEWS,
    NOTIFICATION, PLAYLIST, PREVIEW_FILE, PROJECT, SCHEDULE_ITEM, SUBSCRIPTION, TASK, TIME_SPENT,
    Table,
};
use tanuki_store::view;

use super::adapt::{self, Adapt};
use super::events::{self, MakeEvent};
use crate::comments::{ATTACHMENT_FILES, COMMENTS};
use crate::communication::{NEWS_ITEMS, NOTIFICATIONS, SUBSCRIPTIONS};
use crate::entities::ENTITY_LINKS;
use crate::files::PREVIEW_FILES;
use crate::planning::{MILESTONES, SCHEDULE_ITEMS};
use crate::playlists::PLAYLISTS;
use crate::projects::{METADATA_DESCRIPTORS, PROJECTS};
use crate::resource::{Relations, Resource};
use crate::tasks::TASKS;
use crate::tasks::time::TIME_SPENTS;

/// How the rows of a table are imported from another server.
#[derive(Debug)]
pub struct RowImport {
    /// The last part of the path: `/import/kitsu/NAME`.
    pub name: &'static str,
    pub(in crate::imports) table: &'static Table,
    /// The rows of the response.
    pub(in crate::imports) projection: fn() -> &'static Projection,
    pub(in crate::imports) matched_by: MatchedBy,
    /// Keys that are neither columns nor links and that rows have nevertheless.
    pub(in crate::imports) ignored: &'static [&'static str],
    /// Columns and links that the rows of the client call otherwise, each with
    /// that key. Errors name it.
    pub(in crate::imports) keys: &'static [(&'static str, &'static str)],
    /// The lists of linked ids that are imported, and how each is written.
    pub(in crate::imports) links: &'static [(&'static str, Linking)],
    /// Columns that are left out if they refer to nothing: what they refer to is
    /// sent later, or never.
    pub(in crate::imports) optional: &'static [&'static str],
    /// Columns that have to refer to something, besides those with a foreign
    /// key.
    pub(in crate::imports) required: &'static [&'static str],
    /// Whether `updated_at` is the time of the import, and not as it was sent.
    pub(in crate::imports) sets_updated_at: bool,
    pub(in crate::imports) adapt: Adapt,
    pub(in crate::imports) event: MakeEvent,
}

/// Which existing row a row that was sent is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::imports) enum MatchedBy {
    Id,
    /// The columns `entity_in_id` and `entity_out_id`.
    Casting,
}

/// How a list of linked ids is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::imports) enum Linking {
    /// They are added to those that the row has. All have to exist.
    Add,
    /// They replace those that the row has. Ids of nothing are left out.
    Replace,
}

impl RowImport {
    pub(in crate::imports) const fn new(name: &'static str, table: &'static Table) -> Self {
        Self {
            name,
            table,
            projection: || &BUILD_JOBS,
            matched_by: MatchedBy::Id,
            ignored: &["type"],
            keys: &[],
            links: &[],
            optional: &[],
            required: &[],
            sets_updated_at: false,
            adapt: adapt::unchanged,
            event: events::of_row,
        }
    }

    /// Returns what the rows of the client call a column or link.
    pub(super) fn sent_as<'a>(&self, name: &'a str) -> &'a str {
        let key = self.keys.iter().find(|(column, _)| *column == name);
        key.map_or(name, |(_, key)| key)
    }
}

static BUILD_JOBS: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&BUILD_JOB, &[]));

/// Returns the projection of a resource's rows without links.
pub(in crate::imports) fn plain(resource: &'static Resource) -> &'static Projection {
    (resource.projection)(Relations::Without)
}

/// What `zou sync-push` sends, in its order.
pub static KITSU_IMPORTS: &[RowImport] = &[
    RowImport {
        projection: || plain(&PROJECTS),
        ignored: &["type", "project_status_name", "metadata_descriptors"],
        links: &[
            ("team", Linking::Add),
            ("task_types", Linking::Add),
            ("task_statuses", Linking::Add),
            ("asset_types", Linking::Add),
            ("status_automations", Linking::Add),
            ("preview_background_files", Linking::Add),
        ],
        // Versions of the schedule are not sent.
        optional: &["from_schedule_version_id"],
        sets_updated_at: true,
        adapt: adapt::project,
        event: events::of_project,
        ..RowImport::new("projects", &PROJECT)
    },
    RowImport {
        projection: || plain(&METADATA_DESCRIPTORS),
        links: &[("departments", Linking::Add)],
        ..RowImport::new("metadata-descriptors", &METADATA_DESCRIPTOR)
    },
    RowImport {
        projection: || plain(&MILESTONES),
        ..RowImport::new("milestones", &MILESTONE)
    },
    RowImport {
        projection: || &view::entities::PLAIN,
        ignored: &[
            "asset_type_name",
            "entities_in",
            "episode_id",
            "episode_name",
            "project_name",
            "sequence_name",
            "tasks",
        ],
        links: &[
            ("entities_out", Linking::Replace),
            ("entity_concept_links", Linking::Replace),
            ("instance_casting", Linking::Replace),
        ],
        // Previews are sent after their entities.
        optional: &["preview_file_id"],
        sets_updated_at: true,
        adapt: adapt::entity,
        event: events::of_entity,
        ..RowImport::new("entities", &ENTITY)
    },
    RowImport {
        projection: || plain(&SCHEDULE_ITEMS),
        ..RowImport::new("schedule-items", &SCHEDULE_ITEM)
    },
    RowImport {
        projection: || plain(&ENTITY_LINKS),
        matched_by: MatchedBy::Casting,
        ignored: &["type", "project_name"],
        ..RowImport::new("entity-links", &ENTITY_LINK)
    },
    RowImport {
        projection: || plain(&TASKS),
        links: &[("assignees", Linking::Replace)],
        sets_updated_at: true,
        adapt: adapt::task,
        ..RowImport::new("tasks", &TASK)
    },
    RowImport {
        projection: || plain(&SUBSCRIPTIONS),
        ..RowImport::new("subscriptions", &SUBSCRIPTION)
    },
    RowImport {
        projection: || plain(&NOTIFICATIONS),
        ignored: &[],
        adapt: adapt::notification,
        ..RowImport::new("notifications", &NOTIFICATION)
    },
    RowImport {
        projection: || plain(&TIME_SPENTS),
        ..RowImport::new("time-spents", &TIME_SPENT)
    },
    RowImport {
        projection: || plain(&COMMENTS),
        links: &[
            ("previews", Linking::Replace),
            ("mentions", Linking::Replace),
            ("department_mentions", Linking::Replace),
            ("acknowledgements", Linking::Replace),
            ("attachment_files", Linking::Replace),
        ],
        required: &["object_id"],
        sets_updated_at: true,
        adapt: adapt::comment,
        event: events::of_comment,
        ..RowImport::new("comments", &COMMENT)
    },
    RowImport {
        projection: || plain(&PREVIEW_FILES),
        ignored: &["type", "comments"],
        adapt: adapt::preview_file,
        ..RowImport::new("preview-files", &PREVIEW_FILE)
    },
    RowImport {
        projection: || plain(&ATTACHMENT_FILES),
        ignored: &["type", "comment", "chat_message"],
        ..RowImport::new("attachment-files", &ATTACHMENT_FILE)
    },
    RowImport {
        projection: || plain(&NEWS_ITEMS),
        adapt: adapt::news,
        ..RowImport::new("news", &NEWS)
    },
    RowImport {
        projection: || plain(&PLAYLISTS),
        ignored: &["type", "build_jobs"],
        ..RowImport::new("playlists", &PLAYLIST)
    },
    RowImport::new("build-jobs", &BUILD_JOB),
];
