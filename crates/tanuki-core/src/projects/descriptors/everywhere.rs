//! Metadata fields of all open productions that somebody manages, as one.

use serde_json::{Map, Value};
use tanuki_store::query::{descriptors, projects, rows};
use tanuki_store::{Connection, Transaction};
use uuid::Uuid;

use super::{DescriptorDetails, LINKED, NewDescriptor};
use crate::fields::{check_places, id_of};
use crate::slug::small_slug;
use crate::{Caller, Core, Error, Manager, Result};

/// What can have metadata fields in every production. Tasks have them by
/// task type, and that differs.
const FIELDED: [&str; 6] = ["Asset", "Shot", "Edit", "Episode", "Sequence", "Project"];

/// Fields that things of that type have in every production.
fn check_entity_type(entity_type: &str) -> Result<()> {
    if FIELDED.contains(&entity_type) {
        return Ok(());
    }
    Err(Error::invalid(
        "Wrong entity type. Please select Asset, Shot, Sequence, Episode, Edit, or Project.",
    ))
}

impl Core {
    /// Gives every production a metadata field, where it has none of that key.
    pub async fn create_descriptor_everywhere(
        &self,
        manager: Manager<'_>,
        entity_type: &str,
        details: &DescriptorDetails,
    ) -> Result<Vec<Map<String, Value>>> {
        let caller = manager.caller();
        check_entity_type(entity_type)?;
        details.check_type()?;
        let mut transaction = self.database().begin().await?;
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

    /// Changes a metadata field in every production that has it, or in none.
    pub async fn update_descriptor_everywhere(
        &self,
        manager: Manager<'_>,
        (entity_type, key): (&str, &str),
        details: &DescriptorDetails,
    ) -> Result<Vec<Map<String, Value>>> {
        let caller = manager.caller();
        check_entity_type(entity_type)?;
        details.check_type()?;
        let mut transaction = self.database().begin().await?;
        let projects = self.managed_projects(&mut transaction, caller).await?;
        let mut changed = Vec::new();
        for row in locked_fields(&mut transaction, &projects, entity_type, key).await? {
            let row = self.change_descriptor(&mut transaction, caller, &row, details);
            changed.push(row.await?);
        }
        transaction.commit().await?;
        Ok(changed)
    }

    /// Takes a metadata field from every production and returns the ids that
    /// it had.
    pub async fn delete_descriptor_everywhere(
        &self,
        manager: Manager<'_>,
        entity_type: &str,
        key: &str,
    ) -> Result<Vec<Value>> {
        let caller = manager.caller();
        check_entity_type(entity_type)?;
        let mut transaction = self.database().begin().await?;
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

    /// Puts metadata fields into that order, given by their keys, in every
    /// production that has one of them.
    pub async fn order_descriptors_everywhere(
        &self,
        manager: Manager<'_>,
        entity_type: &str,
        keys: &[String],
    ) -> Result<Vec<Map<String, Value>>> {
        let caller = manager.caller();
        check_entity_type(entity_type)?;
        check_places("field_order", keys)?;
        let mut transaction = self.database().begin().await?;
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

    /// The open productions that the caller manages, by their role there; an
    /// admin manages all.
    async fn managed_projects(
        &self,
        connection: impl Connection,
        caller: &Caller,
    ) -> Result<Vec<Uuid>> {
        let which = if caller.is_admin() {
            projects::is_running()
        } else {
            projects::is_open().add(projects::has_manager(caller.id, caller.role))
        };
        Ok(projects::ids(connection, which).await?)
    }
}

async fn same_fields(
    transaction: &mut Transaction,
    projects: &[Uuid],
    entity_type: &str,
    key: &str,
) -> Result<Vec<Map<String, Value>>> {
    let which = descriptors::of_field(projects, entity_type, key);
    Ok(descriptors::in_order(transaction, &LINKED, which).await?)
}

/// Like [`same_fields`], kept from other writers.
async fn locked_fields(
    transaction: &mut Transaction,
    projects: &[Uuid],
    entity_type: &str,
    key: &str,
) -> Result<Vec<Map<String, Value>>> {
    let mut locked = Vec::new();
    for row in same_fields(transaction, projects, entity_type, key).await? {
        if let Some(id) = id_of(&row, "id") {
            locked.extend(rows::locked(transaction, &LINKED, id).await?);
        }
    }
    Ok(locked)
}
