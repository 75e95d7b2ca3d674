//! Setting the main preview of an entity from its tasks.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};
use tanuki_store::Transaction;
use tanuki_store::query::access::{self, TaskRelation};
use tanuki_store::query::files::{main_previews, previews};
use tanuki_store::query::{locks, rows};
use tanuki_store::view;
use uuid::Uuid;

use crate::access::ensure;
use crate::fields::{check_changes, id_of};
use crate::files::{PREVIEW_FILES, main_preview_events};
use crate::resource::Relations;
use crate::{Caller, Error, JsonRow, MaybeId, Result, Tasks};

impl Tasks<'_> {
    /// Sets the main preview of a task's entity to the task's last preview.
    /// Returns the entity. Requires access to the entity; clients are denied.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the task does not exist, [`Error::Denied`]
    /// without permission, [`Error::Invalid`] if the task has no preview.
    pub async fn show_task(self, caller: &Caller, task_id: Uuid) -> Result<JsonRow> {
        let mut entities = self.show_tasks(caller, &[task_id.into()]).await?;
        entities.pop().ok_or_else(|| {
            Error::invalid("This task has no preview file to set as the main preview.")
        })
    }

    /// Like [`show_task`](Self::show_task) for several tasks. Tasks without
    /// previews are skipped; any other error rolls all of them back.
    ///
    /// # Errors
    /// As [`show_task`](Self::show_task), but for tasks without previews.
    pub async fn show_tasks(self, caller: &Caller, tasks: &[MaybeId]) -> Result<Vec<JsonRow>> {
        check_changes("task_ids", tasks)?;
        let mut transaction = self.core.database().begin().await?;
        let ids = tasks.iter().filter_map(MaybeId::id);
        locks::tasks_with_entities(&mut transaction, ids).await?;
        let allowed = may_show(&mut transaction, caller, tasks).await?;
        let ids: Vec<Uuid> = allowed.iter().map(|(task_id, _)| *task_id).collect();
        let last = previews::last_of_tasks(&mut transaction, &ids).await?;
        let shown: Vec<(Uuid, (Uuid, String))> = allowed
            .iter()
            .filter_map(|(task_id, entity_id)| Some((*entity_id, last.get(task_id)?.clone())))
            .collect();
        let mut entities = self.show(&mut transaction, caller, &shown).await?;
        transaction.commit().await?;
        self.core.mask_entities(caller, &mut entities).await?;
        Ok(entities)
    }

    /// Sets the main preview of an entity to a preview of one of its tasks.
    /// Returns the entity. With a frame of a film, counted from 1, the pictures
    /// of the preview are made anew of it, by a job. Requires access to the
    /// entity; clients are denied.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the preview does not exist, [`Error::Denied`]
    /// without permission, [`Error::Invalid`] if a frame is given and the
    /// preview is not a movie (`mp4`).
    pub async fn show_preview(
        self,
        caller: &Caller,
        id: Uuid,
        frame: Option<i64>,
    ) -> Result<JsonRow> {
        let mut transaction = self.core.database().begin().await?;
        let projection = (PREVIEW_FILES.projection)(Relations::Without);
        let preview = rows::by_id(&mut transaction, projection, id).await?;
        let preview = preview.ok_or(Error::NotFound)?;
        let task_id = id_of(&preview, "task_id").ok_or(Error::NotFound)?;
        let allowed = may_show(&mut transaction, caller, &[task_id.into()]).await?;
        let entities = allowed.into_iter().map(|(_, entity_id)| entity_id);
        let text = |key: &str| preview.get(key).and_then(Value::as_str);
        if frame.is_some() && text("extension") != Some("mp4") {
            return Err(Error::invalid(
                "Can't use a given frame on non movie preview",
            ));
        }
        let status = text("status").unwrap_or_default().to_owned();
        let shown: Vec<_> = entities
            .map(|entity_id| (entity_id, (id, status.clone())))
            .collect();
        let mut entities = self.show(&mut transaction, caller, &shown).await?;
        transaction.commit().await?;
        if let Some(frame) = frame {
            self.core.files().show_frame(id, frame).await?;
        }
        self.core.mask_entities(caller, &mut entities).await?;
        entities.pop().ok_or(Error::NotFound)
    }

    /// Sets the main previews of entities, each given with the id and status of
    /// its preview, and returns the rows of these entities.
    async fn show(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        shown: &[(Uuid, (Uuid, String))],
    ) -> Result<Vec<JsonRow>> {
        let now = self.core.clock().timestamp();
        let mains = main_previews::show(transaction, shown, now).await?;
        let events = mains
            .iter()
            .flat_map(|(entity_id, main)| main_preview_events(*entity_id, main.clone()));
        self.core
            .record_all(transaction, events.collect(), Some(caller))
            .await?;
        let ids: Vec<Uuid> = mains.iter().map(|(entity_id, _)| *entity_id).collect();
        let rows = rows::by_ids(&mut *transaction, &view::entities::PLAIN, &ids).await?;
        let rows: HashMap<Uuid, Map<String, Value>> = rows
            .into_iter()
            .filter_map(|row| Some((id_of(&row, "id")?, row)))
            .collect();
        let entity = |(entity_id, main): &(Uuid, main_previews::NewMain)| {
            let mut entity = rows.get(entity_id)?.clone();
            // Two tasks of one entity each have their own preview in the answer.
            let (preview, status) = main.preview.clone()?;
            entity.insert("preview_file_id".into(), preview.to_string().into());
            entity.insert("preview_file_status".into(), status.into());
            Some(entity)
        };
        Ok(mains.iter().filter_map(entity).collect())
    }
}

/// Returns the tasks, each with its entity, if the caller may set the main
/// previews of these: everybody with access to the entity except clients.
///
/// # Errors
///
/// Of the first task that is not found or not allowed.
async fn may_show(
    transaction: &mut Transaction,
    caller: &Caller,
    tasks: &[MaybeId],
) -> Result<Vec<(Uuid, Uuid)>> {
    let ids: Vec<Uuid> = tasks.iter().filter_map(MaybeId::id).collect();
    let relations = access::task_relations(&mut *transaction, caller.id, &ids).await?;
    let place = |task: &TaskRelation| caller.project_access_of(task.membership.clone());
    let own: HashSet<Uuid> = if relations.values().any(|task| place(task).is_vendor()) {
        let own = access::worked_on_entities(transaction, caller.id).await?;
        own.into_iter().collect()
    } else {
        HashSet::new()
    };
    let mut allowed = Vec::with_capacity(tasks.len());
    for task in tasks {
        let id = task.found()?;
        let task = relations.get(&id).ok_or(Error::NotFound)?;
        let access = place(task);
        ensure(access.is_granted())?;
        let entity_id = task.entity_id.ok_or(Error::NotFound)?;
        ensure(!access.is_vendor() || own.contains(&entity_id))?;
        access.deny_clients()?;
        allowed.push((id, entity_id));
    }
    Ok(allowed)
}
