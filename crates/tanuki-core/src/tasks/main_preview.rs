//! Letting entities show the last preview of one of their tasks.

use std::sync::LazyLock;

use serde_json::{Map, Value};
use tanuki_store::Transaction;
use tanuki_store::query::{previews, rows, tasks};
use tanuki_store::schema::ENTITY;
use tanuki_store::shape::Shape;
use uuid::Uuid;

use crate::{Caller, Core, Error, Result};

static ENTITIES: LazyLock<Shape> = LazyLock::new(|| Shape::of(&ENTITY, &[]));

impl Core {
    /// Lets a task's entity show the task's last preview.
    pub async fn show_task(&self, caller: &Caller, task: &str) -> Result<Map<String, Value>> {
        let mut transaction = self.database().begin().await?;
        let entity = self.show_last(&mut transaction, caller, task).await?;
        transaction.commit().await?;
        entity.ok_or_else(|| {
            Error::invalid("This task has no preview file to set as the main preview.")
        })
    }

    /// The same for several tasks; those without previews change nothing.
    pub async fn show_tasks(
        &self,
        caller: &Caller,
        tasks: &[String],
    ) -> Result<Vec<Map<String, Value>>> {
        let mut transaction = self.database().begin().await?;
        let mut entities = Vec::new();
        for task in tasks {
            entities.extend(self.show_last(&mut transaction, caller, task).await?);
        }
        transaction.commit().await?;
        Ok(entities)
    }

    async fn show_last(
        &self,
        transaction: &mut Transaction,
        caller: &Caller,
        task: &str,
    ) -> Result<Option<Map<String, Value>>> {
        let id = Uuid::try_parse(task).map_err(|_| Error::NotFound)?;
        let task = tasks::facts(&mut *transaction, id)
            .await?
            .ok_or(Error::NotFound)?;
        let entity_id = task.entity_id.ok_or(Error::NotFound)?;
        let standing = caller.enter(&mut *transaction, task.project_id).await?;
        caller.reach(&mut *transaction, standing, entity_id).await?;
        standing.refuse_clients()?;
        let Some((preview, status)) = previews::last_of_task(transaction, id).await? else {
            return Ok(None);
        };
        let now = self.clock().timestamp();
        let main = previews::show(transaction, entity_id, (preview, status.clone()), now)
            .await?
            .ok_or(Error::NotFound)?;
        self.tell_of_main(transaction, caller, entity_id, main)
            .await?;
        let mut entity = rows::by_id(&mut *transaction, &ENTITIES, entity_id)
            .await?
            .ok_or(Error::NotFound)?;
        entity.insert("preview_file_status".into(), status.into());
        Ok(Some(entity))
    }
}
