//! Asset instances: numbered copies of an asset in a layout scene or in another
//! asset, and the shots that each instance is cast in.

use tanuki_store::database::JsonChunks;
use tanuki_store::query::breakdown::asset_instances::{
    self as instances, InstanceTarget, Instantiated,
};
use tanuki_store::query::{entities, entities::by_name, rows};
use tanuki_store::schema::{ASSET_INSTANCE, ColumnType, ENTITY};
use tanuki_store::view::{self, breakdown as projections};
use tanuki_store::write::{self, Values};
use tanuki_store::{Kind, Transaction};
use uuid::Uuid;

use crate::access::{UncheckedEntity, ensure};
use crate::events::Event;
use crate::fields::values;
use crate::resource::require_in_project;
use crate::slug::slug;
use crate::{Breakdown, Caller, Error, JsonRow, MaybeId, Result};

/// Name of the asset type of cameras.
const CAMERA: &str = "Camera";

/// Which asset instances to list, and how to group them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instances {
    /// Instances of an asset that are cast in shots, grouped by shot.
    OfAssetByShot,
    /// Instances of an asset, grouped by the scene that contains them.
    OfAssetByScene,
    /// Instances contained in an asset. This and the following variants group
    /// by the asset that is instantiated.
    InAsset,
    InScene,
    CamerasInScene,
    InShot,
}

/// An asset instance to create.
#[derive(Debug)]
pub struct NewInstance {
    pub asset_id: Uuid,
    pub description: Option<String>,
}

impl Breakdown<'_> {
    /// Lists asset instances. JSON: an object whose keys are the ids of the
    /// groups (see [`Instances`]) and whose values are arrays of
    /// `asset_instance` rows.
    ///
    /// # Errors
    ///
    /// `NotFound` if no entity of the expected kind has the id, `Denied`
    /// without access to it.
    pub async fn asset_instances(
        self,
        caller: &Caller,
        of: Instances,
        id: Uuid,
    ) -> Result<JsonChunks> {
        let kind = match of {
            Instances::OfAssetByShot | Instances::OfAssetByScene | Instances::InAsset => {
                Kind::Asset
            }
            Instances::InScene | Instances::CamerasInScene => Kind::Scene,
            Instances::InShot => Kind::Shot,
        };
        let id = self.core.require_entity_of_kind(caller, kind, id).await?.id;
        let instances = match of {
            Instances::OfAssetByShot => instances::by_shot(id),
            Instances::OfAssetByScene => instances::by_scene(id),
            Instances::InAsset => instances::standing_in(InstanceTarget::Asset, id),
            Instances::InScene => instances::standing_in(InstanceTarget::Scene, id),
            Instances::CamerasInScene => {
                let in_scene = instances::standing_in(InstanceTarget::Scene, id);
                instances::of_type(in_scene, self.camera_type(caller).await?)
            }
            Instances::InShot => instances::of_shot(id),
        };
        Ok(self.core.database().stream_groups(instances))
    }

    /// Returns the id of the camera asset type, and creates the type if the
    /// studio does not have one yet.
    async fn camera_type(self, caller: &Caller) -> Result<Uuid> {
        if let Some(id) = by_name::type_alike(self.core.database(), CAMERA).await? {
            return Ok(id);
        }
        let mut transaction = self.core.database().begin().await?;
        let defaults = self.core.defaults();
        let id = entities::type_named(&mut transaction, CAMERA, &defaults).await?;
        let event = Event::about("asset_type", "new", id);
        self.core
            .record(&mut transaction, event, Some(caller))
            .await?;
        transaction.commit().await?;
        Ok(id)
    }

    /// Creates an instance of an asset in a layout scene and returns its row.
    /// Records `asset_instance:new`.
    ///
    /// # Errors
    ///
    /// `NotFound` if the scene or the asset does not exist. `Denied` for
    /// clients, without access to the scene, and for an asset of another
    /// project that is neither shared nor accessible to the caller.
    pub async fn instantiate_in_scene(
        self,
        caller: &Caller,
        scene_id: Uuid,
        new: NewInstance,
    ) -> Result<JsonRow> {
        let scene = self
            .core
            .require_entity_of_kind(caller, Kind::Scene, scene_id)
            .await?;
        scene.access.deny_clients()?;
        let complete = |event: Event| {
            event
                .with("scene_id", scene.id.to_string())
                .with("asset_id", new.asset_id.to_string())
        };
        self.instantiate(caller, &scene, InstanceTarget::Scene, &new, complete)
            .await
    }

    /// Creates an instance of an asset in another asset and returns its row.
    /// Records `asset_instance:new`.
    ///
    /// # Errors
    ///
    /// As for [`instantiate_in_scene`](Self::instantiate_in_scene).
    pub async fn instantiate_in_asset(
        self,
        caller: &Caller,
        asset_id: Uuid,
        new: NewInstance,
    ) -> Result<JsonRow> {
        let asset = self
            .core
            .require_entity_of_kind(caller, Kind::Asset, asset_id)
            .await?;
        asset.access.deny_clients()?;
        let complete = |event: Event| {
            event
                .with("asset_id", asset.id.to_string())
                .with("asset_instantiated", new.asset_id.to_string())
        };
        self.instantiate(caller, &asset, InstanceTarget::Asset, &new, complete)
            .await
    }

    /// Inserts an instance with the next number of its asset in the entity, and
    /// records the event, to which `complete` adds its data.
    async fn instantiate(
        self,
        caller: &Caller,
        into: &UncheckedEntity,
        place: InstanceTarget,
        new: &NewInstance,
        complete: impl FnOnce(Event) -> Event,
    ) -> Result<JsonRow> {
        let mut transaction = self.core.database().begin().await?;
        // Serializes concurrent requests, which would assign the same number.
        rows::lock(&mut transaction, ENTITY.name, into.id).await?;
        let asset = instances::instantiated(&mut transaction, new.asset_id).await?;
        let asset = asset.ok_or(Error::NotFound)?;
        check_use(&mut transaction, caller, &asset, into).await?;
        let last = instances::last_number(&mut transaction, new.asset_id, (place, into.id)).await?;
        let number = last.unwrap_or_default() + 1;
        let id = Uuid::new_v4();
        let values = values(
            &ASSET_INSTANCE,
            [
                ("id", id.to_string().into()),
                ("asset_id", new.asset_id.to_string().into()),
                (place.column(), into.id.to_string().into()),
                ("number", number.into()),
                ("name", name_of(&asset.name, number).into()),
                ("description", new.description.clone().into()),
            ],
        )?;
        write::insert(
            &mut transaction,
            &ASSET_INSTANCE,
            values,
            &self.core.defaults(),
        )
        .await?;
        let event = complete(Event::named("asset_instance:new"));
        let event = event
            .with("asset_instance_id", id.to_string())
            .visible_in(Some(into.project_id));
        self.core
            .record(&mut transaction, event, Some(caller))
            .await?;
        let row = rows::by_id(&mut transaction, &projections::INSTANCE, id).await?;
        transaction.commit().await?;
        row.ok_or(Error::NotFound)
    }

    /// Casts an instance in a shot and returns the row of the shot. Records
    /// `asset_instance:add-to-shot`.
    ///
    /// # Errors
    ///
    /// `NotFound` if the shot or the instance does not exist. `Denied` for
    /// clients, without access to the shot, and for an asset of another project
    /// that is neither shared nor accessible to the caller.
    pub async fn cast_instance(
        self,
        caller: &Caller,
        shot_id: Uuid,
        instance_id: Uuid,
    ) -> Result<JsonRow> {
        let shot = self
            .core
            .require_entity_of_kind(caller, Kind::Shot, shot_id)
            .await?;
        shot.access.deny_clients()?;
        let mut transaction = self.core.database().begin().await?;
        let asset = instances::asset_of(&mut transaction, instance_id).await?;
        let asset = asset.ok_or(Error::NotFound)?;
        check_use(&mut transaction, caller, &asset, &shot).await?;
        require_in_project(
            (&mut transaction).into(),
            caller,
            shot.project_id,
            ("asset_instance_id", &ASSET_INSTANCE),
            (&[instance_id], true),
        )
        .await?;
        instances::cast(
            &mut transaction,
            shot.id,
            instance_id,
            &self.core.defaults(),
        )
        .await?;
        self.recast(
            &mut transaction,
            caller,
            &shot,
            ("add-to-shot", instance_id),
        )
        .await?;
        let row = rows::by_id(&mut transaction, &view::entities::PLAIN, shot.id).await?;
        transaction.commit().await?;
        let mut row = row.ok_or(Error::NotFound)?;
        self.core.mask_entity(caller, &mut row).await?;
        Ok(row)
    }

    /// Removes an instance from a shot. Records
    /// `asset_instance:remove-from-shot`.
    ///
    /// # Errors
    ///
    /// `NotFound` if the shot does not exist or the instance is not cast in it,
    /// `Denied` for clients and without access to the shot.
    pub async fn uncast_instance(
        self,
        caller: &Caller,
        shot_id: Uuid,
        instance: &MaybeId,
    ) -> Result<()> {
        let shot = self
            .core
            .require_entity_of_kind(caller, Kind::Shot, shot_id)
            .await?;
        shot.access.deny_clients()?;
        let instance_id = instance.found()?;
        let mut transaction = self.core.database().begin().await?;
        if !instances::uncast(&mut transaction, shot.id, instance_id).await? {
            return Err(Error::NotFound);
        }
        let change = ("remove-from-shot", instance_id);
        self.recast(&mut transaction, caller, &shot, change).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Sets `updated_at` of a shot whose instances have changed and records the
    /// event of the change.
    async fn recast(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        shot: &UncheckedEntity,
        (action, instance_id): (&str, Uuid),
    ) -> Result<()> {
        let dated = Values::from([("updated_at", self.core.clock().timestamp().into())]);
        write::update(transaction, &ENTITY, shot.id, dated).await?;
        let event = Event::named(&format!("asset_instance:{action}"))
            .with("shot_id", shot.id.to_string())
            .with("asset_instance_id", instance_id.to_string())
            .visible_in(Some(shot.project_id));
        self.core.record(transaction, event, Some(caller)).await
    }
}

/// Checks that the caller may use an asset in an entity: the asset is shared,
/// belongs to the same project, or belongs to another project that the caller
/// has access to.
async fn check_use(
    transaction: &mut Transaction,
    caller: &Caller,
    asset: &Instantiated,
    into: &UncheckedEntity,
) -> Result<()> {
    if asset.is_shared || asset.project_id == into.project_id {
        return Ok(());
    }
    let there = caller
        .project_access(transaction, Some(asset.project_id))
        .await?;
    ensure(there.is_granted())
}

/// Returns the name of an instance: the slug of the asset's name, truncated to
/// fit the column, and the number with at least four digits.
fn name_of(asset: &str, number: i64) -> String {
    let number = format!("_{number:04}");
    let mut name = slug(asset);
    if let Some(ColumnType::Varchar(most)) = ASSET_INSTANCE.column("name").map(|column| column.kind)
    {
        name.truncate((most as usize).saturating_sub(number.len()));
    }
    format!("{}{number}", name.trim_end_matches('_'))
}

#[cfg(test)]
mod tests {
    use super::name_of;

    #[test]
    fn names_of_instances_fit_their_column() {
        assert_eq!(name_of("L'Été 2", 7), "L_Ete_2_0007");
        let long = name_of(&"x".repeat(160), 12_345);
        assert_eq!((long.len(), &long[73..]), (80, "x_12345"));
        assert_eq!(
            name_of(&format!("{} y", "x".repeat(74)), 1)[73..],
            *"x_0001"
        );
    }
}
