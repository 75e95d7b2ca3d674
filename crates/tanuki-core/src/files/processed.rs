//! What follows when the file of a preview has been processed: its status,
//! events, and the main previews of its task and entity.

use std::time::Duration;

use serde_json::{Map, Value};
use tanuki_store::Transaction;
use tanuki_store::query::files::{main_previews, previews, stored_previews};
use tanuki_store::query::{locks, rows};
use tanuki_store::schema::{PREVIEW_FILE, TASK};
use tanuki_store::write::{self, Values};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{PREVIEW_FILES, main_preview_events};
use crate::events::Event;
use crate::fields::id_of;
use crate::resource::Relations;
use crate::{Caller, Error, Files, JsonRow, Result};

/// The key of a preview's `data` that says why it is broken.
pub(crate) const REASON: &str = "tanuki_reason";

/// How often a preview is looked at while it is processed: at first, and at
/// most.
const POLL_INTERVALS: [Duration; 2] = [Duration::from_millis(20), Duration::from_millis(400)];

impl Files<'_> {
    /// Returns a preview whose row is locked until the end of the transaction,
    /// with the id of its project. `None` if it was deleted.
    pub(crate) async fn locked_preview(
        self,
        transaction: &mut Transaction,
        id: Uuid,
    ) -> Result<Option<(JsonRow, Option<Uuid>)>> {
        // The main preview of the entity may change with it.
        locks::entity_of(transaction, ("preview_file", "task_id"), id).await?;
        let projection = (PREVIEW_FILES.projection)(Relations::Without);
        let Some(row) = rows::locked(transaction, projection, id).await? else {
            return Ok(None);
        };
        let project_id = match id_of(&row, "task_id") {
            Some(task_id) => stored_previews::project_of_task(transaction, task_id).await?,
            None => None,
        };
        Ok(Some((row, project_id)))
    }

    /// Sets columns of a preview, and records `preview-file:update` with its
    /// status.
    pub(crate) async fn update_preview(
        self,
        transaction: &mut Transaction,
        (id, project_id): (Uuid, Option<Uuid>),
        mut values: Values,
        caller: Option<&Caller>,
    ) -> Result<()> {
        values.insert("updated_at", self.core.clock().timestamp().into());
        write::update(transaction, &PREVIEW_FILE, id, values).await?;
        let status = stored_previews::status(&mut *transaction, id).await?;
        let event = Event::about("preview_file", "update", id)
            .with("status", status)
            .in_project(project_id);
        self.core.record(transaction, event, caller).await
    }

    /// Makes a preview ready, with these values, and the main preview of its
    /// task, and of its entity if the project says so, if it is a picture or
    /// film and the first of its revision. The row is [locked](Self::locked_preview).
    pub(crate) async fn preview_is_ready(
        self,
        transaction: &mut Transaction,
        (preview, project_id): (&JsonRow, Option<Uuid>),
        mut values: Values,
    ) -> Result<()> {
        let id = id_of(preview, "id").ok_or(Error::NotFound)?;
        values.insert("status", "ready".into());
        self.update_preview(transaction, (id, project_id), values, None)
            .await?;
        let is_first = preview.get("position").and_then(Value::as_i64) == Some(1);
        let extension = preview.get("extension").and_then(Value::as_str);
        let may_be_main = is_first && extension.is_some_and(main_previews::may_be_main);
        let Some(task_id) = id_of(preview, "task_id").filter(|_| may_be_main) else {
            return Ok(());
        };
        let now = self.core.clock().timestamp();
        let values = Values::from([
            ("last_preview_file_id", id.into()),
            ("updated_at", now.into()),
        ]);
        write::update(transaction, &TASK, task_id, values).await?;
        if !previews::ways(transaction, task_id).await?.automatic {
            return Ok(());
        }
        let Some(entity_id) = stored_previews::entity_of_task(transaction, task_id).await? else {
            return Ok(());
        };
        let shown = [(entity_id, (id, "ready".to_owned()))];
        let mains = main_previews::show(transaction, &shown, now).await?;
        let events = mains
            .into_iter()
            .flat_map(|(entity_id, main)| main_preview_events(entity_id, main));
        self.core
            .record_all(transaction, events.collect(), None)
            .await
    }

    /// Makes a preview that is processing broken, with the reason for people to
    /// read in its `data`. Nothing happens if it was deleted. With `may_be_sent_again`
    /// another file may be uploaded for it.
    pub(crate) async fn preview_is_broken(
        self,
        id: Uuid,
        reason: &str,
        may_be_sent_again: bool,
    ) -> Result<()> {
        let mut values = Values::new();
        if may_be_sent_again {
            values.insert("original_name", None::<String>.into());
        }
        self.mark_preview(id, ("broken", Some(reason)), values, |status| {
            status == "processing"
        })
        .await
    }

    /// Sets the status of a preview, the reason for it that people read in its
    /// `data`, and further columns, if the status so far `is_marked`. Nothing
    /// happens if it has both already, or was deleted.
    pub(crate) async fn mark_preview(
        self,
        id: Uuid,
        (status, reason): (&'static str, Option<&str>),
        mut values: Values,
        is_marked: impl FnOnce(&str) -> bool,
    ) -> Result<()> {
        let mut transaction = self.core.database().begin().await?;
        let Some((row, project_id)) = self.locked_preview(&mut transaction, id).await? else {
            return Ok(());
        };
        let so_far = row.get("status").and_then(Value::as_str);
        let mut data = data_of(&row);
        let reason = reason.map(Value::from);
        let is_so = so_far == Some(status) && data.get(REASON) == reason.as_ref();
        if is_so || !is_marked(so_far.unwrap_or_default()) {
            return Ok(());
        }
        match reason {
            Some(reason) => data.insert(REASON.into(), reason),
            None => data.remove(REASON),
        };
        values.insert("status", status.into());
        values.insert("data", Value::Object(data).into());
        self.update_preview(&mut transaction, (id, project_id), values, None)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Waits until a preview is not processing any more, or was deleted, but at
    /// most this long.
    pub(crate) async fn wait_for_preview(self, id: Uuid, at_most: Duration) -> Result<()> {
        let deadline = Instant::now() + at_most;
        let [mut interval, longest] = POLL_INTERVALS;
        loop {
            let status = stored_previews::status(self.core.database(), id).await?;
            if status.as_deref() != Some("processing") || Instant::now() >= deadline {
                return Ok(());
            }
            sleep(interval).await;
            interval = (interval * 2).min(longest);
        }
    }
}

/// Returns the `data` of a row; empty if it has none.
pub(crate) fn data_of(row: &JsonRow) -> Map<String, Value> {
    let data = row.get("data").and_then(Value::as_object);
    data.cloned().unwrap_or_default()
}
