//! Loads an entity by id and kind, with the caller's permissions on it.

use bytes::Bytes;
use serde_json::{Map, Value};
use tanuki_store::Connection;
use tanuki_store::query::auth::tokens::TokenIds;
use tanuki_store::query::entities;
use tanuki_store::query::entities::kinds::EntityForCaller;
use uuid::Uuid;

use super::Kind;
use crate::access::UncheckedEntity;
use crate::access::ensure;
use crate::fields::id_of;
use crate::{AuthError, Caller, Entities, Error, MaybeId, Result, VerifiedToken};

impl Entities<'_> {
    /// Authenticates a token and loads the entity of a request with a single
    /// query, to save a round trip to the database. Permissions are checked by
    /// [`entity`](Self::entity), not here.
    ///
    /// # Errors
    ///
    /// An [`AuthError`] if the token is refused. A malformed id or an unknown
    /// entity is not an error here.
    pub async fn authenticate_for_entity(
        self,
        shown: VerifiedToken,
        kind: Kind,
        id: &MaybeId,
    ) -> Result<(Caller, EntityRequest), AuthError> {
        let id = id.id();
        let jti = shown.jti().to_owned();
        let mut meets = None;
        if let Some((viewer, id)) = shown.subject().zip(id) {
            let meeting = &kind.projections().full;
            meets = meeting
                .fetch(self.core.database(), (viewer, shown.ids()), id)
                .await?;
        }
        let caller = match &meets {
            Some(meets) => {
                self.core
                    .auth()
                    .accept_token(shown, Some(meets.identity.clone()), true)
                    .await?
            }
            None => self.core.auth().authenticate_verified(shown, true).await?,
        };
        let place = id.zip(meets);
        Ok((caller, EntityRequest { kind, jti, place }))
    }

    /// Returns the JSON of an entity with its tasks and the keys of its kind
    /// (`Projections::full`, for clients `Projections::client`). Hidden
    /// metadata is masked.
    ///
    /// # Errors
    ///
    /// `NotFound` if the entity does not exist. `Denied` without access, and
    /// for clients on concepts.
    pub async fn entity(self, caller: &Caller, approached: EntityRequest) -> Result<Bytes> {
        let EntityRequest { kind, jti, place } = approached;
        let (
            id,
            EntityForCaller {
                facts: met, json, ..
            },
        ) = place.ok_or(Error::NotFound)?;
        let found = UncheckedEntity::new(caller, kind, id, met);
        found.require_access(self.core.database(), caller).await?;
        if found.access.is_vendor() {
            return self.masked_entity(caller, &found, json).await;
        }
        if !found.access.is_client() {
            return Ok(json);
        }
        ensure(kind != Kind::Concept)?;
        // A second query, for clients only: the role in the project is not
        // known before the first one returns.
        let meeting = &kind.projections().client;
        // The token was accepted already.
        let token = TokenIds {
            jti: &jti,
            session: &jti,
        };
        let seen = meeting
            .fetch(self.core.database(), (caller.id, token), id)
            .await?;
        let json = seen.map(|seen| seen.json).ok_or(Error::NotFound)?;
        self.masked_entity(caller, &found, json).await
    }

    /// Removes the metadata that is hidden from the caller from the JSON of an
    /// entity and its tasks.
    async fn masked_entity(
        self,
        caller: &Caller,
        found: &UncheckedEntity,
        json: Bytes,
    ) -> Result<Bytes> {
        let Some(mask) = self.core.mask(caller).await? else {
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

/// The entity of a request as loaded by [`Entities::authenticate_for_entity`]. It
/// may not exist, and access to it has not been checked.
#[derive(Debug)]
pub struct EntityRequest {
    kind: Kind,
    jti: String,
    place: Option<(Uuid, EntityForCaller)>,
}
/// Returns the kind of an entity from its row.
pub(super) async fn kind_of(connection: impl Connection, row: &Map<String, Value>) -> Result<Kind> {
    let name = match id_of(row, "entity_type_id") {
        Some(id) => entities::type_name(connection, id).await?,
        None => None,
    };
    Ok(Kind::of_type(&name.unwrap_or_default()))
}
