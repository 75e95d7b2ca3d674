//! Metadata descriptors changed in all open projects that the caller manages.

use serde_json::{Map, Value};
use tanuki_store::Transaction;
use tanuki_store::query::{locks, projects, projects::descriptors, rows, visibility};
use uuid::Uuid;

use super::{DescriptorDetails, LINKED, NewDescriptor};
use crate::fields::{check_places, id_of};
use crate::slug::small_slug;
use crate::{Caller, Error, JsonRow, Manager, Projects, Result};

/// Entity types that can have a descriptor in all projects. Not tasks: their
/// descriptors belong to a task type, and projects differ in these.
const FIELDED: [&str; 6] = ["Asset", "Shot", "Edit", "Episode", "Sequence", "Project"];

/// Checks that an entity type can have descriptors in all projects.
fn check_entity_type(entity_type: &str) -> Result<()> {
    if FIELDED.contains(&entity_type) {
        return Ok(());
    }
    Err(Error::invalid(
        "Wrong entity type. Please select Asset, Shot, Sequence, Episode, Edit, or Project.",
    ))
}

impl Projects<'_> {
    /// Adds a metadata descriptor to every managed project that has none with
    /// the same key. Returns the new descriptors. JSON: [`LINKED`].
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a wrong type or a name that is too long.
    pub async fn create_descriptor_everywhere(
        self,
        manager: Manager<'_>,
        entity_type: &str,
        details: &DescriptorDetails,
    ) -> Result<Vec<JsonRow>> {
        let caller = manager.caller();
        check_entity_type(entity_type)?;
        details.check_type()?;
        let mut transaction = self.core.database().begin().await?;
        let projects = self.managed_projects(&mut transaction, caller).await?;
        let key = small_slug(details.name());
        let with = same_fields(&mut transaction, &projects, entity_type, &key).await?;
        let with: Vec<Uuid> = with
            .iter()
            .filter_map(|row| id_of(row, "project_id"))
            .collect();
        let new = NewDescriptor {
            entity_type,
            task_type_id: None,
            details,
        };
        let mut created = Vec::new();
        for project in projects
            .into_iter()
            .filter(|project| !with.contains(project))
        {
            let row = self.add_descriptor(&mut transaction, caller, project, &new);
            created.push(row.await?);
        }
        transaction.commit().await?;
        Ok(created)
    }

    /// Updates a metadata descriptor, identified by its key, in every managed
    /// project that has it, all or none. Returns the changed descriptors. JSON:
    /// [`LINKED`].
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a wrong type, or a name that is too long or
    /// taken.
    pub async fn update_descriptor_everywhere(
        self,
        manager: Manager<'_>,
        (entity_type, key): (&str, &str),
        details: &DescriptorDetails,
    ) -> Result<Vec<JsonRow>> {
        let caller = manager.caller();
        check_entity_type(entity_type)?;
        details.check_type()?;
        let mut transaction = self.core.database().begin().await?;
        let projects = self.managed_projects(&mut transaction, caller).await?;
        let mut changed = Vec::new();
        for row in locked_fields(&mut transaction, &projects, entity_type, key).await? {
            let row = self.change_descriptor(&mut transaction, caller, &row, details);
            changed.push(row.await?);
        }
        transaction.commit().await?;
        Ok(changed)
    }

    /// Deletes a metadata descriptor and its values in every managed project.
    /// Returns the ids of the deleted descriptors.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an entity type that has no descriptors.
    pub async fn delete_descriptor_everywhere(
        self,
        manager: Manager<'_>,
        entity_type: &str,
        key: &str,
    ) -> Result<Vec<Value>> {
        let caller = manager.caller();
        check_entity_type(entity_type)?;
        let mut transaction = self.core.database().begin().await?;
        let projects = self.managed_projects(&mut transaction, caller).await?;
        let mut gone = Vec::new();
        for mut row in locked_fields(&mut transaction, &projects, entity_type, key).await? {
            self.remove_descriptor(&mut transaction, caller, &row)
                .await?;
            gone.extend(row.remove("id"));
        }
        transaction.commit().await?;
        Ok(gone)
    }

    /// Orders metadata descriptors by their keys in every managed project that
    /// has one of them. Returns the descriptors of these projects in the new
    /// order.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an entity type that has no descriptors, or too
    /// many keys.
    pub async fn order_descriptors_everywhere(
        self,
        manager: Manager<'_>,
        entity_type: &str,
        keys: &[String],
    ) -> Result<Vec<JsonRow>> {
        let caller = manager.caller();
        check_entity_type(entity_type)?;
        check_places("field_order", keys)?;
        let mut transaction = self.core.database().begin().await?;
        let mut ordered = Vec::new();
        for project in self.managed_projects(&mut transaction, caller).await? {
            let fields = self
                .put_into_order(&mut transaction, project, entity_type, |fields| {
                    let is_of = |row: &Map<String, Value>, key: &str| {
                        row.get("field_name").is_some_and(|own| own == key)
                    };
                    let place = |key: &String| fields.iter().position(|row| is_of(row, key));
                    Ok(keys.iter().filter_map(place).collect())
                })
                .await?;
            ordered.extend(fields);
        }
        transaction.commit().await?;
        Ok(ordered)
    }

    /// Returns the open projects that the caller manages by their role there;
    /// for admins, all open projects. Locks them.
    async fn managed_projects(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
    ) -> Result<Vec<Uuid>> {
        let which = if caller.is_admin() {
            projects::is_running()
        } else {
            projects::is_open().and(visibility::projects::has_manager(caller.id, caller.role))
        };
        let managed = projects::ids(&mut *transaction, which).await?;
        locks::projects(transaction, &managed).await?;
        Ok(managed)
    }
}

async fn same_fields(
    transaction: &mut Transaction,
    projects: &[Uuid],
    entity_type: &str,
    key: &str,
) -> Result<Vec<JsonRow>> {
    let which = descriptors::of_field(projects, entity_type, key);
    Ok(descriptors::in_order(transaction, &LINKED, which).await?)
}

/// Like [`same_fields`], with locked rows.
async fn locked_fields(
    transaction: &mut Transaction,
    projects: &[Uuid],
    entity_type: &str,
    key: &str,
) -> Result<Vec<JsonRow>> {
    let mut locked = Vec::new();
    for row in same_fields(transaction, projects, entity_type, key).await? {
        if let Some(id) = id_of(&row, "id") {
            locked.extend(rows::locked(transaction, &LINKED, id).await?);
        }
    }
    Ok(locked)
}
