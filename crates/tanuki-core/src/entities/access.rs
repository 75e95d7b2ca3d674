//! Entities of whichever kind and tasks as callers come to them: who may look
//! at one at all.

use tanuki_store::query::access;
use tanuki_store::query::tasks::{self, TaskKeys};
use uuid::Uuid;

use super::Kind;
use crate::access::{ProjectAccess, ensure};
use crate::{Caller, Core, Error, Result};

/// An entity that the caller may look at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EntityAccess {
    pub id: Uuid,
    pub kind: Kind,
    pub project_id: Uuid,
    /// The caller's place in its production.
    pub access: ProjectAccess,
}

impl Core {
    /// The entity that a path names, in a production that the caller has
    /// access to; vendors reach only what they work on.
    pub(crate) async fn require_entity(&self, caller: &Caller, text: &str) -> Result<EntityAccess> {
        let id = Uuid::try_parse(text).map_err(|_| Error::NotFound)?;
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

    /// The task that a path names, under the same conditions.
    pub(crate) async fn require_task(
        &self,
        caller: &Caller,
        text: &str,
    ) -> Result<(Uuid, TaskKeys, ProjectAccess)> {
        let database = self.database();
        let id = Uuid::try_parse(text).map_err(|_| Error::NotFound)?;
        let task = tasks::task_keys(database, id)
            .await?
            .ok_or(Error::NotFound)?;
        let access = caller
            .require_project_access(database, task.project_id)
            .await?;
        if let Some(entity_id) = task.entity_id {
            caller
                .require_entity_reach(database, access, entity_id)
                .await?;
        }
        Ok((id, task, access))
    }
}
