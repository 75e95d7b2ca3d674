//! The caller's assigned tasks, and the entities and types that these belong
//! to.
//!
//! Every list is a JSON array of rows with all columns; clients and vendors get
//! masked values.

use std::sync::LazyLock;

use sea_query::{Condition, Expr, ExprTrait, Query, SelectStatement};
use tanuki_store::JsonRows;
use tanuki_store::database::JsonChunks;
use tanuki_store::dialect;
use tanuki_store::projection::Projection;
use tanuki_store::query::masking;
use tanuki_store::query::work::{self, EntityKind};
use tanuki_store::schema::{ColumnType, ENTITY, ENTITY_TYPE, TASK, TASK_TYPE};
use uuid::Uuid;

use crate::{Caller, Core, Error, MaybeId, Result};

static TASKS: LazyLock<Projection> = LazyLock::new(|| Projection::all_columns(&TASK, &[]));
static TASK_TYPES: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&TASK_TYPE, &[]));
static ASSET_TYPES: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&ENTITY_TYPE, &[]).type_name("AssetType"));
static ASSETS: LazyLock<Projection> = LazyLock::new(|| entities("Asset"));
static EPISODES: LazyLock<Projection> = LazyLock::new(|| entities("Episode"));
static SEQUENCES: LazyLock<Projection> = LazyLock::new(|| entities("Sequence"));
static SHOTS: LazyLock<Projection> = LazyLock::new(|| entities("Shot"));
static SCENES: LazyLock<Projection> = LazyLock::new(|| entities("Scene"));

fn entities(object: &'static str) -> Projection {
    Projection::all_columns(&ENTITY, &[])
        .type_name(object)
        .computed("data", ColumnType::Json, masking::visible_data)
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

impl Core {
    /// Lists the tasks of an entity that are assigned to the caller.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such entity of the kind.
    pub async fn my_tasks(
        &self,
        caller: &Caller,
        id: Uuid,
        kind: EntityKind,
    ) -> Result<JsonChunks> {
        self.require_entity_of_type(id, kind).await?;
        let narrow = |select: &mut SelectStatement| {
            select
                .and_where(Expr::col(("task", "entity_id")).eq(id))
                .cond_where(work::is_assigned_work(caller.id));
        };
        self.masked_tasks(caller, &TASKS, narrow).await
    }

    /// Streams the tasks of a query as JSON, masked for clients and vendors.
    pub(crate) async fn masked_tasks(
        &self,
        caller: &Caller,
        projection: &'static Projection,
        narrow: impl FnOnce(&mut SelectStatement),
    ) -> Result<JsonChunks> {
        let Some(mask) = self.mask(caller).await? else {
            return Ok(self.rows(projection, narrow));
        };
        let mut select = projection.select(self.database().dialect());
        narrow(&mut select);
        let rows = JsonRows::new(projection).changing(Some(mask.of_tasks()));
        let query = self.database().dialect().build(&select);
        Ok(self.database().stream(query, rows))
    }

    /// Lists the task types of an entity's tasks that are assigned to the
    /// caller.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such entity of the kind.
    pub async fn my_task_types(
        &self,
        caller: &Caller,
        id: Uuid,
        kind: EntityKind,
    ) -> Result<JsonChunks> {
        self.require_entity_of_type(id, kind).await?;
        let mut types = work::of_assigned_tasks("task_type_id", caller.id);
        types.and_where(Expr::col(("task", "entity_id")).eq(id));
        Ok(self.rows(&TASK_TYPES, |select| {
            select.and_where(Expr::col(("task_type", "id")).in_subquery(types));
        }))
    }

    /// Lists the asset types of the assets in a project on which the caller has
    /// tasks.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such project.
    pub async fn my_asset_types(&self, caller: &Caller, project_id: Uuid) -> Result<JsonChunks> {
        self.require_existing(project_id).await?;
        let mut types = Query::select();
        types
            .column(("entity", "entity_type_id"))
            .from("entity")
            .and_where(Expr::col(("entity", "project_id")).eq(project_id))
            .cond_where(is_worked_on(caller));
        Ok(self.rows(&ASSET_TYPES, |select| {
            select
                .and_where(Expr::col(("entity_type", "id")).in_subquery(types))
                .cond_where(work::is_of_kind(("entity_type", "id"), ASSET));
        }))
    }

    /// Lists the assets of a type in a project on which the caller has tasks.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such project or asset type.
    pub async fn my_assets(
        &self,
        caller: &Caller,
        project_id: Uuid,
        asset_type: &MaybeId,
    ) -> Result<JsonChunks> {
        self.require_existing(project_id).await?;
        let asset_type = asset_type.found()?;
        if !work::asset_type_exists(self.database(), asset_type).await? {
            return Err(Error::NotFound);
        }
        Ok(self.rows(&ASSETS, |select| {
            add_viewer(select, caller);
            select
                .and_where(Expr::col(("entity", "project_id")).eq(project_id))
                .and_where(Expr::col(("entity", "entity_type_id")).eq(asset_type))
                .cond_where(is_worked_on(caller));
        }))
    }

    /// Lists the episodes of a project with shots on which the caller has
    /// tasks.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such project.
    pub async fn my_episodes(&self, caller: &Caller, project_id: Uuid) -> Result<JsonChunks> {
        self.require_existing(project_id).await?;
        let mut parents = Query::select();
        parents
            .column(("sequence", "parent_id"))
            .from_as("entity", "sequence")
            .cond_where(work::is_of_kind(("sequence", "entity_type_id"), SEQUENCE))
            .and_where(Expr::col(("sequence", "id")).in_subquery(parents_of_shots(caller)));
        Ok(self.rows(&EPISODES, |select| {
            add_viewer(select, caller);
            select
                .and_where(Expr::col(("entity", "project_id")).eq(project_id))
                .cond_where(work::is_of_kind(("entity", "entity_type_id"), EPISODE))
                .and_where(Expr::col(("entity", "id")).in_subquery(parents));
        }))
    }

    /// Lists the sequences of a project with shots on which the caller has
    /// tasks.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such project.
    pub async fn my_sequences(&self, caller: &Caller, project_id: Uuid) -> Result<JsonChunks> {
        self.require_existing(project_id).await?;
        Ok(self.rows(&SEQUENCES, |select| {
            add_viewer(select, caller);
            select
                .and_where(Expr::col(("entity", "project_id")).eq(project_id))
                .cond_where(work::is_of_kind(("entity", "entity_type_id"), SEQUENCE))
                .and_where(Expr::col(("entity", "id")).in_subquery(parents_of_shots(caller)));
        }))
    }

    /// Lists the shots of a sequence on which the caller has tasks.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such sequence.
    pub async fn my_shots(&self, caller: &Caller, sequence_id: Uuid) -> Result<JsonChunks> {
        self.my_children(caller, sequence_id, SHOT, &SHOTS).await
    }

    /// Lists the layout scenes of a sequence on which the caller has tasks.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such sequence.
    pub async fn my_scenes(&self, caller: &Caller, sequence_id: Uuid) -> Result<JsonChunks> {
        self.my_children(caller, sequence_id, SCENE, &SCENES).await
    }

    async fn my_children(
        &self,
        caller: &Caller,
        sequence_id: Uuid,
        kind: EntityKind,
        projection: &'static Projection,
    ) -> Result<JsonChunks> {
        self.require_entity_of_type(sequence_id, SEQUENCE).await?;
        Ok(self.rows(projection, |select| {
            add_viewer(select, caller);
            select
                .and_where(Expr::col(("entity", "parent_id")).eq(sequence_id))
                .cond_where(work::is_of_kind(("entity", "entity_type_id"), kind))
                .cond_where(is_worked_on(caller));
        }))
    }

    /// Checks that an entity exists and is of the kind; [`Error::NotFound`]
    /// otherwise.
    async fn require_entity_of_type(&self, id: Uuid, kind: EntityKind) -> Result<()> {
        if work::entity_exists(self.database(), id, kind).await? {
            Ok(())
        } else {
            Err(Error::NotFound)
        }
    }

    /// Streams the rows of a query in a projection; `narrow` adds its
    /// conditions.
    pub(crate) fn rows(
        &self,
        projection: &'static Projection,
        narrow: impl FnOnce(&mut SelectStatement),
    ) -> JsonChunks {
        let query = self.narrowed(projection, narrow);
        self.database().stream_json(query, projection)
    }

    /// Like [`rows`](Self::rows), for a list of a few dozen rows at most:
    /// fetched at once on a shared connection of the pool, not streamed on one
    /// of its own.
    pub(crate) async fn few_rows(
        &self,
        projection: &'static Projection,
        narrow: impl FnOnce(&mut SelectStatement),
    ) -> Result<JsonChunks> {
        let query = self.narrowed(projection, narrow);
        Ok(self.database().fetch_json(query, projection).await?)
    }

    fn narrowed(
        &self,
        projection: &Projection,
        narrow: impl FnOnce(&mut SelectStatement),
    ) -> dialect::Query {
        let dialect = self.database().dialect();
        let mut select = projection.select(dialect);
        narrow(&mut select);
        dialect.build(&select)
    }
}

/// Sets the caller as the viewer for whom [`entities`] filters the metadata.
fn add_viewer(select: &mut SelectStatement, caller: &Caller) {
    masking::add_viewer(select, caller.id, ("entity", "project_id"));
}

/// Condition on `entity`: the caller has a task of it.
fn is_worked_on(caller: &Caller) -> Condition {
    Condition::all().add(
        Expr::col(("entity", "id")).in_subquery(work::of_assigned_tasks("entity_id", caller.id)),
    )
}

/// Subquery: the parents (sequences) of the shots on which the caller has
/// tasks.
fn parents_of_shots(caller: &Caller) -> SelectStatement {
    let mut parents = Query::select();
    parents
        .column(("shot", "parent_id"))
        .from_as("entity", "shot")
        .cond_where(work::is_of_kind(("shot", "entity_type_id"), SHOT))
        .and_where(
            Expr::col(("shot", "id")).in_subquery(work::of_assigned_tasks("entity_id", caller.id)),
        );
    parents
}
