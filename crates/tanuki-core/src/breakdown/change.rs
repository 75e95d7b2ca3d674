//! Changing castings: the casting links of an entity.
//!
//! Every function that changes castings first locks the episodes, shots and
//! their tasks, in the order of [`locks`](tanuki_store::query::locks), so that
//! transactions cannot deadlock.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;
use tanuki_store::query::breakdown::{self, Stage};
use tanuki_store::query::rows;
use tanuki_store::schema::ENTITY;
use tanuki_store::view::breakdown as projections;
use tanuki_store::{Kind, Transaction};
use uuid::Uuid;

use super::batch::CastingBatch;
use super::stages::{OfKind, stages};
use super::wanted::{CastAsset, Wanted};
use crate::fields::check_changes;
use crate::resource::require_in_project;
use crate::{Breakdown, Caller, Error, JsonRow, MaybeId, Result};

/// Maximum number of casting entries in one request.
const MAX_ENTRIES: usize = 10_000;

/// Refuses more than [`MAX_ENTRIES`] entries with `Invalid`.
fn check_entries(count: usize) -> Result<()> {
    if count > MAX_ENTRIES {
        return Err(Error::invalid(format!(
            "The casting has at most {MAX_ENTRIES} entries in one request."
        )));
    }
    Ok(())
}

impl Breakdown<'_> {
    /// Replaces the castings of entities of a project, each given by the id of
    /// the entity. Requires a manager of the project or an admin.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project or an entity does not exist. `Denied` if the
    /// caller does not manage the project or an entity belongs to another one.
    /// `Invalid` for more than 10,000 entries and for an asset that cannot be
    /// cast there. Errors of [`Wanted::read`] for malformed entries.
    pub async fn update_castings(
        self,
        caller: &Caller,
        project_id: Uuid,
        castings: &[(MaybeId, &[Value])],
    ) -> Result<()> {
        let project_id = self
            .core
            .require_managed_project_unless_admin(caller, project_id)
            .await?
            .project_id;
        let ids = castings
            .iter()
            .map(|(id, _)| id.found())
            .collect::<Result<Vec<_>>>()?;
        check_entries(castings.iter().map(|(_, casting)| casting.len()).sum())?;
        let mut transaction = self.core.database().begin().await?;
        let stages = stages(&mut transaction, &ids, project_id).await?;
        let wanted = castings
            .iter()
            .map(|(_, casting)| Wanted::read(casting))
            .collect::<Result<Vec<_>>>()?;
        self.replace_castings(&mut transaction, caller, &stages, &wanted)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Replaces the casting of an asset. Requires a manager of its project or
    /// an admin.
    ///
    /// # Errors
    ///
    /// `NotFound` if the asset does not exist, `Denied` if the caller does not
    /// manage its project, `Invalid` for more than 10,000 entries and for an
    /// asset that cannot be cast there.
    pub async fn update_asset_casting(
        self,
        caller: &Caller,
        asset_id: Uuid,
        wanted: Vec<Wanted>,
    ) -> Result<()> {
        let found = self
            .core
            .load_entity_unchecked(caller, Kind::Asset, asset_id)
            .await?;
        found.access.require_manager()?;
        check_entries(wanted.len())?;
        let mut transaction = self.core.database().begin().await?;
        let stages = stages(&mut transaction, &[found.id], found.project_id).await?;
        self.replace_castings(&mut transaction, caller, &stages, &[wanted])
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Casts one asset in several entities without changing the other entries
    /// of their castings. Requires a manager of the project or an admin.
    ///
    /// JSON: an object that maps the id of each entity to its new casting, an
    /// array of `projections::CASTING`.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project, the asset or an entity does not exist,
    /// `Denied` if the caller does not manage the project or an entity belongs
    /// to another one, `Invalid` if the asset cannot be cast there.
    pub async fn cast_asset(
        self,
        caller: &Caller,
        project_id: Uuid,
        asset: &MaybeId,
        cast: &CastAsset,
    ) -> Result<JsonRow> {
        let project_id = self
            .core
            .require_managed_project_unless_admin(caller, project_id)
            .await?
            .project_id;
        let asset = self
            .core
            .load_entity_unchecked(caller, Kind::Asset, asset.found()?)
            .await?
            .id;
        let mut transaction = self.core.database().begin().await?;
        check_changes("entity_ids", &cast.entity_ids)?;
        let stages = stages(&mut transaction, &cast.entity_ids, project_id).await?;
        let mut batch = self.load_batch(&mut transaction, &stages, &[asset]).await?;
        let is_new = |stage: &Stage| !batch.casts(stage.id, asset);
        if cast.nb_occurences != Some(0) && stages.iter().any(is_new) {
            require_castable(&mut transaction, caller, project_id, &[asset]).await?;
        }
        for stage in &stages {
            match cast.nb_occurences {
                Some(0) => batch.remove(stage, asset, true),
                _ => batch.cast(stage, asset, cast)?,
            }
        }
        self.write_castings(&mut transaction, caller, batch).await?;
        let ids: Vec<Uuid> = stages.iter().map(|stage| stage.id).collect();
        let mut castings = breakdown::castings_of(&mut transaction, &ids).await?;
        transaction.commit().await?;
        let mut answer = JsonRow::new();
        for id in ids {
            let links = castings.remove(&id).unwrap_or_default().into_iter();
            let casting = || links.map(Value::Object).collect();
            answer.entry(id.to_string()).or_insert_with(casting);
        }
        Ok(answer)
    }

    /// Deletes a casting link and returns its row. Requires a manager of the
    /// project or an admin. Unlike [`cast_asset`](Self::cast_asset), it does
    /// not cascade to the shots of an episode.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project or the link does not exist, `Denied` if the
    /// caller does not manage the project or the link belongs to another one.
    pub async fn remove_casting_link(
        self,
        caller: &Caller,
        project_id: Uuid,
        link: &MaybeId,
    ) -> Result<JsonRow> {
        let project_id = self
            .core
            .require_managed_project_unless_admin(caller, project_id)
            .await?
            .project_id;
        let id = link.found()?;
        let mut transaction = self.core.database().begin().await?;
        let row = rows::by_id(&mut transaction, &projections::LINK, id).await?;
        let row = row.ok_or(Error::NotFound)?;
        let entity_id = crate::fields::id_of(&row, "entity_in_id").ok_or(Error::NotFound)?;
        let asset_id = crate::fields::id_of(&row, "entity_out_id").ok_or(Error::NotFound)?;
        let stages = stages(&mut transaction, &[entity_id], project_id).await?;
        let mut batch = self.load_batch(&mut transaction, &stages, &[]).await?;
        for stage in &stages {
            if !batch.casts(stage.id, asset_id) {
                return Err(Error::NotFound);
            }
            batch.remove(stage, asset_id, false);
        }
        self.write_castings(&mut transaction, caller, batch).await?;
        transaction.commit().await?;
        Ok(row)
    }

    /// Replaces the castings of entities of one project, which are locked, in
    /// their order. Assets that do not exist are ignored.
    async fn replace_castings(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        stages: &[Stage],
        wanted: &[Vec<Wanted>],
    ) -> Result<()> {
        let assets: BTreeSet<Uuid> = wanted.iter().flatten().map(|cast| cast.asset_id).collect();
        let assets: Vec<Uuid> = assets.into_iter().collect();
        let assets = rows::existing(transaction, "entity", &assets).await?;
        let mut batch = self.load_batch(transaction, stages, &assets).await?;
        let known: HashSet<Uuid> = assets.into_iter().collect();
        let mut castings = Vec::with_capacity(stages.len());
        let mut new = BTreeSet::new();
        for (stage, wanted) in stages.iter().zip(wanted) {
            let wanted = wanted.iter().filter(|cast| known.contains(&cast.asset_id));
            let wanted: Vec<&Wanted> = wanted.collect();
            let assets = wanted.iter().map(|cast| cast.asset_id);
            new.extend(assets.filter(|asset| !batch.casts(stage.id, *asset)));
            castings.push((stage, wanted));
        }
        let new: Vec<Uuid> = new.into_iter().collect();
        if let Some(stage) = stages.first() {
            require_castable(transaction, caller, stage.project_id, &new).await?;
        }
        for (stage, wanted) in castings {
            batch.replace(stage, &wanted);
        }
        self.write_castings(transaction, caller, batch).await
    }

    /// Loads the castings of entities, with those of other entities that change with
    /// them.
    pub(super) async fn load_batch(
        self,
        transaction: &mut Transaction,
        stages: &[Stage],
        assets: &[Uuid],
    ) -> Result<CastingBatch> {
        let ids: Vec<Uuid> = stages.iter().map(|stage| stage.id).collect();
        let episodes: BTreeSet<Uuid> = stages
            .iter()
            .filter_map(|stage| match stage.kind() {
                Kind::Episode => Some(stage.id),
                _ => stage.episode(),
            })
            .collect();
        let episodes: Vec<Uuid> = episodes.into_iter().collect();
        let now = self.core.clock().timestamp();
        CastingBatch::load(transaction, now, (&ids, &episodes), assets).await
    }
}

/// Checks that assets can be cast in entities of a project: each belongs to it,
/// is shared, or belongs to another project that the caller has access to.
/// `Invalid` otherwise.
async fn require_castable(
    transaction: &mut Transaction,
    caller: &Caller,
    project_id: Uuid,
    assets: &[Uuid],
) -> Result<()> {
    let field = ("asset_id", &ENTITY);
    require_in_project(
        transaction.into(),
        caller,
        project_id,
        field,
        (assets, true),
    )
    .await
}
