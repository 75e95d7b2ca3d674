//! The resource `/data/comments`.

use serde_json::{Map, Value, json};
use tanuki_store::Transaction;
use tanuki_store::query::{files::previews, locks, removal, rows, tasks};
use tanuki_store::schema::COMMENT;
use uuid::Uuid;

use super::mentions::StatusChange;
use super::{access, read};
use crate::access::ensure;
use crate::events::Event;
use crate::fields::id_of;
use crate::resource::{
    Action, ChangeContext, DeleteContext, EventContext, ReadContext, Relations, Resource,
    UpdateContext, ready,
};
use crate::{Caller, Comments, Error, Result};

/// `/data/comments`.
pub static COMMENTS: Resource = RULES;

/// Comments as the guests of shared links change and delete them: only their
/// own. That the link shows the comment is checked before, in the area
/// `shares`.
pub(super) static GUEST_COMMENTS: Resource = Resource {
    may_update: |updating| ready(require_author(updating.caller, updating.row)),
    may_delete: |deleting| ready(require_author(deleting.caller, deleting.row)),
    ..RULES
};

/// Requires that a comment is the caller's.
pub(super) fn require_author(caller: &Caller, row: &Map<String, Value>) -> Result<()> {
    ensure(id_of(row, "person_id") == Some(caller.id))
}

const RULES: Resource = Resource {
    lenient_id_on_read: true,
    lenient_id_on_delete: true,
    may_read: |reading| Box::pin(may_read(reading)),
    lock_before: |transaction, action, id, _| {
        let task = ("comment", "object_id");
        Box::pin(async move {
            match action {
                // Also lock the entity: its main preview may change.
                Action::Delete => locks::entity_of(transaction, task, id).await?,
                Action::New | Action::Update => locks::task_of(transaction, task, id).await?,
            }
            Ok(())
        })
    },
    may_update: |updating| Box::pin(access::may_update(updating)),
    protected_on_update: &["mentions", "department_mentions"],
    ownership_fields: &[
        // These two have their own endpoints with permission checks.
        "replies",
        "acknowledgements",
        "person_id",
        "object_id",
        "object_type",
        "preview_file_id",
        "previews",
        "attachment_files",
    ],
    before_create: |creating| {
        keep_list(creating.data);
        ready(Ok(()))
    },
    before_update: |updating| ready(note_editor(updating)),
    after_update: |written| Box::pin(after_update(written)),
    may_delete: |deleting| Box::pin(access::may_delete(deleting)),
    before_delete: |deleting| Box::pin(before_delete(deleting)),
    after_delete: |deleting| Box::pin(after_delete(deleting)),
    event: |happened| Box::pin(event(happened)),
    undescribed_keys: &["person", "previews", "attachment_files"],
    ..Resource::plain(&COMMENT, |relations| match relations {
        Relations::With => &read::LINKED,
        Relations::Without => &read::PLAIN,
    })
};

async fn may_read(reading: ReadContext<'_>) -> Result<()> {
    let database = reading.core.database();
    reading
        .caller
        .reads_comment(database.into(), reading.row)
        .await?;
    read::complete(reading).await
}

/// Stores a `null` checklist as an empty list.
fn keep_list(data: &mut Map<String, Value>) {
    if let Some(checklist) = data.get_mut("checklist").filter(|list| list.is_null()) {
        *checklist = json!([]);
    }
}

fn note_editor(updating: UpdateContext<'_>) -> Result<()> {
    keep_list(updating.data);
    let editor = updating.caller.author().map(|id| id.to_string());
    updating.data.insert("editor_id".into(), editor.into());
    Ok(())
}

async fn after_update(written: ChangeContext<'_>) -> Result<()> {
    let ChangeContext {
        core,
        caller,
        transaction,
        id,
        before,
        data,
        answer,
    } = written;
    let asked = data.get("task_status_id").filter(|id| !id.is_null());
    let changed = asked.is_some() && asked != before.get("task_status_id");
    core.comments()
        .replace_mentions(transaction, id, answer)
        .await?;
    if !changed {
        return Ok(());
    }
    let task_id = id_of(answer, "object_id").ok_or(Error::NotFound)?;
    let project_id = core
        .comments()
        .recount_task(transaction, caller, task_id)
        .await?;
    let change = StatusChange {
        task_id,
        project_id,
        before: id_of(before, "task_status_id"),
        after: id_of(answer, "task_status_id"),
    };
    core.comments()
        .publish_status_change(transaction, caller, answer, change)
        .await
}

async fn before_delete(deleting: DeleteContext<'_>) -> Result<()> {
    let DeleteContext {
        core,
        caller,
        transaction,
        id,
        ..
    } = deleting;
    let shown = previews::of_comment(transaction, id).await?;
    let news = removal::of_comments(transaction, &[id]).await?;
    core.cascade()
        .publish_news(transaction, caller, &news)
        .await?;
    core.files()
        .remove_previews(transaction, caller, &shown)
        .await
}

async fn after_delete(deleting: DeleteContext<'_>) -> Result<()> {
    let DeleteContext {
        core,
        caller,
        transaction,
        row,
        ..
    } = deleting;
    let task_id = id_of(row, "object_id").ok_or(Error::NotFound)?;
    let status = |task: Option<tasks::TaskKeys>| task.and_then(|task| task.task_status_id);
    // No foreign key removes the comments of a task with it.
    let Some(task) = tasks::task_keys(&mut *transaction, task_id).await? else {
        return Ok(());
    };
    let before = task.task_status_id;
    let project_id = core
        .comments()
        .recount_task(transaction, caller, task_id)
        .await?;
    let after = status(tasks::task_keys(&mut *transaction, task_id).await?);
    if before == after {
        return Ok(());
    }
    let change = StatusChange {
        task_id,
        project_id,
        before,
        after,
    };
    core.comments()
        .publish_status_change(transaction, caller, row, change)
        .await
}

/// Adds the task's id, which the web client needs to find the comment.
async fn event(happened: EventContext<'_>) -> Result<Event> {
    let EventContext {
        transaction,
        action,
        id,
        row,
        ..
    } = happened;
    let part = |key: &str| row.get(key).cloned().unwrap_or_default();
    let event = Event::about("comment", action.as_str(), id).with("task_id", part("object_id"));
    let event = match action {
        Action::Delete => event,
        Action::New | Action::Update => event
            .with("person_id", part("person_id"))
            .with("for_client", part("for_client")),
    };
    if action == Action::New {
        return Ok(event);
    }
    Ok(event.in_project(project_of(transaction, row).await?))
}

async fn project_of(
    transaction: &mut Transaction,
    comment: &Map<String, Value>,
) -> Result<Option<Uuid>> {
    match id_of(comment, "object_id") {
        Some(task) => Ok(rows::project_of(transaction, "task", task).await?.flatten()),
        None => Ok(None),
    }
}

impl Comments<'_> {
    /// Recomputes status, counters and dates of a task from its comments and
    /// records `task:update`. Returns the task's project.
    pub(super) async fn recount_task(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        task_id: Uuid,
    ) -> Result<Option<Uuid>> {
        let project_id = rows::project_of(&mut *transaction, "task", task_id)
            .await?
            .ok_or(Error::NotFound)?;
        tasks::recount(transaction, task_id, self.core.clock().timestamp()).await?;
        let event = Event::about("task", "update", task_id).in_project(project_id);
        self.core.record(transaction, event, Some(caller)).await?;
        Ok(project_id)
    }
}
