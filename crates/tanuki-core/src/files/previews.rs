//! Previews: images and movies of a task's work, published for review.

use serde_json::Value;
use tanuki_store::query::files::{main_previews, previews};
use tanuki_store::query::{locks, removal, visibility};
use tanuki_store::schema::PREVIEW_FILE;
use tanuki_store::{Filter, Kind, Transaction};
use uuid::Uuid;

use crate::access::{TaskAccess, ensure};
use crate::events::Event;
use crate::fields::id_of;
use crate::parameters::Parameters;
use crate::resource::{
    Action, DeleteContext, ReadContext, Resource, UpdateContext, full_projection,
    project_id_parameter, ready,
};
use crate::{Caller, ConstraintViolation, Error, Files, Result};

/// `/data/preview-files`.
pub static PREVIEW_FILES: Resource = Resource {
    scope: |caller| {
        if caller.is_admin() {
            Filter::all()
        } else {
            visibility::files::previews_visible_to(caller.id, caller.role)
        }
    },
    list_params: in_production,
    may_list: |_| ready(Ok(())),
    may_read: |reading| Box::pin(may_read(reading)),
    lock_before: |transaction, action, id, _| {
        let task = ("preview_file", "task_id");
        Box::pin(async move {
            match action {
                // Also lock the entity: its main preview may change.
                Action::Delete => locks::entity_of(transaction, task, id).await?,
                Action::New | Action::Update => locks::task_of(transaction, task, id).await?,
            }
            Ok(())
        })
    },
    may_update: |updating| Box::pin(may_update(updating)),
    ownership_fields: &["person_id", "task_id", "source_file_id"],
    before_update: |updating| Box::pin(renumber(updating)),
    may_delete: |deleting| Box::pin(may_delete(deleting)),
    before_delete: |deleting| Box::pin(remove(deleting)),
    ..Resource::plain(&PREVIEW_FILE, full_projection!(&PREVIEW_FILE))
};

fn in_production(parameters: &Parameters) -> Result<Filter> {
    let production = project_id_parameter(parameters)?;
    Ok(production.map_or_else(Filter::all, previews::in_production))
}

/// Permission to read: access to the project; vendors only on tasks assigned to
/// them. In SQL: `visibility::files::previews_visible_to`.
async fn may_read(reading: ReadContext<'_>) -> Result<()> {
    let ReadContext {
        core, caller, row, ..
    } = reading;
    let database = core.database();
    let task_id = id_of(row, "task_id").ok_or(Error::NotFound)?;
    let TaskAccess { task, access, .. } = caller.task_access(database, task_id).await?;
    ensure(access.is_granted() && (!access.is_vendor() || task.is_assigned))
}

/// Permission to update: managers of the project, assignees of the task, and
/// supervisors of its department.
async fn may_update(updating: UpdateContext<'_>) -> Result<()> {
    let UpdateContext {
        caller,
        transaction,
        row,
        ..
    } = updating;
    let task_id = id_of(row, "task_id").ok_or(Error::NotFound)?;
    let on_task = caller.task_access(transaction, task_id).await?;
    let TaskAccess { task, access, .. } = &on_task;
    let may = access.is_manager() || task.is_assigned || on_task.is_supervisor();
    ensure(access.is_granted() && may)
}

/// Renumbers a whole revision: if the preview at position 1 gets another
/// revision number, the others of that revision follow. The new number must be
/// free.
async fn renumber(updating: UpdateContext<'_>) -> Result<()> {
    let UpdateContext {
        transaction,
        id,
        row,
        data,
        ..
    } = updating;
    let is_first = row.get("position").and_then(Value::as_i64) == Some(1);
    let (Some(after), Some(task_id)) = (data.get("revision"), id_of(row, "task_id")) else {
        return Ok(());
    };
    let before = row.get("revision");
    if !is_first || before == Some(after) {
        return Ok(());
    }
    let Some(after) = after.as_i64() else {
        // No revision can have a number that is not an integer.
        return if after.is_null() || after.is_number() {
            Ok(())
        } else {
            Err(Error::Constraint(ConstraintViolation::Format))
        };
    };
    if previews::revision_is_taken(transaction, task_id, after, id).await? {
        return Err(revision_is_taken(after));
    }
    if let Some(before) = before.and_then(Value::as_i64) {
        previews::renumber(transaction, task_id, (before, after), id).await?;
    }
    Ok(())
}

/// The error for a revision number that the task already has.
pub(crate) fn revision_is_taken(revision: i64) -> Error {
    let reason = format!(
        "Revision {revision} already exists for this task. Choose a different revision number, or \
         omit it to let the revision auto-increment."
    );
    Error::Refused(reason.into())
}

/// Permission to delete: managers of the project.
async fn may_delete(deleting: DeleteContext<'_>) -> Result<()> {
    let DeleteContext {
        caller,
        transaction,
        row,
        ..
    } = deleting;
    let task_id = id_of(row, "task_id").ok_or(Error::NotFound)?;
    let on_task = caller.task_access(transaction, task_id).await?;
    on_task.access.require_manager()
}

/// Deletes the row with its dependent rows before a new main preview is chosen
/// for the task and entity. Refused while the preview is the main one of a
/// comment.
async fn remove(deleting: DeleteContext<'_>) -> Result<()> {
    let DeleteContext {
        core,
        caller,
        transaction,
        id,
        ..
    } = deleting;
    if previews::is_main_of_comment(transaction, id).await? {
        return Err(Error::Constraint(ConstraintViolation::Referenced));
    }
    core.files()
        .remove_previews(transaction, caller, &[id])
        .await
}

impl Files<'_> {
    /// Deletes previews with their dependent rows. Tasks and entities whose
    /// main preview is deleted get their newest remaining one.
    pub(crate) async fn remove_previews(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        ids: &[Uuid],
    ) -> Result<()> {
        let shown = main_previews::shown_by(transaction, ids).await?;
        removal::of_previews(transaction, ids).await?;
        previews::remove(transaction, ids).await?;
        let now = self.core.clock().timestamp();
        let tasks: Vec<Uuid> = shown.tasks.iter().map(|(task, _)| *task).collect();
        main_previews::show_newest_of_tasks(transaction, &tasks, now).await?;
        let events = shown.tasks.iter().map(|(task, project_id)| {
            Event::about("task", "update", *task).in_project(*project_id)
        });
        self.core
            .record_all(transaction, events.collect(), Some(caller))
            .await?;
        self.show_newest_previews(transaction, caller, &shown.entities)
            .await
    }

    /// Sets the main previews of entities to their newest remaining one each,
    /// and records the events.
    pub(crate) async fn show_newest_previews(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        entities: &[Uuid],
    ) -> Result<()> {
        let events = self.newest_previews(transaction, entities).await?;
        self.core
            .record_all(transaction, events, Some(caller))
            .await
    }

    /// Like [`show_newest_previews`](Self::show_newest_previews), and returns
    /// the events instead of recording them.
    pub(crate) async fn newest_previews(
        self,
        transaction: &mut Transaction,
        entities: &[Uuid],
    ) -> Result<Vec<Event>> {
        let now = self.core.clock().timestamp();
        let mains = main_previews::show_newest_of_entities(transaction, entities, now).await?;
        let events = mains
            .into_iter()
            .flat_map(|(entity_id, main)| main_preview_events(entity_id, main));
        Ok(events.collect())
    }
}

/// The events of an entity's new main preview: `preview-file:set-main` and the
/// update of the entity.
pub(crate) fn main_preview_events(entity_id: Uuid, main: main_previews::NewMain) -> [Event; 2] {
    let project_id = Some(main.project_id);
    let (preview, status) = main.preview.unzip();
    let kind = Kind::of_type(&main.entity_type);
    [
        Event::named("preview-file:set-main")
            .with("entity_id", entity_id.to_string())
            .with("preview_file_id", preview.map(|id| id.to_string()))
            .with("preview_file_status", status)
            .in_project(project_id),
        Event::about(kind.table_name(), "update", entity_id).in_project(project_id),
    ]
}
