//! Masking: values that clients and vendors do not see in rows they may read.
//! These are how the studio works on a task, and metadata that is not shown to
//! them.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;
use tanuki_store::ListQuery;
use tanuki_store::database::JsonChunks;
use tanuki_store::query::masking::{self, HiddenField};
use tanuki_store::query::{access, entities};
use tanuki_store::schema::{TASK, Table};
use tanuki_store::view::entities::FRAME_KEYS;
use tanuki_store::view::tasks::{blank_row, is_blanked};
use tanuki_store::{Kind, RowChange};
use uuid::Uuid;

use crate::fields::id_of;
use crate::parameters::{Parameters, first, refused_filter};
use crate::{Caller, Core, JsonRow, Result};

/// The values to hide from an account that is a client or vendor in some
/// project.
#[derive(Debug, Default)]
pub(crate) struct Mask {
    /// Projects whose team the account is in.
    member_of: BTreeSet<Uuid>,
    /// Projects in which the account is a client.
    client_of: BTreeSet<Uuid>,
    /// Metadata columns that are hidden from the account, by project.
    hidden: BTreeMap<Uuid, Vec<HiddenField>>,
}

impl Core {
    /// Returns the mask of the caller; `None` for admins and everybody who is
    /// neither client nor vendor in any project.
    pub(crate) async fn mask(&self, caller: &Caller) -> Result<Option<Mask>> {
        if caller.is_admin() {
            return Ok(None);
        }
        let mut mask = Mask::default();
        let mut is_guest = false;
        for (project_id, place) in access::memberships(self.database(), caller.id).await? {
            let access = caller.project_access_of(Some(place));
            mask.member_of.insert(project_id);
            is_guest |= access.is_client() || access.is_vendor();
            if access.is_client() {
                mask.client_of.insert(project_id);
            }
        }
        if !is_guest {
            return Ok(None);
        }
        for field in masking::hidden_fields(self.database(), caller.id).await? {
            mask.hidden.entry(field.project_id).or_default().push(field);
        }
        Ok(Some(mask))
    }
}

impl Core {
    /// Streams tasks as JSON, masked for clients and vendors.
    pub(crate) async fn masked_tasks(
        &self,
        caller: &Caller,
        tasks: ListQuery,
    ) -> Result<JsonChunks> {
        let change = self.mask(caller).await?.map(Mask::of_tasks);
        Ok(self.database().stream_list(tasks.changing(change)))
    }

    /// Masks the rows of entities of any kind, for the response to a change.
    /// They have `project_id` and `entity_type_id`.
    pub(crate) async fn mask_entities(&self, caller: &Caller, rows: &mut [JsonRow]) -> Result<()> {
        let Some(mask) = self.mask(caller).await? else {
            return Ok(());
        };
        let mut kinds = HashMap::new();
        for entity in rows {
            let (Some(project_id), Some(type_id)) =
                (id_of(entity, "project_id"), id_of(entity, "entity_type_id"))
            else {
                continue;
            };
            let kind = match kinds.entry(type_id) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(unknown) => {
                    let name = entities::type_name(self.database(), type_id).await?;
                    *unknown.insert(Kind::of_type(&name.unwrap_or_default()))
                }
            };
            mask.entity(project_id, kind.type_name(), entity);
        }
        Ok(())
    }

    /// Like [`mask_entities`](Self::mask_entities), for one entity.
    pub(crate) async fn mask_entity(&self, caller: &Caller, entity: &mut JsonRow) -> Result<()> {
        self.mask_entities(caller, std::slice::from_mut(entity))
            .await
    }
}

/// Whether a mask can hide values of a column.
fn is_maskable(table: &'static Table, column: &str) -> bool {
    column == "data" || (table.name == TASK.name && is_blanked(column))
}

impl Core {
    /// Refuses a filter on a column whose values are hidden from the caller,
    /// because the rows that match would disclose them. If the query string
    /// names a project, the role in that project decides; otherwise the roles
    /// in all of them.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`](crate::Error::Invalid) that names the column.
    pub(crate) async fn refuse_hidden_filters(
        &self,
        table: &'static Table,
        caller: &Caller,
        parameters: &Parameters,
    ) -> Result<()> {
        if !parameters.iter().any(|(name, _)| is_maskable(table, name)) {
            return Ok(());
        }
        match self.mask(caller).await? {
            Some(mask) => mask.refuse_filters(table, parameters),
            None => Ok(()),
        }
    }
}

impl Mask {
    /// Refuses a filter on a column whose values the mask hides; see
    /// [`Core::refuse_hidden_filters`].
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`](crate::Error::Invalid) that names the column.
    pub fn refuse_filters(&self, table: &'static Table, parameters: &Parameters) -> Result<()> {
        let project = first(parameters, "project_id").and_then(|id| Uuid::try_parse(id).ok());
        let mut names = parameters.iter().map(|(name, _)| name.as_str());
        match names.find(|name| is_maskable(table, name) && self.hides(name, project)) {
            Some(column) => Err(refused_filter(column)),
            None => Ok(()),
        }
    }

    /// Whether values of a column are hidden in a project; `None`: in any.
    fn hides(&self, column: &str, project: Option<Uuid>) -> bool {
        match (column, project) {
            ("data", Some(id)) => self.hidden.contains_key(&id),
            ("data", None) => !self.hidden.is_empty(),
            (_, Some(id)) => self.client_of.contains(&id),
            (_, None) => !self.client_of.is_empty(),
        }
    }

    /// Returns the change that masks the rows of a list of tasks.
    pub fn of_tasks(self) -> RowChange {
        RowChange::new(move |task| self.task_row(task))
    }

    /// Like [`of_tasks`](Self::of_tasks), for tasks with the metadata of their
    /// entity in `entity_data`.
    pub fn of_tasks_with_entities(self) -> RowChange {
        RowChange::new(move |task| {
            self.task_row(task);
            let kind = task.get("entity_type_name").and_then(Value::as_str);
            let kind = Kind::of_type(kind.unwrap_or_default()).type_name();
            let project_id = id_of(task, "project_id");
            if let (Some(project_id), Some(data)) = (project_id, task.get_mut("entity_data")) {
                self.metadata(project_id, kind, data);
            }
        })
    }

    /// Masks the `data` of a project's own row.
    pub fn project_row(&self, project: &mut JsonRow) {
        if let (Some(id), Some(data)) = (id_of(project, "id"), project.get_mut("data")) {
            self.metadata(id, "Project", data);
        }
    }

    /// Masks the `data` of an asset that may be of another project, where the
    /// account is in no team: of these, all metadata is hidden.
    pub fn shared_asset(&self, asset: &mut JsonRow) {
        let Some(project_id) = id_of(asset, "project_id") else {
            return;
        };
        if self.member_of.contains(&project_id) {
            self.entity(project_id, Kind::Asset.type_name(), asset);
        } else if let Some(data) = asset.get_mut("data").and_then(Value::as_object_mut) {
            data.clear();
        }
    }

    /// Masks an entity's `data`, and what a single shot or concept has of it
    /// outside. `kind` is the entity type of the metadata columns, such as
    /// `Asset`.
    pub fn entity(&self, project_id: Uuid, kind: &str, entity: &mut JsonRow) {
        let hidden = self.hidden.get(&project_id).into_iter().flatten();
        let hidden = hidden.filter(|field| field.entity_type == kind);
        for field in hidden.filter(|field| FRAME_KEYS.contains(&field.field_name.as_str())) {
            if let Some(value) = entity.get_mut(&field.field_name) {
                *value = Value::Null;
            }
        }
        if let Some(data) = entity.get_mut("data") {
            self.hide(project_id, data, |field| field.entity_type == kind);
        }
    }

    /// Masks a row of `/data/entities`, whose `type` is the kind.
    pub fn entity_row(&self, entity: &mut JsonRow) {
        let kind = entity
            .get("type")
            .and_then(Value::as_str)
            .map(str::to_owned);
        if let (Some(project_id), Some(kind)) = (id_of(entity, "project_id"), kind) {
            self.entity(project_id, &kind, entity);
        }
    }

    /// Masks a task: values of its `data`, and for clients the columns that say
    /// how the studio works on it. A row without `project_id` stays as it is.
    pub fn task_row(&self, task: &mut JsonRow) {
        if let Some(project_id) = id_of(task, "project_id") {
            self.task(project_id, task);
        }
    }

    /// Like [`task_row`](Self::task_row), for a row without `project_id`.
    pub fn task(&self, project_id: Uuid, task: &mut JsonRow) {
        if self.client_of.contains(&project_id) {
            blank_row(task);
        }
        let task_type_id = id_of(task, "task_type_id");
        if let Some(data) = task.get_mut("data") {
            self.hide(project_id, data, |field| {
                let is_of_type = field.task_type_id.is_none() || field.task_type_id == task_type_id;
                field.entity_type == masking::TASK && is_of_type
            });
        }
    }

    /// Masks metadata that a row has under another key than `data`.
    pub fn metadata(&self, project_id: Uuid, kind: &str, data: &mut Value) {
        self.hide(project_id, data, |field| field.entity_type == kind);
    }

    fn hide(&self, project_id: Uuid, data: &mut Value, is_of_it: impl Fn(&HiddenField) -> bool) {
        let Some(data) = data.as_object_mut() else {
            return;
        };
        let fields = self.hidden.get(&project_id).into_iter().flatten();
        for field in fields.filter(|field| is_of_it(field)) {
            data.shift_remove(&field.field_name);
        }
    }
}
