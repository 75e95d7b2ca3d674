//! The comments that a link shows, and those that guests write.

use serde_json::Value;
use tanuki_store::query::{comments, shares};
use uuid::Uuid;

use super::{Guest, ShareError, ShareResult, SharedLink};
use crate::attempts::Limit;
use crate::comments::GuestComment;
use crate::fields::id_of;
use crate::files::{AnnotationChanges, Download, Upload};
use crate::{Error, JsonRow, MaybeId, Result, Shares};

/// What a guest writes and draws.
const WRITES: Limit = Limit {
    name: "writes of a guest",
    most: 60,
    seconds: 60,
};

/// Maximum length of a comment, in characters.
const MAX_TEXT: usize = 100_000;

/// Maximum number of entries of a checklist.
const MAX_CHECKLIST: usize = 500;

/// Maximum size of the files that all guests of a link attach, in bytes, and
/// their maximum number.
const MAX_ATTACHED: i64 = 2 << 30;
const MAX_FILES: i64 = 2_000;

/// The reasons that clients read.
const NO_TASK: &str = "Task not part of this shared playlist";
const FORBIDDEN: &str = "Forbidden";
const NO_COMMENT: &str = "Comment not found";

/// A comment that a guest writes.
#[derive(Debug, Clone)]
pub struct NewGuestComment {
    pub task_id: Uuid,
    pub task_status_id: Uuid,
    pub text: String,
    pub checklist: Vec<Value>,
}

/// What a guest changes of a comment; `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct CommentEdit {
    pub text: Option<String>,
    pub checklist: Option<Vec<Value>>,
    pub task_status_id: Option<Uuid>,
}

impl Shares<'_> {
    /// Lists the comments that a link shows: those on the tasks of its previews
    /// that are published to clients or by guests, newest first for each task.
    /// JSON: [`SHARED_COMMENT`](tanuki_store::view::shares::SHARED_COMMENT),
    /// with the authors of replies.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn comments(self, link: &SharedLink) -> Result<Vec<JsonRow>> {
        let tasks = self.contents(link).await?.tasks();
        let mut found = self.core.comments().shown_by_links(&tasks).await?;
        let place = |comment: &JsonRow| {
            let task = id_of(comment, "object_id");
            tasks.iter().position(|id| Some(*id) == task)
        };
        found.sort_by_key(place);
        Ok(found)
    }

    /// Writes a comment of a guest on a task that the link shows. Its tags are
    /// not followed to other tasks. JSON: the comment with its status and
    /// author, as of other comments.
    ///
    /// # Errors
    /// [`ShareError::Denied`] if the link does not show the task,
    /// [`ShareError::Invalid`] for a status that does not exist or that clients
    /// of the project may not set, or a text that is too long,
    /// [`ShareError::TooMany`] for too many at once.
    pub async fn comment(
        self,
        link: &SharedLink,
        guest: &Guest,
        new: NewGuestComment,
    ) -> ShareResult<JsonRow> {
        self.require_task(link, new.task_id, NO_TASK).await?;
        let status = new.task_status_id;
        let status = comments::status(self.core.database(), status, Some(link.project_id)).await?;
        match status {
            None => return Err(ShareError::Invalid("Task status not found".into())),
            Some(status) if !status.clients => {
                let reason = "Task status not allowed for guests";
                return Err(ShareError::Invalid(reason.into()));
            }
            Some(_) => {}
        }
        check_size(Some(&new.text), Some(&new.checklist))?;
        self.claim_write(guest)?;
        let comment = GuestComment {
            task_id: new.task_id,
            status_id: new.task_status_id,
            text: new.text,
            checklist: new.checklist,
        };
        let written = self.core.comments().write_as_guest(&guest.author, comment);
        Ok(written.await?)
    }

    /// Changes a comment of the guest. JSON: every column of the comment and
    /// its links, its attachments and the authors of its replies.
    ///
    /// # Errors
    /// [`ShareError::Missing`] if there is no such comment,
    /// [`ShareError::Denied`] if it is not the guest's, the link does not show
    /// its task, or clients may not set the status.
    pub async fn edit_comment(
        self,
        link: &SharedLink,
        guest: &Guest,
        (id, edit): (&MaybeId, CommentEdit),
    ) -> ShareResult<JsonRow> {
        let row = self.own_comment(link, guest, id).await?;
        let mut changes = JsonRow::new();
        check_size(edit.text.as_deref(), edit.checklist.as_deref())?;
        if let Some(text) = edit.text {
            changes.insert("text".into(), text.into());
        }
        if let Some(checklist) = edit.checklist {
            changes.insert("checklist".into(), checklist.into());
        }
        if let Some(status_id) = edit.task_status_id {
            if id_of(&row, "task_status_id") != Some(status_id) {
                let database = self.core.database();
                let status = comments::status(database, status_id, Some(link.project_id)).await?;
                if !status.is_some_and(|status| status.clients) {
                    return Err(ShareError::Denied(FORBIDDEN));
                }
            }
            changes.insert("task_status_id".into(), status_id.to_string().into());
        }
        self.claim_write(guest)?;
        let edited = self
            .core
            .comments()
            .edit_as_guest(&guest.author, id, changes);
        Ok(edited.await?)
    }

    /// Deletes a comment of the guest, with what `DELETE /data/comments/ID`
    /// does to its task.
    ///
    /// # Errors
    /// Those of [`edit_comment`](Self::edit_comment).
    pub async fn delete_comment(
        self,
        link: &SharedLink,
        guest: &Guest,
        id: &MaybeId,
    ) -> ShareResult<()> {
        self.own_comment(link, guest, id).await?;
        let comments = self.core.comments();
        Ok(comments.delete_as_guest(&guest.author, id).await?)
    }

    /// Attaches files to a comment of the guest. JSON: as
    /// [`edit_comment`](Self::edit_comment) returns it.
    ///
    /// # Errors
    /// Those of [`edit_comment`](Self::edit_comment), and
    /// [`ShareError::Invalid`] if the guests of the link have attached too much.
    pub async fn attach(
        self,
        link: &SharedLink,
        guest: &Guest,
        (id, files): (&MaybeId, Vec<Upload>),
    ) -> ShareResult<JsonRow> {
        self.own_comment(link, guest, id).await?;
        let (count, size) = shares::attached_by_guests(self.core.database(), link.id).await?;
        let sent = files.iter().map(|file| file.received.size);
        let sent = sent.fold(0, u64::saturating_add);
        let sent = i64::try_from(sent).unwrap_or(i64::MAX);
        let files_sent = i64::try_from(files.len()).unwrap_or(i64::MAX);
        if size.saturating_add(sent) > MAX_ATTACHED || count.saturating_add(files_sent) > MAX_FILES
        {
            let gigabytes = MAX_ATTACHED >> 30;
            return Err(ShareError::Invalid(format!(
                "The guests of a link attach at most {MAX_FILES} files of {gigabytes} GiB in all"
            )));
        }
        self.claim_write(guest)?;
        let id = id.found()?;
        let comments = self.core.comments();
        Ok(comments.attach_as_guest(&guest.author, id, files).await?)
    }

    /// Requires that a comment is the guest's, before files for it are received.
    ///
    /// # Errors
    /// Those of [`edit_comment`](Self::edit_comment).
    pub async fn may_attach(
        self,
        link: &SharedLink,
        guest: &Guest,
        id: &MaybeId,
    ) -> ShareResult<()> {
        self.own_comment(link, guest, id).await.map(|_| ())
    }

    /// Deletes an attachment of a comment of the guest.
    ///
    /// # Errors
    /// Those of [`edit_comment`](Self::edit_comment), and
    /// [`ShareError::Missing`] if the comment has no such attachment.
    pub async fn detach(
        self,
        link: &SharedLink,
        guest: &Guest,
        (id, attachment): (&MaybeId, &MaybeId),
    ) -> ShareResult<()> {
        self.own_comment(link, guest, id).await?;
        let missing = || ShareError::Missing(NO_COMMENT);
        let attachment = attachment.id().ok_or_else(missing)?;
        let comments = self.core.comments();
        let is_there = comments
            .detach_as_guest(&guest.author, id.found()?, attachment)
            .await?;
        is_there.then_some(()).ok_or_else(missing)
    }

    /// Returns the content of an attachment of a comment that the link shows.
    ///
    /// # Errors
    /// [`ShareError::Missing`] if it is of another comment or of a chat,
    /// [`Error::NotFound`] if there is no such attachment or file.
    pub async fn attachment(self, link: &SharedLink, id: Uuid) -> ShareResult<Download> {
        let comments = self.core.comments();
        let row = comments.attachment_row(id).await?;
        let missing = || ShareError::Missing("Attachment not found");
        let comment_id = id_of(&row, "comment_id").ok_or_else(missing)?;
        let tasks = self.contents(link).await?.tasks();
        let database = self.core.database();
        if !shares::shows_comment(database, comment_id, &tasks).await? {
            return Err(missing());
        }
        Ok(comments.attachment_file(&row).await?)
    }

    /// Draws on a preview that the link shares, in the name of the guest. JSON:
    /// the preview, every column.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such preview, [`Error::Denied`] if
    /// the link does not share it; those of
    /// [`Files::annotate`](crate::Files::annotate); [`ShareError::TooMany`].
    pub async fn annotate(
        self,
        link: &SharedLink,
        guest: &Guest,
        (preview, changes): (Uuid, AnnotationChanges),
    ) -> ShareResult<JsonRow> {
        self.require_preview(link, preview).await?;
        self.claim_write(guest)?;
        let files = self.core.files();
        Ok(files.annotate_as(&guest.author, preview, changes).await?)
    }

    /// Loads a comment of the guest on a task that the link shows.
    async fn own_comment(
        self,
        link: &SharedLink,
        guest: &Guest,
        id: &MaybeId,
    ) -> ShareResult<JsonRow> {
        let missing = || ShareError::Missing(NO_COMMENT);
        let id = id.id().ok_or_else(missing)?;
        let row = match self.core.comments().comment_row(id).await {
            Err(Error::NotFound) => return Err(missing()),
            row => row?,
        };
        let forbidden = || ShareError::Denied(FORBIDDEN);
        if guest.link_id != link.id || id_of(&row, "person_id") != Some(guest.id()) {
            return Err(forbidden());
        }
        let task_id = id_of(&row, "object_id").ok_or_else(forbidden)?;
        self.require_task(link, task_id, FORBIDDEN).await?;
        Ok(row)
    }

    fn claim_write(self, guest: &Guest) -> ShareResult<()> {
        self.claim(WRITES, &guest.id().to_string())
    }
}

fn check_size(text: Option<&str>, checklist: Option<&[Value]>) -> ShareResult<()> {
    if text.is_some_and(|text| text.chars().count() > MAX_TEXT) {
        let most = format!("text has at most {MAX_TEXT} characters");
        return Err(ShareError::Invalid(most));
    }
    if checklist.is_some_and(|list| list.len() > MAX_CHECKLIST) {
        let most = format!("checklist has at most {MAX_CHECKLIST} entries");
        return Err(ShareError::Invalid(most));
    }
    Ok(())
}
