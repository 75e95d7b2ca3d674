//! Deleting tasks with all dependent rows.

use tanuki_store::query::list_filters;
use tanuki_store::query::tasks::lists;
use tanuki_store::query::{files::previews, locks, removal};
use tanuki_store::schema::TASK;
use tanuki_store::{Filter, Transaction};
use uuid::Uuid;

use crate::events::Event;
use crate::{Admin, Caller, Core, IdList, Result};

impl Core {
    /// Deletes the dependent rows of tasks, so that the tasks can be deleted.
    /// Entities whose main preview is deleted get their newest remaining one.
    pub(crate) async fn empty_tasks(
        &self,
        transaction: &mut Transaction,
        caller: &Caller,
        ids: &[Uuid],
    ) -> Result<()> {
        let entities = self.clear_tasks(transaction, caller, ids).await?;
        self.show_others(transaction, caller, entities).await
    }

    /// Deletes the dependent rows of tasks. Returns the entities whose main
    /// preview was one of theirs.
    async fn clear_tasks(
        &self,
        transaction: &mut Transaction,
        caller: &Caller,
        ids: &[Uuid],
    ) -> Result<Vec<Uuid>> {
        let entities = previews::entities_showing(transaction, ids).await?;
        let news = removal::of_tasks(transaction, ids).await?;
        self.publish_news(transaction, caller, &news).await?;
        Ok(entities)
    }

    /// Sets the main preview of each entity to its newest remaining preview.
    pub(crate) async fn show_others(
        &self,
        transaction: &mut Transaction,
        caller: &Caller,
        entities: Vec<Uuid>,
    ) -> Result<()> {
        for entity in entities {
            self.show_newest_preview(transaction, caller, entity)
                .await?;
        }
        Ok(())
    }

    /// Deletes tasks of a project with all dependent rows. Ids of other tasks
    /// are ignored, but all given ids are returned. Requires a manager of the
    /// project or an admin; for admins, an unknown project has no tasks.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the project does not exist, [`Error::Denied`]
    /// without permission.
    pub async fn delete_tasks(
        &self,
        caller: &Caller,
        project_id: Uuid,
        ids: &IdList,
    ) -> Result<Vec<Uuid>> {
        self.require_managed_project_unless_admin(caller, project_id)
            .await?;
        let ids = ids.given()?;
        let which = list_filters::has_id_in(&TASK, &ids);
        self.remove_tasks(caller, project_id, which).await?;
        Ok(ids)
    }

    /// Deletes all tasks of one type in a project with their dependent rows.
    /// Admins only.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the project does not exist.
    pub async fn delete_tasks_of_type(
        &self,
        admin: Admin<'_>,
        project_id: Uuid,
        task_type_id: Uuid,
    ) -> Result<()> {
        let caller = admin.caller();
        self.require_existing(project_id).await?;
        let which = lists::of_type(task_type_id);
        self.remove_tasks(caller, project_id, which).await
    }

    async fn remove_tasks(&self, caller: &Caller, project_id: Uuid, which: Filter) -> Result<()> {
        let mut transaction = self.database().begin().await?;
        let which = which.and(list_filters::of_project(&TASK, project_id));
        locks::entities_of_tasks(&mut transaction, which.clone()).await?;
        let gone = removal::lock_tasks(&mut transaction, which).await?;
        let entities = self
            .remove_locked_tasks(&mut transaction, caller, project_id, &gone)
            .await?;
        self.show_others(&mut transaction, caller, entities).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Deletes tasks that are already locked, with their dependent rows, and
    /// records `task:delete`. Returns the entities whose main preview was one
    /// of theirs.
    pub(crate) async fn remove_locked_tasks(
        &self,
        transaction: &mut Transaction,
        caller: &Caller,
        project_id: Uuid,
        gone: &[removal::RemovedTask],
    ) -> Result<Vec<Uuid>> {
        let ids: Vec<Uuid> = gone.iter().map(|task| task.id).collect();
        let entities = self.clear_tasks(transaction, caller, &ids).await?;
        removal::tasks(transaction, &ids).await?;
        let events = gone.iter().map(|task| {
            Event::about("task", "delete", task.id)
                .with("entity_id", task.entity_id.map(|id| id.to_string()))
                .with("task_type_id", task.task_type_id.map(|id| id.to_string()))
                .in_project(Some(project_id))
        });
        self.record_all(transaction, events.collect(), Some(caller))
            .await?;
        Ok(entities)
    }

    /// Records `news:delete` for deleted news.
    pub(crate) async fn publish_news(
        &self,
        transaction: &mut Transaction,
        caller: &Caller,
        news: &[removal::Removed],
    ) -> Result<()> {
        for gone in news {
            let event = Event::about("news", "delete", gone.id).in_project(gone.project_id);
            self.record(transaction, event, Some(caller)).await?;
        }
        Ok(())
    }
}
