//! Updates shots and their assignment to layout scenes.

use std::sync::LazyLock;

use serde_json::{Map, Value};
use tanuki_store::projection::Projection;
use tanuki_store::query::rows;
use tanuki_store::schema::ENTITY;
use tanuki_store::view;
use tanuki_store::write::{self, Values};
use uuid::Uuid;

use super::resource::{check_parent, check_status, join_metadata, update_castings};
use super::{ENTITIES, Kind};
use crate::access::{UncheckedEntity, load_unchecked};
use crate::events::Event;
use crate::resource::{Relations, RequestBody, Resource, managers_update, ready};
use crate::{Caller, Core, Entities, Error, JsonRow, MaybeId, Result};

/// The resource engine's description of a shot update that sets the fields as
/// sent.
static SHOTS: Resource = Resource {
    relations_on_update: Relations::Without,
    may_update: managers_update,
    before_update: |updating| {
        Box::pin(async move {
            // Null removes the metadata; anything else is merged.
            if updating
                .data
                .get("data")
                .is_some_and(|data| !data.is_null())
            {
                join_metadata(updating.row, updating.data)?;
            }
            check_status(updating.data)?;
            check_parent(updating.transaction, updating.id, updating.data).await
        })
    },
    after_update: |written| Box::pin(update_castings(written)),
    event: |happened| {
        let event = Event::about("shot", happened.action.as_str(), happened.id);
        let project_id = crate::fields::id_of(happened.row, "project_id");
        ready(Ok(event.in_project(project_id)))
    },
    map_error: |_, error| error,
    projection: |relations| {
        static LINKED: LazyLock<Projection> =
            LazyLock::new(|| Projection::with_links(&ENTITY, &[]));
        match relations {
            Relations::With => &LINKED,
            Relations::Without => &view::entities::PLAIN,
        }
    },
    ..ENTITIES
};

/// A shot that the caller may update: the proof of a permission check.
#[derive(Debug)]
pub struct ManagedShot {
    id: Uuid,
}

impl Entities<'_> {
    /// Loads a shot and checks that the caller manages its project.
    ///
    /// # Errors
    ///
    /// `NotFound` if the shot does not exist, `Denied` if the caller does not
    /// manage its project.
    pub async fn managed_shot(self, caller: &Caller, id: Uuid) -> Result<ManagedShot> {
        let shot = self
            .core
            .load_entity_unchecked(caller, Kind::Shot, id)
            .await?;
        shot.access.require_manager()?;
        Ok(ManagedShot { id: shot.id })
    }

    /// Updates fields of a shot and returns its row.
    ///
    /// # Errors
    /// As an update of the resource: [`Error::Invalid`],
    /// [`Error::UnknownField`] and the like for values that are refused.
    pub async fn update_shot(
        self,
        caller: &Caller,
        shot: ManagedShot,
        data: Map<String, Value>,
    ) -> Result<JsonRow> {
        self.core
            .resources()
            .update(&SHOTS, caller, &shot.id.into(), RequestBody::Object(data))
            .await
    }

    /// Assigns a shot to a layout scene and returns its row. Requires access to
    /// both; not for clients.
    ///
    /// # Errors
    ///
    /// `NotFound` if the scene does not exist or the shot is not in its
    /// project, `Denied` for clients and without access.
    pub async fn add_shot_to_scene(
        self,
        caller: &Caller,
        scene_id: Uuid,
        shot: Uuid,
    ) -> Result<JsonRow> {
        let scene = self
            .core
            .load_entity_unchecked(caller, Kind::Scene, scene_id)
            .await?;
        self.set_scene(caller, &scene, shot, true).await
    }

    /// Removes a shot from its layout scene. Requires access to both; not for
    /// clients.
    ///
    /// # Errors
    ///
    /// `NotFound` if the scene does not exist or the shot is not in its
    /// project, `Denied` for clients and without access.
    pub async fn remove_shot_from_scene(
        self,
        caller: &Caller,
        scene_id: Uuid,
        shot: &MaybeId,
    ) -> Result<()> {
        let scene = self
            .core
            .load_entity_unchecked(caller, Kind::Scene, scene_id)
            .await?;
        may_arrange(self.core, caller, &scene).await?;
        self.set_scene(caller, &scene, shot.found()?, false).await?;
        Ok(())
    }

    /// Sets or clears the scene of a shot and records `shot:update` and
    /// `shot:add-to-scene` or `shot:remove-from-scene`.
    async fn set_scene(
        self,
        caller: &Caller,
        scene: &UncheckedEntity,
        shot: Uuid,
        is_of_it: bool,
    ) -> Result<JsonRow> {
        may_arrange(self.core, caller, scene).await?;
        let mut transaction = self.core.database().begin().await?;
        let shot = load_unchecked(&mut transaction, caller, Kind::Shot, shot).await?;
        if shot.project_id != scene.project_id {
            return Err(Error::NotFound);
        }
        shot.require_access(&mut transaction, caller).await?;
        let values = Values::from([
            ("source_id", is_of_it.then_some(scene.id).into()),
            ("updated_at", self.core.clock().timestamp().into()),
        ]);
        write::update(&mut transaction, &ENTITY, shot.id, values).await?;
        self.publish_entity(&mut transaction, caller, &shot, "update")
            .await?;
        let action = if is_of_it {
            "add-to-scene"
        } else {
            "remove-from-scene"
        };
        let event = Event::named(&format!("shot:{action}"))
            .with("scene_id", scene.id.to_string())
            .with("shot_id", shot.id.to_string())
            .in_project(Some(shot.project_id));
        self.core
            .record(&mut transaction, event, Some(caller))
            .await?;
        let answer = rows::by_id(&mut transaction, &view::entities::PLAIN, shot.id).await?;
        transaction.commit().await?;
        let mut answer = answer.ok_or(Error::NotFound)?;
        self.core.mask_entity(caller, &mut answer).await?;
        Ok(answer)
    }
}

/// Checks that the caller may assign shots to a scene: the team without
/// clients, and vendors who have a task on the scene.
async fn may_arrange(core: &Core, caller: &Caller, scene: &UncheckedEntity) -> Result<()> {
    scene.require_access(core.database(), caller).await?;
    scene.access.deny_clients()
}
