//! Changing castings: the casting links of an entity.
//!
//! Every function that changes castings first locks the episodes, shots and
//! their tasks, in the order of [`locks`](tanuki_store::query::locks), so that
//! transactions cannot deadlock.

use serde_json::{Map, Value};
use tanuki_store::query::breakdown::{self, CastLink, Stage};
use tanuki_store::query::rows;
use tanuki_store::view::breakdown as projections;
use tanuki_store::{Kind, Transaction};
use uuid::Uuid;

use super::Wanted;
use super::stages::stages;
use crate::fields::check_changes;
use crate::{Breakdown, Caller, Error, JsonRow, MaybeId, Result};

/// One asset to cast in several entities.
#[derive(Debug)]
pub struct CastAsset {
    pub entity_ids: Vec<Uuid>,
    /// Number of occurrences. `None` leaves the current number unchanged, or
    /// means 1 for a new link; zero removes the asset from the casting.
    pub nb_occurences: Option<i64>,
    pub label: Option<String>,
}

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
        for (stage, (_, casting)) in stages.iter().zip(castings) {
            let wanted = Wanted::read(casting)?;
            self.replace_casting(&mut transaction, caller, stage, wanted)
                .await?;
        }
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
        for stage in &stages {
            self.replace_casting(&mut transaction, caller, stage, wanted.clone())
                .await?;
        }
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
        let mut castings = Map::new();
        for stage in &stages {
            let link = link_to(&mut transaction, stage, asset).await?;
            match (link, cast.nb_occurences) {
                (Some(link), Some(0)) => {
                    self.uncast(&mut transaction, caller, stage, &link, true)
                        .await?;
                }
                (None, Some(0)) => {}
                (link, _) => {
                    self.cast_one(&mut transaction, caller, stage, (asset, link), cast)
                        .await?;
                }
            }
            let casting = casting_of(&mut transaction, stage.id).await?;
            castings.insert(stage.id.to_string(), casting.into());
        }
        transaction.commit().await?;
        Ok(castings)
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
        for stage in stages(&mut transaction, &[entity_id], project_id).await? {
            let links = breakdown::links(&mut transaction, stage.id).await?;
            let link = links.into_iter().find(|link| link.id == id);
            let link = link.ok_or(Error::NotFound)?;
            self.uncast(&mut transaction, caller, &stage, &link, false)
                .await?;
        }
        transaction.commit().await?;
        Ok(row)
    }
}

async fn link_to(
    transaction: &mut Transaction,
    stage: &Stage,
    asset_id: Uuid,
) -> Result<Option<CastLink>> {
    let links = breakdown::links(transaction, stage.id).await?;
    Ok(links.into_iter().find(|link| link.asset_id == asset_id))
}

async fn casting_of(transaction: &mut Transaction, id: Uuid) -> Result<Vec<Value>> {
    let casting = breakdown::casting_of(id).rows(transaction).await?;
    Ok(casting.into_iter().map(Value::Object).collect())
}
