//! Operations on existing comments: acknowledge, move to another task, delete.

use serde_json::Value;
use tanuki_store::Transaction;
use tanuki_store::query::{comments::threads, comments::write, removal, rows, tasks};
use tanuki_store::schema::COMMENT;
use tanuki_store::write::{self as store_write, Values};
use uuid::Uuid;

use super::chain::WrittenComment;
use super::draft::Target;
use super::mentions::Mentions;
use super::read::is_on_task;
use super::resource::COMMENTS;
use crate::access::TaskAccess;
use crate::events::Event;
use crate::fields::{id_of, timestamp};
use crate::resource::Relations;
use crate::{Caller, Comments, Error, JsonRow, Manager, MaybeId, Result};

impl Comments<'_> {
    /// Toggles the caller's acknowledgement of a comment and publishes an
    /// event. Returns the comment as JSON, with links. Requires read access to
    /// the comment.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the task or comment does not exist or the comment
    /// is not on the task, [`Error::Denied`] without access.
    pub async fn acknowledge(
        self,
        caller: &Caller,
        task_id: Uuid,
        comment: &MaybeId,
    ) -> Result<JsonRow> {
        let database = self.core.database();
        let place = caller.require_task_access(database.into(), task_id).await?;
        let comment_id = comment.found()?;
        let comment = self.comment_row(comment_id).await?;
        if !is_on_task(&comment, &place.id.into()) {
            return Err(Error::NotFound);
        }
        caller.reads_comment(database.into(), &comment).await?;
        let mut transaction = database.begin().await?;
        rows::lock(&mut transaction, COMMENT.name, comment_id).await?;
        let defaults = self.core.defaults();
        let seen =
            threads::toggle_acknowledgement(&mut transaction, comment_id, caller.id, &defaults)
                .await?;
        let action = if seen { "acknowledge" } else { "unacknowledge" };
        let event = Event::about("comment", action, comment_id)
            .with("person_id", caller.id.to_string())
            .in_project(place.task.project_id);
        self.core.publish(&mut transaction, event);
        let answer = linked(&mut transaction, comment_id).await?;
        transaction.commit().await?;
        Ok(answer)
    }

    /// Moves a comment to another task of the same entity, with the events,
    /// notifications and news of a new comment there. Returns the comment as
    /// JSON, with links. Requires a manager of both tasks' projects.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] if the comment is not on the task, the tasks are the
    /// same or of different entities, or the comment has previews.
    pub async fn move_comment(
        self,
        manager: Manager<'_>,
        task_id: Uuid,
        comment: &MaybeId,
        target: &MaybeId,
    ) -> Result<JsonRow> {
        let caller = manager.caller();
        let database = self.core.database();
        let source = caller.require_task_access(database.into(), task_id).await?;
        let place = caller
            .require_task_access(database.into(), target.found()?)
            .await?;
        source.access.require_manager()?;
        place.access.require_manager()?;
        let comment_id = comment.found()?;
        let mut transaction = database.begin().await?;
        if let Some(entity_id) = source.task.entity_id {
            write::lock_entities_for_automations(&mut transaction, &[entity_id]).await?;
        }
        rows::lock(&mut transaction, COMMENT.name, comment_id).await?;
        let comment = linked(&mut transaction, comment_id).await?;
        check_move(&source, &place, &comment)?;
        self.detach_comment(&mut transaction, caller, comment_id)
            .await?;
        let values = Values::from([
            ("object_id", place.id.into()),
            ("updated_at", self.core.clock().timestamp().into()),
        ]);
        store_write::update(&mut transaction, &COMMENT, comment_id, values).await?;
        for task_id in [source.id, place.id] {
            self.recount_task(&mut transaction, caller, task_id).await?;
        }
        self.publish_move(&mut transaction, caller, (&source, &place), &comment)
            .await?;
        let answer = linked(&mut transaction, comment_id).await?;
        transaction.commit().await?;
        Ok(answer)
    }

    /// Deletes the notifications and news of a comment.
    async fn detach_comment(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        comment_id: Uuid,
    ) -> Result<()> {
        let news = removal::events_of_comment(transaction, comment_id).await?;
        self.core
            .cascade()
            .publish_news(transaction, caller, &news)
            .await
    }

    /// Records the events of a moved comment: `comment:delete` on the old task,
    /// `comment:new` on the new one, with notifications and, except on
    /// concepts, news.
    async fn publish_move(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        (source, place): (&TaskAccess, &TaskAccess),
        comment: &JsonRow,
    ) -> Result<()> {
        let target = Target::of(place);
        let moved = as_written(comment)?;
        let part = |key: &str| comment.get(key).cloned().unwrap_or_default();
        let gone = Event::about("comment", "delete", moved.id)
            .with("task_id", source.id.to_string())
            .in_project(source.task.project_id);
        let new = Event::about("comment", "new", moved.id)
            .with("task_id", place.id.to_string())
            .with("task_status_id", part("task_status_id"))
            .with("person_id", part("person_id"))
            .with("for_client", part("for_client"))
            .in_project(target.project_id);
        let mut events = vec![gone, new];
        events.extend(self.follow(transaction, &target, &moved, false).await?);
        let entity_type = match (target.task_type_id, target.entity_id) {
            (Some(task_type), Some(entity)) => {
                tasks::kinds(&mut *transaction, task_type, entity).await?.1
            }
            _ => None,
        };
        if entity_type.as_deref() != Some("Concept") {
            events.push(self.add_news(transaction, &target, &moved, false).await?);
        }
        self.core
            .record_all(transaction, events, Some(caller))
            .await
    }

    /// Deletes a comment as `DELETE /data/comments/ID` does. The task in the
    /// path is ignored.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if there is no such comment,
    /// [`Error::Denied`](crate::Error::Denied) without permission.
    pub async fn delete_comment(self, caller: &Caller, comment: &MaybeId) -> Result<()> {
        self.core
            .resources()
            .delete(&COMMENTS, caller, comment, false)
            .await
    }
}

/// A comment's JSON with the ids of its links.
async fn linked(transaction: &mut Transaction, id: Uuid) -> Result<JsonRow> {
    let projection = (COMMENTS.projection)(Relations::With);
    let comment = rows::by_id(transaction, projection, id).await?;
    comment.ok_or(Error::NotFound)
}

/// Refuses to move a comment to another entity's task, and comments with
/// previews, which stay with the task of their previews.
fn check_move(source: &TaskAccess, place: &TaskAccess, comment: &JsonRow) -> Result<()> {
    let refuse = |reason: &str| Err(Error::invalid(reason));
    if !is_on_task(comment, &source.id.into()) {
        return refuse("Comment does not belong to the given task.");
    }
    if source.id == place.id {
        return refuse("Source and target tasks must be different.");
    }
    if source.task.entity_id != place.task.entity_id {
        return refuse("A comment can only be moved between tasks of the same entity.");
    }
    let shows = comment.get("previews").and_then(Value::as_array);
    if id_of(comment, "preview_file_id").is_some() || shows.is_some_and(|ids| !ids.is_empty()) {
        return refuse("A comment attached to a preview revision cannot be moved.");
    }
    Ok(())
}

/// Rebuilds the written comment from its JSON row with links.
fn as_written(comment: &JsonRow) -> Result<WrittenComment> {
    let ids = |key: &str| -> Vec<Uuid> {
        let ids = comment.get(key).and_then(Value::as_array);
        ids.into_iter()
            .flatten()
            .filter_map(|id| Uuid::try_parse(id.as_str()?).ok())
            .collect()
    };
    let at = comment.get("created_at").and_then(Value::as_str);
    Ok(WrittenComment {
        id: id_of(comment, "id").ok_or(Error::NotFound)?,
        author_id: id_of(comment, "person_id").ok_or(Error::NotFound)?,
        status_id: id_of(comment, "task_status_id"),
        created_at: timestamp(at.unwrap_or_default())?,
        mentions: Mentions {
            people: ids("mentions"),
            departments: ids("department_mentions"),
        },
    })
}
