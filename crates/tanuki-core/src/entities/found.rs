//! An entity that the caller names by its id, and what they may do with it.

use bytes::Bytes;
use serde_json::{Map, Value};
use tanuki_store::Connection;
use tanuki_store::query::kinds::{self, Meets, Met};
use uuid::Uuid;

use super::Kind;
use crate::access::{Standing, allow};
use crate::{Caller, Core, Error, Refusal, Result, Shown};

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
        let is_own = self.standing.has_access() && self.created_by == Some(caller.id);
        allow(self.standing.manages() || is_own)
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

    /// Who shows a token, and what they come to by the id of an entity: one
    /// query for both.
    pub async fn approach(
        &self,
        shown: Shown,
        kind: Kind,
        text: &str,
    ) -> Result<(Caller, Approached), Refusal> {
        let id = Uuid::try_parse(text).ok();
        let jti = shown.jti().to_owned();
        let mut meets = None;
        if let Some((viewer, id)) = shown.subject().zip(id) {
            let meeting = &kind.shapes().full;
            meets = meeting.meet(self.database(), (viewer, &jti), id).await?;
        }
        let caller = match &meets {
            Some(meets) => {
                self.admit(shown, Some(meets.identity.clone()), true)
                    .await?
            }
            None => self.recognize(shown, true).await?,
        };
        let place = id.zip(meets);
        Ok((caller, Approached { kind, jti, place }))
    }

    /// The JSON of an entity with all that belongs to it.
    pub async fn entity(&self, caller: &Caller, approached: Approached) -> Result<Bytes> {
        let Approached { kind, jti, place } = approached;
        let (id, Meets { met, json, .. }) = place.ok_or(Error::NotFound)?;
        let found = Found::new(caller, kind, id, met);
        found.check_reach(self.database(), caller).await?;
        if found.standing.is_vendor() {
            return self.masked_entity(caller, &found, json).await;
        }
        if !found.standing.is_client() {
            return Ok(json);
        }
        allow(kind != Kind::Concept)?;
        // Clients are few: the role is known only now.
        let meeting = &kind.shapes().client;
        let seen = meeting.meet(self.database(), (caller.id, &jti), id).await?;
        let json = seen.map(|seen| seen.json).ok_or(Error::NotFound)?;
        self.masked_entity(caller, &found, json).await
    }

    /// The JSON of an entity and its tasks without the metadata that is not for
    /// the caller.
    async fn masked_entity(&self, caller: &Caller, found: &Found, json: Bytes) -> Result<Bytes> {
        let Some(mask) = self.mask(caller).await? else {
            return Ok(json);
        };
        let unreadable = |error: serde_json::Error| {
            Error::Failed(format!("an entity cannot be read back: {error}"))
        };
        let mut entity: Map<String, Value> = serde_json::from_slice(&json).map_err(unreadable)?;
        mask.entity(found.project_id, found.kind.type_name(), &mut entity);
        let tasks = entity.get_mut("tasks").and_then(Value::as_array_mut);
        for task in tasks.into_iter().flatten().filter_map(Value::as_object_mut) {
            mask.task(found.project_id, task);
        }
        serde_json::to_vec(&entity)
            .map(Bytes::from)
            .map_err(unreadable)
    }
}

/// What somebody came to by the id of an entity. They may not have access to
/// it, or it may not be there.
#[derive(Debug)]
pub struct Approached {
    kind: Kind,
    jti: String,
    place: Option<(Uuid, Meets)>,
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
