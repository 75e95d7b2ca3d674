//! Output files of entities and of asset instances: lists, types and next
//! revisions.

use tanuki_store::ListQuery;
use tanuki_store::database::JsonChunks;
use tanuki_store::projection::Projection;
use tanuki_store::query::files::outputs::{self, OutputFilters, OutputSeries, OutputsOf};
use tanuki_store::schema::OUTPUT_TYPE;
use uuid::Uuid;

use super::given::{OUTPUT_TYPES, id_parameter, next_revision, output_type, task_type};
use super::places::{OutputList, OutputPlace};
use super::work::OUTPUT_FILES;
use crate::access::require_row;
use crate::fields::id_of;
use crate::parameters::{Parameters, first};
use crate::resource::Relations;
use crate::{Caller, Error, Files, MaybeId, Result};

/// Projection of the rows of output files.
fn output_file() -> &'static Projection {
    (OUTPUT_FILES.projection)(Relations::Without)
}

/// Reads the filters of a list of output files from the query string. Empty
/// parameters do not filter.
///
/// # Errors
///
/// [`Error::Invalid`] for a malformed id, which the message names.
fn filters(parameters: &Parameters) -> Result<OutputFilters> {
    let text = |name: &str| first(parameters, name).filter(|text| !text.is_empty());
    let id = |name: &str| id_parameter(parameters, name);
    Ok(OutputFilters {
        output_type_id: id("output_type_id")?,
        task_type_id: id("task_type_id")?,
        file_status_id: id("file_status_id")?,
        name: text("name").map(str::to_owned),
        representation: text("representation").map(str::to_owned),
    })
}

impl Files<'_> {
    /// Lists output files, last revision first; those of a project newest
    /// first. JSON: the projection of [`OUTPUT_FILES`]. `parameters` are the
    /// query string: `output_type_id`, `task_type_id`, `file_status_id`, `name`
    /// and `representation` filter; so does `temporal_entity_id` the files of
    /// an asset instance. Requires access to the entity, or a manager of the
    /// project.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such entity, instance or project,
    /// [`Error::Denied`] without access, [`Error::Invalid`] for a malformed id
    /// in a filter.
    pub async fn output_files(
        self,
        caller: &Caller,
        list: OutputList,
        parameters: &Parameters,
    ) -> Result<JsonChunks> {
        let what = self.require_output_list(caller, list).await?;
        let filters = filters(parameters)?;
        let mut which = outputs::listed(what).and(filters.condition());
        if let OutputsOf::Instance(instance) = what
            && let Some(temporal) = id_parameter(parameters, "temporal_entity_id")?
        {
            which = which.and(outputs::made_of(OutputsOf::InstanceIn {
                instance,
                temporal,
            }));
        }
        let list = ListQuery::new(output_file()).filter(which);
        let list = match what {
            OutputsOf::Project(_) => list.descending("created_at"),
            _ => outputs::newest_first(list),
        };
        Ok(self.core.database().stream_list(list))
    }

    /// Lists the last revision of each output file, with the filters of
    /// [`output_files`](Self::output_files).
    ///
    /// # Errors
    ///
    /// As [`output_files`](Self::output_files).
    pub async fn last_output_files(
        self,
        caller: &Caller,
        list: OutputList,
        parameters: &Parameters,
    ) -> Result<JsonChunks> {
        let what = self.require_output_list(caller, list).await?;
        let last = outputs::last_revisions(what, &filters(parameters)?);
        let list = ListQuery::new(output_file()).filter(last);
        let list = list.ascending("name").ascending("created_at");
        Ok(self.core.database().stream_list(list))
    }

    /// Lists the output files of one type, last revision first. JSON: the
    /// projection of [`OUTPUT_FILES`]. An empty `representation` finds files
    /// without one.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such entity, instance or output
    /// type, [`Error::Denied`] without access.
    pub async fn output_files_of_type(
        self,
        caller: &Caller,
        list: OutputList,
        output_type_id: Uuid,
        representation: Option<&str>,
    ) -> Result<JsonChunks> {
        let what = self.require_output_list(caller, list).await?;
        let database = self.core.database();
        require_row(database, &OUTPUT_TYPE, output_type_id).await?;
        let filters = OutputFilters {
            output_type_id: Some(output_type_id),
            representation: representation.map(str::to_owned),
            ..OutputFilters::default()
        };
        let which = outputs::made_of(what).and(filters.condition());
        let list = ListQuery::new(output_file()).filter(which);
        Ok(database.stream_list(outputs::newest_first(list)))
    }

    /// Lists the types of the output files of an entity or instance, by name.
    /// JSON: rows of output types.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such entity or instance,
    /// [`Error::Denied`] without access.
    pub async fn output_types(self, caller: &Caller, list: OutputList) -> Result<JsonChunks> {
        let what = self.require_output_list(caller, list).await?;
        let types = ListQuery::new(&OUTPUT_TYPES).filter(outputs::is_type_of(what));
        let types = types.ascending("name");
        Ok(self.core.database().stream_list(types))
    }

    /// Returns the number of the next revision of an output file. Reserves
    /// nothing: only the creation of a file takes a number.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such entity or instance,
    /// [`Error::Denied`] without access, [`Error::Conflict`] for an unknown
    /// output type or task type.
    pub async fn next_output_revision(
        self,
        caller: &Caller,
        place: OutputPlace,
        (name, type_id, task_type_id): (&str, &MaybeId, &MaybeId),
    ) -> Result<i64> {
        let list = match place {
            OutputPlace::Entity(id) => OutputList::Entity(id),
            OutputPlace::Instance {
                instance_id,
                temporal_id,
            } => OutputList::Instance {
                instance_id,
                temporal_id: Some(temporal_id),
            },
        };
        let what = self.require_output_list(caller, list).await?;
        let database = self.core.database();
        let output_type = output_type(database, type_id).await?;
        let task_type = task_type(database, task_type_id).await?;
        let series = OutputSeries {
            what,
            name,
            output_type_id: id_of(&output_type, "id").ok_or(Error::NotFound)?,
            task_type_id: id_of(&task_type, "id").ok_or(Error::NotFound)?,
        };
        next_revision(series.last_revision(database).await?)
    }
}
