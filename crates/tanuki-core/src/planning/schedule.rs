//! Schedule of a project: its milestones, and its schedule items, which are
//! created on the first request that lists them.

use std::sync::LazyLock;

use chrono::Days;
use tanuki_store::database::JsonChunks;
use tanuki_store::projection::Projection;
use tanuki_store::query::list_filters;
use tanuki_store::query::planning::schedule;
use tanuki_store::query::rows;
use tanuki_store::schema::{MILESTONE, SCHEDULE_ITEM};
use tanuki_store::view::planning::ITEM;
use tanuki_store::write::{self, Values};
use tanuki_store::{ListQuery, Transaction};
use uuid::Uuid;

pub use tanuki_store::query::planning::schedule::ScheduledTable;

use super::resource;
use crate::access::ensure;
use crate::events::Event;
use crate::resource::Relations;
use crate::{Caller, MalformedId, MaybeId, Planning, Result};

pub(super) static OF_TASK_TYPE: LazyLock<Projection> =
    LazyLock::new(|| Projection::only(&SCHEDULE_ITEM, &ITEM));
pub(super) static LISTED_MILESTONE: LazyLock<Projection> = LazyLock::new(|| {
    let keys = ["id", "date", "name", "project_id", "task_type_id"];
    Projection::only(&MILESTONE, &keys)
});

impl Planning<'_> {
    /// Lists the milestones of a project. JSON: an array of `LISTED_MILESTONE`.
    /// Requires access to the project; not for clients.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if there is no such project
    /// or its id is malformed, [`Error::Denied`](crate::Error::Denied) without
    /// access to it.
    pub async fn milestones(self, caller: &Caller, project: &MaybeId) -> Result<JsonChunks> {
        let (project_id, access) = self.require_plan_reader(caller, project).await?;
        ensure(!access.is_client())?;
        let milestones = ListQuery::new(&LISTED_MILESTONE);
        let milestones = milestones.filter(list_filters::of_project(&MILESTONE, project_id));
        Ok(self.core.database().stream_list(milestones))
    }

    /// Lists the existing schedule items of a project; creates none. JSON: an
    /// array of rows. Requires access to the project; not for clients and
    /// vendors.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if there is no such project
    /// or its id is malformed, [`Error::Denied`](crate::Error::Denied) without
    /// access to it.
    pub async fn schedule_items(self, caller: &Caller, project: &MaybeId) -> Result<JsonChunks> {
        let (project_id, access) = self.require_plan_reader(caller, project).await?;
        access.deny_guests()?;
        let projection = (resource::SCHEDULE_ITEMS.projection)(Relations::Without);
        let items = ListQuery::new(projection);
        let items = items.filter(list_filters::of_project(&SCHEDULE_ITEM, project_id));
        Ok(self.core.database().stream_list(items))
    }

    /// Lists the schedule items of a project's task types by start date, and
    /// creates the missing ones. JSON: an array of `OF_TASK_TYPE`. Requires
    /// access to the project; not for clients and vendors.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if there is no such project
    /// or its id is malformed, [`Error::Denied`](crate::Error::Denied) without
    /// access to it.
    pub async fn task_type_schedule(
        self,
        caller: &Caller,
        project: &MaybeId,
    ) -> Result<JsonChunks> {
        let (project_id, access) = self.require_plan_reader(caller, project).await?;
        access.deny_guests()?;
        if !schedule::missing_task_types(self.core.database(), project_id)
            .await?
            .is_empty()
        {
            let mut transaction = self.core.database().begin().await?;
            rows::lock(&mut transaction, "project", project_id).await?;
            let missing = schedule::missing_task_types(&mut transaction, project_id).await?;
            let items = missing.into_iter().map(|id| (id, None)).collect();
            self.make_items(transaction, caller, project_id, items)
                .await?;
        }
        let items = ListQuery::new(&OF_TASK_TYPE)
            .filter(schedule::of_task_types(project_id))
            .ascending("start_date");
        Ok(self.core.database().stream_list(items))
    }

    /// Lists the schedule items of a task type for the asset types, episodes,
    /// sequences or edits of a project (optionally of one episode), and creates
    /// the missing ones. JSON: an array of `OF_OBJECT`. Requires access to the
    /// project; not for clients and vendors.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project does not exist, `Denied` without access,
    /// `Invalid` if an id is malformed.
    pub async fn schedule_of(
        self,
        caller: &Caller,
        project: &MaybeId,
        task_type: &MaybeId,
        what: ScheduledTable,
        episode: Option<&MaybeId>,
    ) -> Result<JsonChunks> {
        let (project_id, access) = self.require_plan_reader(caller, project).await?;
        access.deny_guests()?;
        let task_type_id = task_type.hyphenated(MalformedId::InPath)?;
        let episode = episode
            .map(|id| id.hyphenated(MalformedId::InPath))
            .transpose()?;
        let missing = what
            .missing(self.core.database(), project_id, task_type_id, episode)
            .await?;
        if !missing.is_empty() {
            let mut transaction = self.core.database().begin().await?;
            rows::lock(&mut transaction, "project", project_id).await?;
            let missing = what
                .missing(&mut transaction, project_id, task_type_id, episode)
                .await?;
            let items = missing
                .into_iter()
                .map(|id| (task_type_id, Some(id)))
                .collect();
            self.make_items(transaction, caller, project_id, items)
                .await?;
        }
        let items = what.items(project_id, task_type_id, episode);
        Ok(self.core.database().stream_list(items))
    }

    /// Creates schedule items from today to tomorrow and commits. Records
    /// `schedule-item:new` for each. `items` has the task type and, if any, the
    /// object.
    async fn make_items(
        self,
        mut transaction: Transaction,
        caller: &Caller,
        project_id: Uuid,
        items: Vec<(Uuid, Option<Uuid>)>,
    ) -> Result<()> {
        let today = self.core.clock().now().date_naive();
        let tomorrow = today.checked_add_days(Days::new(1)).unwrap_or(today);
        let mut made = Vec::with_capacity(items.len());
        let mut events = Vec::with_capacity(items.len());
        for (task_type_id, object_id) in items {
            let id = Uuid::new_v4();
            made.push(Values::from([
                ("id", id.into()),
                ("start_date", today.into()),
                ("end_date", tomorrow.into()),
                ("project_id", project_id.into()),
                ("task_type_id", task_type_id.into()),
                ("object_id", object_id.into()),
            ]));
            events.push(Event::about("schedule_item", "new", id).in_project(Some(project_id)));
        }
        write::insert_all(
            &mut transaction,
            &SCHEDULE_ITEM,
            made,
            &self.core.defaults(),
        )
        .await?;
        self.core
            .record_all(&mut transaction, events, Some(caller))
            .await?;
        transaction.commit().await?;
        Ok(())
    }
}
