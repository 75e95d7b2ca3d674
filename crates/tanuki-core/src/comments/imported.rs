//! Comments from the rows of an import.

use tanuki_store::Transaction;
use tanuki_store::query::comments::write;
use uuid::Uuid;

use super::draft::{Draft, Target};
use crate::{Caller, Comments, Result};

/// A comment that a row of an import makes. The caller of this crate has checked
/// the permission to comment on the task.
#[derive(Debug)]
pub(crate) struct ImportedComment {
    pub task_id: Uuid,
    pub project_id: Uuid,
    pub entity_id: Uuid,
    pub task_type_id: Uuid,
    pub status_id: Uuid,
    pub text: String,
}

impl Comments<'_> {
    /// Locks the entities that comments of a transaction are on, and their tasks, in
    /// the order in which other transactions lock them.
    pub(crate) async fn lock_for_import(
        self,
        transaction: &mut Transaction,
        entities: &[Uuid],
    ) -> Result<()> {
        Ok(write::lock_entities_for_automations(transaction, entities).await?)
    }

    /// Writes a comment by the caller with all that follows from it, in a
    /// transaction that has [locked](Self::lock_for_import) its entity.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`](crate::Error::Invalid) if the task has reached its maximum
    /// of retakes.
    pub(crate) async fn write_imported(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        comment: ImportedComment,
    ) -> Result<Uuid> {
        let target = Target {
            id: comment.task_id,
            project_id: Some(comment.project_id),
            entity_id: Some(comment.entity_id),
            task_type_id: Some(comment.task_type_id),
        };
        let draft = Draft::plain(target, comment.status_id, caller.id, comment.text);
        self.write_comment(transaction, caller, draft).await
    }
}
