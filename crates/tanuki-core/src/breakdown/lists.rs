//! Lists of castings.

use tanuki_store::database::JsonChunks;
use tanuki_store::projection::Projection;
use tanuki_store::query::work;
use tanuki_store::query::{breakdown, entities, rows, visibility};
use tanuki_store::view::breakdown as projections;
use tanuki_store::{Kind, ListQuery, RowChange};
use uuid::Uuid;

use crate::access::ensure;
use crate::{Breakdown, Caller, Error, JsonRow, MaybeId, Result};

/// Which castings of a project to list: of all entities of a kind, or of those
/// with a common parent or asset type.
#[derive(Debug, Clone, Copy)]
pub enum Castings<'a> {
    Episodes,
    Shots,
    /// Of no episode if the id is malformed, such as `main`.
    ShotsOfEpisode(&'a MaybeId),
    ShotsOfSequence(&'a MaybeId),
    AssetsOfType(&'a MaybeId),
}

impl Castings<'_> {
    /// The projection of the links.
    pub(super) fn projection(self) -> &'static Projection {
        match self {
            Self::Episodes => &projections::OF_EPISODES,
            Self::Shots | Self::ShotsOfEpisode(_) | Self::ShotsOfSequence(_) => {
                &projections::OF_SHOTS
            }
            Self::AssetsOfType(_) => &projections::OF_ASSETS,
        }
    }
}

impl Breakdown<'_> {
    /// Lists castings of a project. JSON: an object that maps the id of each
    /// cast-in entity to an array of links: `projections::OF_EPISODES`,
    /// `projections::OF_SHOTS` or `projections::OF_ASSETS`. Requires access
    /// to the project; not for vendors.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project, sequence or asset type does not exist.
    /// `Denied` for vendors, without access to the project, and for a sequence
    /// of another project.
    pub async fn castings(
        self,
        caller: &Caller,
        project_id: Uuid,
        of: Castings<'_>,
    ) -> Result<JsonChunks> {
        self.require_breakdown(caller, project_id).await?;
        let in_project = breakdown::is_cast_in_production(project_id);
        let cast_in = match of {
            Castings::Episodes => in_project,
            Castings::Shots => in_project.and(breakdown::is_shot_or_within()),
            Castings::ShotsOfEpisode(episode) => {
                // `main` and malformed ids match no sequence: the list is
                // empty.
                let episode = episode.id().unwrap_or_default();
                in_project.and(breakdown::is_in_episode(episode))
            }
            Castings::ShotsOfSequence(sequence) => {
                let found = self
                    .core
                    .load_entity_unchecked(caller, Kind::Sequence, sequence.found()?)
                    .await?;
                ensure(found.project_id == project_id)?;
                breakdown::is_in_child_of(found.id)
            }
            Castings::AssetsOfType(asset_type) => {
                let id = asset_type.found()?;
                if !work::asset_type_exists(self.core.database(), id).await? {
                    return Err(Error::NotFound);
                }
                in_project.and(breakdown::is_in_type(id))
            }
        };
        let links = ListQuery::new(of.projection())
            .filter(cast_in)
            .filter(breakdown::is_live());
        let by: &[&str] = match of {
            Castings::Episodes | Castings::AssetsOfType(_) => &["stage"],
            _ => &["sequence", "stage"],
        };
        let links = breakdown::grouped(links, by);
        Ok(self.core.database().stream_groups(links))
    }

    /// Lists the casting of an entity of a project. JSON: an array of
    /// `projections::CASTING`. Requires access to the project; not for
    /// vendors.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project or the entity does not exist, `Denied` if the
    /// entity belongs to another project.
    pub async fn casting(
        self,
        caller: &Caller,
        project_id: Uuid,
        entity: &MaybeId,
    ) -> Result<JsonChunks> {
        self.require_breakdown(caller, project_id).await?;
        let id = entity.found()?;
        let of = rows::project_of(self.core.database(), "entity", id).await?;
        ensure(of.ok_or(Error::NotFound)? == Some(project_id))?;
        Ok(self.core.database().stream_list(breakdown::casting_of(id)))
    }

    /// Lists the casting of an asset. JSON: an array of
    /// `projections::CASTING`. Requires access to the asset; vendors need a
    /// task on it.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such entity of the kind,
    /// [`Error::Denied`] without access to it.
    pub async fn asset_casting(self, caller: &Caller, asset_id: Uuid) -> Result<JsonChunks> {
        let found = self
            .core
            .require_entity_of_kind(caller, Kind::Asset, asset_id)
            .await?;
        let casting = breakdown::casting_of(found.id);
        Ok(self.core.database().stream_list(casting))
    }

    /// Lists the entities that an asset is cast in: shots
    /// (`projections::SHOT_OF_CAST`), then assets
    /// (`projections::ASSET_OF_CAST`). Contains those of the asset's project
    /// and of other projects that the caller has access to.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such entity of the kind,
    /// [`Error::Denied`] without access to it.
    pub async fn cast_in(self, caller: &Caller, asset_id: Uuid) -> Result<Vec<JsonRow>> {
        let found = self
            .core
            .require_entity_of_kind(caller, Kind::Asset, asset_id)
            .await?;
        let database = self.core.database();
        let mut which = breakdown::is_use_of(found.id);
        if !caller.is_admin() {
            which = which.and(visibility::entities::cast_in_team_of(
                found.project_id,
                caller.id,
            ));
        }
        let shots = breakdown::shots_of_cast(which.clone());
        let mut cast_in = shots.rows(database).await?;
        cast_in.extend(breakdown::assets_of_cast(which).rows(database).await?);
        Ok(cast_in)
    }

    /// Lists the shared assets of other projects that are cast in shots of a
    /// project, or of one of its episodes. JSON: an array of
    /// `projections::ASSET`. `main` and `all` mean no particular episode.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project does not exist or the episode is malformed,
    /// `Denied` without access to the project.
    pub async fn shared_assets_used(
        self,
        caller: &Caller,
        project_id: Uuid,
        episode: Option<&MaybeId>,
    ) -> Result<JsonChunks> {
        self.core
            .require_project_unless_admin(caller, project_id)
            .await?;
        let episode = episode.filter(|id| !matches!(id.as_str(), "main" | "all"));
        let episode = episode.map(MaybeId::found).transpose()?;
        let mask = self.core.mask(caller).await?;
        let change = mask.map(|mask| RowChange::new(move |asset| mask.shared_asset(asset)));
        let assets = ListQuery::new(&projections::ASSET)
            .filter(entities::is_used_from_elsewhere(project_id, episode))
            .changing(change);
        Ok(self.core.database().stream_list(assets))
    }

    /// Checks that the caller may read the castings of a project: requires
    /// access to it, and refuses vendors.
    async fn require_breakdown(self, caller: &Caller, project_id: Uuid) -> Result<()> {
        let (_, access) = self
            .core
            .require_project_unless_admin(caller, project_id)
            .await?;
        access.deny_vendors()
    }
}
