//! Deleting a production with everything in it.

use tanuki_store::Transaction;
use tanuki_store::query::removal;
use uuid::Uuid;

use crate::events::Event;
use crate::{Core, Result};

impl Core {
    /// Takes along everything that is in a production, so that its row can go.
    pub(super) async fn empty_project(
        &self,
        transaction: &mut Transaction,
        id: Uuid,
    ) -> Result<()> {
        transaction.lift_statement_limit().await?;
        let tasks = removal::tasks_of_project(transaction, id).await?;
        let news = removal::of_tasks(transaction, &tasks).await?;
        for gone in news {
            let event = Event::about("news", "delete", gone.id).in_project(Some(id));
            self.publish(transaction, event);
        }
        // What was recorded of a production goes with it: those who listen
        // are told of its tasks, and nothing is kept.
        for task in tasks {
            let event = Event::about("task", "delete", task).in_project(Some(id));
            self.publish(transaction, event);
        }
        removal::of_project(transaction, id).await?;
        Ok(())
    }
}
