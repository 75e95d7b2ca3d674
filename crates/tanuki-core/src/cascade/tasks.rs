//! Deletion of the rows that depend on tasks.

use tanuki_store::Transaction;
use tanuki_store::query::{files::main_previews, removal};
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
        let cleared = clear(transaction, ids).await?;
        self.publish_news(transaction, caller, &cleared.news)
            .await?;
        self.show_others(transaction, caller, cleared.showing).await
    }

    /// Sets the main previews of entities to their newest remaining one each.
    pub(crate) async fn show_others(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        entities: Vec<Uuid>,
    ) -> Result<()> {
        self.core
            .files()
            .show_newest_previews(transaction, caller, &entities)
            .await
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
        let cleared = delete_locked(transaction, gone).await?;
        self.publish_news(transaction, caller, &cleared.news)
            .await?;
        let events = gone.iter().map(|task| task_deleted(task, project_id));
        self.core
            .record_all(transaction, events.collect(), Some(caller))
            .await?;
        Ok(cleared.showing)
    }

    /// Records `news:delete` for deleted news.
    pub(crate) async fn publish_news(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        news: &[removal::Removed],
    ) -> Result<()> {
        let events = news.iter().map(news_deleted);
        self.core
            .record_all(transaction, events.collect(), Some(caller))
            .await
    }
}

/// What followed from the deletion of tasks.
#[derive(Debug)]
pub(crate) struct ClearedTasks {
    /// The entities whose main preview was one of theirs.
    pub showing: Vec<Uuid>,
    pub news: Vec<removal::Removed>,
}

/// Deletes tasks that are already locked, with their dependent rows. Records no
/// events.
pub(crate) async fn delete_locked(
    transaction: &mut Transaction,
    gone: &[removal::RemovedTask],
) -> Result<ClearedTasks> {
    let ids: Vec<Uuid> = gone.iter().map(|task| task.id).collect();
    let cleared = clear(transaction, &ids).await?;
    removal::tasks(transaction, &ids).await?;
    Ok(cleared)
}

/// Deletes the dependent rows of tasks.
async fn clear(transaction: &mut Transaction, ids: &[Uuid]) -> Result<ClearedTasks> {
    Ok(ClearedTasks {
        showing: main_previews::entities_showing(transaction, ids).await?,
        news: removal::of_tasks(transaction, ids).await?,
    })
}

/// The event `news:delete`.
pub(crate) fn news_deleted(news: &removal::Removed) -> Event {
    Event::about("news", "delete", news.id).in_project(news.project_id)
}

/// The event `task:delete`.
pub(crate) fn task_deleted(task: &removal::RemovedTask, project_id: Uuid) -> Event {
    Event::about("task", "delete", task.id)
        .with("entity_id", task.entity_id.map(|id| id.to_string()))
        .with("task_type_id", task.task_type_id.map(|id| id.to_string()))
        .in_project(Some(project_id))
}
