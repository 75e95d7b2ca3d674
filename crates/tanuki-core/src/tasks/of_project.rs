//! Lists of rows that belong to the tasks of a project or of an entity.

use std::sync::LazyLock;

use sea_query::{Condition, Expr, ExprTrait, Order};
use tanuki_store::JsonRows;
use tanuki_store::database::JsonChunks;
use tanuki_store::projection::Projection;
use tanuki_store::query::{access, comments::threads, files::previews, tasks};
use tanuki_store::schema::{COMMENT, PREVIEW_FILE, TIME_SPENT};
use uuid::Uuid;

use super::forms::PLAIN;
use crate::access::ProjectAccess;
use crate::comments::COMMENTS;
use crate::communication::{NOTIFICATIONS, SUBSCRIPTIONS};
use crate::etag::EtagInputs;
use crate::fields::hyphenated_id;
use crate::files::PREVIEW_FILES;
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
        let mut which = Condition::all().add(Expr::col(("task", "project_id")).eq(project_id));
        if let Some(id) = id("task_type_id")? {
            which = which.add(Expr::col(("task", "task_type_id")).eq(id));
        }
        if let Some(id) = id("episode_id")? {
            which = which.add(tasks::in_episode(id));
        }
        if access.is_vendor() {
            let own = access::assigned_tasks(caller.id);
            which = which.add(Expr::col(("task", "id")).in_subquery(own));
        }
        let projection = PLAIN.form(Relations::With, access.is_client());
        let mut select = projection.select(self.database().dialect());
        select.cond_where(which);
        let is_guest = access.is_client() || access.is_vendor();
        let Some(mask) = self.mask(caller).await?.filter(|_| is_guest) else {
            return self.paged(projection, select, parameters, 0).await;
        };
        let rows = JsonRows::new(projection).changing(Some(mask.of_tasks()));
        self.paged_of(rows, projection, select, parameters, 0).await
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
        let mut select = projection.select(self.database().dialect());
        select.cond_where(tasks::is_of_project(
            (projection.table.name, task),
            project_id,
        ));
        if !reads_clients {
            select.cond_where(threads::not_by_clients(project_id));
        }
        let parameters = match part {
            Part::Subscriptions => &[],
            _ => parameters,
        };
        self.paged(projection, select, parameters, limit).await
    }

    /// Lists the previews of an entity's tasks. JSON: [`PRESENTED`]. Requires
    /// access to the entity.
    pub async fn previews_of_entity(&self, caller: &Caller, entity_id: Uuid) -> Result<JsonChunks> {
        let entity = self.require_entity(caller, entity_id).await?;
        Ok(self.rows(&PRESENTED, |select| {
            previews::of_entity(select, entity.id);
        }))
    }

    /// Lists the time spent on an entity's tasks, latest day first. JSON: every
    /// column of `time_spent`. Requires access to the entity; clients are
    /// denied.
    pub async fn entity_time_spent(&self, caller: &Caller, entity_id: Uuid) -> Result<JsonChunks> {
        let entity = self.require_entity(caller, entity_id).await?;
        entity.access.deny_clients()?;
        Ok(self.rows(&SPENT, |select| {
            select
                .cond_where(tasks::is_of_entity(("time_spent", "task_id"), entity.id))
                .order_by(("time_spent", "date"), Order::Desc);
        }))
    }
}
