//! To-do lists: tasks of a person that are open or done.

use tanuki_domain::Role;
use tanuki_store::database::JsonChunks;
use tanuki_store::query::{people, tasks::dates, tasks::todos, visibility};
use tanuki_store::view::tasks::{PLAIN_MASKED, TODO};
use tanuki_store::{Filter, ListQuery};
use uuid::Uuid;

use super::assign::worker;
use crate::access::ensure;
use crate::masking::Mask;
use crate::parameters::{Parameters, first};
use crate::{Caller, Error, JsonRow, MaybeId, Result, Tasks};

impl Tasks<'_> {
    /// Lists a person's tasks in open projects that the caller has access to,
    /// either those that are done or the others. JSON: [`TODO`]. `None` if the
    /// caller sees none: for clients, and for vendors looking at vendors.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the person does not exist, [`Error::Denied`] if a
    /// vendor asks for somebody else.
    pub async fn person_tasks(
        self,
        caller: &Caller,
        person_id: Uuid,
        is_done: bool,
    ) -> Result<Option<JsonChunks>> {
        self.require_seeing_tasks_of(caller, person_id).await?;
        let is_vendor = caller.role == Role::Vendor;
        if caller.is_client()
            || (is_vendor && people::is_vendor(self.core.database(), person_id).await?)
        {
            return Ok(None);
        }
        let hidden = self.core.projects_as_client(caller).await?;
        let change = self
            .core
            .mask(caller)
            .await?
            .map(Mask::of_tasks_with_entities);
        let tasks = todos::of_person(&TODO, person_id, is_done)
            .filter(todos::not_of_projects(hidden))
            .filter(in_sight(caller))
            .changing(change);
        Ok(Some(self.core.database().stream_list(tasks)))
    }

    /// Lists the tasks of one type on all entities that a person works on, in
    /// open projects that the caller has access to. JSON: [`PLAIN_MASKED`].
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the person does not exist, [`Error::Denied`] if a
    /// vendor asks for somebody else.
    pub async fn person_related_tasks(
        self,
        caller: &Caller,
        person_id: Uuid,
        task_type: &MaybeId,
    ) -> Result<JsonChunks> {
        self.require_seeing_tasks_of(caller, person_id).await?;
        let task_type = task_type.found()?;
        let blank = self.core.projects_as_client(caller).await?;
        let change = self.core.mask(caller).await?.map(Mask::of_tasks);
        let database = self.core.database();
        let list = ListQuery::new(&PLAIN_MASKED);
        let tasks = todos::related(list, database.dialect(), person_id, task_type)
            .filter(in_sight(caller))
            .blanking_tasks_of(blank)
            .changing(change);
        Ok(database.stream_list(tasks))
    }

    /// Requires that the person exists and the caller may see their tasks:
    /// vendors only see their own.
    async fn require_seeing_tasks_of(self, caller: &Caller, person_id: Uuid) -> Result<()> {
        let person = worker(self.core.database().into(), person_id, None).await?;
        ensure(person.id == caller.id || caller.role != Role::Vendor)
    }

    /// Returns the first start and the last due date of each person's tasks as
    /// JSON: `person_id`, `min_date`, `max_date`, `busy_periods`. The latter
    /// covers tasks in projects that the caller has no access to. Requires the
    /// role of an admin, manager or supervisor.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a malformed `project_id`, [`Error::Denied`]
    /// without the role or access to the project.
    pub async fn task_dates(
        self,
        caller: &Caller,
        parameters: &Parameters,
    ) -> Result<Vec<JsonRow>> {
        let project = first(parameters, "project_id").map(str::trim);
        let project_id = project
            .filter(|text| !text.is_empty())
            .map(|text| crate::fields::hyphenated_id(text).ok_or(text))
            .transpose()
            .map_err(|_| Error::invalid("Invalid project_id."))?;
        let database = self.core.database();
        if !caller.is_admin() {
            ensure(caller.manages() || caller.role == Role::Supervisor)?;
            if let Some(id) = project_id {
                self.core.require_existing(id).await?;
                caller
                    .require_project_access(database, Some(id))
                    .await?
                    .deny_guests()?;
            }
        }
        let which = dates::TaskDateFilter {
            project_id,
            member: member(caller),
        };
        Ok(dates::by_person(database, which).await?)
    }
}

/// The tasks of open projects that the caller may see.
pub(super) fn in_sight(caller: &Caller) -> Filter {
    let open = Filter::all().and(visibility::tasks::in_open_project(member(caller)));
    if caller.is_admin() {
        return open;
    }
    open.and(visibility::tasks::assigned_if_vendor(
        caller.id,
        caller.role,
    ))
}

/// The person whose projects restrict a query; `None` for admins, who see all.
fn member(caller: &Caller) -> Option<Uuid> {
    (!caller.is_admin()).then_some(caller.id)
}
