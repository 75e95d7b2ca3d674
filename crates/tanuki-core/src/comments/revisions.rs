//! Copies of previews for comments that an automation writes.

use serde_json::Value;
use tanuki_store::Transaction;
use tanuki_store::query::{files::previews, rows};
use tanuki_store::schema::{PREVIEW_FILE, TASK};
use tanuki_store::write::{self as store_write, Values};
use uuid::Uuid;

use super::draft::Target;
use crate::events::Event;
use crate::fields::{column_value, id_of};
use crate::files::PREVIEW_FILES;
use crate::resource::Relations;
use crate::{Caller, Comments, Error, Result};

/// Columns that are copied from the original preview.
const TAKEN: [&str; 7] = [
    "extension",
    "original_name",
    "status",
    "file_size",
    "width",
    "height",
    "duration",
];

/// The id of a preview and of its copy.
struct CopiedPreview {
    original: Uuid,
    copy: Uuid,
}

impl Comments<'_> {
    /// Copies the previews of the last revision of `source` to a comment on
    /// `target`. Does nothing if there are none.
    pub(super) async fn take_last_revision(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        (source, target): (&Target, &Target),
        comment_id: Uuid,
    ) -> Result<()> {
        let Some(revision) = previews::last_revision(transaction, source.id).await? else {
            return Ok(());
        };
        for original in previews::of_revision(transaction, source.id, revision).await? {
            let copy = Uuid::new_v4();
            self.attach_preview(transaction, caller, (target, comment_id), (copy, None))
                .await?;
            let revision = CopiedPreview { original, copy };
            self.copy_preview(transaction, caller, (target, comment_id), revision)
                .await?;
        }
        Ok(())
    }

    async fn copy_preview(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        (target, comment_id): (&Target, Uuid),
        CopiedPreview { original, copy }: CopiedPreview,
    ) -> Result<()> {
        let projection = (PREVIEW_FILES.projection)(Relations::Without);
        let original = rows::by_id(&mut *transaction, projection, original)
            .await?
            .ok_or(Error::NotFound)?;
        let now = self.core.clock().timestamp();
        let mut values = Values::from([("updated_at", now.into())]);
        for (column, value) in TAKEN.iter().filter_map(|key| {
            let column = PREVIEW_FILE.column(key)?;
            Some((column, original.get(*key)?))
        }) {
            values.insert(column.name, column_value(column, value)?);
        }
        store_write::update(transaction, &PREVIEW_FILE, copy, values).await?;
        let taken = rows::by_id(&mut *transaction, projection, copy)
            .await?
            .ok_or(Error::NotFound)?;
        let part = |key: &str| taken.get(key).cloned().unwrap_or_default();
        let event = Event::about("preview_file", "update", copy)
            .with("status", part("status"))
            .in_project(target.project_id);
        self.core.record(transaction, event, Some(caller)).await?;
        if taken.get("position").and_then(Value::as_i64) == Some(1) {
            self.show_on_task(transaction, caller, target, copy).await?;
        }
        self.publish_change(transaction, caller, comment_id, target.project_id)
            .await?;
        let event = Event::about("preview_file", "add-file", copy)
            .with("comment_id", comment_id.to_string())
            .with("task_id", id_of(&taken, "task_id").map(|id| id.to_string()))
            .with("revision", part("revision"))
            .with("extension", part("extension"))
            .with("status", part("status"))
            .in_project(target.project_id);
        self.core.record(transaction, event, Some(caller)).await
    }

    /// Sets the task's last preview, and the entity's main preview if the
    /// project updates it automatically.
    async fn show_on_task(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        target: &Target,
        preview_id: Uuid,
    ) -> Result<()> {
        let values = Values::from([
            ("last_preview_file_id", preview_id.into()),
            ("updated_at", self.core.clock().timestamp().into()),
        ]);
        store_write::update(transaction, &TASK, target.id, values).await?;
        let is_automatic = previews::ways(transaction, target.id).await?.automatic;
        if let Some(entity_id) = target.entity_id.filter(|_| is_automatic) {
            self.core
                .files()
                .show_newest_previews(transaction, caller, &[entity_id])
                .await?;
        }
        Ok(())
    }
}
