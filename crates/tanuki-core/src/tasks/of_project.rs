//! The tasks of a project.

use tanuki_store::ListQuery;
use tanuki_store::database::JsonChunks;
use tanuki_store::query::{list_filters, tasks};
use tanuki_store::schema::TASK;
use tanuki_store::view::tasks::PLAIN;
use uuid::Uuid;

use crate::access::ProjectAccess;
use crate::etag::EtagInputs;
use crate::fields::hyphenated_id;
use crate::masking::Mask;
use crate::parameters::{Parameters, first};
use crate::resource::Relations;
use crate::{Caller, ClientEtags, Conditional, MalformedId, Result, Tasks};

impl Tasks<'_> {
    /// Lists the tasks of a project with their assignees, last updated first,
    /// paginated. JSON: [`PLAIN`]; not modified (304) if an ETag matches.
    /// `task_type_id` and `episode_id` filter the list. Requires access to the
    /// project; vendors see only tasks assigned to them.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a malformed id in a filter.
    pub async fn project_tasks(
        self,
        caller: &Caller,
        project_id: Uuid,
        parameters: &Parameters,
        if_none_match: &ClientEtags,
    ) -> Result<Conditional<JsonChunks>> {
        let (_, access) = self.core.require_project(caller, project_id).await?;
        let edited = EtagInputs {
            project_id,
            access,
            name: "task",
            parameters,
        };
        let read = self.tasks_of_project(caller, project_id, access, parameters);
        self.core
            .unless_matched(caller, edited, if_none_match, read)
            .await
    }

    async fn tasks_of_project(
        self,
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
        let mask = self.core.mask(caller).await?.filter(|_| is_guest);
        let tasks = ListQuery::new(projection)
            .filter(which)
            .changing(mask.map(Mask::of_tasks));
        self.core.resources().paged(tasks, parameters, 0).await
    }
}
