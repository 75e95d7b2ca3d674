//! Shared assets, which other projects may cast.

use sea_query::{Condition, Expr, ExprTrait};
use serde_json::{Map, Value};
use tanuki_store::query::work::{self, EntityKind};
use tanuki_store::query::{entities, rows};
use tanuki_store::schema::ENTITY;
use tanuki_store::write::{self, Values};
use uuid::Uuid;

use super::projections;
use crate::entities::Kind;
use crate::fields::check_changes;
use crate::ids::parse_id;
use crate::{Caller, Core, Result};

/// Which assets to share or unshare. Ids of projects and types are path
/// parameters.
#[derive(Debug, Clone, Copy)]
pub enum Share<'a> {
    /// The assets with these ids, of any project.
    These(&'a [Uuid]),
    /// Assets of a project: those with these ids, or all.
    InProject(&'a str, Option<&'a [Uuid]>),
    /// Assets of a project (first) with an asset type (second).
    OfType(&'a str, &'a str),
}

impl Core {
    /// Sets `is_shared` of assets and returns the changed rows as
    /// `projections::ASSET`. Requires a manager of the projects of the
    /// assets, or an admin.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project or one of [`Share::These`] does not exist,
    /// `Denied` if the caller does not manage a project.
    pub async fn share_assets(
        &self,
        caller: &Caller,
        share: Share<'_>,
        is_shared: bool,
    ) -> Result<Vec<Map<String, Value>>> {
        let column = ("entity", "entity_type_id");
        let mut assets = Condition::all().add(work::is_of_kind(column, EntityKind::Asset));
        let of_ids = |ids: &[Uuid]| Expr::col(("entity", "id")).is_in(ids.iter().copied());
        match share {
            Share::These(ids) => {
                check_changes("asset_ids", ids)?;
                for id in ids {
                    let found = self.load_entity_unchecked(caller, Kind::Asset, *id).await?;
                    found.access.require_manager()?;
                }
                assets = assets.add(of_ids(ids));
            }
            Share::InProject(project, ids) => {
                assets = assets.add(self.in_managed(caller, project).await?);
                if let Some(ids) = ids {
                    assets = assets.add(of_ids(ids));
                }
            }
            Share::OfType(project, asset_type) => {
                let of_project = self.in_managed(caller, project).await?;
                let id = parse_id(asset_type)?;
                assets = assets.add(of_project).add(Expr::col(column).eq(id));
            }
        }
        let values = Values::from([
            ("is_shared", is_shared.into()),
            ("updated_at", self.clock().timestamp().into()),
        ]);
        let mut transaction = self.database().begin().await?;
        write::update_where(&mut transaction, &ENTITY, values, assets.clone()).await?;
        let mut select = projections::ASSET.select(self.database().dialect());
        select.cond_where(assets);
        let shared = rows::all(&mut transaction, &projections::ASSET, &select).await?;
        transaction.commit().await?;
        Ok(shared)
    }

    /// Returns the condition on the entities of a project, which the caller
    /// must manage.
    async fn in_managed(&self, caller: &Caller, project: &str) -> Result<Condition> {
        let production = self
            .require_managed_project_unless_admin(caller, parse_id(project)?)
            .await?;
        Ok(entities::of_project(production.project_id))
    }
}
