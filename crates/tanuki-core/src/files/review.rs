//! Reviewing previews: drawings on them, their order in a revision, and those
//! that are not ready.

use serde_json::Value;
use tanuki_domain::frame_rate;
use tanuki_store::database::JsonChunks;
use tanuki_store::query::files::previews;
use tanuki_store::query::{events, locks, rows};
use tanuki_store::schema::PREVIEW_FILE;
use tanuki_store::view::previews::RUNNING;
use tanuki_store::write::{self, Values};
use tanuki_store::{Executor, ListQuery, Shape, Transaction};
use uuid::Uuid;

use super::PREVIEW_FILES;
use super::annotations::{AnnotationChanges, Annotations};
use crate::access::{TaskAccess, ensure};
use crate::events::Event;
use crate::fields::{by_id, id_of};
use crate::parameters::hyphenated_id;
use crate::resource::Relations;
use crate::{Admin, Caller, Error, Files, JsonRow, MaybeId, Result};

/// The shape of a preview that is not ready.
pub fn running_shape() -> Shape {
    RUNNING.shape()
}

/// The shape of a preview whose drawings or position were changed.
pub fn preview_shape() -> Shape {
    (PREVIEW_FILES.projection)(Relations::Without).shape()
}

impl Files<'_> {
    /// Requires that the caller may draw on a preview: managers and clients of
    /// its project, and supervisors of its task.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such preview; [`Error::Denied`] for
    /// everybody else.
    pub async fn may_annotate(self, caller: &Caller, preview: &MaybeId) -> Result<()> {
        let id = preview.found()?;
        let projection = (PREVIEW_FILES.projection)(Relations::Without);
        let row = rows::by_id(self.core.database(), projection, id).await?;
        let row = row.ok_or(Error::NotFound)?;
        require_annotator(self.core.database().into(), caller, &row).await?;
        Ok(())
    }

    /// Adds, replaces and removes drawings of a preview; what others draw at the
    /// same moment is kept. Drawings of the same frame are one entry. Returns
    /// the preview ([`preview_shape`]). Requires a manager or client of the
    /// project, or a supervisor of the task.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such preview; [`Error::Denied`] for
    /// everybody else; [`Error::Fields`] for entries without a time, and of
    /// other types; [`Error::Invalid`] if it gets too many drawings.
    pub async fn annotate(
        self,
        caller: &Caller,
        preview: &MaybeId,
        changes: AnnotationChanges,
    ) -> Result<JsonRow> {
        let id = preview.found()?;
        let projection = (PREVIEW_FILES.projection)(Relations::Without);
        let mut transaction = self.core.database().begin().await?;
        let row = rows::locked(&mut transaction, projection, id).await?;
        let row = row.ok_or(Error::NotFound)?;
        let on_task = require_annotator((&mut transaction).into(), caller, &row).await?;
        changes.check()?;
        let of = (on_task.id, on_task.task.project_id);
        self.draw(transaction, caller, (row, of), changes).await
    }

    /// Like [`annotate`](Self::annotate), without a permission check.
    pub(crate) async fn annotate_as(
        self,
        author: &Caller,
        id: Uuid,
        changes: AnnotationChanges,
    ) -> Result<JsonRow> {
        let projection = (PREVIEW_FILES.projection)(Relations::Without);
        let mut transaction = self.core.database().begin().await?;
        let row = rows::locked(&mut transaction, projection, id).await?;
        let row = row.ok_or(Error::NotFound)?;
        changes.check()?;
        let task_id = id_of(&row, "task_id").ok_or(Error::NotFound)?;
        let project_id = rows::project_of(&mut transaction, "task", task_id).await?;
        let of = (task_id, project_id.ok_or(Error::NotFound)?);
        self.draw(transaction, author, (row, of), changes).await
    }

    /// Applies changes to the drawings of a locked preview, of that task and
    /// project.
    async fn draw(
        self,
        mut transaction: Transaction,
        author: &Caller,
        (mut row, (task_id, project_id)): (JsonRow, (Uuid, Option<Uuid>)),
        changes: AnnotationChanges,
    ) -> Result<JsonRow> {
        let id = id_of(&row, "id").ok_or(Error::NotFound)?;
        let projection = (PREVIEW_FILES.projection)(Relations::Without);
        let rates = previews::frame_rates(&mut transaction, task_id).await?;
        let rate = rates.iter().find_map(|text| frame_rate::parse(text));
        let stored = row.remove("annotations").unwrap_or_default();
        let mut annotations = Annotations::new(stored, rate);
        annotations.apply(changes);
        let now = self.core.clock().timestamp();
        let values = Values::from([
            ("annotations", annotations.into_stored()?.into()),
            ("updated_at", now.into()),
        ]);
        write::update(&mut transaction, &PREVIEW_FILE, id, values).await?;
        let row = rows::by_id(&mut transaction, projection, id).await?;
        let row = row.ok_or(Error::NotFound)?;
        let event = Event::named("preview-file:annotation-update")
            .with("preview_file_id", id.to_string())
            .with("person_id", author.id.to_string())
            .with("updated_at", row.get("updated_at").cloned())
            .in_project(project_id);
        self.core
            .record(&mut transaction, event, Some(author))
            .await?;
        transaction.commit().await?;
        Ok(row)
    }

    /// Moves a preview to a position, from 1 on, among those of its revision,
    /// and numbers these anew. A position that there is not changes nothing.
    /// Returns the previews of the revision in their order ([`preview_shape`]).
    /// Requires permission to edit the task.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such preview, [`Error::Denied`].
    pub async fn move_preview(
        self,
        caller: &Caller,
        preview: &MaybeId,
        position: i64,
    ) -> Result<Vec<JsonRow>> {
        let id = preview.found()?;
        let projection = (PREVIEW_FILES.projection)(Relations::Without);
        let mut transaction = self.core.database().begin().await?;
        locks::task_of(&mut transaction, ("preview_file", "task_id"), id).await?;
        let row = rows::by_id(&mut transaction, projection, id).await?;
        let row = row.ok_or(Error::NotFound)?;
        let task_id = id_of(&row, "task_id").ok_or(Error::NotFound)?;
        let on_task = caller.task_access(&mut transaction, task_id).await?;
        ensure(on_task.can_edit())?;
        let mut order = match row.get("revision").and_then(Value::as_i64) {
            Some(revision) => previews::of_revision(&mut transaction, task_id, revision).await?,
            None => vec![id],
        };
        let place = usize::try_from(position).ok();
        let place = place.and_then(|place| place.checked_sub(1));
        if let Some(place) = place.filter(|place| *place < order.len()) {
            order.retain(|other| *other != id);
            order.insert(place, id);
            let now = self.core.clock().timestamp();
            let positions: Vec<_> = (1_i64..)
                .zip(&order)
                .map(|(position, id)| (*id, position.into()))
                .collect();
            let values = Values::from([("updated_at", now.into())]);
            let column = (&PREVIEW_FILE, "position");
            write::update_each(&mut transaction, column, &positions, values).await?;
        }
        let mut found = by_id(rows::by_ids(&mut transaction, projection, &order).await?);
        transaction.commit().await?;
        Ok(order.iter().filter_map(|id| found.remove(id)).collect())
    }

    /// Returns the previews of open projects that are not ready (`broken`,
    /// `missing` or `processing`), newest first ([`running_shape`]). Only those
    /// older than the preview `cursor`, if given. Requires an admin.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a malformed cursor or one that does not exist, and
    /// for a negative limit.
    pub async fn running_previews(
        self,
        _: Admin<'_>,
        cursor: Option<&MaybeId>,
        limit: Option<i64>,
    ) -> Result<JsonChunks> {
        let database = self.core.database();
        let mut list = previews::running(ListQuery::new(&RUNNING));
        if let Some(id) = hyphenated_id("cursor_preview_file_id", cursor)? {
            let at = events::created_at(database, PREVIEW_FILE.name, id).await?;
            let none = || Error::invalid(format!("No preview file found with id: {id}"));
            list = list.filter(previews::created_before(at.ok_or_else(none)?));
        }
        if let Some(limit) = limit {
            let negative = |_| Error::invalid("limit must be a positive integer.");
            list = list.limit(u64::try_from(limit).map_err(negative)?);
        }
        Ok(database.stream_list(list))
    }
}

/// Returns the task of a preview, of whose project the caller is a manager or
/// client, or which they supervise.
///
/// # Errors
/// [`Error::Denied`] for everybody else.
async fn require_annotator(
    connection: Executor<'_>,
    caller: &Caller,
    row: &JsonRow,
) -> Result<TaskAccess> {
    let task_id = id_of(row, "task_id").ok_or(Error::NotFound)?;
    let on_task = caller.task_access(connection, task_id).await?;
    let TaskAccess { access, .. } = &on_task;
    let may = access.is_manager() || access.is_client() || on_task.is_supervisor();
    ensure(access.is_granted() && may)?;
    Ok(on_task)
}
