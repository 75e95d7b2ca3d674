//! Permission checks for entities of any kind, by id.

use tanuki_store::query::access;
use tanuki_store::query::entities::kinds::{self, EntityFacts};
use tanuki_store::{Connection, Kind};
use uuid::Uuid;

use super::{ProjectAccess, ensure};
use crate::{Caller, Core, Error, Result};

/// An entity that the caller has access to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EntityAccess {
    pub id: Uuid,
    pub kind: Kind,
    pub project_id: Uuid,
    /// The caller's access to the project of the entity.
    pub access: ProjectAccess,
}

impl Core {
    /// Loads an entity and checks access: admins, members of the project's
    /// team, and vendors with a task on the entity. In SQL:
    /// `visibility::entities::in_team_of`, and for boards
    /// `visibility::boards::Viewer::sees_entity`.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is no such entity, `Denied` without access.
    pub(crate) async fn require_entity(&self, caller: &Caller, id: Uuid) -> Result<EntityAccess> {
        let entity = self.require_entity_in_team(caller, id).await?;
        caller
            .require_entity_reach(self.database(), entity.access, id)
            .await?;
        Ok(entity)
    }

    /// Like [`require_entity`](Self::require_entity), but lets pass vendors
    /// without a task on the entity.
    pub(crate) async fn require_entity_in_team(
        &self,
        caller: &Caller,
        id: Uuid,
    ) -> Result<EntityAccess> {
        let approached = access::entity_membership(self.database(), id, caller.id)
            .await?
            .ok_or(Error::NotFound)?;
        let access = caller.project_access_of(approached.membership);
        ensure(access.is_granted())?;
        Ok(EntityAccess {
            id,
            kind: Kind::of_type(&approached.entity_type),
            project_id: approached.project_id,
            access,
        })
    }

    /// Loads the entity of an id and kind without a permission check.
    ///
    /// # Errors
    ///
    /// `NotFound` if no entity of the kind has the id.
    pub(crate) async fn load_entity_unchecked(
        &self,
        caller: &Caller,
        kind: Kind,
        id: Uuid,
    ) -> Result<UncheckedEntity> {
        load_unchecked(self.database(), caller, kind, id).await
    }

    /// Loads the entity of an id and kind, and checks access to it.
    ///
    /// # Errors
    ///
    /// `NotFound` if no entity of the kind has the id.
    /// `Denied` without access, and for clients on concepts.
    pub(crate) async fn require_entity_of_kind(
        &self,
        caller: &Caller,
        kind: Kind,
        id: Uuid,
    ) -> Result<UncheckedEntity> {
        let found = self.load_entity_unchecked(caller, kind, id).await?;
        found.require_access(self.database(), caller).await?;
        if kind == Kind::Concept {
            found.access.deny_clients()?;
        }
        Ok(found)
    }
}

/// An entity with the caller's access to its project. No permission has been
/// checked yet.
#[derive(Debug, Clone)]
pub(crate) struct UncheckedEntity {
    pub id: Uuid,
    pub kind: Kind,
    pub project_id: Uuid,
    pub parent_id: Option<Uuid>,
    pub created_by: Option<Uuid>,
    pub access: ProjectAccess,
}

impl UncheckedEntity {
    pub(crate) fn new(caller: &Caller, kind: Kind, id: Uuid, met: EntityFacts) -> Self {
        Self {
            id,
            kind,
            project_id: met.project_id,
            parent_id: met.parent_id,
            created_by: met.created_by,
            access: caller.project_access_of(met.membership),
        }
    }

    /// Checks that the caller has access to the project and, if a vendor, a
    /// task on the entity. `Denied` otherwise.
    ///
    /// # Errors
    /// [`Error::Denied`] if the caller has no access.
    pub async fn require_access(&self, connection: impl Connection, caller: &Caller) -> Result<()> {
        ensure(self.access.is_granted())?;
        caller
            .require_entity_reach(connection, self.access, self.id)
            .await
    }

    /// Checks that the caller may delete the entity: admins, managers of the
    /// project, and the member of the team who created it. `Denied` otherwise.
    ///
    /// # Errors
    /// [`Error::Denied`] if the caller may not.
    pub fn require_deletion(&self, caller: &Caller) -> Result<()> {
        let is_own = self.access.is_granted() && self.created_by == Some(caller.id);
        ensure(self.access.is_manager() || is_own)
    }
}

/// Loads the entity of an id and kind over a connection or in a transaction,
/// without a permission check. `NotFound` if there is none.
pub(crate) async fn load_unchecked(
    connection: impl Connection,
    caller: &Caller,
    kind: Kind,
    id: Uuid,
) -> Result<UncheckedEntity> {
    let met = kinds::entity_facts(connection, caller.id, kind.is(), id).await?;
    let met = met.ok_or(Error::NotFound)?;
    Ok(UncheckedEntity::new(caller, kind, id, met))
}
