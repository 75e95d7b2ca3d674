//! Lists of castings.

use sea_query::{Condition, Expr, ExprTrait, NullOrdering, Order};
use serde_json::{Map, Value};
use tanuki_store::GroupWriter;
use tanuki_store::database::JsonChunks;
use tanuki_store::projection::Projection;
use tanuki_store::query::work::{self, EntityKind};
use tanuki_store::query::{breakdown, entities, rows};
use uuid::Uuid;

use super::projections;
use crate::access::ensure;
use crate::entities::Kind;
use crate::ids::parse_id;
use crate::{Caller, Core, Error, Result};

/// Which castings of a project to list: of all entities of a kind, or of those
/// with a common parent or asset type. Ids are path parameters.
#[derive(Debug, Clone, Copy)]
pub enum Castings<'a> {
    Episodes,
    Shots,
    ShotsOfEpisode(&'a str),
    ShotsOfSequence(&'a str),
    AssetsOfType(&'a str),
}

impl Core {
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
        &self,
        caller: &Caller,
        project: &str,
        of: Castings<'_>,
    ) -> Result<JsonChunks> {
        let project_id = self.require_breakdown(caller, project).await?;
        let in_project = breakdown::is_cast_in_production(project_id);
        let (projection, cast_in): (&'static Projection, Condition) = match of {
            Castings::Episodes => (&projections::OF_EPISODES, in_project),
            Castings::Shots => {
                let shots = in_project.add(breakdown::is_shot_or_within());
                (&projections::OF_SHOTS, shots)
            }
            Castings::ShotsOfEpisode(episode) => {
                // `main` and malformed ids match no sequence: the list is
                // empty.
                let episode = Uuid::try_parse(episode).unwrap_or_default();
                let of_episode = Expr::col(("sequence", "parent_id")).eq(episode);
                (&projections::OF_SHOTS, in_project.add(of_episode))
            }
            Castings::ShotsOfSequence(sequence) => {
                let found = self
                    .load_entity_unchecked(caller, Kind::Sequence, parse_id(sequence)?)
                    .await?;
                ensure(found.project_id == project_id)?;
                let of_sequence = Expr::col(("stage", "parent_id")).eq(found.id);
                (&projections::OF_SHOTS, Condition::all().add(of_sequence))
            }
            Castings::AssetsOfType(asset_type) => {
                let id = parse_id(asset_type)?;
                if !work::asset_type_exists(self.database(), id).await? {
                    return Err(Error::NotFound);
                }
                let of_type = Expr::col(("stage", "entity_type_id")).eq(id);
                (&projections::OF_ASSETS, in_project.add(of_type))
            }
        };
        let dialect = self.database().dialect();
        let mut select = projection.select(dialect);
        select.cond_where(cast_in).cond_where(breakdown::is_live());
        let by: &[&str] = match of {
            Castings::Episodes | Castings::AssetsOfType(_) => &["stage"],
            _ => &["sequence", "stage"],
        };
        breakdown::grouped(&mut select, by);
        let query = dialect.build(&select);
        Ok(self.database().stream(query, GroupWriter::new(projection)))
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
        &self,
        caller: &Caller,
        project: &str,
        entity: &str,
    ) -> Result<JsonChunks> {
        let project_id = self.require_breakdown(caller, project).await?;
        let id = parse_id(entity)?;
        let of = rows::project_of(self.database(), "entity", id).await?;
        ensure(of.ok_or(Error::NotFound)? == Some(project_id))?;
        Ok(self.stream_casting(id))
    }

    /// Lists the casting of an asset. JSON: an array of
    /// `projections::CASTING`. Requires access to the asset; vendors need a
    /// task on it.
    pub async fn asset_casting(&self, caller: &Caller, asset: &str) -> Result<JsonChunks> {
        let found = self
            .require_entity_of_kind(caller, Kind::Asset, parse_id(asset)?)
            .await?;
        Ok(self.stream_casting(found.id))
    }

    fn stream_casting(&self, id: Uuid) -> JsonChunks {
        let dialect = self.database().dialect();
        let mut select = projections::CASTING.select(dialect);
        select
            .and_where(Expr::col(("entity_link", "entity_in_id")).eq(id))
            .cond_where(breakdown::is_live());
        breakdown::in_order(&mut select);
        let query = dialect.build(&select);
        self.database().stream_json(query, &projections::CASTING)
    }

    /// Lists the entities that an asset is cast in: shots
    /// (`projections::SHOT_OF_CAST`), then assets
    /// (`projections::ASSET_OF_CAST`). Contains those of the asset's project
    /// and of other projects that the caller has access to.
    pub async fn cast_in(&self, caller: &Caller, asset: &str) -> Result<Vec<Map<String, Value>>> {
        let found = self
            .require_entity_of_kind(caller, Kind::Asset, parse_id(asset)?)
            .await?;
        let database = self.database();
        let of = |projection: &Projection| {
            let mut select = projection.select(database.dialect());
            select
                .and_where(Expr::col(("entity_link", "entity_out_id")).eq(found.id))
                .and_where(Expr::col(("stage", "canceled")).eq(false));
            if !caller.is_admin() {
                select.cond_where(breakdown::is_cast_within_reach(found.project_id, caller.id));
            }
            select
        };
        let mut shots = of(&projections::SHOT_OF_CAST);
        shots.cond_where(breakdown::is_shot_or_within());
        for table in ["episode", "sequence", "stage"] {
            // A shot may have no sequence. PostgreSQL and SQLite both sort it
            // first.
            shots.order_by_with_nulls((table, "name"), Order::Asc, NullOrdering::First);
        }
        let mut cast_in = rows::all(database, &projections::SHOT_OF_CAST, &shots).await?;
        let mut assets = of(&projections::ASSET_OF_CAST);
        let column = ("stage", "entity_type_id");
        assets
            .cond_where(work::is_of_kind(column, EntityKind::Asset))
            .order_by(("stage_type", "name"), Order::Asc)
            .order_by(("stage", "name"), Order::Asc);
        cast_in.extend(rows::all(database, &projections::ASSET_OF_CAST, &assets).await?);
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
        &self,
        caller: &Caller,
        project: &str,
        episode: Option<&str>,
    ) -> Result<JsonChunks> {
        let (project_id, _) = self
            .require_project_unless_admin(caller, parse_id(project)?)
            .await?;
        let episode = match episode {
            None | Some("main" | "all") => None,
            Some(text) => Some(parse_id(text)?),
        };
        let dialect = self.database().dialect();
        let mut select = projections::ASSET.select(dialect);
        select.cond_where(entities::is_used_from_elsewhere(project_id, episode));
        let query = dialect.build(&select);
        Ok(self.database().stream_json(query, &projections::ASSET))
    }

    /// Checks that the caller may read the castings of a project: requires
    /// access to it, and refuses vendors.
    async fn require_breakdown(&self, caller: &Caller, project: &str) -> Result<Uuid> {
        let (project_id, access) = self
            .require_project_unless_admin(caller, parse_id(project)?)
            .await?;
        access.deny_vendors()?;
        Ok(project_id)
    }
}
