//! Folders of concepts. All functions require a supervisor or manager of the
//! project, or an admin.

use tanuki_store::Transaction;
use tanuki_store::query::{entities::kinds, uniqueness};
use tanuki_store::schema::ENTITY;
use tanuki_store::write::{self, Values};
use uuid::Uuid;

use super::Kind;
use super::create::row;
use crate::access::{UncheckedEntity, load_unchecked};
use crate::events::Event;
use crate::fields::column_value;
use crate::{Caller, ConstraintViolation, Entities, Error, JsonRow, Result};

impl Entities<'_> {
    /// Renames a folder of concepts and returns its row.
    ///
    /// # Errors
    ///
    /// `NotFound` if the folder does not exist, `Denied` for the caller's role,
    /// `Invalid` if another folder of the project has the name.
    pub async fn rename_concept_folder(
        self,
        caller: &Caller,
        id: Uuid,
        name: &str,
    ) -> Result<JsonRow> {
        let kind = Kind::ConceptFolder;
        let mut transaction = self.core.database().begin().await?;
        let folder = self.sorted_folder(&mut transaction, caller, id).await?;
        let place = (folder.project_id, kind.is());
        let namesake = kinds::named(&mut transaction, name, place, None).await?;
        if namesake.is_some_and(|id| id != folder.id) {
            return Err(Error::invalid(
                "A concept folder with this name already exists.",
            ));
        }
        let column = ENTITY
            .column("name")
            .ok_or(Error::Constraint(ConstraintViolation::Format))?;
        let values = Values::from([
            ("name", column_value(column, &name.into())?),
            ("updated_at", self.core.clock().timestamp().into()),
        ]);
        write::update(&mut transaction, &ENTITY, folder.id, values).await?;
        self.publish_entity(&mut transaction, caller, &folder, "update")
            .await?;
        let answer = row(&mut transaction, kind, folder.id).await?;
        transaction.commit().await?;
        Ok(answer)
    }

    /// Deletes a folder. Its concepts are retained without a folder.
    ///
    /// # Errors
    ///
    /// `NotFound` if the folder does not exist, `Denied` for the caller's role.
    pub async fn delete_concept_folder(self, caller: &Caller, id: Uuid) -> Result<()> {
        let mut transaction = self.core.database().begin().await?;
        let folder = self.sorted_folder(&mut transaction, caller, id).await?;
        let concepts = kinds::children(&mut transaction, folder.id, Kind::Concept.is()).await?;
        self.put_concepts(&mut transaction, caller, folder.project_id, &concepts, None)
            .await?;
        write::delete(&mut transaction, &ENTITY, folder.id).await?;
        self.publish_entity(&mut transaction, caller, &folder, "delete")
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Moves concepts of a project to a folder, or out of any folder with
    /// `None`. Returns the ids of the moved concepts; ids of anything else are
    /// ignored.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project does not exist or the folder is not in it,
    /// `Denied` for the caller's role.
    pub async fn move_concepts(
        self,
        caller: &Caller,
        project_id: Uuid,
        ids: &[Uuid],
        folder: Option<Uuid>,
    ) -> Result<Vec<Uuid>> {
        self.core.require_existing(project_id).await?;
        let access = caller
            .project_access(self.core.database(), Some(project_id))
            .await?;
        access.require_supervisor()?;
        let mut transaction = self.core.database().begin().await?;
        if let Some(folder) = folder {
            let folder =
                load_unchecked(&mut transaction, caller, Kind::ConceptFolder, folder).await?;
            if folder.project_id != project_id {
                return Err(Error::NotFound);
            }
        }
        let place = (project_id, Kind::Concept.is());
        let concepts = kinds::of_project(&mut transaction, place, ids).await?;
        self.put_concepts(&mut transaction, caller, project_id, &concepts, folder)
            .await?;
        transaction.commit().await?;
        Ok(concepts)
    }

    async fn put_concepts(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        project_id: Uuid,
        ids: &[Uuid],
        folder: Option<Uuid>,
    ) -> Result<()> {
        let now = self.core.clock().timestamp();
        kinds::put_into(transaction, ids, folder, now).await?;
        let told = |id: &Uuid| Event::about("concept", "update", *id).in_project(Some(project_id));
        let events = ids.iter().map(told).collect();
        self.core
            .record_all(transaction, events, Some(caller))
            .await
    }

    /// Loads a folder for a change and checks the caller's role. Locks the
    /// project until the end of the transaction, so that names stay unique.
    async fn sorted_folder(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        id: Uuid,
    ) -> Result<UncheckedEntity> {
        let folder = load_unchecked(&mut *transaction, caller, Kind::ConceptFolder, id).await?;
        folder.access.require_supervisor()?;
        uniqueness::lock(transaction, &ENTITY, Some(folder.project_id)).await?;
        Ok(folder)
    }

    /// Records the event of a change to an entity (`shot:update`).
    pub(super) async fn publish_entity(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        entity: &UncheckedEntity,
        action: &str,
    ) -> Result<()> {
        let event = entity_event(entity, action);
        self.core.record(transaction, event, Some(caller)).await
    }
}

/// The event of a changed entity: `asset:update`, `shot:delete`, …
pub(super) fn entity_event(entity: &UncheckedEntity, action: &str) -> Event {
    Event::about(entity.kind.table_name(), action, entity.id).in_project(Some(entity.project_id))
}
