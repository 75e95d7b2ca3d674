//! Lists of rows that belong to the tasks of a project or of an entity.

use std::sync::LazyLock;

use tanuki_store::database::JsonChunks;
use tanuki_store::projection::Projection;
use tanuki_store::query::{files::previews, tasks, visibility};
use tanuki_store::schema::{COMMENT, PREVIEW_FILE, TIME_SPENT};
use tanuki_store::{Filter, ListQuery};
use uuid::Uuid;

use crate::comments::COMMENTS;
use crate::communication::{NOTIFICATIONS, SUBSCRIPTIONS};
use crate::files::PREVIEW_FILES;
use crate::parameters::{Parameters, first, integer};
use crate::resource::{Relations, Resource};
use crate::{Caller, Comments, MaybeId, Result};

pub(super) static PRESENTED: LazyLock<Projection> = LazyLock::new(|| {
    Projection::only(
        &PREVIEW_FILE,
        &[
            "id",
            "name",
            "original_name",
            "extension",
            "revision",
            "position",
            "file_size",
            "status",
            "validation_status",
            "task_id",
            "person_id",
            "created_at",
            "token_in",
            "token_out",
        ],
    )
});

static SPENT: LazyLock<Projection> = LazyLock::new(|| Projection::all_columns(&TIME_SPENT, &[]));

/// Kinds of rows that belong to the tasks of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Comments,
    Notifications,
    PreviewFiles,
    Subscriptions,
}

impl Comments<'_> {
    /// Lists rows that belong to the tasks of a project, last updated first,
    /// paginated. JSON: the projection of the resource. Comments require access
    /// to the project (clients and vendors are denied, and only managers and
    /// supervisors see comments of clients); everything else requires an admin.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if there is no such project,
    /// [`Error::Denied`](crate::Error::Denied) without permission,
    /// [`Error::Invalid`](crate::Error::Invalid) for a `page` or `limit` that
    /// is no number.
    pub async fn project_part(
        self,
        caller: &Caller,
        project: &MaybeId,
        part: Part,
        parameters: &Parameters,
    ) -> Result<JsonChunks> {
        let (resource, task, relations): (&Resource, _, _) = match part {
            Part::Comments => (&COMMENTS, "object_id", Relations::With),
            Part::Notifications => (&NOTIFICATIONS, "task_id", Relations::Without),
            Part::PreviewFiles => (&PREVIEW_FILES, "task_id", Relations::Without),
            Part::Subscriptions => (&SUBSCRIPTIONS, "task_id", Relations::Without),
        };
        let (mut limit, mut reads_clients) = (0, true);
        if part != Part::Comments {
            caller.require_admin()?;
        }
        let project_id = project.found()?;
        self.core.require_existing(project_id).await?;
        if part == Part::Comments {
            let access = caller
                .require_project_access(self.core.database(), Some(project_id))
                .await?;
            access.deny_guests()?;
            reads_clients = access.is_manager() || access.is_supervisor();
            limit = integer("limit", first(parameters, "limit"), 0)?;
        }
        static COMMENT_ROWS: LazyLock<Projection> = LazyLock::new(|| {
            Projection::with_links(&COMMENT, &[]).at_end(&[
                "previews",
                "mentions",
                "department_mentions",
                "acknowledgements",
                "attachment_files",
            ])
        });
        let projection = match part {
            Part::Comments => &COMMENT_ROWS,
            _ => (resource.projection)(relations),
        };
        let column = (projection.table.name, task);
        let database = self.core.database();
        let mut which = Filter::all().and(tasks::is_of_project(database, column, project_id));
        if !reads_clients {
            which = which.and(visibility::comments::not_by_clients(project_id));
        }
        let rows = ListQuery::new(projection).filter(which);
        let parameters = match part {
            Part::Subscriptions => &[],
            _ => parameters,
        };
        self.core.resources().paged(rows, parameters, limit).await
    }

    /// Lists the previews of an entity's tasks. JSON: [`PRESENTED`]. Requires
    /// access to the entity.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if there is no such entity,
    /// [`Error::Denied`](crate::Error::Denied) without access to it.
    pub async fn previews_of_entity(self, caller: &Caller, entity_id: Uuid) -> Result<JsonChunks> {
        let entity = self.core.require_entity(caller, entity_id).await?;
        let previews = previews::of_entity(ListQuery::new(&PRESENTED), entity.id);
        Ok(self.core.database().stream_list(previews))
    }

    /// Lists the time spent on an entity's tasks, latest day first. JSON: every
    /// column of `time_spent`. Requires access to the entity; clients are
    /// denied.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if there is no such entity,
    /// [`Error::Denied`](crate::Error::Denied) without access to it.
    pub async fn entity_time_spent(self, caller: &Caller, entity_id: Uuid) -> Result<JsonChunks> {
        let entity = self.core.require_entity(caller, entity_id).await?;
        entity.access.deny_clients()?;
        let spent = ListQuery::new(&SPENT)
            .filter(tasks::is_of_entity(("time_spent", "task_id"), entity.id))
            .descending("date");
        Ok(self.core.database().stream_list(spent))
    }
}
