//! The caller's assigned tasks, and the entities and types that these belong
//! to.
//!
//! Every list is a JSON array of rows with all columns; clients and vendors get
//! masked values.

mod context;
mod notifications;
mod saved_searches;
mod subscriptions;
mod time;
mod todos;

pub use context::context_shape;
pub use notifications::{notification_row_shape, notification_shape};
pub use saved_searches::{
    SavedSearch, filter_group_shape, filter_groups_shape, filter_shape, filters_shape,
};
pub use subscriptions::subscription_shape;
pub use todos::{ToCheck, ToCheckValues};

use std::sync::LazyLock;

use tanuki_store::database::JsonChunks;
use tanuki_store::projection::Projection;
use tanuki_store::query::entities::{self, kinds};
use tanuki_store::query::work::{self, EntityKind};
use tanuki_store::query::{list_filters, tasks};
use tanuki_store::schema::{ENTITY, ENTITY_TYPE, TASK, TASK_TYPE};
use tanuki_store::{ListQuery, Shape, view};
use uuid::Uuid;

use crate::{Caller, Error, MaybeId, Result, Work};

static TASKS: LazyLock<Projection> = LazyLock::new(|| Projection::all_columns(&TASK, &[]));
static TASK_TYPES: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&TASK_TYPE, &[]));
static ASSET_TYPES: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&ENTITY_TYPE, &[]).type_name("AssetType"));
static ASSETS: LazyLock<Projection> = LazyLock::new(|| view::entities::assigned("Asset"));
static EPISODES: LazyLock<Projection> = LazyLock::new(|| view::entities::assigned("Episode"));
static SEQUENCES: LazyLock<Projection> = LazyLock::new(|| view::entities::assigned("Sequence"));
static SHOTS: LazyLock<Projection> = LazyLock::new(|| view::entities::assigned("Shot"));
static SCENES: LazyLock<Projection> = LazyLock::new(|| view::entities::assigned("Scene"));

/// The shape of a task type of the caller's tasks.
pub fn task_type_shape() -> Shape {
    TASK_TYPES.shape()
}

/// The shape of one of the caller's tasks.
pub fn task_shape() -> Shape {
    view::tasks::blanking(TASKS.clone()).shape()
}

/// The shape of an asset type.
pub fn asset_type_shape() -> Shape {
    ASSET_TYPES.shape()
}

/// The shape of an entity that the caller works on.
pub fn entity_shape() -> Shape {
    ASSETS.shape()
}

/// Entities of every asset type.
pub const ASSET: EntityKind = EntityKind::Asset;
/// Entities of the type Shot.
pub const SHOT: EntityKind = EntityKind::Temporal("Shot");
/// Entities of the type Sequence.
pub const SEQUENCE: EntityKind = EntityKind::Temporal("Sequence");
const EPISODE: EntityKind = EntityKind::Temporal("Episode");
/// Entities of the type Scene (layout scenes).
pub const SCENE: EntityKind = EntityKind::Temporal("Scene");

impl Work<'_> {
    /// Lists the tasks of an entity that are assigned to the caller.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such entity of the kind.
    pub async fn my_tasks(self, caller: &Caller, id: Uuid, kind: EntityKind) -> Result<JsonChunks> {
        self.require_entity_of_type(id, kind).await?;
        let tasks = ListQuery::new(&TASKS)
            .filter(tasks::lists::of_entity(id))
            .filter(work::is_assigned_work(caller.id));
        self.core.masked_tasks(caller, tasks).await
    }

    /// Lists the task types of an entity's tasks that are assigned to the
    /// caller.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such entity of the kind.
    pub async fn my_task_types(
        self,
        caller: &Caller,
        id: Uuid,
        kind: EntityKind,
    ) -> Result<JsonChunks> {
        self.require_entity_of_type(id, kind).await?;
        let types = ListQuery::new(&TASK_TYPES).filter(work::is_type_of_work_on(id, caller.id));
        Ok(self.core.database().stream_list(types))
    }

    /// Lists the asset types of the assets in a project on which the caller has
    /// tasks.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such project.
    pub async fn my_asset_types(self, caller: &Caller, project_id: Uuid) -> Result<JsonChunks> {
        self.core.require_existing(project_id).await?;
        let types = ListQuery::new(&ASSET_TYPES)
            .filter(work::is_type_worked_on(project_id, caller.id))
            .filter(work::is_type_of(ASSET));
        Ok(self.core.database().stream_list(types))
    }

    /// Lists the assets of a type in a project on which the caller has tasks.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such project or asset type.
    pub async fn my_assets(
        self,
        caller: &Caller,
        project_id: Uuid,
        asset_type: &MaybeId,
    ) -> Result<JsonChunks> {
        self.core.require_existing(project_id).await?;
        let asset_type = asset_type.found()?;
        if !work::asset_type_exists(self.core.database(), asset_type).await? {
            return Err(Error::NotFound);
        }
        let assets = ListQuery::new(&ASSETS)
            .seen_by(caller.id)
            .filter(list_filters::of_project(&ENTITY, project_id))
            .filter(entities::of_type(asset_type))
            .filter(work::is_worked_on(caller.id));
        Ok(self.core.database().stream_list(assets))
    }

    /// Lists the episodes of a project with shots on which the caller has
    /// tasks.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such project.
    pub async fn my_episodes(self, caller: &Caller, project_id: Uuid) -> Result<JsonChunks> {
        self.core.require_existing(project_id).await?;
        let episodes = ListQuery::new(&EPISODES)
            .seen_by(caller.id)
            .filter(list_filters::of_project(&ENTITY, project_id))
            .filter(kinds::of_kind(EPISODE))
            .filter(work::has_sequence_worked_on(caller.id));
        Ok(self.core.database().stream_list(episodes))
    }

    /// Lists the sequences of a project with shots on which the caller has
    /// tasks.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such project.
    pub async fn my_sequences(self, caller: &Caller, project_id: Uuid) -> Result<JsonChunks> {
        self.core.require_existing(project_id).await?;
        let sequences = ListQuery::new(&SEQUENCES)
            .seen_by(caller.id)
            .filter(list_filters::of_project(&ENTITY, project_id))
            .filter(kinds::of_kind(SEQUENCE))
            .filter(work::has_shot_worked_on(caller.id));
        Ok(self.core.database().stream_list(sequences))
    }

    /// Lists the shots of a sequence on which the caller has tasks.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such sequence.
    pub async fn my_shots(self, caller: &Caller, sequence_id: Uuid) -> Result<JsonChunks> {
        self.my_children(caller, sequence_id, SHOT, &SHOTS).await
    }

    /// Lists the layout scenes of a sequence on which the caller has tasks.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such sequence.
    pub async fn my_scenes(self, caller: &Caller, sequence_id: Uuid) -> Result<JsonChunks> {
        self.my_children(caller, sequence_id, SCENE, &SCENES).await
    }

    async fn my_children(
        self,
        caller: &Caller,
        sequence_id: Uuid,
        kind: EntityKind,
        projection: &'static Projection,
    ) -> Result<JsonChunks> {
        self.require_entity_of_type(sequence_id, SEQUENCE).await?;
        let children = ListQuery::new(projection)
            .seen_by(caller.id)
            .filter(entities::with_parent(sequence_id))
            .filter(kinds::of_kind(kind))
            .filter(work::is_worked_on(caller.id));
        Ok(self.core.database().stream_list(children))
    }

    /// Checks that an entity exists and is of the kind; [`Error::NotFound`]
    /// otherwise.
    async fn require_entity_of_type(self, id: Uuid, kind: EntityKind) -> Result<()> {
        if work::entity_exists(self.core.database(), id, kind).await? {
            Ok(())
        } else {
            Err(Error::NotFound)
        }
    }
}
