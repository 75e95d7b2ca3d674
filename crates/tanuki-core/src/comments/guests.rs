//! Comments of the guests of shared links. Who may write and read them is
//! decided in the area `shares`; nothing is checked here.

use serde_json::Value;
use tanuki_files::Key;
use tanuki_store::query::{rows, shares, tasks};
use tanuki_store::schema::ATTACHMENT_FILE;
use tanuki_store::view::shares::{ATTACHMENTS, SHARED_COMMENT};
use tanuki_store::write::{self as store_write, Values};
use tanuki_store::{Executor, Transaction};
use uuid::Uuid;

use super::attachments::attachment_row;
use super::create::Order;
use super::draft::{Draft, Target};
use super::read::LINKED;
use super::resource::{GUEST_COMMENTS, require_author};
use crate::fields::id_of;
use crate::files::{Download, ReceivedFiles, Upload};
use crate::resource::RequestBody;
use crate::{Caller, Comments, Error, JsonRow, MaybeId, Result};

/// A comment that a guest writes.
#[derive(Debug, Clone)]
pub(crate) struct GuestComment {
    pub task_id: Uuid,
    pub status_id: Uuid,
    pub text: String,
    pub checklist: Vec<Value>,
}

impl Comments<'_> {
    /// Lists the comments on tasks that shared links show, newest first, with
    /// the authors of replies; without `editor` if they were never edited.
    pub(crate) async fn shown_by_links(self, tasks: &[Uuid]) -> Result<Vec<JsonRow>> {
        if tasks.is_empty() {
            return Ok(Vec::new());
        }
        let comments = shares::comments(&SHARED_COMMENT, tasks);
        let mut found = comments.rows(self.core.database()).await?;
        for comment in &mut found {
            if comment.get("editor").is_some_and(Value::is_null) {
                comment.shift_remove("editor");
            }
        }
        self.add_reply_authors(&mut found).await?;
        Ok(found)
    }

    /// Writes a comment, with its consequences on its own task. Returns it as
    /// [`comment`](Self::comment) does.
    pub(crate) async fn write_as_guest(
        self,
        guest: &Caller,
        comment: GuestComment,
    ) -> Result<JsonRow> {
        let keys = tasks::task_keys(self.core.database(), comment.task_id).await?;
        let keys = keys.ok_or(Error::NotFound)?;
        let target = Target {
            id: comment.task_id,
            project_id: keys.project_id,
            entity_id: keys.entity_id,
            task_type_id: keys.task_type_id,
        };
        let draft = Draft {
            checklist: comment.checklist,
            // Other tasks are not shared.
            spreads: false,
            ..Draft::plain(target, comment.status_id, guest.id, comment.text)
        };
        let written = self
            .write_comments(guest, vec![Order::plain(draft)])
            .await?;
        written.into_iter().next().ok_or(Error::NotFound)
    }

    /// Changes a comment of a guest's own.
    pub(crate) async fn edit_as_guest(
        self,
        guest: &Caller,
        id: &MaybeId,
        changes: JsonRow,
    ) -> Result<JsonRow> {
        let body = RequestBody::Object(changes);
        let resources = self.core.resources();
        resources.update(&GUEST_COMMENTS, guest, id, body).await?;
        let row = linked(self.core.database().into(), id.found()?).await?;
        self.with_reply_authors(row).await
    }

    /// Deletes a comment of a guest's own.
    pub(crate) async fn delete_as_guest(self, guest: &Caller, id: &MaybeId) -> Result<()> {
        let resources = self.core.resources();
        resources.delete(&GUEST_COMMENTS, guest, id, false).await
    }

    /// Attaches files to a comment of a guest's own.
    pub(crate) async fn attach_as_guest(
        self,
        guest: &Caller,
        id: Uuid,
        uploads: Vec<Upload>,
    ) -> Result<JsonRow> {
        let files = self.core.files().stage_attachments(uploads).await?;
        let mut transaction = self.core.database().begin().await?;
        require_own(&mut transaction, guest, id).await?;
        let mut arrivals = ReceivedFiles::default();
        let owner = Values::from([("comment_id", id.into())]);
        self.attach(&mut transaction, &mut arrivals, &owner, files)
            .await?;
        let row = linked((&mut transaction).into(), id).await?;
        self.core.files().commit_with(transaction, arrivals).await?;
        self.with_reply_authors(row).await
    }

    /// Deletes an attachment of a comment of a guest's own. Returns `false` if
    /// the comment has no such attachment.
    pub(crate) async fn detach_as_guest(
        self,
        guest: &Caller,
        id: Uuid,
        attachment: Uuid,
    ) -> Result<bool> {
        let mut transaction = self.core.database().begin().await?;
        require_own(&mut transaction, guest, id).await?;
        let row = match attachment_row(&mut transaction, attachment).await {
            Err(Error::NotFound) => return Ok(false),
            row => row?,
        };
        if id_of(&row, "comment_id") != Some(id) {
            return Ok(false);
        }
        store_write::delete(&mut transaction, &ATTACHMENT_FILE, attachment).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Returns the content of an attachment.
    pub(crate) async fn attachment_file(self, row: &JsonRow) -> Result<Download> {
        let id = id_of(row, "id").ok_or(Error::NotFound)?;
        self.whole_attachment(row, Key::attachment(id)).await
    }

    async fn with_reply_authors(self, row: JsonRow) -> Result<JsonRow> {
        let mut rows = [row];
        self.add_reply_authors(&mut rows).await?;
        let [row] = rows;
        Ok(row)
    }
}

/// Locks a comment, which is the guest's.
async fn require_own(transaction: &mut Transaction, guest: &Caller, id: Uuid) -> Result<()> {
    let row = super::replies::locked(transaction, id).await?;
    require_author(guest, &row)
}

/// A comment's JSON with its links, and its attachments as objects.
async fn linked(mut connection: Executor<'_>, id: Uuid) -> Result<JsonRow> {
    let row = rows::by_id(connection.reborrow(), &LINKED, id).await?;
    let mut row = row.ok_or(Error::NotFound)?;
    let attached = rows::by_id(connection, &ATTACHMENTS, id).await?;
    let attached = attached.and_then(|mut row| row.remove("attachment_files"));
    row.insert("attachment_files".into(), attached.unwrap_or_default());
    Ok(row)
}
