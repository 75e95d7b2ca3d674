//! Deleting tasks with everything that belongs to them.

use tanuki_store::Transaction;
use tanuki_store::query::{previews, removal};
use uuid::Uuid;

use crate::events::Event;
use crate::{Caller, Core, Result};

impl Core {
    /// Takes along what tasks own, so that their rows can go. Entities that
    /// showed one of their previews show the newest that is left.
    pub(crate) async fn empty_tasks(
        &self,
        transaction: &mut Transaction,
        caller: &Caller,
        ids: &[Uuid],
    ) -> Result<()> {
        let entities = previews::entities_showing(transaction, ids).await?;
        let news = removal::of_tasks(transaction, ids).await?;
        self.tell_of_news(transaction, caller, &news).await?;
        for entity in entities {
            self.show_newest_preview(transaction, caller, entity)
                .await?;
        }
        Ok(())
    }

    /// Tells that news are gone.
    pub(crate) async fn tell_of_news(
        &self,
        transaction: &mut Transaction,
        caller: &Caller,
        news: &[removal::Gone],
    ) -> Result<()> {
        for gone in news {
            let event = Event::about("news", "delete", gone.id).in_project(gone.project_id);
            self.record(transaction, event, Some(caller)).await?;
        }
        Ok(())
    }
}
