//! Deleting a project with all of its rows.

use tanuki_store::Transaction;
use tanuki_store::query::removal;
use uuid::Uuid;

use crate::events::Event;
use crate::{Projects, Result};

impl Projects<'_> {
    /// Deletes all rows that belong to a project, so that its own row can be
    /// deleted. Lifts the time limit of statements, as large projects take
    /// long.
    pub(super) async fn empty_project(self, transaction: &mut Transaction, id: Uuid) -> Result<()> {
        transaction.lift_statement_limit().await?;
        let tasks = removal::tasks_of_project(transaction, id).await?;
        let news = removal::of_tasks(transaction, &tasks).await?;
        for gone in news {
            let event = Event::about("news", "delete", gone.id).in_project(Some(id));
            self.core.publish(transaction, event);
        }
        // The recorded events of a project are deleted with it, so these events
        // are published to listeners but not stored.
        for task in tasks {
            let event = Event::about("task", "delete", task).in_project(Some(id));
            self.core.publish(transaction, event);
        }
        removal::of_project(transaction, id).await?;
        Ok(())
    }
}
