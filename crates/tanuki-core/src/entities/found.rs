//! An entity that the caller names by its id, and what they may do with it.

use tanuki_store::Connection;
use tanuki_store::query::kinds::{self, Met};
use uuid::Uuid;

use super::Kind;
use crate::access::{Standing, allow};
use crate::{Caller, Core, Error, Result};

/// An entity of the kind that was asked for, and the caller's place in its
/// production. Nothing has been checked yet.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub id: Uuid,
    pub kind: Kind,
    pub project_id: Uuid,
    pub parent_id: Option<Uuid>,
    pub created_by: Option<Uuid>,
    pub standing: Standing,
}

impl Found {
    fn new(caller: &Caller, kind: Kind, id: Uuid, met: Met) -> Self {
        Self {
            id,
            kind,
            project_id: met.project_id,
            parent_id: met.parent_id,
            created_by: met.created_by,
            standing: caller.standing_as(met.membership),
        }
    }

    /// In the production, and at work on the entity if a vendor.
    pub async fn check_reach(&self, connection: impl Connection, caller: &Caller) -> Result<()> {
        allow(self.standing.has_access())?;
        caller.reach(connection, self.standing, self.id).await
    }

    /// Managers delete, and whoever made it.
    pub fn check_deletion(&self, caller: &Caller) -> Result<()> {
        allow(self.standing.manages() || self.created_by == Some(caller.id))
    }
}

impl Core {
    /// The entity of that id and kind.
    pub(crate) async fn find_entity(
        &self,
        caller: &Caller,
        kind: Kind,
        text: &str,
    ) -> Result<Found> {
        let id = Uuid::try_parse(text).map_err(|_| Error::NotFound)?;
        find(self.database(), caller, kind, id).await
    }

    /// The entity of that id and kind, which the caller reaches.
    pub(crate) async fn reach_entity(
        &self,
        caller: &Caller,
        kind: Kind,
        text: &str,
    ) -> Result<Found> {
        let found = self.find_entity(caller, kind, text).await?;
        found.check_reach(self.database(), caller).await?;
        if kind == Kind::Concept {
            found.standing.refuse_clients()?;
        }
        Ok(found)
    }

    /// The JSON of an entity with all that belongs to it.
    pub async fn entity(&self, caller: &Caller, kind: Kind, text: &str) -> Result<Vec<u8>> {
        let id = Uuid::try_parse(text).map_err(|_| Error::NotFound)?;
        let (database, shapes) = (self.database(), kind.shapes());
        let seen = shapes.full.meet(database, caller.id, id).await?;
        let (met, json) = seen.ok_or(Error::NotFound)?;
        let found = Found::new(caller, kind, id, met);
        found.check_reach(database, caller).await?;
        if !found.standing.is_client() {
            return Ok(json);
        }
        allow(kind != Kind::Concept)?;
        // Clients are few: the role is known only now.
        let seen = shapes.client.meet(database, caller.id, id).await?;
        seen.map(|(_, json)| json).ok_or(Error::NotFound)
    }
}

/// The entity of that id and kind, in a transaction or outside.
pub(crate) async fn find(
    connection: impl Connection,
    caller: &Caller,
    kind: Kind,
    id: Uuid,
) -> Result<Found> {
    let met = kinds::meet(connection, caller.id, kind.is(), id).await?;
    let met = met.ok_or(Error::NotFound)?;
    Ok(Found::new(caller, kind, id, met))
}
