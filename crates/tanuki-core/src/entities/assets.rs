//! Assets and their types, which studios name themselves.

use std::sync::LazyLock;

use sea_query::{Condition, Expr, ExprTrait, Query, SelectStatement};
use serde_json::{Map, Value};
use tanuki_store::database::JsonChunks;
use tanuki_store::query::work::{EntityKind, is_of_kind};
use tanuki_store::query::{entities, kinds, masking, rows};
use tanuki_store::schema::{ENTITY, ENTITY_TYPE};
use tanuki_store::shape::Shape;
use uuid::Uuid;

use super::lists::is_in;
use super::{ENTITIES, ENTITY_TYPES, Kind};
use crate::access::{Standing, allow};
use crate::fields::hyphenated_id;
use crate::resource::{Parameters, exact_name_first, filters, first};
use crate::{Caller, Core, Error, Result};

static TYPE: LazyLock<Shape> = LazyLock::new(|| Shape::of(&ENTITY_TYPE, &[]).called("AssetType"));
static LINKED_TYPE: LazyLock<Shape> =
    LazyLock::new(|| Shape::linked(&ENTITY_TYPE, &[]).called("AssetType"));

impl Core {
    /// The assets that the caller may see, as the query string asks: of a
    /// production, of an episode, or of all the caller's productions.
    pub async fn assets(&self, caller: &Caller, parameters: &Parameters) -> Result<JsonChunks> {
        let project = first(parameters, "project_id");
        let episode = first(parameters, "episode_id");
        let standing = match (project, episode) {
            (None, Some(episode)) => {
                let episode = self.find_entity(caller, Kind::Episode, episode).await?;
                Some(episode.standing)
            }
            (None, None) => None,
            (project, _) => Some(self.standing_in(caller, project).await?),
        };
        allow(standing.is_none_or(|standing| standing.has_access()))?;
        self.refuse_hidden_filters(&ENTITY, caller, parameters)
            .await?;
        let mut condition = filters(&ENTITIES, caller, parameters)?;
        if let Some(episode) = episode {
            condition = condition.add(kinds::in_or_cast_in(parse_filter(episode)?));
        }
        // Asked of no production, the caller may be a vendor in some of them.
        let is_narrow = !caller.is_admin() && standing.is_none_or(|standing| standing.is_vendor());
        if !caller.is_admin() {
            condition = condition.add(kinds::reached_by(caller.id, caller.role));
        }
        let is_narrow = is_narrow || standing.is_some_and(Standing::is_client);
        let shapes = Kind::Asset.shapes();
        let shape = if is_narrow {
            &shapes.vendor[0]
        } else {
            &shapes.row
        };
        let mut select = shape.select(self.database().dialect());
        if is_narrow {
            masking::add_viewer(&mut select, caller.id, ("entity", "project_id"));
        }
        select
            .cond_where(kinds::of_kind(EntityKind::Asset))
            .cond_where(condition);
        exact_name_first(&mut select, &ENTITY, parameters);
        Ok(self.stream_entities(select, shape))
    }

    /// The assets that are cast in an asset or a shot.
    pub async fn cast_assets(&self, caller: &Caller, kind: Kind, id: &str) -> Result<JsonChunks> {
        let found = self.reach_entity(caller, kind, id).await?;
        let is_guest = found.standing.is_client() || found.standing.is_vendor();
        let shapes = Kind::Asset.shapes();
        let shape = if is_guest {
            &shapes.for_client[0]
        } else {
            &shapes.row
        };
        let mut select = shape.select(self.database().dialect());
        if is_guest {
            masking::add_viewer(&mut select, caller.id, ("entity", "project_id"));
        }
        let cast = entities::cast_of(found.id, "entity_out_id");
        select.and_where(Expr::col(("entity", "id")).in_subquery(cast));
        Ok(self.stream_entities(select, shape))
    }

    /// Asset types, as the query string asks; those that have assets in a
    /// production, if it names one.
    pub fn asset_types(&self, caller: &Caller, parameters: &Parameters) -> Result<JsonChunks> {
        let mut condition = filters(&ENTITY_TYPES, caller, parameters)?;
        if let Some(project) = first(parameters, "project_id") {
            let types = types_of(is_in("project_id", parse_filter(project)?));
            condition = condition.add(Expr::col(("entity_type", "id")).in_subquery(types));
        }
        Ok(self.types(&LINKED_TYPE, condition, parameters))
    }

    pub async fn asset_type(&self, id: &str) -> Result<Map<String, Value>> {
        let id = Uuid::try_parse(id).map_err(|_| Error::NotFound)?;
        let mut select = LINKED_TYPE.select(self.database().dialect());
        select
            .and_where(Expr::col(("entity_type", "id")).eq(id))
            .cond_where(is_of_kind(("entity_type", "id"), EntityKind::Asset));
        let found = rows::all(self.database(), &LINKED_TYPE, &select).await?;
        found.into_iter().next().ok_or(Error::NotFound)
    }

    /// Types of the assets of a production.
    pub async fn project_asset_types(&self, caller: &Caller, project: &str) -> Result<JsonChunks> {
        let standing = self.standing_in(caller, Some(project)).await?;
        allow(standing.has_access())?;
        let asked = [("project_id".to_owned(), project.to_owned())];
        Ok(self.types_where(filters(&ENTITIES, caller, &asked)?))
    }

    /// Types of the assets that are cast in a shot.
    pub async fn shot_asset_types(&self, caller: &Caller, shot: &str) -> Result<JsonChunks> {
        let shot = self.find_entity(caller, Kind::Shot, shot).await?;
        allow(shot.standing.has_access())?;
        let cast = entities::cast_of(shot.id, "entity_out_id");
        let is_cast = Expr::col(("entity", "id")).in_subquery(cast);
        Ok(self.types_where(Condition::all().add(is_cast)))
    }

    fn types_where(&self, of_assets: Condition) -> JsonChunks {
        let is_used = Expr::col(("entity_type", "id")).in_subquery(types_of(of_assets));
        self.types(&TYPE, Condition::all().add(is_used), &[])
    }

    fn types(
        &self,
        shape: &'static Shape,
        condition: Condition,
        parameters: &Parameters,
    ) -> JsonChunks {
        let mut select = shape.select(self.database().dialect());
        select
            .cond_where(condition)
            .cond_where(is_of_kind(("entity_type", "id"), EntityKind::Asset));
        exact_name_first(&mut select, &ENTITY_TYPE, parameters);
        self.stream_entities(select, shape)
    }
}

/// Types of the entities that a condition holds for.
fn types_of(condition: Condition) -> SelectStatement {
    let mut types = Query::select();
    types
        .column(("entity", "entity_type_id"))
        .from("entity")
        .cond_where(condition);
    types
}

/// An id that a list is asked by.
fn parse_filter(text: &str) -> Result<Uuid> {
    hyphenated_id(text).ok_or(Error::UnusableFilter(crate::Unstorable::Format))
}
