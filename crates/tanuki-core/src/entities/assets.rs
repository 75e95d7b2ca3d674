//! Assets and asset types. Studios define the asset types themselves.

use std::sync::LazyLock;

use tanuki_store::database::JsonChunks;
use tanuki_store::projection::Projection;
use tanuki_store::query::work::{EntityKind, is_type_of};
use tanuki_store::query::{entities, entities::kinds, list_filters, visibility};
use tanuki_store::schema::{ENTITY, ENTITY_TYPE};
use tanuki_store::{Filter, ListQuery};
use uuid::Uuid;

use super::{ENTITIES, ENTITY_TYPES, Kind};
use crate::access::{ProjectAccess, ensure};
use crate::fields::hyphenated_id;
use crate::parameters::{Parameters, first};
use crate::resource::{filters, sorted_by_name_match};
use crate::{Caller, Entities, Error, JsonRow, MaybeId, Result};

static TYPE: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&ENTITY_TYPE, &[]).type_name("AssetType"));
pub(super) static LINKED_TYPE: LazyLock<Projection> =
    LazyLock::new(|| Projection::with_links(&ENTITY_TYPE, &[]).type_name("AssetType"));

impl Entities<'_> {
    /// Lists assets, filtered by the query string: of a project (`project_id`),
    /// of an episode (`episode_id`: its own assets and those cast in it), or of
    /// all projects of the caller. JSON: an array of asset rows; metadata that
    /// is hidden from clients and vendors is masked.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project or episode does not exist, `Denied` without
    /// access to it, `Invalid` for a filter on a hidden value, `InvalidFilter`
    /// for a malformed one.
    pub async fn assets(self, caller: &Caller, parameters: &Parameters) -> Result<JsonChunks> {
        let project = first(parameters, "project_id");
        let episode = first(parameters, "episode_id");
        let access = match (project, episode) {
            (None, Some(episode)) => {
                let episode = self
                    .core
                    .load_entity_unchecked(
                        caller,
                        Kind::Episode,
                        MaybeId::from(episode.to_owned()).found()?,
                    )
                    .await?;
                Some(episode.access)
            }
            (None, None) => None,
            (project, _) => Some(self.access_in(caller, project).await?),
        };
        ensure(access.is_none_or(|access| access.is_granted()))?;
        self.core
            .refuse_hidden_filters(&ENTITY, caller, parameters)
            .await?;
        let mut condition = filters(&ENTITIES, caller, parameters)?;
        if let Some(episode) = episode {
            condition = condition.and(kinds::in_or_cast_in(parse_filter(episode)?));
        }
        // Without a project, rows are masked: the caller may be a vendor in
        // some of their projects.
        let is_narrow = !caller.is_admin() && access.is_none_or(|access| access.is_vendor());
        if !caller.is_admin() {
            condition = condition.and(visibility::entities::in_team_of(caller.id, caller.role));
        }
        let is_narrow = is_narrow || access.is_some_and(ProjectAccess::is_client);
        let projections = Kind::Asset.projections();
        let projection = if is_narrow {
            &projections.vendor[0]
        } else {
            &projections.row
        };
        let mut assets = ListQuery::new(projection);
        if is_narrow {
            assets = assets.seen_by(caller.id);
        }
        let assets = assets
            .filter(kinds::of_kind(EntityKind::Asset))
            .filter(condition);
        let assets = sorted_by_name_match(assets, &ENTITY, parameters);
        Ok(self.core.database().stream_list(assets))
    }

    /// Lists the assets that are cast in an entity of a kind: an asset or a
    /// shot. JSON: an array of asset rows, masked for clients and vendors.
    /// Requires access to the entity.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such entity of the kind,
    /// [`Error::Denied`] without access to it.
    pub async fn cast_assets(self, caller: &Caller, kind: Kind, id: Uuid) -> Result<JsonChunks> {
        let found = self.core.require_entity_of_kind(caller, kind, id).await?;
        let is_guest = found.access.is_client() || found.access.is_vendor();
        let projections = Kind::Asset.projections();
        let projection = if is_guest {
            &projections.for_client[0]
        } else {
            &projections.row
        };
        let mut assets = ListQuery::new(projection);
        if is_guest {
            assets = assets.seen_by(caller.id);
        }
        let assets = assets.filter(entities::is_cast_in(found.id));
        Ok(self.core.database().stream_list(assets))
    }

    /// Lists asset types, filtered by the query string. `project_id` selects
    /// the types of a project's assets. JSON: an array of rows with the ids of
    /// their task types. Available to every caller.
    ///
    /// # Errors
    ///
    /// `InvalidFilter` for a malformed filter.
    pub fn asset_types(self, caller: &Caller, parameters: &Parameters) -> Result<JsonChunks> {
        let mut condition = filters(&ENTITY_TYPES, caller, parameters)?;
        if let Some(project) = first(parameters, "project_id") {
            let assets = list_filters::of_project(&ENTITY, parse_filter(project)?);
            condition = condition.and(entities::is_type_of(assets));
        }
        Ok(self.types(&LINKED_TYPE, condition, parameters))
    }

    /// Returns an asset type with the ids of its task types.
    ///
    /// # Errors
    ///
    /// `NotFound` if the id is unknown, or that of another kind of entity type
    /// (shot, sequence, …).
    pub async fn asset_type(self, id: Uuid) -> Result<JsonRow> {
        let found = ListQuery::new(&LINKED_TYPE)
            .filter(list_filters::has_id(&ENTITY_TYPE, id))
            .filter(is_type_of(EntityKind::Asset))
            .rows(self.core.database())
            .await?;
        found.into_iter().next().ok_or(Error::NotFound)
    }

    /// Lists the types of a project's assets. Requires access to the project.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such project or its id is malformed,
    /// [`Error::Denied`] without access to it.
    pub async fn project_asset_types(
        self,
        caller: &Caller,
        project: &MaybeId,
    ) -> Result<JsonChunks> {
        let access = self.access_in(caller, Some(project.as_str())).await?;
        ensure(access.is_granted())?;
        let asked = [("project_id".to_owned(), project.as_str().to_owned())];
        Ok(self.types_where(filters(&ENTITIES, caller, &asked)?))
    }

    /// Lists the types of the assets that are cast in a shot. Requires access
    /// to the project.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such shot, [`Error::Denied`] without
    /// access to its project.
    pub async fn shot_asset_types(self, caller: &Caller, shot_id: Uuid) -> Result<JsonChunks> {
        let shot = self
            .core
            .load_entity_unchecked(caller, Kind::Shot, shot_id)
            .await?;
        ensure(shot.access.is_granted())?;
        Ok(self.types_where(entities::is_cast_in(shot.id)))
    }

    fn types_where(self, of_assets: Filter) -> JsonChunks {
        self.types(&TYPE, entities::is_type_of(of_assets), &[])
    }

    fn types(
        self,
        projection: &'static Projection,
        condition: Filter,
        parameters: &Parameters,
    ) -> JsonChunks {
        let types = ListQuery::new(projection)
            .filter(condition)
            .filter(is_type_of(EntityKind::Asset));
        let types = sorted_by_name_match(types, &ENTITY_TYPE, parameters);
        self.core.database().stream_list(types)
    }
}

/// Parses an id in the query string.
fn parse_filter(text: &str) -> Result<Uuid> {
    hyphenated_id(text).ok_or(Error::InvalidFilter(crate::ConstraintViolation::Format))
}
