//! Working files: lists, comments and content.

use serde_json::Value;
use tanuki_files::Key;
use tanuki_store::database::JsonChunks;
use tanuki_store::query::files::working;
use tanuki_store::query::rows;
use tanuki_store::schema::WORKING_FILE;
use tanuki_store::write::{self, Values};
use tanuki_store::{ListQuery, Transaction};
use uuid::Uuid;

use super::given::id_parameter;
use super::upload::{Disposition, Download, ReceivedFiles, Upload, failed};
use super::work::{OUTPUT_FILES, WORKING_FILES};
use crate::access::{TaskAccess, ensure};
use crate::fields::{id_of, timestamp};
use crate::parameters::{Parameters, first, is_true};
use crate::resource::Relations;
use crate::{Caller, Error, Files, JsonRow, Result};

impl Files<'_> {
    /// Lists the working files of a task, last revision first. JSON: the
    /// projection of [`WORKING_FILES`]. Requires access to the task.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such task, [`Error::Denied`] without
    /// access to it.
    pub async fn task_working_files(self, caller: &Caller, task_id: Uuid) -> Result<JsonChunks> {
        let database = self.core.database();
        caller.require_task_access(database.into(), task_id).await?;
        let list = ListQuery::new((WORKING_FILES.projection)(Relations::Without));
        let list = list.filter(working::of_task(task_id));
        let list = list.descending("revision").descending("created_at");
        Ok(database.stream_list(list))
    }

    /// Returns the last revision of each working file of a task. JSON: an
    /// object that maps names to rows. Requires access to the task.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such task, [`Error::Denied`] without
    /// access to it.
    pub async fn last_working_files(self, caller: &Caller, task_id: Uuid) -> Result<JsonChunks> {
        let database = self.core.database();
        caller.require_task_access(database.into(), task_id).await?;
        let list = ListQuery::new((WORKING_FILES.projection)(Relations::Without));
        Ok(database.stream_named(working::last_of_task(list, task_id)))
    }

    /// Lists the working files of an entity, last revision first. `parameters`
    /// are the query string: `task_id` and `name` filter, `relations` adds the
    /// ids of the output files made from each. Requires access to the entity.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such entity, [`Error::Denied`]
    /// without access to it, [`Error::Invalid`] for a malformed id in a filter.
    pub async fn entity_working_files(
        self,
        caller: &Caller,
        entity_id: Uuid,
        parameters: &Parameters,
    ) -> Result<JsonChunks> {
        self.core.require_entity(caller, entity_id).await?;
        let mut which = working::of_entity(entity_id);
        if let Some(task_id) = id_parameter(parameters, "task_id")? {
            which = which.and(working::of_task(task_id));
        }
        if let Some(name) = first(parameters, "name").filter(|name| !name.is_empty()) {
            which = which.and(working::is_named(name));
        }
        let relations = match first(parameters, "relations").is_some_and(is_true) {
            true => Relations::With,
            false => Relations::Without,
        };
        let list = ListQuery::new((WORKING_FILES.projection)(relations)).filter(which);
        let list = list.descending("revision").descending("created_at");
        Ok(self.core.database().stream_list(list))
    }

    /// Returns the row of a working file, with the ids of its output files, or
    /// of an output file. Requires access to the task or the entity.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such file, [`Error::Denied`] without
    /// access to it.
    pub async fn file(self, caller: &Caller, id: Uuid) -> Result<JsonRow> {
        let database = self.core.database();
        let projection = (WORKING_FILES.projection)(Relations::With);
        if let Some(row) = rows::by_id(database, projection, id).await? {
            let task_id = id_of(&row, "task_id").ok_or(Error::NotFound)?;
            caller.require_task_access(database.into(), task_id).await?;
            return Ok(row);
        }
        let projection = (OUTPUT_FILES.projection)(Relations::Without);
        let row = rows::by_id(database, projection, id).await?;
        let row = row.ok_or(Error::NotFound)?;
        let entity_id = id_of(&row, "entity_id").ok_or(Error::NotFound)?;
        self.core.require_entity(caller, entity_id).await?;
        Ok(row)
    }

    /// Sets the comment of a working file and returns its row. Requires
    /// permission to publish on the task.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such file, [`Error::Denied`] without
    /// permission.
    pub async fn comment_working_file(
        self,
        caller: &Caller,
        id: Uuid,
        comment: &str,
    ) -> Result<JsonRow> {
        let comment = Values::from([("comment", comment.into())]);
        self.change_working_file(caller, id, comment).await
    }

    /// Sets the modification time of a working file to now and returns its
    /// row. Requires permission to publish on the task.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such file, [`Error::Denied`] without
    /// permission.
    pub async fn touch_working_file(self, caller: &Caller, id: Uuid) -> Result<JsonRow> {
        self.change_working_file(caller, id, Values::new()).await
    }

    async fn change_working_file(
        self,
        caller: &Caller,
        id: Uuid,
        values: Values,
    ) -> Result<JsonRow> {
        let mut transaction = self.core.database().begin().await?;
        let task = task_of_locked(&mut transaction, caller, id).await?;
        ensure(task.can_publish())?;
        self.update_working_file(&mut transaction, id, values)
            .await?;
        let projection = (WORKING_FILES.projection)(Relations::Without);
        let row = rows::by_id(&mut transaction, projection, id).await?;
        transaction.commit().await?;
        row.ok_or(Error::NotFound)
    }

    async fn update_working_file(
        self,
        transaction: &mut Transaction,
        id: Uuid,
        mut values: Values,
    ) -> Result<()> {
        values.insert("updated_at", self.core.clock().timestamp().into());
        write::update(transaction, &WORKING_FILE, id, values).await?;
        Ok(())
    }

    /// Returns the content of a working file, named like the last part of its
    /// path; `None` if nothing was uploaded. Requires access to its task.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such row, [`Error::Denied`] without
    /// access to the task.
    pub async fn working_file_content(self, caller: &Caller, id: Uuid) -> Result<Option<Download>> {
        let database = self.core.database();
        let projection = (WORKING_FILES.projection)(Relations::Without);
        let row = rows::by_id(database, projection, id).await?;
        let row = row.ok_or(Error::NotFound)?;
        let task_id = id_of(&row, "task_id").ok_or(Error::NotFound)?;
        caller.require_task_access(database.into(), task_id).await?;
        let kept = self.core.storage().open(Key::working(id)).await;
        let Some(kept) = kept.map_err(failed)? else {
            return Ok(None);
        };
        let text = |key: &str| row.get(key).and_then(Value::as_str);
        Ok(Some(Download {
            name: file_name(text("path")).unwrap_or_else(|| format!("working-{id}")),
            mimetype: "application/octet-stream".into(),
            changed_at: timestamp(text("updated_at").unwrap_or_default())?,
            disposition: Disposition::Attachment,
            kept,
        }))
    }

    /// Checks the permission for
    /// [`upload_working_file`](Self::upload_working_file), so that a request is
    /// refused before its file is received.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such row, [`Error::Denied`] without
    /// access to its task, and for clients who are not assigned to it.
    pub async fn may_upload_working_file(self, caller: &Caller, id: Uuid) -> Result<()> {
        let database = self.core.database();
        let projection = (WORKING_FILES.projection)(Relations::Without);
        let row = rows::by_id(database, projection, id).await?;
        let task_id = row.and_then(|row| id_of(&row, "task_id"));
        let task = caller
            .require_task_access(database.into(), task_id.ok_or(Error::NotFound)?)
            .await?;
        may_upload(&task)
    }

    /// Stores the content of a working file, in place of what there is, with
    /// its size. Returns the row with the ids of its output files. Requires
    /// access to the task; of clients, that they are assigned to it.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such row, [`Error::Denied`] without
    /// permission, [`Error::Failed`] if the file cannot be stored.
    pub async fn upload_working_file(
        self,
        caller: &Caller,
        id: Uuid,
        upload: Upload,
    ) -> Result<JsonRow> {
        self.may_upload_working_file(caller, id).await?;
        let file = self.stage(upload.received, Key::working(id)).await?;
        let mut transaction = self.core.database().begin().await?;
        let task = task_of_locked(&mut transaction, caller, id).await?;
        task.require_read(&mut transaction, caller).await?;
        may_upload(&task)?;
        // The column does not hold sizes from 2 GiB on.
        let size = i32::try_from(file.size).ok();
        self.update_working_file(&mut transaction, id, Values::from([("size", size.into())]))
            .await?;
        let mut arrivals = ReceivedFiles::default();
        self.receive(&mut transaction, &mut arrivals, file).await?;
        let projection = (WORKING_FILES.projection)(Relations::With);
        let row = rows::by_id(&mut transaction, projection, id).await?;
        self.commit_with(transaction, arrivals).await?;
        row.ok_or(Error::NotFound)
    }
}

/// Locks a working file, and returns its task with the caller's permissions.
async fn task_of_locked(
    transaction: &mut Transaction,
    caller: &Caller,
    id: Uuid,
) -> Result<TaskAccess> {
    rows::lock(transaction, WORKING_FILE.name, id).await?;
    let projection = (WORKING_FILES.projection)(Relations::Without);
    let row = rows::by_id(&mut *transaction, projection, id).await?;
    let task_id = row.and_then(|row| id_of(&row, "task_id"));
    caller
        .task_access(transaction, task_id.ok_or(Error::NotFound)?)
        .await
}

/// Clients look, unless they are assigned.
fn may_upload(task: &TaskAccess) -> Result<()> {
    ensure(!task.access.is_client() || task.task.is_assigned)
}

/// Returns the last part of a path, with any separator.
fn file_name(path: Option<&str>) -> Option<String> {
    let name = path?.rsplit(['/', '\\']).next()?;
    Some(name.to_owned()).filter(|name| !name.is_empty())
}
