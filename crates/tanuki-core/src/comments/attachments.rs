//! Attachments of comments and replies: upload, download, lists and deletion.

use std::sync::LazyLock;

use serde_json::{Value, json};
use tanuki_files::{Key, StoredFile};
use tanuki_store::database::JsonChunks;
use tanuki_store::projection::Projection;
use tanuki_store::query::list_filters;
use tanuki_store::query::{comments::threads, rows};
use tanuki_store::schema::{ATTACHMENT_FILE, CHAT_MESSAGE, COMMENT, TASK};
use tanuki_store::write::{self as store_write, Values};
use tanuki_store::{Connection, Executor, Transaction};
use tanuki_store::{Filter, ListQuery};
use uuid::Uuid;

use super::read::is_on_task;
use super::replies::locked;
use crate::access::ensure;
use crate::fields::{column_value, id_of, timestamp};
use crate::files::{
    Disposition, Download, ReceivedFiles, StagedAttachment, Upload, column_size, failed,
};
use crate::resource::Relations;
use crate::resource::Resource;
use crate::{Caller, Comments, ConstraintViolation, Core, Error, JsonRow, MaybeId, Result};

/// `/data/attachment-files`. Readable by everybody who may read the comment or
/// the chat message.
pub static ATTACHMENT_FILES: Resource = Resource {
    may_read: |reading| Box::pin(require_reader(reading.core, reading.caller, reading.row)),
    ..Resource::plain(&ATTACHMENT_FILE, |_| {
        static PROJECTION: LazyLock<Projection> = LazyLock::new(|| {
            Projection::all_columns(&ATTACHMENT_FILE, &[])
                .embed_full(
                    "chat_message",
                    "chat_message_id",
                    &CHAT_MESSAGE,
                    "updated_at",
                )
                .embed_full("comment", "comment_id", &COMMENT, "updated_at")
        });
        &PROJECTION
    })
};

/// Requires that the caller may read the comment that a file is attached to, or
/// has access to the entity whose chat it is in.
async fn require_reader(core: &Core, caller: &Caller, row: &JsonRow) -> Result<()> {
    let database = core.database();
    if let Some(comment) = id_of(row, "comment_id") {
        let comment = core.comments().comment_row(comment).await?;
        return caller.reads_comment(database.into(), &comment).await;
    }
    let message_id = id_of(row, "chat_message_id").ok_or(Error::Denied)?;
    let about = threads::chat_about(database, message_id)
        .await?
        .ok_or(Error::NotFound)?;
    let access = caller
        .require_project_access(database, Some(about.project_id))
        .await?;
    caller
        .require_entity_reach(database, access, about.entity_id)
        .await
}

/// Maximum number of characters of an extension, the width of its column.
const EXTENSION: usize = 6;

impl Comments<'_> {
    /// Attaches files to a comment and returns the new attachments as JSON
    /// (`id`, `name`, `extension`, `size` in bytes). Requires the comment's
    /// author or a manager of the project.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the comment or task does not exist,
    /// [`Error::Denied`] without permission.
    pub async fn add_attachments(
        self,
        caller: &Caller,
        task: &MaybeId,
        comment_id: Uuid,
        uploads: Vec<Upload>,
    ) -> Result<Vec<JsonRow>> {
        let files = self.core.files().stage_attachments(uploads).await?;
        let mut transaction = self.core.database().begin().await?;
        let comment = locked(&mut transaction, comment_id).await?;
        self.may_attach((&mut transaction).into(), caller, (&comment, task))
            .await?;
        let id = id_of(&comment, "id").ok_or(Error::NotFound)?;
        let mut arrivals = ReceivedFiles::default();
        let owner = Values::from([("comment_id", id.into())]);
        let attached = self
            .attach(&mut transaction, &mut arrivals, &owner, files)
            .await?;
        self.core.files().commit_with(transaction, arrivals).await?;
        Ok(attached)
    }

    /// Checks the permission for [`add_attachments`](Self::add_attachments), so
    /// that a request is refused before its files are received.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the comment or task does not exist,
    /// [`Error::Denied`] without permission.
    pub async fn may_add_attachments(
        self,
        caller: &Caller,
        task: &MaybeId,
        comment_id: Uuid,
    ) -> Result<()> {
        let comment = self.comment_row(comment_id).await?;
        self.may_attach(self.core.database().into(), caller, (&comment, task))
            .await
    }

    /// Permission to add and delete attachments: authors on their own comments,
    /// managers of the project on all. The comment must be on the task.
    async fn may_attach(
        self,
        connection: Executor<'_>,
        caller: &Caller,
        (comment, task): (&JsonRow, &MaybeId),
    ) -> Result<()> {
        ensure(is_on_task(comment, task))?;
        let place = caller.task_access(connection, task.found()?).await?;
        ensure(place.access.is_granted())?;
        if id_of(comment, "person_id") != Some(caller.id) {
            place.access.require_manager()?;
        }
        Ok(())
    }

    /// Inserts attachment rows and stores their files. `owner` has the columns
    /// that say which comment, reply or chat message they belong to. Returns the attachments as JSON (`id`, `name`, `extension`,
    /// `size` in bytes).
    pub(crate) async fn attach(
        self,
        transaction: &mut Transaction,
        arrivals: &mut ReceivedFiles,
        owner: &Values,
        files: Vec<StagedAttachment>,
    ) -> Result<Vec<JsonRow>> {
        let mut attached = Vec::with_capacity(files.len());
        for StagedAttachment {
            name,
            mimetype,
            file,
        } in files
        {
            let id = file.key.id;
            let (extension, size) = (extension(&name), column_size(file.size));
            let mut values = owner.clone();
            values.extend([("id", id.into()), ("size", size.into())]);
            for (field, text) in [
                ("name", &name),
                ("extension", &extension),
                ("mimetype", &mimetype),
            ] {
                let column = ATTACHMENT_FILE
                    .column(field)
                    .ok_or(Error::Constraint(ConstraintViolation::Format))?;
                values.insert(column.name, column_value(column, &json!(text))?);
            }
            store_write::insert(transaction, &ATTACHMENT_FILE, values, &self.core.defaults())
                .await?;
            self.core
                .files()
                .receive(transaction, arrivals, file)
                .await?;
            let row = json!({"id": id, "name": name, "extension": extension, "size": size});
            attached.extend(row.as_object().cloned());
        }
        Ok(attached)
    }

    /// Returns the content of an attachment. Requires read access to its
    /// comment, or access to the entity of its chat.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the row or the file does not exist or the file is
    /// incomplete, [`Error::Denied`] without access.
    pub async fn attachment(self, caller: &Caller, id: Uuid) -> Result<Download> {
        let row = self.readable_attachment(caller, id).await?;
        self.whole_attachment(&row, Key::attachment(id)).await
    }

    /// Returns the content of an attachment.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the file does not exist or is incomplete.
    pub(super) async fn whole_attachment(self, row: &JsonRow, key: Key) -> Result<Download> {
        let kept = self.kept(key).await?;
        // A file whose size differs from the row's was truncated.
        if row.get("size").and_then(Value::as_u64) != Some(kept.size) {
            return Err(Error::NotFound);
        }
        download(row, kept)
    }

    /// Returns the row of an attachment, without a permission check.
    pub(crate) async fn attachment_row(self, id: Uuid) -> Result<JsonRow> {
        attachment_row(self.core.database(), id).await
    }

    /// Returns the PNG thumbnail of an attachment, with the permission check of
    /// [`attachment`](Self::attachment).
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no thumbnail, [`Error::Denied`] without
    /// access.
    pub async fn attachment_thumbnail(self, caller: &Caller, id: Uuid) -> Result<Download> {
        let row = self.readable_attachment(caller, id).await?;
        let kept = self.kept(Key::thumbnail(id)).await?;
        if kept.size == 0 {
            return Err(Error::NotFound);
        }
        Ok(Download {
            name: String::new(),
            mimetype: "image/png".into(),
            ..download(&row, kept)?
        })
    }

    async fn kept(self, key: Key) -> Result<StoredFile> {
        let kept = self.core.storage().open(key).await.map_err(failed)?;
        kept.ok_or(Error::NotFound)
    }

    /// Loads an attachment that the caller may read.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if it does not exist, [`Error::Denied`] without
    /// access to its comment or chat.
    async fn readable_attachment(self, caller: &Caller, id: Uuid) -> Result<JsonRow> {
        let row = attachment_row(self.core.database(), id).await?;
        require_reader(self.core, caller, &row).await?;
        Ok(row)
    }

    /// Lists the attachments of all comments in a project. JSON: the projection
    /// of [`ATTACHMENT_FILES`]. Admins only.
    ///
    /// # Errors
    /// [`Error::Denied`] for everybody but admins, [`Error::NotFound`] for a
    /// malformed id.
    pub fn project_attachments(self, caller: &Caller, project: &MaybeId) -> Result<JsonChunks> {
        caller.require_admin()?;
        let id = project.found()?;
        Ok(self.attachments(list_filters::of_project(&TASK, id)))
    }

    /// Lists the attachments of all comments on a task. JSON: the
    /// projection of [`ATTACHMENT_FILES`]. Admins only.
    ///
    /// # Errors
    /// [`Error::Denied`] for everybody but admins, [`Error::NotFound`] for a
    /// malformed id.
    pub fn task_attachments(self, caller: &Caller, task: &MaybeId) -> Result<JsonChunks> {
        caller.require_admin()?;
        let id = task.found()?;
        Ok(self.attachments(list_filters::has_id(&TASK, id)))
    }

    fn attachments(self, tasks: Filter) -> JsonChunks {
        let projection = (ATTACHMENT_FILES.projection)(Relations::Without);
        let attached = ListQuery::new(projection).filter(threads::attached_to_tasks(tasks));
        self.core.database().stream_list(attached)
    }

    /// Deletes an attachment of a comment. Requires the comment's author or a
    /// manager of the project.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the comment or attachment does not exist,
    /// [`Error::Denied`] without permission, or if the comment is not on the
    /// task or the attachment not on the comment.
    pub async fn delete_attachment(
        self,
        caller: &Caller,
        task: &MaybeId,
        comment_id: Uuid,
        attachment: &MaybeId,
    ) -> Result<()> {
        let mut transaction = self.core.database().begin().await?;
        let comment = locked(&mut transaction, comment_id).await?;
        ensure(is_on_task(&comment, task))?;
        let id = attachment.found()?;
        let attachment = attachment_row(&mut transaction, id).await?;
        ensure(attachment.get("comment_id") == comment.get("id"))?;
        self.may_attach((&mut transaction).into(), caller, (&comment, task))
            .await?;
        store_write::delete(&mut transaction, &ATTACHMENT_FILE, id).await?;
        transaction.commit().await?;
        Ok(())
    }
}

pub(super) async fn attachment_row(connection: impl Connection, id: Uuid) -> Result<JsonRow> {
    let projection = (ATTACHMENT_FILES.projection)(Relations::Without);
    let row = rows::by_id(connection, projection, id).await?;
    row.ok_or(Error::NotFound)
}

/// Combines an attachment's row and its stored file into a download.
fn download(row: &JsonRow, kept: StoredFile) -> Result<Download> {
    let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default();
    Ok(Download {
        name: text("name").to_owned(),
        mimetype: text("mimetype").to_owned(),
        changed_at: timestamp(text("updated_at"))?,
        disposition: Disposition::ByType,
        kept,
    })
}

/// Returns the lower-case extension after the last dot of a file name, or the
/// whole name if it has no dot. An extension too long for its column becomes
/// the empty string.
fn extension(name: &str) -> String {
    let end = name.rsplit('.').next().unwrap_or(name).to_lowercase();
    if end.chars().count() > EXTENSION {
        return String::new();
    }
    end
}

#[cfg(test)]
mod tests {
    use super::extension;

    #[test]
    fn an_extension_is_what_stands_behind_the_last_point() {
        for (name, end) in [
            ("a.tar.GZ", "gz"),
            ("noext", "noext"),
            ("x.", ""),
            ("Makefile", ""),
            ("world.geojson", ""),
        ] {
            assert_eq!(extension(name), end, "{name}");
        }
    }
}
