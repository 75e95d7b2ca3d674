//! Setting the main preview of an entity from its tasks.

use serde_json::{Map, Value};
use tanuki_store::Transaction;
use tanuki_store::query::{files::previews, locks, rows};
use tanuki_store::view;
use uuid::Uuid;

use crate::fields::{check_changes, id_of};
use crate::files::PREVIEW_FILES;
use crate::resource::Relations;
use crate::{Caller, Core, Error, MaybeId, Result};

impl Core {
    /// Sets the main preview of a task's entity to the task's last preview.
    /// Returns the entity. Requires access to the entity; clients are denied.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the task does not exist, [`Error::Denied`]
    /// without permission, [`Error::Invalid`] if the task has no preview.
    pub async fn show_task(&self, caller: &Caller, task_id: Uuid) -> Result<Map<String, Value>> {
        let mut transaction = self.database().begin().await?;
        let mut entity = self.show_last(&mut transaction, caller, task_id).await?;
        transaction.commit().await?;
        if let Some(entity) = &mut entity {
            self.mask_entity(caller, entity).await?;
        }
        entity.ok_or_else(|| {
            Error::invalid("This task has no preview file to set as the main preview.")
        })
    }

    /// Like [`show_task`](Self::show_task) for several tasks. Tasks without
    /// previews are skipped; any other error rolls all of them back.
    pub async fn show_tasks(
        &self,
        caller: &Caller,
        tasks: &[MaybeId],
    ) -> Result<Vec<Map<String, Value>>> {
        check_changes("task_ids", tasks)?;
        let mut transaction = self.database().begin().await?;
        let ids = tasks.iter().filter_map(MaybeId::id);
        locks::tasks_with_entities(&mut transaction, ids).await?;
        let mut entities = Vec::new();
        for task in tasks {
            entities.extend(
                self.show_last(&mut transaction, caller, task.found()?)
                    .await?,
            );
        }
        transaction.commit().await?;
        self.mask_entities(caller, &mut entities).await?;
        Ok(entities)
    }

    /// Sets the main preview of an entity to a preview of one of its tasks.
    /// Returns the entity. Requires access to the entity; clients are denied.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the preview does not exist, [`Error::Denied`]
    /// without permission, [`Error::Invalid`] if a frame is given and the
    /// preview is not a movie (`mp4`).
    pub async fn show_preview(
        &self,
        caller: &Caller,
        id: Uuid,
        frame: Option<i64>,
    ) -> Result<Map<String, Value>> {
        let mut transaction = self.database().begin().await?;
        let projection = (PREVIEW_FILES.projection)(Relations::Without);
        let preview = rows::by_id(&mut transaction, projection, id).await?;
        let preview = preview.ok_or(Error::NotFound)?;
        let task_id = id_of(&preview, "task_id").ok_or(Error::NotFound)?;
        let entity_id = may_show(&mut transaction, caller, task_id).await?;
        let text = |key: &str| preview.get(key).and_then(Value::as_str);
        if frame.is_some() && text("extension") != Some("mp4") {
            return Err(Error::invalid(
                "Can't use a given frame on non movie preview",
            ));
        }
        let status = text("status").unwrap_or_default().to_owned();
        let mut entity = self
            .show(&mut transaction, caller, entity_id, (id, status))
            .await?;
        transaction.commit().await?;
        self.mask_entity(caller, &mut entity).await?;
        Ok(entity)
    }

    async fn show_last(
        &self,
        transaction: &mut Transaction,
        caller: &Caller,
        id: Uuid,
    ) -> Result<Option<Map<String, Value>>> {
        let entity_id = may_show(transaction, caller, id).await?;
        let Some(last) = previews::last_of_task(transaction, id).await? else {
            return Ok(None);
        };
        Ok(Some(self.show(transaction, caller, entity_id, last).await?))
    }

    async fn show(
        &self,
        transaction: &mut Transaction,
        caller: &Caller,
        entity_id: Uuid,
        (preview, status): (Uuid, String),
    ) -> Result<Map<String, Value>> {
        let now = self.clock().timestamp();
        let main = previews::show(transaction, entity_id, (preview, status.clone()), now)
            .await?
            .ok_or(Error::NotFound)?;
        self.publish_main_preview(transaction, caller, entity_id, main)
            .await?;
        let mut entity = rows::by_id(&mut *transaction, &view::entities::PLAIN, entity_id)
            .await?
            .ok_or(Error::NotFound)?;
        entity.insert("preview_file_status".into(), status.into());
        Ok(entity)
    }
}

/// Returns the id of a task's entity if the caller may set its main preview:
/// everybody with access to the entity except clients.
async fn may_show(transaction: &mut Transaction, caller: &Caller, task_id: Uuid) -> Result<Uuid> {
    let on_task = caller
        .require_task_access(transaction.into(), task_id)
        .await?;
    on_task.access.deny_clients()?;
    on_task.task.entity_id.ok_or(Error::NotFound)
}
