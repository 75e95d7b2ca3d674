//! Entities of whichever kind and tasks as callers come to them: who may look
//! at one at all.

use tanuki_store::query::access;
use tanuki_store::query::tasks::{self, Facts};
use uuid::Uuid;

use super::Kind;
use crate::access::{Standing, allow};
use crate::{Caller, Core, Error, Result};

/// An entity that the caller may look at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visited {
    pub id: Uuid,
    pub kind: Kind,
    pub project_id: Uuid,
    /// The caller's place in its production.
    pub standing: Standing,
}

impl Core {
    /// The entity that a path names, in a production that the caller has
    /// access to; vendors reach only what they work on.
    pub(crate) async fn visit(&self, caller: &Caller, text: &str) -> Result<Visited> {
        let id = Uuid::try_parse(text).map_err(|_| Error::NotFound)?;
        let approached = access::approach(self.database(), id, caller.id)
            .await?
            .ok_or(Error::NotFound)?;
        let standing = caller.standing_as(approached.membership);
        allow(standing.has_access())?;
        caller.reach(self.database(), standing, id).await?;
        Ok(Visited {
            id,
            kind: Kind::of_type(&approached.entity_type),
            project_id: approached.project_id,
            standing,
        })
    }

    /// The task that a path names, under the same conditions.
    pub(crate) async fn visit_task(
        &self,
        caller: &Caller,
        text: &str,
    ) -> Result<(Uuid, Facts, Standing)> {
        let database = self.database();
        let id = Uuid::try_parse(text).map_err(|_| Error::NotFound)?;
        let task = tasks::facts(database, id).await?.ok_or(Error::NotFound)?;
        let standing = caller.enter(database, task.project_id).await?;
        if let Some(entity_id) = task.entity_id {
            caller.reach(database, standing, entity_id).await?;
        }
        Ok((id, task, standing))
    }
}
