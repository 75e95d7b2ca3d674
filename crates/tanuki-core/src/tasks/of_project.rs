//! Lists of rows that belong to the tasks of a project or of an entity.

use std::sync::LazyLock;

use tanuki_store::database::JsonChunks;
use tanuki_store::projection::Projection;
use tanuki_store::query::{comments::threads, files::previews, list_filters, tasks};
use tanuki_store::schema::{COMMENT, PREVIEW_FILE, TASK, TIME_SPENT};
use tanuki_store::view::tasks::PLAIN;
use tanuki_store::{Filter, ListQuery};
use uuid::Uuid;

use crate::access::ProjectAccess;
use crate::comments::COMMENTS;
use crate::communication::{NOTIFICATIONS, SUBSCRIPTIONS};
use crate::etag::EtagInputs;
use crate::fields::hyphenated_id;
use crate::files::PREVIEW_FILES;
use crate::masking::Mask;
use crate::resource::{Parameters, Relations, Resource, first, integer};
use crate::{Caller, ClientEtags, Conditional, Core, MalformedId, MaybeId, Result};

static PRESENTED: LazyLock<Projection> = LazyLock::new(|| {
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

impl Core {
    /// Lists the tasks of a project with their assignees, last updated first,
    /// paginated. JSON: [`PLAIN`]; not modified (304) if an ETag matches.
    /// `task_type_id` and `episode_id` filter the list. Requires access to the
    /// project; vendors see only tasks assigned to them.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a malformed id in a filter.
    pub async fn project_tasks(
        &self,
        caller: &Caller,
        project_id: Uuid,
        parameters: &Parameters,
        if_none_match: &ClientEtags,
    ) -> Result<Conditional<JsonChunks>> {
        let (_, access) = self.require_project(caller, project_id).await?;
        let edited = EtagInputs {
            project_id,
            access,
            name: "task",
            parameters,
        };
        let read = self.tasks_of_project(caller, project_id, access, parameters);
        self.unless_matched(caller, edited, if_none_match, read)
            .await
    }

    async fn tasks_of_project(
        &self,
        caller: &Caller,
        project_id: Uuid,
        access: ProjectAccess,
        parameters: &Parameters,
    ) -> Result<JsonChunks> {
        let id = |name| -> Result<Option<Uuid>> {
            let text = first(parameters, name);
            text.map(|text| hyphenated_id(text).ok_or_else(|| MalformedId::Value(text).into()))
                .transpose()
        };
        let mut which = list_filters::of_project(&TASK, project_id);
        if let Some(id) = id("task_type_id")? {
            which = which.and(tasks::lists::of_type(id));
        }
        if let Some(id) = id("episode_id")? {
            which = which.and(tasks::in_episode(id));
        }
        if access.is_vendor() {
            which = which.and(tasks::open::is_assigned_to(caller.id));
        }
        let projection = PLAIN.form(Relations::With, access.is_client());
        let is_guest = access.is_client() || access.is_vendor();
        let mask = self.mask(caller).await?.filter(|_| is_guest);
        let tasks = ListQuery::new(projection)
            .filter(which)
            .changing(mask.map(Mask::of_tasks));
        self.paged(tasks, parameters, 0).await
    }

    /// Lists rows that belong to the tasks of a project, last updated first,
    /// paginated. JSON: the projection of the resource. Comments require access
    /// to the project (clients and vendors are denied, and only managers and
    /// supervisors see comments of clients); everything else requires an admin.
    pub async fn project_part(
        &self,
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
        self.require_existing(project_id).await?;
        if part == Part::Comments {
            let access = caller
                .require_project_access(self.database(), Some(project_id))
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
        let mut which = Filter::all().and(tasks::is_of_project(column, project_id));
        if !reads_clients {
            which = which.and(threads::not_by_clients(project_id));
        }
        let rows = ListQuery::new(projection).filter(which);
        let parameters = match part {
            Part::Subscriptions => &[],
            _ => parameters,
        };
        self.paged(rows, parameters, limit).await
    }

    /// Lists the previews of an entity's tasks. JSON: [`PRESENTED`]. Requires
    /// access to the entity.
    pub async fn previews_of_entity(&self, caller: &Caller, entity_id: Uuid) -> Result<JsonChunks> {
        let entity = self.require_entity(caller, entity_id).await?;
        let previews = previews::of_entity(ListQuery::new(&PRESENTED), entity.id);
        Ok(self.database().stream_list(previews))
    }

    /// Lists the time spent on an entity's tasks, latest day first. JSON: every
    /// column of `time_spent`. Requires access to the entity; clients are
    /// denied.
    pub async fn entity_time_spent(&self, caller: &Caller, entity_id: Uuid) -> Result<JsonChunks> {
        let entity = self.require_entity(caller, entity_id).await?;
        entity.access.deny_clients()?;
        let spent = ListQuery::new(&SPENT)
            .filter(tasks::is_of_entity(("time_spent", "task_id"), entity.id))
            .descending("date");
        Ok(self.database().stream_list(spent))
    }
}
