//! Lists of entities of one kind: of a project, of a parent, or of all
//! projects. JSON: an array of rows sorted by name.
//!
//! Vendors get only the entities that they have a task on, and the sequences
//! and episodes of those. Metadata that is hidden from clients and vendors is
//! masked.

use tanuki_store::database::JsonChunks;
use tanuki_store::projection::Projection;
use tanuki_store::query::{entities, entities::kinds, list_filters, visibility};
use tanuki_store::schema::ENTITY;
use tanuki_store::{Filter, ListQuery};
use uuid::Uuid;

use super::{ENTITIES, Kind};
use crate::access::{ProjectAccess, UncheckedEntity, ensure};
use crate::parameters::{Parameters, first, is_true};
use crate::resource::{filters, sorted_by_name_match};
use crate::{Caller, Entities, Error, MaybeId, Result};

/// Which projection of an entity a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ListFormat {
    Row,
    Linked,
    Named,
}

impl Entities<'_> {
    /// Lists the entities of a kind, filtered by the query string. JSON:
    /// `Projections::named`. Requires access to the project of `project_id`, or
    /// of the parent in `sequence_id` (shots) or `episode_id` (sequences);
    /// without any of them, requires an admin.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project or parent does not exist. `Denied` without
    /// access, for clients and vendors on concepts, for vendors on scenes.
    /// `Invalid` for a filter on a hidden value, `Refused` for a malformed one.
    pub async fn all_entities(
        self,
        caller: &Caller,
        kind: Kind,
        parameters: &Parameters,
    ) -> Result<JsonChunks> {
        let mut parameters = parameters.to_vec();
        self.parent_parameter(caller, kind, &mut parameters).await?;
        let access = self
            .access_in(caller, first(&parameters, "project_id"))
            .await?;
        ensure(access.is_granted())?;
        refuse_guests(kind, access)?;
        // Scenes across sequences are not available to vendors.
        if kind == Kind::Scene {
            access.deny_vendors()?;
        }
        self.core
            .refuse_hidden_filters(&ENTITY, caller, &parameters)
            .await?;
        let condition = Self::filters_of_kind(caller, &parameters)?;
        let form = ListFormat::Named;
        Ok(self.entities(caller, access, (kind, form), condition, &parameters))
    }

    /// Replaces `sequence_id` of shots and `episode_id` of sequences by the
    /// conditions on the row: project and parent.
    async fn parent_parameter(
        self,
        caller: &Caller,
        kind: Kind,
        parameters: &mut Vec<(String, String)>,
    ) -> Result<()> {
        let (key, above) = match kind {
            Kind::Shot => ("sequence_id", Kind::Sequence),
            Kind::Sequence => ("episode_id", Kind::Episode),
            _ => return Ok(()),
        };
        let Some(id) = first(parameters, key) else {
            return Ok(());
        };
        let parent = self
            .core
            .load_entity_unchecked(caller, above, MaybeId::from(id.to_owned()).found()?)
            .await?;
        replace(parameters, "project_id", parent.project_id);
        replace(parameters, "parent_id", parent.id);
        Ok(())
    }

    /// Returns the caller's access to the project that a list is filtered by.
    /// Admins may filter by a project that does not exist.
    pub(super) async fn access_in(
        self,
        caller: &Caller,
        project: Option<&str>,
    ) -> Result<ProjectAccess> {
        let project_id = match project {
            Some(project) if !caller.is_admin() => {
                let id = MaybeId::from(project.to_owned()).found()?;
                self.core.require_existing(id).await?;
                Some(id)
            }
            _ => None,
        };
        caller
            .project_access(self.core.database(), project_id)
            .await
    }

    /// Lists the entities of a kind in a project. JSON: `Projections::row`.
    /// Requires access to the project; concepts are not available to clients
    /// and vendors.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such project, [`Error::Denied`]
    /// without access to it.
    pub async fn project_entities(
        self,
        caller: &Caller,
        kind: Kind,
        project_id: Uuid,
    ) -> Result<JsonChunks> {
        let (project_id, access) = self.core.require_project(caller, project_id).await?;
        refuse_guests(kind, access)?;
        let condition = list_filters::of_project(&ENTITY, project_id);
        Ok(self.entities(caller, access, (kind, ListFormat::Row), condition, &[]))
    }

    /// Lists the shots of all sequences of an episode; with the ids of linked
    /// rows if `relations` is true in the query string.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such entity of the kind,
    /// [`Error::Denied`] without access to it.
    pub async fn episode_shots(
        self,
        caller: &Caller,
        episode_id: Uuid,
        parameters: &Parameters,
    ) -> Result<JsonChunks> {
        let episode = self
            .core
            .require_entity_of_kind(caller, Kind::Episode, episode_id)
            .await?;
        let condition = kinds::grandchildren_of(episode.id);
        Ok(self.children(caller, &episode, Kind::Shot, linked(parameters), condition))
    }

    /// Lists the edits of an episode; with the ids of linked rows if
    /// `relations` is true in the query string.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such entity of the kind,
    /// [`Error::Denied`] without access to it.
    pub async fn episode_edits(
        self,
        caller: &Caller,
        episode_id: Uuid,
        parameters: &Parameters,
    ) -> Result<JsonChunks> {
        let episode = self
            .core
            .require_entity_of_kind(caller, Kind::Episode, episode_id)
            .await?;
        let condition = entities::with_parent(episode.id);
        Ok(self.children(caller, &episode, Kind::Edit, linked(parameters), condition))
    }

    /// Lists the layout scenes of a sequence.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such entity of the kind,
    /// [`Error::Denied`] without access to it.
    pub async fn sequence_scenes(self, caller: &Caller, sequence_id: Uuid) -> Result<JsonChunks> {
        let sequence = self
            .core
            .require_entity_of_kind(caller, Kind::Sequence, sequence_id)
            .await?;
        let condition = entities::with_parent(sequence.id);
        Ok(self.children(caller, &sequence, Kind::Scene, ListFormat::Row, condition))
    }

    /// Lists the shots that were created from a layout scene.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such entity of the kind,
    /// [`Error::Denied`] without access to it.
    pub async fn scene_shots(self, caller: &Caller, scene_id: Uuid) -> Result<JsonChunks> {
        let scene = self
            .core
            .require_entity_of_kind(caller, Kind::Scene, scene_id)
            .await?;
        let condition = entities::with_source(scene.id);
        Ok(self.children(caller, &scene, Kind::Shot, ListFormat::Named, condition))
    }

    /// Lists the sequences of an episode, filtered by the query string. An
    /// episode that is not an id (`main`, `all`) has none: the list is empty.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such entity of the kind,
    /// [`Error::Denied`] without access to it. [`Error::Invalid`] for a filter
    /// that is refused.
    pub async fn episode_sequences(
        self,
        caller: &Caller,
        episode: &MaybeId,
        parameters: &Parameters,
    ) -> Result<JsonChunks> {
        let Some(episode_id) = episode.id().filter(|_| episode.is_hyphenated()) else {
            let access = caller.project_access(self.core.database(), None).await?;
            let none = Filter::none();
            return Ok(self.entities(caller, access, (Kind::Sequence, ListFormat::Row), none, &[]));
        };
        let episode = self
            .core
            .load_entity_unchecked(caller, Kind::Episode, episode_id)
            .await?;
        self.children_of_parent(caller, &episode, Kind::Sequence, parameters)
            .await
    }

    /// Lists the shots of a sequence, filtered by the query string.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such entity of the kind,
    /// [`Error::Denied`] without access to it. [`Error::Invalid`] for a filter
    /// that is refused.
    pub async fn sequence_shots(
        self,
        caller: &Caller,
        sequence_id: Uuid,
        parameters: &Parameters,
    ) -> Result<JsonChunks> {
        let sequence = self
            .core
            .load_entity_unchecked(caller, Kind::Sequence, sequence_id)
            .await?;
        self.children_of_parent(caller, &sequence, Kind::Shot, parameters)
            .await
    }

    /// Lists the children of an entity, filtered by the query string.
    async fn children_of_parent(
        self,
        caller: &Caller,
        parent: &UncheckedEntity,
        kind: Kind,
        parameters: &Parameters,
    ) -> Result<JsonChunks> {
        ensure(parent.access.is_granted())?;
        let mut parameters = parameters.to_vec();
        replace(&mut parameters, "parent_id", parent.id);
        self.core
            .refuse_hidden_filters(&ENTITY, caller, &parameters)
            .await?;
        let condition = Self::filters_of_kind(caller, &parameters)?;
        let kind = (kind, ListFormat::Named);
        Ok(self.entities(caller, parent.access, kind, condition, &parameters))
    }

    fn children(
        self,
        caller: &Caller,
        parent: &UncheckedEntity,
        kind: Kind,
        form: ListFormat,
        condition: Filter,
    ) -> JsonChunks {
        self.entities(caller, parent.access, (kind, form), condition, &[])
    }

    /// Returns the condition of the filters in a query string. `entity_type_id`
    /// is ignored, since the endpoint determines the kind.
    fn filters_of_kind(caller: &Caller, parameters: &Parameters) -> Result<Filter> {
        let mut parameters = parameters.to_vec();
        parameters.retain(|(name, _)| name != "entity_type_id");
        filters(&ENTITIES, caller, &parameters).map_err(|error| match error {
            Error::InvalidFilter(_) => {
                Error::Refused("One of the ID sent in parameter is not properly formatted.".into())
            }
            error => error,
        })
    }

    /// Streams the entities of a kind that match a condition, with the
    /// projection and the restrictions of the caller's role.
    fn entities(
        self,
        caller: &Caller,
        access: ProjectAccess,
        (kind, form): (Kind, ListFormat),
        condition: Filter,
        parameters: &Parameters,
    ) -> JsonChunks {
        let mut list = ListQuery::new(form.projection(kind, access))
            .filter(kinds::of_kind(kind.is()))
            .filter(condition);
        if access.is_vendor() || access.is_client() {
            list = list.seen_by(caller.id);
        }
        if access.is_vendor() {
            list = list.filter(visibility::entities::listed_for_vendor(kind, caller.id));
        }
        let list = sorted_by_name_match(list, &ENTITY, parameters);
        self.core.database().stream_list(match (kind, form) {
            (Kind::Shot, ListFormat::Named) => list.ascending_caseless("name"),
            _ => list.ascending("name"),
        })
    }
}

impl ListFormat {
    fn projection(self, kind: Kind, access: ProjectAccess) -> &'static Projection {
        let projections = kind.projections();
        if access.is_vendor() {
            return &projections.vendor[self as usize];
        }
        if access.is_client() {
            return &projections.for_client[self as usize];
        }
        match self {
            Self::Row => &projections.row,
            Self::Linked => &projections.linked,
            Self::Named => &projections.named,
        }
    }
}

fn linked(parameters: &Parameters) -> ListFormat {
    match first(parameters, "relations") {
        Some(text) if is_true(text) => ListFormat::Linked,
        _ => ListFormat::Row,
    }
}

/// Refuses clients and vendors for concepts and folders of concepts.
fn refuse_guests(kind: Kind, access: ProjectAccess) -> Result<()> {
    match kind {
        Kind::Concept | Kind::ConceptFolder => access.deny_guests(),
        _ => Ok(()),
    }
}

pub(super) fn replace(parameters: &mut Vec<(String, String)>, key: &str, id: Uuid) {
    parameters.retain(|(other, _)| other != key);
    parameters.push((key.to_owned(), id.to_string()));
}
