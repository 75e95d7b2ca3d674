//! New output files.

use serde_json::Value;
use tanuki_store::Transaction;
use tanuki_store::query::files::outputs::{OutputSeries, OutputsOf};
use tanuki_store::query::{names, rows};
use tanuki_store::schema::{ENTITY, FILE_STATUS, OUTPUT_FILE, WORKING_FILE};
use tanuki_store::write::{self, Values};
use uuid::Uuid;

use super::build::{BuiltPath, PathRequest};
use super::given::{
    author, check_extension, check_path, check_separator, given_id, next_revision, output_type,
    task_type,
};
use super::places::{OutputPlace, OutputSource};
use super::work::OUTPUT_FILES;
use crate::events::Event;
use crate::fields::{id_of, values};
use crate::resource::{Relations, require_in_project};
use crate::{Caller, Error, Files, JsonRow, MaybeId, Result};

/// The status of a new output file if the request names none.
const NEW_STATUS: &str = "To review";

/// An output file to create. `None` and 0 as revision mean the default: the
/// caller, the next revision, the status of new files.
#[derive(Debug)]
pub struct NewOutputFile {
    pub name: String,
    pub output_type_id: MaybeId,
    pub task_type_id: MaybeId,
    pub person_id: Option<MaybeId>,
    pub working_file_id: Option<MaybeId>,
    pub file_status_id: Option<MaybeId>,
    pub comment: String,
    pub revision: i64,
    pub extension: String,
    pub representation: String,
    pub nb_elements: i64,
    pub separator: String,
}

/// The rows that a new output file refers to.
struct References {
    output_type: JsonRow,
    task_type: JsonRow,
    output_type_id: Uuid,
    task_type_id: Uuid,
    person_id: Uuid,
    working_file_id: Option<Uuid>,
    file_status_id: Option<Uuid>,
}

impl Files<'_> {
    /// Creates an output file of an entity or of an asset instance, of the
    /// next revision or of a given one, with its path by the file tree. Locks
    /// the entity, so that two requests cannot get the same revision. Returns
    /// the row with `folder_path` and `file_name`, and records
    /// `output-file:new`. Requires access to the entity, or to the asset and
    /// the temporal entity; not for clients.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such entity or instance,
    /// [`Error::Denied`] without access and for clients, [`Error::Conflict`]
    /// if the revision exists, if a row that the body names does not, or if the
    /// file tree does not say what the path is, [`Error::Invalid`] for a
    /// working file of another project.
    pub async fn create_output_file(
        self,
        caller: &Caller,
        place: OutputPlace,
        new: &NewOutputFile,
    ) -> Result<JsonRow> {
        let source = self.require_output_place(caller, place).await?;
        source.entity.access.deny_clients()?;
        check_separator("sep", &new.separator)?;
        check_extension(&new.extension)?;
        let mut transaction = self.core.database().begin().await?;
        rows::lock(&mut transaction, ENTITY.name, source.entity.id).await?;
        let references = references(&mut transaction, caller, &source, new).await?;
        let series = OutputSeries {
            what: source.what,
            name: &new.name,
            output_type_id: references.output_type_id,
            task_type_id: references.task_type_id,
        };
        let revision = if new.revision < 1 {
            next_revision(series.last_revision(&mut transaction).await?)?
        } else {
            new.revision
        };
        let file = (new.representation.as_str(), revision);
        if series.revision_is_taken(&mut transaction, file).await? {
            return Err(Error::Conflict(
                "The given output file already exists.".into(),
            ));
        }
        let path = self
            .new_output_path(&mut transaction, (&source, &references), new, revision)
            .await?;
        let row = self
            .insert_output_file(
                &mut transaction,
                caller,
                (&source, &references),
                new,
                (revision, path),
            )
            .await?;
        transaction.commit().await?;
        Ok(row)
    }

    async fn new_output_path(
        self,
        transaction: &mut Transaction,
        (source, references): (&OutputSource, &References),
        new: &NewOutputFile,
        revision: i64,
    ) -> Result<BuiltPath> {
        let request = PathRequest {
            entity_id: source.tree_entity_id,
            mode: "output",
            task: None,
            task_type: Some(references.task_type.clone()),
            software: None,
            output_type: Some(references.output_type.clone()),
            instance: source.instance.clone(),
            name: &new.name,
            representation: &new.representation,
            revision,
            separator: &new.separator,
        };
        let mut path = self.build(transaction.into(), request).await?;
        if new.nb_elements > 1 && source.instance.is_none() {
            path.name.push_str(&format!("_[1-{}]", new.nb_elements));
        }
        Ok(path)
    }

    async fn insert_output_file(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        (source, references): (&OutputSource, &References),
        new: &NewOutputFile,
        (revision, path): (i64, BuiltPath),
    ) -> Result<JsonRow> {
        let defaults = self.core.defaults();
        let status_id = match references.file_status_id {
            Some(id) => id,
            None => {
                let color = Values::from([("color", "#FFFFFF".into())]);
                let status = (&FILE_STATUS, NEW_STATUS);
                names::find_or_insert(transaction, status, color, &defaults)
                    .await?
                    .0
            }
        };
        let whole = format!(
            "{}{}{}{}",
            path.folder, new.separator, path.name, new.extension
        );
        check_path(&whole)?;
        let id = Uuid::new_v4();
        let text = |text: &str| Value::from(text);
        let reference = |id: Option<Uuid>| Value::from(id.map(|id| id.to_string()));
        let (instance_id, temporal_id) = match source.what {
            OutputsOf::InstanceIn { instance, temporal } => (Some(instance), Some(temporal)),
            _ => (None, None),
        };
        let values = values(
            &OUTPUT_FILE,
            [
                ("id", reference(Some(id))),
                ("name", text(&new.name)),
                ("comment", text(&new.comment)),
                ("extension", text(&new.extension)),
                ("representation", text(&new.representation)),
                ("revision", revision.into()),
                ("nb_elements", new.nb_elements.into()),
                ("path", text(&whole)),
                ("entity_id", reference(Some(source.entity.id))),
                ("asset_instance_id", reference(instance_id)),
                ("temporal_entity_id", reference(temporal_id)),
                ("person_id", reference(Some(references.person_id))),
                ("source_file_id", reference(references.working_file_id)),
                ("output_type_id", reference(Some(references.output_type_id))),
                ("task_type_id", reference(Some(references.task_type_id))),
                ("file_status_id", reference(Some(status_id))),
            ],
        )?;
        write::insert(transaction, &OUTPUT_FILE, values, &defaults).await?;
        let event = Event::about("output_file", "new", id);
        let event = event.in_project(Some(source.entity.project_id));
        self.core.record(transaction, event, Some(caller)).await?;
        let row = rows::by_id(
            transaction,
            (OUTPUT_FILES.projection)(Relations::Without),
            id,
        )
        .await?;
        let mut row = row.ok_or(Error::NotFound)?;
        row.insert("folder_path".into(), path.folder.into());
        row.insert("file_name".into(), path.name.into());
        Ok(row)
    }
}

/// Looks up the rows that the body of a new output file names.
async fn references(
    transaction: &mut Transaction,
    caller: &Caller,
    source: &OutputSource,
    new: &NewOutputFile,
) -> Result<References> {
    let working_file_id = match &new.working_file_id {
        Some(id) => {
            let id = given_id(&mut *transaction, (&WORKING_FILE, "working file"), id).await?;
            require_in_project(
                (&mut *transaction).into(),
                caller,
                source.tree_project_id,
                ("working_file_id", &WORKING_FILE),
                (&[id], false),
            )
            .await?;
            Some(id)
        }
        None => None,
    };
    let output_type = output_type(&mut *transaction, &new.output_type_id).await?;
    let task_type = task_type(&mut *transaction, &new.task_type_id).await?;
    let place = (source.entity.project_id, source.entity.access);
    let person_id = author(transaction.into(), caller, place, new.person_id.as_ref()).await?;
    let file_status_id = match &new.file_status_id {
        Some(id) => Some(given_id(transaction, (&FILE_STATUS, "file status"), id).await?),
        None => None,
    };
    Ok(References {
        output_type_id: id_of(&output_type, "id").ok_or(Error::NotFound)?,
        task_type_id: id_of(&task_type, "id").ok_or(Error::NotFound)?,
        output_type,
        task_type,
        person_id,
        working_file_id,
        file_status_id,
    })
}
