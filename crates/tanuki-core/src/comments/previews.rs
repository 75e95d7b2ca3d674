//! Preview revisions attached to comments.

use serde_json::{Value, json};
use tanuki_store::Transaction;
use tanuki_store::query::files::{previews, stored};
use tanuki_store::query::rows;
use tanuki_store::schema::{PREVIEW_FILE, TASK};
use tanuki_store::write::Values;
use uuid::Uuid;

use super::draft::Target;
use super::read::is_on_task;
use super::resource::COMMENTS;
use crate::access::{TaskAccess, ensure};
use crate::events::Event;
use crate::fields::{column_value, id_of};
use crate::files::{PREVIEW_FILES, revision_is_taken};
use crate::resource::Relations;
use crate::{Caller, Comments, ConstraintViolation, Error, JsonRow, MaybeId, Result};

/// A preview of a comment on a task.
#[derive(Debug, Clone, Copy)]
pub struct PreviewOfComment {
    pub task_id: Uuid,
    pub comment_id: Uuid,
    pub preview_id: Uuid,
}

impl Comments<'_> {
    /// Creates a preview on a comment: of the given revision, else of the
    /// revision that the comment already has, else of the task's next
    /// revision. Returns the preview's JSON with links. Requires permission to
    /// publish on the task.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the task or comment does not exist or the comment
    /// is not on the task, [`Error::Denied`] without permission,
    /// [`Error::Refused`] if another comment has the revision, or if the
    /// project allows only one preview per revision.
    pub async fn add_preview(
        self,
        caller: &Caller,
        task_id: Uuid,
        comment: &MaybeId,
        revision: Option<i64>,
    ) -> Result<JsonRow> {
        let place = caller.task_access(self.core.database(), task_id).await?;
        ensure(place.can_publish())?;
        let comment_id = self.comment_there(&place, comment).await?;
        self.preview_added(caller, &place, comment_id, revision)
            .await
    }

    /// Creates a preview on a comment with the revision of another preview of
    /// the same task. Otherwise like [`add_preview`](Self::add_preview).
    ///
    /// # Errors
    /// As [`add_preview`](Self::add_preview); [`Error::NotFound`] if the other
    /// preview is not of the task.
    pub async fn add_preview_beside(
        self,
        caller: &Caller,
        task_id: Uuid,
        comment: &MaybeId,
        preview: &MaybeId,
    ) -> Result<JsonRow> {
        let place = caller.task_access(self.core.database(), task_id).await?;
        ensure(place.can_publish())?;
        let comment_id = self.comment_there(&place, comment).await?;
        let projection = (PREVIEW_FILES.projection)(Relations::Without);
        let other = rows::by_id(self.core.database(), projection, preview.found()?)
            .await?
            .filter(|preview| id_of(preview, "task_id") == Some(place.id))
            .ok_or(Error::NotFound)?;
        let revision = other.get("revision").and_then(Value::as_i64);
        self.preview_added(caller, &place, comment_id, revision)
            .await
    }

    async fn preview_added(
        self,
        caller: &Caller,
        place: &TaskAccess,
        comment_id: Uuid,
        revision: Option<i64>,
    ) -> Result<JsonRow> {
        let target = Target::of(place);
        let mut transaction = self.core.database().begin().await?;
        let (comment, id) = ((&target, comment_id), Uuid::new_v4());
        self.attach_preview(&mut transaction, caller, comment, (id, revision))
            .await?;
        let projection = (PREVIEW_FILES.projection)(Relations::With);
        let answer = rows::by_id(&mut transaction, projection, id).await?;
        transaction.commit().await?;
        answer.ok_or(Error::NotFound)
    }

    /// Returns the id of a comment; [`Error::NotFound`] if it is not on the
    /// task.
    async fn comment_there(self, place: &TaskAccess, comment: &MaybeId) -> Result<Uuid> {
        let comment_id = comment.found()?;
        let comment = self.comment_row(comment_id).await?;
        if is_on_task(&comment, &place.id.into()) {
            Ok(comment_id)
        } else {
            Err(Error::NotFound)
        }
    }

    /// Inserts a preview with this id, in a revision of the task, and records
    /// its events. Without a revision it is in that of the comment, else in a
    /// new one. Locks the task's row, so that
    /// concurrent requests get different revisions and positions.
    pub(super) async fn attach_preview(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        (target, comment_id): (&Target, Uuid),
        (id, revision): (Uuid, Option<i64>),
    ) -> Result<()> {
        rows::lock(transaction, TASK.name, target.id).await?;
        let shown = previews::revision_of_comment(transaction, comment_id).await?;
        let revision = match (revision, shown) {
            (None, Some(shown)) => shown,
            (None, None) => {
                let last = previews::last_revision(transaction, target.id).await?;
                last.map_or(1, |last| last + 1)
            }
            (Some(asked), shown) => {
                if shown.is_none()
                    && previews::revision_is_taken(transaction, target.id, asked, Uuid::nil())
                        .await?
                {
                    return Err(revision_is_taken(asked));
                }
                asked
            }
        };
        let position = previews::of_revision(transaction, target.id, revision)
            .await?
            .len()
            + 1;
        if position > 1 && previews::ways(transaction, target.id).await?.single {
            return Err(Error::Refused(
                "Only one preview file is allowed per revision for this project.".into(),
            ));
        }
        let values = new_preview(id, target.id, caller.id, (revision, position))?;
        let defaults = self.core.defaults();
        previews::add_to_comment(transaction, comment_id, id, values, &defaults).await?;
        let event = Event::about("preview_file", "new", id)
            .with("comment_id", comment_id.to_string())
            .in_project(target.project_id);
        self.core.record(transaction, event, Some(caller)).await?;
        self.publish_change(transaction, caller, comment_id, target.project_id)
            .await
    }

    /// Records `comment:update` after the previews of a comment changed.
    pub(super) async fn publish_change(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        comment_id: Uuid,
        project_id: Option<Uuid>,
    ) -> Result<()> {
        let projection = (COMMENTS.projection)(Relations::Without);
        let comment = rows::by_id(&mut *transaction, projection, comment_id)
            .await?
            .ok_or(Error::NotFound)?;
        let part = |key: &str| comment.get(key).cloned().unwrap_or_default();
        let event = Event::about("comment", "update", comment_id)
            .with("task_id", part("object_id"))
            .with("person_id", part("person_id"))
            .with("for_client", part("for_client"))
            .in_project(project_id);
        self.core.record(transaction, event, Some(caller)).await
    }

    /// Deletes a preview of a comment. Requires permission to publish on the
    /// task and to read the comment. `force`, to delete without the delay for
    /// stored files, requires a manager of the project.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the comment is not on the task or does not have the
    /// preview, [`Error::Denied`] without permission.
    pub async fn remove_comment_preview(
        self,
        caller: &Caller,
        PreviewOfComment {
            task_id,
            comment_id,
            preview_id,
        }: PreviewOfComment,
        force: bool,
    ) -> Result<()> {
        let database = self.core.database();
        let place = caller.task_access(database, task_id).await?;
        ensure(place.can_publish())?;
        let projection = (COMMENTS.projection)(Relations::With);
        let comment = rows::by_id(database, projection, comment_id)
            .await?
            .filter(|comment| is_on_task(comment, &task_id.into()))
            .ok_or(Error::NotFound)?;
        let projection = (PREVIEW_FILES.projection)(Relations::Without);
        let preview = rows::by_id(database, projection, preview_id)
            .await?
            .ok_or(Error::NotFound)?;
        let shown = comment.get("previews").and_then(Value::as_array);
        let is_shown = shown.is_some_and(|ids| ids.contains(&preview_id.to_string().into()));
        if !is_shown || id_of(&preview, "task_id") != Some(task_id) {
            return Err(Error::NotFound);
        }
        caller.reads_comment(database.into(), &comment).await?;
        if force {
            place.access.require_manager()?;
        }
        let mut transaction = database.begin().await?;
        self.core
            .files()
            .remove_previews(&mut transaction, caller, &[preview_id])
            .await?;
        if force {
            stored::force_removal(&mut transaction, &[preview_id]).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

/// The column values of a preview whose file is not uploaded yet.
fn new_preview(
    id: Uuid,
    task_id: Uuid,
    person_id: Uuid,
    (revision, position): (i64, usize),
) -> Result<Values> {
    let mut name = Uuid::new_v4().to_string();
    name.truncate(13);
    let mut values = Values::from([
        ("id", id.into()),
        ("task_id", task_id.into()),
        ("person_id", person_id.into()),
    ]);
    for (field, value) in [
        ("name", json!(name)),
        ("revision", json!(revision)),
        ("position", json!(position)),
        ("source", json!("webgui")),
        ("extension", json!("mp4")),
    ] {
        let column = PREVIEW_FILE
            .column(field)
            .ok_or(Error::Constraint(ConstraintViolation::Format))?;
        values.insert(column.name, column_value(column, &value)?);
    }
    Ok(values)
}
