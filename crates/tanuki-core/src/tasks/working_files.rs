//! New working files of tasks.

use serde_json::Value;
use tanuki_store::Transaction;
use tanuki_store::query::files::working;
use tanuki_store::query::tasks::assignments;
use tanuki_store::query::{names, rows};
use tanuki_store::schema::{SOFTWARE, TASK, WORKING_FILE};
use tanuki_store::write::{self, Values};
use uuid::Uuid;

use crate::access::{TaskAccess, ensure};
use crate::events::Event;
use crate::fields::values;
use crate::files::{
    PathRequest, WORKING_FILES, author, check_path, check_separator, next_revision, software,
};
use crate::resource::Relations;
use crate::{Caller, Error, JsonRow, MaybeId, Result, Tasks};

/// The software of a new working file if the request names none: its name,
/// short name and extension.
const SOFTWARE_OF_NEW: (&str, &str, &str) = ("Blender", "blender", ".blend");

/// A working file to create. `None` and 0 as revision mean the default: the
/// caller, the next revision.
#[derive(Debug)]
pub struct NewWorkingFile {
    pub name: String,
    /// The mode of the file tree that has the template of the path.
    pub mode: String,
    pub comment: String,
    pub person_id: Option<MaybeId>,
    pub software_id: Option<MaybeId>,
    pub revision: i64,
    pub separator: String,
}

impl Tasks<'_> {
    /// Creates a working file of a task, of the next revision or of a given
    /// one, with its path by the file tree of the project, and assigns the
    /// caller to the task. Locks the task, so that two requests cannot get the
    /// same revision. Returns the row and records `working-file:new`. Requires
    /// access to the task; of clients, that they are assigned to it.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such task, [`Error::Denied`] without
    /// permission, [`Error::Conflict`] if the revision exists, if a row that
    /// the body names does not, or if the file tree does not say what the path
    /// is, [`Error::Invalid`] for a preview account.
    pub async fn create_working_file(
        self,
        caller: &Caller,
        task_id: Uuid,
        new: &NewWorkingFile,
    ) -> Result<JsonRow> {
        let database = self.core.database();
        let on_task = caller.require_task_access(database.into(), task_id).await?;
        ensure(!on_task.access.is_client() || on_task.task.is_assigned)?;
        let project_id = on_task.task.project_id.ok_or(Error::NotFound)?;
        check_separator("sep", &new.separator)?;
        let mut transaction = database.begin().await?;
        rows::lock(&mut transaction, TASK.name, task_id).await?;
        let software = self
            .software_of_new(&mut transaction, caller, new.software_id.as_ref())
            .await?;
        let place = (project_id, on_task.access);
        let person = new.person_id.as_ref();
        let person_id = author((&mut transaction).into(), caller, place, person).await?;
        self.assign_author(&mut transaction, caller, &on_task)
            .await?;
        let revision = match new.revision {
            0 => {
                let last = working::last_revision(&mut transaction, task_id, &new.name).await?;
                next_revision(last)?
            }
            revision => revision,
        };
        let file = (new.name.as_str(), revision);
        if working::revision_is_taken(&mut transaction, task_id, file).await? {
            return Err(Error::Conflict(
                "The given working file already exists.".into(),
            ));
        }
        let id = self
            .insert_working_file(
                &mut transaction,
                caller,
                &on_task,
                new,
                (revision, software, person_id),
            )
            .await?;
        let projection = (WORKING_FILES.projection)(Relations::Without);
        let row = rows::by_id(&mut transaction, projection, id).await?;
        transaction.commit().await?;
        row.ok_or(Error::NotFound)
    }

    /// Inserts the row of a working file with its path, and records
    /// `working-file:new`.
    async fn insert_working_file(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        on_task: &TaskAccess,
        new: &NewWorkingFile,
        (revision, software, person_id): (i64, JsonRow, Uuid),
    ) -> Result<Uuid> {
        let entity_id = on_task.task.entity_id;
        let software_id = software.get("id").cloned().unwrap_or_default();
        let files = self.core.files();
        let of_task = files.path_of_task((&mut *transaction).into(), on_task.id, entity_id);
        let request = PathRequest {
            mode: &new.mode,
            software: Some(software),
            name: &new.name,
            revision,
            separator: &new.separator,
            ..of_task.await?
        };
        let path = files.build((&mut *transaction).into(), request).await?;
        let path = format!("{}{}{}", path.folder, new.separator, path.name);
        check_path(&path)?;
        let id = Uuid::new_v4();
        let reference = |id: Uuid| Value::from(id.to_string());
        let values = values(
            &WORKING_FILE,
            [
                ("id", reference(id)),
                ("name", new.name.as_str().into()),
                ("comment", new.comment.as_str().into()),
                ("revision", revision.into()),
                ("path", path.into()),
                ("task_id", reference(on_task.id)),
                ("entity_id", entity_id.map_or(Value::Null, reference)),
                ("person_id", reference(person_id)),
                ("software_id", software_id),
            ],
        )?;
        write::insert(transaction, &WORKING_FILE, values, &self.core.defaults()).await?;
        let event = Event::about("working_file", "new", id);
        let event = event.in_project(on_task.task.project_id);
        self.core.record(transaction, event, Some(caller)).await?;
        Ok(id)
    }

    /// Returns the software that the body names, or the default one, which is
    /// created if the studio does not have it.
    async fn software_of_new(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        named: Option<&MaybeId>,
    ) -> Result<JsonRow> {
        if let Some(id) = named {
            return software(transaction, id).await;
        }
        let (name, short_name, extension) = SOFTWARE_OF_NEW;
        let others = Values::from([
            ("short_name", short_name.into()),
            ("file_extension", extension.into()),
        ]);
        let defaults = self.core.defaults();
        let of_name = (&SOFTWARE, name);
        let (id, is_new) = names::find_or_insert(transaction, of_name, others, &defaults).await?;
        if is_new {
            let event = Event::about("software", "new", id);
            self.core.record(transaction, event, Some(caller)).await?;
        }
        software(transaction, &id.into()).await
    }

    /// Assigns the caller to the task of their new file, unless they are
    /// assigned already or are a bot in a project where bots are not assigned.
    async fn assign_author(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        on_task: &TaskAccess,
    ) -> Result<()> {
        if on_task.task.is_assigned {
            return Ok(());
        }
        let worker = assignments::worker(&mut *transaction, caller.id).await?;
        let Some(worker) = worker else {
            return Ok(());
        };
        if worker.is_preview {
            return Err(Error::invalid("A preview account can't be assigned"));
        }
        let project_id = on_task.task.project_id;
        if worker.is_bot {
            let project: Vec<Uuid> = project_id.into_iter().collect();
            let allowing = assignments::allowing_bots(&mut *transaction, &project).await?;
            if allowing.is_empty() {
                return Ok(());
            }
        }
        let (id, defaults) = (on_task.id, self.core.defaults());
        assignments::add(transaction, &[id], worker.id, &defaults).await?;
        let now = Values::from([("updated_at", self.core.clock().timestamp().into())]);
        write::update(transaction, &TASK, id, now).await?;
        let assigned = Event::about("task", "assign", id)
            .with("person_id", worker.id.to_string())
            .in_project(project_id);
        let updated = Event::about("task", "update", id).in_project(project_id);
        self.core
            .record_all(transaction, vec![assigned, updated], Some(caller))
            .await
    }
}
