//! Files that are attached to comments and answers.

use sea_query::{Cond, Condition, Expr, ExprTrait};
use serde_json::{Map, Value, json};
use tanuki_files::{Key, StoredFile};
use tanuki_store::database::JsonChunks;
use tanuki_store::query::{comment_threads, rows};
use tanuki_store::schema::{ATTACHMENT_FILE, TASK};
use tanuki_store::write::{self as store_write, Values};
use tanuki_store::{Connection, Executor, Transaction};
use uuid::Uuid;

use super::draft::sent_id;
use super::read::is_on_task;
use super::replies::locked;
use crate::access::ensure;
use crate::communication::ATTACHMENT_FILES;
use crate::fields::{column_value, id_of, timestamp};
use crate::files::{Download, ReceivedFiles, Upload, failed, size_of};
use crate::resource::Relations;
use crate::{Caller, ConstraintViolation, Core, Error, Result};

type Row = Map<String, Value>;

/// Letters of an extension that a row holds.
const EXTENSION: usize = 6;

impl Core {
    /// Attaches files to a comment: its author does, and managers.
    pub async fn add_attachments(
        &self,
        caller: &Caller,
        (task_id, comment_id): (&str, &str),
        uploads: Vec<Upload>,
    ) -> Result<Vec<Row>> {
        let mut transaction = self.database().begin().await?;
        let comment = locked(&mut transaction, sent_id(comment_id)?).await?;
        self.may_attach((&mut transaction).into(), caller, (&comment, task_id))
            .await?;
        let id = id_of(&comment, "id").ok_or(Error::NotFound)?;
        let mut arrivals = ReceivedFiles::default();
        let attached = self
            .attach(&mut transaction, &mut arrivals, (id, None), uploads)
            .await?;
        self.commit_with(transaction, arrivals).await?;
        Ok(attached)
    }

    /// Refuses whoever may not attach files to a comment, before they are sent.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], or [`Error::Denied`].
    pub async fn may_add_attachments(
        &self,
        caller: &Caller,
        (task_id, comment_id): (&str, &str),
    ) -> Result<()> {
        let comment = self.comment_row(comment_id).await?;
        let place = (&comment, task_id);
        self.may_attach(self.database().into(), caller, place).await
    }

    /// Authors attach to what they wrote and take it away again, managers of
    /// the production wherever they like.
    async fn may_attach(
        &self,
        connection: Executor<'_>,
        caller: &Caller,
        (comment, task_id): (&Row, &str),
    ) -> Result<()> {
        ensure(is_on_task(comment, task_id))?;
        let place = caller.task_access(connection, sent_id(task_id)?).await?;
        ensure(place.access.is_granted())?;
        if id_of(comment, "person_id") != Some(caller.id) {
            place.access.require_manager()?;
        }
        Ok(())
    }

    /// Writes the rows of files that are attached to a comment, or to an
    /// answer to it.
    pub(super) async fn attach(
        &self,
        transaction: &mut Transaction,
        arrivals: &mut ReceivedFiles,
        (comment_id, reply_id): (Uuid, Option<Uuid>),
        uploads: Vec<Upload>,
    ) -> Result<Vec<Row>> {
        let mut attached = Vec::with_capacity(uploads.len());
        for Upload {
            name,
            mimetype,
            received,
        } in uploads
        {
            let id = Uuid::new_v4();
            let (extension, size) = (extension(&name), size_of(&received));
            let mut values = Values::from([
                ("id", id.into()),
                ("size", size.into()),
                ("comment_id", comment_id.into()),
                ("reply_id", reply_id.into()),
            ]);
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
            store_write::insert(transaction, &ATTACHMENT_FILE, values, &self.defaults()).await?;
            self.receive(transaction, arrivals, (received, Key::attachment(id)))
                .await?;
            let row = json!({"id": id, "name": name, "extension": extension, "size": size});
            attached.extend(row.as_object().cloned());
        }
        Ok(attached)
    }

    /// The bytes of what is attached to a comment that the caller reads, or to
    /// a chat about what they may look at.
    pub async fn attachment(&self, caller: &Caller, id: &str) -> Result<Download> {
        let row = self.readable_attachment(caller, id).await?;
        let id = id_of(&row, "id").ok_or(Error::NotFound)?;
        let kept = self.kept(Key::attachment(id)).await?;
        // What was cut short is not the file.
        if row.get("size").and_then(Value::as_u64) != Some(kept.size) {
            return Err(Error::NotFound);
        }
        download(&row, kept)
    }

    /// The small picture of what is attached.
    pub async fn attachment_thumbnail(&self, caller: &Caller, id: &str) -> Result<Download> {
        let row = self.readable_attachment(caller, id).await?;
        let id = id_of(&row, "id").ok_or(Error::NotFound)?;
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

    async fn kept(&self, key: Key) -> Result<StoredFile> {
        let kept = self.files().open(key).await.map_err(failed)?;
        kept.ok_or(Error::NotFound)
    }

    async fn readable_attachment(&self, caller: &Caller, id: &str) -> Result<Row> {
        let database = self.database();
        let row = attachment_row(database, id).await?;
        if let Some(comment_id) = id_of(&row, "comment_id") {
            let comment = self.comment_row(&comment_id.to_string()).await?;
            caller.reads_comment(database.into(), &comment).await?;
        } else {
            let message_id = id_of(&row, "chat_message_id").ok_or(Error::Denied)?;
            let (project_id, entity_id) = comment_threads::chat_about(database, message_id)
                .await?
                .ok_or(Error::NotFound)?;
            let access = caller
                .require_project_access(database, Some(project_id))
                .await?;
            caller
                .require_entity_reach(database, access, entity_id)
                .await?;
        }
        Ok(row)
    }

    /// Everything that is attached to comments in a production.
    pub fn project_attachments(&self, caller: &Caller, project_id: &str) -> Result<JsonChunks> {
        caller.require_admin()?;
        let id = sent_id(project_id)?;
        Ok(self.attachments(Expr::col((TASK.name, "project_id")).eq(id)))
    }

    /// Everything that is attached to comments on a task.
    pub fn task_attachments(&self, caller: &Caller, task_id: &str) -> Result<JsonChunks> {
        caller.require_admin()?;
        let id = sent_id(task_id)?;
        Ok(self.attachments(Expr::col((TASK.name, "id")).eq(id)))
    }

    fn attachments(&self, tasks: sea_query::SimpleExpr) -> JsonChunks {
        let dialect = self.database().dialect();
        let projection = (ATTACHMENT_FILES.projection)(Relations::Without);
        let tasks: Condition = Cond::all().add(tasks);
        let mut select = projection.select(dialect);
        select.cond_where(comment_threads::attached_to_tasks(tasks));
        self.database()
            .stream_json(dialect.build(&select), projection)
    }

    /// Takes away what is attached to a comment: its author does, and managers.
    pub async fn delete_attachment(
        &self,
        caller: &Caller,
        task_id: &str,
        comment_id: &str,
        attachment_id: &str,
    ) -> Result<()> {
        let mut transaction = self.database().begin().await?;
        let comment = locked(&mut transaction, sent_id(comment_id)?).await?;
        ensure(is_on_task(&comment, task_id))?;
        let attachment = attachment_row(&mut transaction, attachment_id).await?;
        ensure(attachment.get("comment_id") == comment.get("id"))?;
        self.may_attach((&mut transaction).into(), caller, (&comment, task_id))
            .await?;
        let id = sent_id(attachment_id)?;
        store_write::delete(&mut transaction, &ATTACHMENT_FILE, id).await?;
        transaction.commit().await?;
        Ok(())
    }
}

async fn attachment_row(connection: impl Connection, id: &str) -> Result<Row> {
    let projection = (ATTACHMENT_FILES.projection)(Relations::Without);
    let row = rows::by_id(connection, projection, sent_id(id)?).await?;
    row.ok_or(Error::NotFound)
}

/// What a client gets of an attachment.
fn download(row: &Row, kept: StoredFile) -> Result<Download> {
    let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default();
    Ok(Download {
        name: text("name").to_owned(),
        mimetype: text("mimetype").to_owned(),
        changed_at: timestamp(text("updated_at"))?,
        kept,
    })
}

/// What stands behind the last point of a name, or all of a name without one;
/// what a row cannot hold is no extension that anything knows.
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
