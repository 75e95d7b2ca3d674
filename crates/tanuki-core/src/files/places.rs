//! What output files are made of, and who may see it.

use std::sync::LazyLock;

use tanuki_store::projection::Projection;
use tanuki_store::query::files::outputs::OutputsOf;
use tanuki_store::query::{access, rows};
use tanuki_store::schema::ASSET_INSTANCE;
use uuid::Uuid;

use crate::access::EntityAccess;
use crate::fields::id_of;
use crate::{Caller, Error, Files, JsonRow, Result};

static INSTANCES: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&ASSET_INSTANCE, &[]));

/// What an output file is made of.
#[derive(Debug, Clone, Copy)]
pub enum OutputPlace {
    Entity(Uuid),
    /// An asset instance in a shot or scene (the temporal entity).
    Instance {
        instance_id: Uuid,
        temporal_id: Uuid,
    },
}

/// What output files are listed of.
#[derive(Debug, Clone, Copy)]
pub enum OutputList {
    Entity(Uuid),
    /// An asset instance, in that shot or scene or in any.
    Instance {
        instance_id: Uuid,
        temporal_id: Option<Uuid>,
    },
    /// The entities of a project themselves.
    Project(Uuid),
}

/// What an output file is made of, with the caller's access to it.
#[derive(Debug)]
pub(super) struct OutputSource {
    pub what: OutputsOf,
    /// The entity, or the asset of the instance.
    pub entity: EntityAccess,
    /// The entity whose project has the file tree: the entity, or the shot or
    /// scene that the instance is in.
    pub tree_entity_id: Uuid,
    pub tree_project_id: Uuid,
    pub instance: Option<JsonRow>,
}

impl Files<'_> {
    /// Checks the caller's access to what an output file is made of.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such entity or instance,
    /// [`Error::Denied`] without access to the entity, or to the projects of the
    /// asset and the temporal entity; for vendors without a task on either.
    pub(super) async fn require_output_place(
        self,
        caller: &Caller,
        place: OutputPlace,
    ) -> Result<OutputSource> {
        match place {
            OutputPlace::Entity(id) => {
                let entity = self.core.require_entity(caller, id).await?;
                Ok(OutputSource {
                    what: OutputsOf::Entity(id),
                    tree_entity_id: id,
                    tree_project_id: entity.project_id,
                    entity,
                    instance: None,
                })
            }
            OutputPlace::Instance {
                instance_id,
                temporal_id,
            } => {
                let (instance, entity) = self
                    .require_instance(caller, instance_id, Some(temporal_id))
                    .await?;
                let temporal = self
                    .core
                    .require_entity_in_team(caller, temporal_id)
                    .await?;
                Ok(OutputSource {
                    what: OutputsOf::InstanceIn {
                        instance: instance_id,
                        temporal: temporal_id,
                    },
                    entity,
                    tree_entity_id: temporal_id,
                    tree_project_id: temporal.project_id,
                    instance: Some(instance),
                })
            }
        }
    }

    /// Returns an asset instance, with the caller's access to its asset.
    /// Vendors need a task on the asset or on the temporal entity.
    async fn require_instance(
        self,
        caller: &Caller,
        id: Uuid,
        temporal_id: Option<Uuid>,
    ) -> Result<(JsonRow, EntityAccess)> {
        let database = self.core.database();
        let instance = rows::by_id(database, &INSTANCES, id).await?;
        let instance = instance.ok_or(Error::NotFound)?;
        let asset_id = id_of(&instance, "asset_id").ok_or(Error::NotFound)?;
        let asset = self.core.require_entity_in_team(caller, asset_id).await?;
        let works_there = match temporal_id.filter(|_| asset.access.is_vendor()) {
            Some(id) => access::works_on_entity(database, caller.id, id).await?,
            None => false,
        };
        if !works_there {
            caller
                .require_entity_reach(database, asset.access, asset_id)
                .await?;
        }
        Ok((instance, asset))
    }

    /// Checks the caller's access to what output files are listed of.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such entity, instance or project,
    /// [`Error::Denied`] without access to the entity or the asset, or if the
    /// caller does not manage the project.
    pub(super) async fn require_output_list(
        self,
        caller: &Caller,
        list: OutputList,
    ) -> Result<OutputsOf> {
        Ok(match list {
            OutputList::Entity(id) => {
                self.core.require_entity(caller, id).await?;
                OutputsOf::Entity(id)
            }
            OutputList::Instance {
                instance_id,
                temporal_id,
            } => {
                self.require_instance(caller, instance_id, temporal_id)
                    .await?;
                match temporal_id {
                    Some(temporal) => OutputsOf::InstanceIn {
                        instance: instance_id,
                        temporal,
                    },
                    None => OutputsOf::Instance(instance_id),
                }
            }
            OutputList::Project(id) => {
                let core = self.core;
                core.require_managed_project_unless_admin(caller, id)
                    .await?;
                OutputsOf::Project(id)
            }
        })
    }
}
