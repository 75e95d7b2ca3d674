//! Metadata descriptors (columns) of one project.

use serde_json::{Map, Value};
use tanuki_store::ListQuery;
use tanuki_store::database::JsonChunks;
use tanuki_store::query::projects::descriptors::{self, DescriptorField};
use tanuki_store::query::{list_filters, locks, people, rows, visibility};
use tanuki_store::schema::{METADATA_DESCRIPTOR, TASK_TYPE};
use tanuki_store::write::{self, Values};
use tanuki_store::{Connection, Transaction};
use uuid::Uuid;

use super::{DescriptorDetails, LINKED, NewDescriptor, check_length, taken};
use crate::access::{ProjectAccess, ensure};
use crate::events::Event;
use crate::fields::{check_places, id_of};
use crate::slug::small_slug;
use crate::{Caller, Error, JsonRow, MaybeId, Projects, Result};

/// Entity types that can have metadata descriptors.
const FIELDED: [&str; 7] = [
    "Asset", "Shot", "Edit", "Episode", "Sequence", "Project", "Task",
];

fn check_entity_type(entity_type: &str) -> Result<()> {
    if FIELDED.contains(&entity_type) {
        return Ok(());
    }
    Err(Error::invalid(
        "Wrong entity type. Please select Asset, Shot, Sequence, Episode, Edit, Project, or Task.",
    ))
}

impl Projects<'_> {
    /// Lists the metadata descriptors of a project that the caller's role may
    /// see, in their display order. JSON: [`LINKED`]. Requires access to the
    /// project; for admins, the list of an unknown project is empty.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the project does not exist, [`Error::Denied`]
    /// without access.
    pub async fn project_descriptors(
        self,
        caller: &Caller,
        project_id: Uuid,
    ) -> Result<JsonChunks> {
        let (_, access) = self
            .core
            .require_project_unless_admin(caller, project_id)
            .await?;
        let scope = self.descriptor_scope(caller, access.role()).await?;
        let visible = ListQuery::new(&LINKED)
            .filter(list_filters::of_project(&METADATA_DESCRIPTOR, project_id))
            .filter(visibility::descriptors::in_scope(&scope));
        let visible = descriptors::in_position_order(visible);
        Ok(self.core.database().fetch_list(visible).await?)
    }

    /// Returns a metadata descriptor of a project. JSON: [`LINKED`].
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the project does not exist or have the
    /// descriptor, [`Error::Denied`] without access to the project or if the
    /// caller's role must not see it.
    pub async fn project_descriptor(
        self,
        caller: &Caller,
        project_id: Uuid,
        id: &MaybeId,
    ) -> Result<JsonRow> {
        let (_, access) = self.core.require_project(caller, project_id).await?;
        let id = id.found()?;
        let database = self.core.database();
        let row = rows::by_id(database, &LINKED, id).await?;
        let row = row
            .filter(|row| id_of(row, "project_id") == Some(project_id))
            .ok_or(Error::NotFound)?;
        let scope = self.descriptor_scope(caller, access.role()).await?;
        ensure(descriptors::is_in_scope(database, id, &scope).await?)?;
        Ok(row)
    }

    /// Adds a metadata descriptor to a project. Returns its JSON ([`LINKED`]).
    /// Permissions: see [`describes`].
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the project does not exist, [`Error::Denied`]
    /// without permission, [`Error::Invalid`] for a wrong type, an unknown task
    /// type, or a name that is too long or taken.
    pub async fn create_descriptor(
        self,
        caller: &Caller,
        project_id: Uuid,
        new: NewDescriptor<'_>,
    ) -> Result<JsonRow> {
        self.core.require_existing(project_id).await?;
        let access = caller
            .project_access(self.core.database(), Some(project_id))
            .await?;
        let departments = &new.details.departments;
        describes(self.core.database(), caller, access, departments).await?;
        check_entity_type(new.entity_type)?;
        let mut transaction = self.core.database().begin().await?;
        locks::project(&mut transaction, project_id).await?;
        check_task_type(&mut transaction, &new).await?;
        new.details.check_type()?;
        let row = self
            .add_descriptor(&mut transaction, caller, project_id, &new)
            .await?;
        transaction.commit().await?;
        Ok(row)
    }

    /// Updates a metadata descriptor of a project. Returns its JSON
    /// ([`LINKED`]). If the name changes, the existing values are moved to the
    /// new key in `data`. Permissions: see [`describes`].
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the project does not have the descriptor,
    /// [`Error::Denied`] without permission, [`Error::Invalid`] for a wrong
    /// type, or a name that is empty, too long or taken.
    pub async fn update_descriptor(
        self,
        caller: &Caller,
        project_id: Uuid,
        id: Uuid,
        details: &DescriptorDetails,
    ) -> Result<JsonRow> {
        let mut transaction = self.core.database().begin().await?;
        let row = self
            .described(
                &mut transaction,
                caller,
                project_id,
                id,
                &details.departments,
            )
            .await?;
        if details.name.as_deref() == Some("") {
            return Err(Error::invalid("Name cannot be empty."));
        }
        details.check_type()?;
        let row = self
            .change_descriptor(&mut transaction, caller, &row, details)
            .await?;
        transaction.commit().await?;
        Ok(row)
    }

    /// Deletes a metadata descriptor of a project together with its values.
    /// Permissions: see [`describes`].
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the project does not have the descriptor,
    /// [`Error::Denied`] without permission.
    pub async fn delete_descriptor(
        self,
        caller: &Caller,
        project_id: Uuid,
        id: Uuid,
    ) -> Result<()> {
        let mut transaction = self.core.database().begin().await?;
        let row = self
            .described(&mut transaction, caller, project_id, id, &[])
            .await?;
        self.remove_descriptor(&mut transaction, caller, &row)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Orders the metadata descriptors of an entity type in a project: first
    /// the given ids, then the others by name. Returns all of them in the new
    /// order. Requires a manager of the project.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the project does not exist, [`Error::Denied`]
    /// without permission, [`Error::Invalid`] for an unknown entity type or id.
    pub async fn order_descriptors(
        self,
        caller: &Caller,
        project: &MaybeId,
        entity_type: &str,
        ids: &[String],
    ) -> Result<Vec<JsonRow>> {
        let project_id = self
            .core
            .require_managed_project_unless_admin(caller, project.found()?)
            .await?
            .project_id;
        check_entity_type(entity_type)?;
        check_places("descriptor_ids", ids)?;
        let mut transaction = self.core.database().begin().await?;
        let ordered = self
            .put_into_order(&mut transaction, project_id, entity_type, |fields| {
                let place = |id: &String| {
                    let found = fields
                        .iter()
                        .position(|row| row.get("id").is_some_and(|own| own == id));
                    found.ok_or_else(|| {
                        Error::invalid(format!(
                            "Descriptor {id} not found for project {} and entity type \
                             {entity_type}",
                            project.as_str()
                        ))
                    })
                };
                ids.iter().map(place).collect()
            })
            .await?;
        transaction.commit().await?;
        Ok(ordered)
    }

    /// Reads and locks a metadata descriptor of a project, and requires that
    /// the caller may change it for its current departments and the given ones.
    async fn described(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        project_id: Uuid,
        id: Uuid,
        departments: &[MaybeId],
    ) -> Result<JsonRow> {
        locks::project(transaction, project_id).await?;
        let row = rows::locked(transaction, &LINKED, id).await?;
        let row = row
            .filter(|row| id_of(row, "project_id") == Some(project_id))
            .ok_or(Error::NotFound)?;
        let access = caller
            .project_access(&mut *transaction, Some(project_id))
            .await?;
        let mut all = DescriptorDetails::of(&row).departments;
        all.extend_from_slice(departments);
        describes(transaction, caller, access, &all).await?;
        Ok(row)
    }

    /// Updates a descriptor whose row is locked, renames its values if the name
    /// changes, and records the event. Returns the new row.
    pub(super) async fn change_descriptor(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        row: &Map<String, Value>,
        details: &DescriptorDetails,
    ) -> Result<JsonRow> {
        let id = id_of(row, "id").ok_or(Error::NotFound)?;
        let field = field(row)?;
        let now = self.core.clock().timestamp();
        let departments = details.department_ids()?;
        let mut values = details.values()?;
        values.insert("updated_at", now.into());
        let name = details.name();
        if !name.is_empty() {
            let key = small_slug(name);
            check_length(name, &key)?;
            if descriptors::name_is_taken(transaction, id, &field, name, &key).await? {
                return Err(taken());
            }
            if key != field.key {
                descriptors::rename_values(transaction, &field, &key, now).await?;
            }
            values.insert("name", name.into());
            values.insert("field_name", key.into());
        }
        write::update(transaction, &METADATA_DESCRIPTOR, id, values).await?;
        self.link_departments(transaction, id, &departments).await?;
        let event = Event::about(METADATA_DESCRIPTOR.name, "update", id);
        let event = event.in_project(Some(field.project_id));
        self.core.record(transaction, event, Some(caller)).await?;
        rows::by_id(transaction, &LINKED, id)
            .await?
            .ok_or(Error::NotFound)
    }

    /// Deletes a descriptor with its values and department links, and records
    /// the event.
    pub(super) async fn remove_descriptor(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        row: &Map<String, Value>,
    ) -> Result<()> {
        let id = id_of(row, "id").ok_or(Error::NotFound)?;
        let field = field(row)?;
        let now = self.core.clock().timestamp();
        descriptors::remove_values(transaction, &field, now).await?;
        self.link_departments(transaction, id, &[]).await?;
        write::delete(transaction, &METADATA_DESCRIPTOR, id).await?;
        let event = Event::about(METADATA_DESCRIPTOR.name, "delete", id);
        let event = event.in_project(Some(field.project_id));
        self.core.record(transaction, event, Some(caller)).await
    }

    /// Numbers the metadata descriptors of an entity type in a project: first
    /// the indexes that `pick` returns, then the others by name. Of an index
    /// that is picked twice the last position counts. If none is picked,
    /// nothing changes and the result is empty. Locks the project's row.
    pub(super) async fn put_into_order(
        self,
        transaction: &mut Transaction,
        project_id: Uuid,
        entity_type: &str,
        pick: impl FnOnce(&[Map<String, Value>]) -> Result<Vec<usize>>,
    ) -> Result<Vec<JsonRow>> {
        locks::project(transaction, project_id).await?;
        let those = descriptors::of_type_in(project_id, entity_type);
        let mut fields = descriptors::in_order(&mut *transaction, &LINKED, those.clone()).await?;
        let name = |row: &Map<String, Value>| {
            let name = row.get("name").and_then(Value::as_str);
            name.unwrap_or_default().to_owned()
        };
        fields.sort_by_key(name);
        let picked = pick(&fields)?;
        if picked.is_empty() {
            return Ok(Vec::new());
        }
        let others = (0..fields.len()).filter(|place| !picked.contains(place));
        let order = picked.iter().copied().chain(others);
        // Of a place that is picked twice the last position counts.
        let positions: Vec<_> = (1_i32..)
            .zip(order)
            .filter_map(|(position, place)| Some((id_of(&fields[place], "id")?, position.into())))
            .collect();
        let now = Values::from([("updated_at", self.core.clock().timestamp().into())]);
        let column = (&METADATA_DESCRIPTOR, "position");
        write::update_each(transaction, column, &positions, now).await?;
        Ok(descriptors::in_order(transaction, &LINKED, those).await?)
    }
}

/// Identifies the values that a descriptor is for.
fn field(row: &Map<String, Value>) -> Result<DescriptorField<'_>> {
    let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default();
    Ok(DescriptorField {
        project_id: id_of(row, "project_id").ok_or(Error::NotFound)?,
        entity_type: text("entity_type"),
        task_type_id: id_of(row, "task_type_id"),
        key: text("field_name"),
    })
}

/// Checks that descriptors of tasks name an existing task type, and others
/// none.
async fn check_task_type(transaction: &mut Transaction, new: &NewDescriptor<'_>) -> Result<()> {
    let is_of_tasks = new.entity_type == "Task";
    let Some(task_type) = new.task_type_id else {
        return if is_of_tasks {
            Err(Error::invalid(
                "Task metadata descriptors require a task_type_id.",
            ))
        } else {
            Ok(())
        };
    };
    if !is_of_tasks {
        return Err(Error::invalid(
            "task_type_id only applies to Task metadata descriptors.",
        ));
    }
    let unknown = || Error::invalid("Task type not found.");
    let id = task_type.id().ok_or_else(unknown)?;
    let there = rows::existing_in(transaction, TASK_TYPE.name, &[id]).await?;
    there.first().map(|_| ()).ok_or_else(unknown)
}

/// Permission to change metadata descriptors: managers of the project;
/// supervisors if the descriptor's departments include all of their own.
///
/// # Errors
///
/// [`Error::Denied`] otherwise.
async fn describes(
    connection: impl Connection,
    caller: &Caller,
    access: ProjectAccess,
    departments: &[MaybeId],
) -> Result<()> {
    if access.is_manager() {
        return Ok(());
    }
    if !access.is_supervisor() || departments.is_empty() {
        return Err(Error::Denied);
    }
    let own = people::departments(connection, caller.id).await?;
    ensure(
        own.iter()
            .all(|own| departments.contains(&MaybeId::from(*own))),
    )
}
