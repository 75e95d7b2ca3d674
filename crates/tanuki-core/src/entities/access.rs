//! Permission checks for entities of any kind, by the id in a path.

use tanuki_store::query::access;
use uuid::Uuid;

use super::Kind;
use crate::access::{ProjectAccess, ensure};
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
    /// Loads an entity and checks access: admins, members
    /// of the project's team, and vendors with a task on the entity.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is no such entity, `Denied` without access.
    pub(crate) async fn require_entity(&self, caller: &Caller, id: Uuid) -> Result<EntityAccess> {
        let approached = access::entity_membership(self.database(), id, caller.id)
            .await?
            .ok_or(Error::NotFound)?;
        let access = caller.project_access_of(approached.membership);
        ensure(access.is_granted())?;
        caller
            .require_entity_reach(self.database(), access, id)
            .await?;
        Ok(EntityAccess {
            id,
            kind: Kind::of_type(&approached.entity_type),
            project_id: approached.project_id,
            access,
        })
    }
}
