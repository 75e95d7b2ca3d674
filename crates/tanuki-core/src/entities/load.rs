//! An entity that the caller names by its id, and what they may do with it.

use bytes::Bytes;
use serde_json::{Map, Value};
use tanuki_store::Connection;
use tanuki_store::query::entity_kinds::{self, EntityFacts, EntityForCaller};
use uuid::Uuid;

use super::Kind;
use crate::access::{ProjectAccess, ensure};
use crate::{AuthError, Caller, Core, Error, Result, VerifiedToken};

/// An entity of the kind that was asked for, and the caller's place in its
/// production. Nothing has been checked yet.
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
    fn new(caller: &Caller, kind: Kind, id: Uuid, met: EntityFacts) -> Self {
        Self {
            id,
            kind,
            project_id: met.project_id,
            parent_id: met.parent_id,
            created_by: met.created_by,
            access: caller.project_access_of(met.membership),
        }
    }

    /// In the production, and at work on the entity if a vendor.
    pub async fn require_access(&self, connection: impl Connection, caller: &Caller) -> Result<()> {
        ensure(self.access.is_granted())?;
        caller
            .require_entity_reach(connection, self.access, self.id)
            .await
    }

    /// Managers delete, and whoever made it.
    pub fn require_deletion(&self, caller: &Caller) -> Result<()> {
        let is_own = self.access.is_granted() && self.created_by == Some(caller.id);
        ensure(self.access.is_manager() || is_own)
    }
}

impl Core {
    /// The entity of that id and kind.
    pub(crate) async fn load_entity_unchecked(
        &self,
        caller: &Caller,
        kind: Kind,
        text: &str,
    ) -> Result<UncheckedEntity> {
        let id = Uuid::try_parse(text).map_err(|_| Error::NotFound)?;
        load_unchecked(self.database(), caller, kind, id).await
    }

    /// The entity of that id and kind, which the caller reaches.
    pub(crate) async fn require_entity_of_kind(
        &self,
        caller: &Caller,
        kind: Kind,
        text: &str,
    ) -> Result<UncheckedEntity> {
        let found = self.load_entity_unchecked(caller, kind, text).await?;
        found.require_access(self.database(), caller).await?;
        if kind == Kind::Concept {
            found.access.deny_clients()?;
        }
        Ok(found)
    }

    /// Who shows a token, and what they come to by the id of an entity: one
    /// query for both.
    pub async fn authenticate_for_entity(
        &self,
        shown: VerifiedToken,
        kind: Kind,
        text: &str,
    ) -> Result<(Caller, EntityRequest), AuthError> {
        let id = Uuid::try_parse(text).ok();
        let jti = shown.jti().to_owned();
        let mut meets = None;
        if let Some((viewer, id)) = shown.subject().zip(id) {
            let meeting = &kind.projections().full;
            meets = meeting.fetch(self.database(), (viewer, &jti), id).await?;
        }
        let caller = match &meets {
            Some(meets) => {
                self.accept_token(shown, Some(meets.identity.clone()), true)
                    .await?
            }
            None => self.authenticate_verified(shown, true).await?,
        };
        let place = id.zip(meets);
        Ok((caller, EntityRequest { kind, jti, place }))
    }

    /// The JSON of an entity with all that belongs to it.
    pub async fn entity(&self, caller: &Caller, approached: EntityRequest) -> Result<Bytes> {
        let EntityRequest { kind, jti, place } = approached;
        let (
            id,
            EntityForCaller {
                facts: met, json, ..
            },
        ) = place.ok_or(Error::NotFound)?;
        let found = UncheckedEntity::new(caller, kind, id, met);
        found.require_access(self.database(), caller).await?;
        if found.access.is_vendor() {
            return self.masked_entity(caller, &found, json).await;
        }
        if !found.access.is_client() {
            return Ok(json);
        }
        ensure(kind != Kind::Concept)?;
        // Clients are few: the role is known only now.
        let meeting = &kind.projections().client;
        let seen = meeting
            .fetch(self.database(), (caller.id, &jti), id)
            .await?;
        let json = seen.map(|seen| seen.json).ok_or(Error::NotFound)?;
        self.masked_entity(caller, &found, json).await
    }

    /// The JSON of an entity and its tasks without the metadata that is not for
    /// the caller.
    async fn masked_entity(
        &self,
        caller: &Caller,
        found: &UncheckedEntity,
        json: Bytes,
    ) -> Result<Bytes> {
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
pub struct EntityRequest {
    kind: Kind,
    jti: String,
    place: Option<(Uuid, EntityForCaller)>,
}

/// The entity of that id and kind, in a transaction or outside.
pub(crate) async fn load_unchecked(
    connection: impl Connection,
    caller: &Caller,
    kind: Kind,
    id: Uuid,
) -> Result<UncheckedEntity> {
    let met = entity_kinds::entity_facts(connection, caller.id, kind.is(), id).await?;
    let met = met.ok_or(Error::NotFound)?;
    Ok(UncheckedEntity::new(caller, kind, id, met))
}
