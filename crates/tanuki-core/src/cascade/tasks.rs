//! Deletion of the rows that depend on tasks.

use tanuki_store::Transaction;
use tanuki_store::query::{files::previews, removal};
use uuid::Uuid;

use crate::events::Event;
use crate::{Caller, Cascade, Result};

impl Cascade<'_> {
    /// Deletes the dependent rows of tasks, so that the tasks can be deleted.
    /// Entities whose main preview is deleted get their newest remaining one.
    pub(crate) async fn empty_tasks(
        self,
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
        self,
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
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        entities: Vec<Uuid>,
    ) -> Result<()> {
        for entity in entities {
            self.core
                .files()
                .show_newest_preview(transaction, caller, entity)
                .await?;
        }
        Ok(())
    }

    /// Deletes tasks that are already locked, with their dependent rows, and
    /// records `task:delete`. Returns the entities whose main preview was one
    /// of theirs.
    pub(crate) async fn remove_locked_tasks(
        self,
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
        self.core
            .record_all(transaction, events.collect(), Some(caller))
            .await?;
        Ok(entities)
    }

    /// Records `news:delete` for deleted news.
    pub(crate) async fn publish_news(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        news: &[removal::Removed],
    ) -> Result<()> {
        let events = news
            .iter()
            .map(|gone| Event::about("news", "delete", gone.id).in_project(gone.project_id));
        self.core
            .record_all(transaction, events.collect(), Some(caller))
            .await
    }
}
