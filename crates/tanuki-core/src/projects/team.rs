//! Teams of projects and the roles of their members.

use std::sync::LazyLock;

use serde_json::{Value, json};
use tanuki_store::database::JsonChunks;
use tanuki_store::projection::Projection;
use tanuki_store::query::projects::{self, links};
use tanuki_store::query::{people, rows};
use tanuki_store::schema::PROJECT_PERSON_LINK;
use tanuki_store::view::people::{CLIENT, FULL, MINIMAL_UNLINKED};
use tanuki_store::view::projects::with_role;
use tanuki_store::write::Values;
use tanuki_store::{ListQuery, Transaction};
use uuid::Uuid;

use super::{Setting, UNLINKED};
use crate::access::ManagedProject;
use crate::events::Event;
use crate::{Caller, Error, JsonRow, MaybeId, Projects, Result};

pub(super) static FOR_MANAGERS: LazyLock<Projection> = LazyLock::new(|| with_role(&FULL));
/// The values of [`FOR_COLLEAGUES`] with keys in the order of [`FOR_MANAGERS`],
/// as in Zou.
static FOR_MANAGERS_OF_TEAM: LazyLock<Projection> = LazyLock::new(|| {
    let keys: Vec<&str> = MINIMAL_UNLINKED.keys().collect();
    with_role(&FULL.clone().only_keys(&keys))
});
static FOR_COLLEAGUES: LazyLock<Projection> = LazyLock::new(|| with_role(&MINIMAL_UNLINKED));
static FOR_CLIENTS: LazyLock<Projection> = LazyLock::new(|| with_role(&CLIENT));

impl Projects<'_> {
    /// Lists the team of a project, oldest account first. JSON, by the caller's
    /// role there: [`FOR_MANAGERS`], [`FOR_MANAGERS_OF_TEAM`], [`FOR_CLIENTS`]
    /// or [`FOR_COLLEAGUES`]. Requires access to the project.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such project, [`Error::Denied`]
    /// without access to it.
    pub async fn team(self, caller: &Caller, project_id: Uuid) -> Result<JsonChunks> {
        let (_, access) = self.core.require_project(caller, project_id).await?;
        // Salaries are shown only to those who also have a manager's role in
        // the studio: the manager of a single project can add anybody to its
        // team.
        let projection: &'static Projection = if access.is_manager() && caller.manages() {
            &FOR_MANAGERS
        } else if access.is_manager() {
            &FOR_MANAGERS_OF_TEAM
        } else if access.is_client() {
            &FOR_CLIENTS
        } else {
            &FOR_COLLEAGUES
        };
        let team = projects::team(ListQuery::new(projection), project_id);
        Ok(self.core.database().stream_list(team))
    }

    /// Adds a person to a team; a given role becomes their role in the project.
    /// Returns the project's row. Requires a manager of the project.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the project does not exist, [`Error::Denied`]
    /// without permission, [`Error::Invalid`] if the person does not exist, or
    /// for the preview account of another project.
    pub async fn add_to_team(
        self,
        caller: &Caller,
        project_id: Uuid,
        person: &MaybeId,
        role: Option<&'static str>,
    ) -> Result<JsonRow> {
        let project = self
            .core
            .require_managed_project(caller, project_id)
            .await?;
        let mut transaction = self.core.database().begin().await?;
        let person_id = person.id();
        if let Some(id) = person_id {
            let own = people::preview_project(&mut transaction, id).await?;
            if own.is_some_and(|own| own != project_id) {
                return Err(Error::invalid(
                    "A preview account can only belong to its own project",
                ));
            }
        }
        let mut row = self
            .link_setting(&mut transaction, project, Setting::Team, person)
            .await?;
        if let (Some(id), Some(_)) = (person_id, role) {
            self.set_role(&mut transaction, project, id, role).await?;
            row = rows::by_id(&mut transaction, &UNLINKED, project_id)
                .await?
                .ok_or(Error::NotFound)?;
        }
        transaction.commit().await?;
        Ok(row)
    }

    /// Sets the role of a team member in a project; `None` means that their own
    /// role applies. Returns `project_id`, `person_id` and `role`. Requires a
    /// manager of the project or an admin.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] if the person is not in the team or is a preview
    /// account.
    pub async fn set_team_role(
        self,
        caller: &Caller,
        project_id: Uuid,
        person: &MaybeId,
        role: Option<&'static str>,
    ) -> Result<Value> {
        let project = self
            .core
            .require_managed_project_unless_admin(caller, project_id)
            .await?;
        let person_id = person.id().ok_or_else(no_member)?;
        let mut transaction = self.core.database().begin().await?;
        self.set_role(&mut transaction, project, person_id, role)
            .await?;
        transaction.commit().await?;
        Ok(json!({
            "project_id": project.project_id,
            "person_id": person_id,
            "role": role,
        }))
    }

    /// Sets the role of a member and records `project:update`.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a preview account or somebody who is not a
    /// member.
    async fn set_role(
        self,
        transaction: &mut Transaction,
        ManagedProject { caller, project_id }: ManagedProject<'_>,
        person_id: Uuid,
        role: Option<&'static str>,
    ) -> Result<()> {
        let preview = people::preview_project(&mut *transaction, person_id).await?;
        if preview.is_some() {
            return Err(Error::invalid("A preview account keeps its client role"));
        }
        let values = Values::from([("role", role.into())]);
        let ends = (project_id, "person_id", person_id);
        let table = &PROJECT_PERSON_LINK;
        if !links::update(transaction, table, ends, values).await? {
            return Err(no_member());
        }
        let event = Event::named("project:update").in_project(Some(project_id));
        self.core.record(transaction, event, Some(caller)).await
    }
}

fn no_member() -> Error {
    Error::invalid("Person is not a member of the project team")
}
