//! Versions of a project's schedule: copied from the project's tasks or from
//! another version, and applied to the tasks.

use tanuki_store::ListQuery;
use tanuki_store::Transaction;
use tanuki_store::database::JsonChunks;
use tanuki_store::query::planning::versions::{self, Source};
use tanuki_store::query::rows;
use tanuki_store::schema::{PRODUCTION_SCHEDULE_VERSION, PROJECT};
use tanuki_store::write::{self, Values};
use uuid::Uuid;

use super::resource;
use crate::access::ManagedProject;
use crate::events::Event;
use crate::resource::Relations;
use crate::{Caller, ConstraintViolation, Error, MaybeId, Planning, Result};

const TABLE: &str = "production_schedule_version";

/// A version of a schedule whose project the caller manages: the proof of a
/// permission check.
#[derive(Debug, Clone, Copy)]
pub struct Version<'a> {
    production: ManagedProject<'a>,
    id: Uuid,
}

impl Planning<'_> {
    /// Lists the planned dates of tasks in a version, optionally of one task
    /// type. JSON: an array of rows, with the ids of linked rows if `relations`
    /// says so. Requires access to the project; not for clients and vendors.
    ///
    /// # Errors
    ///
    /// `NotFound` if the version does not exist, `Denied` without access,
    /// `Constraint` if the task type is malformed.
    pub async fn version_task_links(
        self,
        caller: &Caller,
        id: Uuid,
        task_type: Option<&MaybeId>,
        relations: Relations,
    ) -> Result<JsonChunks> {
        let project_id = self.project_of_version(id).await?;
        caller
            .require_project_access(self.core.database(), Some(project_id))
            .await?
            .deny_guests()?;
        let task_type = task_type
            .map(|id| id.hyphenated(Error::Constraint(ConstraintViolation::Format)))
            .transpose()?;
        let projection = (resource::SCHEDULE_VERSION_TASKS.projection)(relations);
        let mut tasks = ListQuery::new(projection).filter(versions::of_version(id));
        if let Some(task_type) = task_type {
            tasks = tasks.filter(versions::of_task_type(task_type));
        }
        Ok(self.core.database().stream_list(tasks))
    }

    /// Loads a version and checks that the caller manages its project.
    ///
    /// # Errors
    ///
    /// `NotFound` if the version does not exist, `Denied` if the caller does
    /// not manage its project.
    pub async fn managed_version<'a>(self, caller: &'a Caller, id: Uuid) -> Result<Version<'a>> {
        let project_id = self.project_of_version(id).await?;
        let access = caller
            .project_access(self.core.database(), Some(project_id))
            .await?;
        access.require_manager()?;
        let production = ManagedProject { caller, project_id };
        Ok(Version { production, id })
    }

    /// Returns the project of a version; `NotFound` if there is no such version.
    async fn project_of_version(self, id: Uuid) -> Result<Uuid> {
        let project_id = rows::project_of(self.core.database(), TABLE, id).await?;
        project_id.flatten().ok_or(Error::NotFound)
    }

    /// Copies the current dates, estimations and assignees of the project's
    /// tasks to a version. Returns the number of tasks.
    pub async fn fill_version(self, Version { production, id }: Version<'_>) -> Result<u64> {
        let source = Source::Production(production.project_id);
        let mut transaction = self.core.database().begin().await?;
        let count = self.copy_plans(&mut transaction, id, source).await?;
        transaction.commit().await?;
        Ok(count)
    }

    /// Copies the plan of another version of the same project to a version.
    /// Returns the number of tasks. Records
    /// `production_schedule_version:update`.
    ///
    /// # Errors
    ///
    /// `NotFound` if the other version does not exist, `Invalid` if it belongs
    /// to another project or is the same version.
    pub async fn copy_version(self, version: Version<'_>, other: Uuid) -> Result<u64> {
        let Version { production, id } = version;
        let project_id = self.project_of_version(other).await?;
        if project_id != production.project_id {
            return Err(Error::invalid(
                "Production schedule versions must belong to the same project.",
            ));
        }
        if other == id {
            return Err(Error::invalid(
                "A production schedule version cannot be copied onto itself.",
            ));
        }
        let mut transaction = self.core.database().begin().await?;
        let count = self
            .copy_plans(&mut transaction, id, Source::Version(other))
            .await?;
        let change = ("production_schedule_from", other.into());
        self.change_version(&mut transaction, version, change)
            .await?;
        transaction.commit().await?;
        Ok(count)
    }

    async fn copy_plans(
        self,
        transaction: &mut Transaction,
        version: Uuid,
        source: Source,
    ) -> Result<u64> {
        rows::lock(transaction, TABLE, version).await?;
        let now = self.core.clock().timestamp();
        Ok(versions::copy_plans(transaction, version, source, now).await?)
    }

    /// Applies the plan of a version to the tasks of the project and marks the
    /// version as `locked`. Returns the number of tasks. Records `task:update`
    /// for each, `production_schedule_version:update` and `project:update`.
    ///
    /// # Errors
    /// Failures of the database only. The [`Version`] is the proof of the
    /// permission.
    pub async fn apply_version(self, version: Version<'_>) -> Result<usize> {
        let Version { production, id } = version;
        let ManagedProject { caller, project_id } = production;
        let now = self.core.clock().timestamp();
        let mut transaction = self.core.database().begin().await?;
        rows::lock(&mut transaction, TABLE, id).await?;
        let tasks = versions::apply(&mut transaction, id, now).await?;
        let count = tasks.len();
        let events = tasks
            .into_iter()
            .map(|task| Event::about("task", "update", task).in_project(Some(project_id)));
        self.core
            .record_all(&mut transaction, events.collect(), Some(caller))
            .await?;
        self.change_version(&mut transaction, version, ("locked", true.into()))
            .await?;
        let values = Values::from([
            ("from_schedule_version_id", id.into()),
            ("updated_at", now.into()),
        ]);
        write::update(&mut transaction, &PROJECT, project_id, values).await?;
        let event = Event::named("project:update").in_project(Some(project_id));
        self.core
            .record(&mut transaction, event, Some(caller))
            .await?;
        transaction.commit().await?;
        Ok(count)
    }

    /// Updates a column of a version and records the event.
    async fn change_version(
        self,
        transaction: &mut Transaction,
        Version { production, id }: Version<'_>,
        change: (&'static str, tanuki_store::Value),
    ) -> Result<()> {
        let now = self.core.clock().timestamp();
        let values = Values::from([change, ("updated_at", now.into())]);
        write::update(transaction, &PRODUCTION_SCHEDULE_VERSION, id, values).await?;
        let mut event = Event::about(TABLE, "update", id).in_project(Some(production.project_id));
        // Zou spells this event with underscores, unlike all others.
        event.name = format!("{TABLE}:update");
        self.core
            .record(transaction, event, Some(production.caller))
            .await
    }
}
