//! Shared assets, which other projects may cast.

use std::collections::HashMap;

use tanuki_store::query::breakdown::{self, Stage};
use tanuki_store::query::entities::kinds;
use tanuki_store::query::work::EntityKind;
use tanuki_store::query::{entities, list_filters};
use tanuki_store::schema::ENTITY;
use tanuki_store::view::breakdown as projections;
use tanuki_store::write::{self, Values};
use tanuki_store::{Filter, Kind, ListQuery};
use uuid::Uuid;

use super::stages::OfKind;
use crate::fields::check_changes;
use crate::{Breakdown, Caller, Error, JsonRow, MaybeId, Result};

/// Which assets to share or unshare.
#[derive(Debug, Clone, Copy)]
pub enum Share<'a> {
    /// The assets with these ids, of any project.
    These(&'a [Uuid]),
    /// Assets of a project: those with these ids, or all.
    InProject {
        project_id: Uuid,
        asset_ids: Option<&'a [Uuid]>,
    },
    /// Assets of a project with an asset type.
    OfType {
        project_id: Uuid,
        asset_type: &'a MaybeId,
    },
}

impl Breakdown<'_> {
    /// Sets `is_shared` of assets and returns the changed rows as
    /// `projections::ASSET`. Requires a manager of the projects of the
    /// assets, or an admin.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project or one of [`Share::These`] does not exist,
    /// `Denied` if the caller does not manage a project.
    pub async fn share_assets(
        self,
        caller: &Caller,
        share: Share<'_>,
        is_shared: bool,
    ) -> Result<Vec<JsonRow>> {
        let mut assets = kinds::of_kind(EntityKind::Asset);
        let of_ids = |ids: &[Uuid]| list_filters::has_id_in(&ENTITY, ids);
        match share {
            Share::These(ids) => {
                check_changes("asset_ids", ids)?;
                self.require_managed_assets(caller, ids).await?;
                assets = assets.and(of_ids(ids));
            }
            Share::InProject {
                project_id,
                asset_ids,
            } => {
                assets = assets.and(self.in_managed(caller, project_id).await?);
                if let Some(ids) = asset_ids {
                    assets = assets.and(of_ids(ids));
                }
            }
            Share::OfType {
                project_id,
                asset_type,
            } => {
                let of_project = self.in_managed(caller, project_id).await?;
                let id = asset_type.found()?;
                assets = assets.and(of_project).and(entities::of_type(id));
            }
        }
        let values = Values::from([
            ("is_shared", is_shared.into()),
            ("updated_at", self.core.clock().timestamp().into()),
        ]);
        let mut transaction = self.core.database().begin().await?;
        write::update_where(&mut transaction, &ENTITY, values, assets.clone()).await?;
        let shared = ListQuery::new(&projections::ASSET).filter(assets);
        let shared = shared.rows(&mut transaction).await?;
        transaction.commit().await?;
        Ok(shared)
    }

    /// Checks that the caller manages the projects of assets.
    async fn require_managed_assets(self, caller: &Caller, ids: &[Uuid]) -> Result<()> {
        let found = breakdown::stages(self.core.database(), ids).await?;
        let found: HashMap<Uuid, Stage> = found
            .into_iter()
            .map(|entity| (entity.id, entity))
            .collect();
        let projects = caller.all_project_access(self.core.database()).await?;
        for id in ids {
            let asset = found.get(id).filter(|entity| entity.is(Kind::Asset));
            let asset = asset.ok_or(Error::NotFound)?;
            projects.of(Some(asset.project_id)).require_manager()?;
        }
        Ok(())
    }

    /// Returns the condition on the entities of a project, which the caller
    /// must manage.
    async fn in_managed(self, caller: &Caller, project_id: Uuid) -> Result<Filter> {
        let production = self
            .core
            .require_managed_project_unless_admin(caller, project_id)
            .await?;
        Ok(list_filters::of_project(&ENTITY, production.project_id))
    }
}
