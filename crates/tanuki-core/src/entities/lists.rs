//! Lists of entities of one kind: of a production, of a place in it, of all.

use sea_query::{Condition, Expr, ExprTrait, Order, SelectStatement};
use tanuki_store::database::JsonChunks;
use tanuki_store::query::{kinds, masking};
use tanuki_store::schema::ENTITY;
use tanuki_store::shape::Shape;
use uuid::Uuid;

use super::{ENTITIES, Found, Kind};
use crate::access::{Standing, allow};
use crate::fields::hyphenated_id;
use crate::resource::{Parameters, exact_name_first, filters, first, is_true};
use crate::{Caller, Core, Error, Result};

/// In which of its forms an entity is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Row,
    Linked,
    Named,
}

impl Core {
    /// The entities of a kind that the caller may see, as the query string
    /// asks.
    pub async fn all_entities(
        &self,
        caller: &Caller,
        kind: Kind,
        parameters: &Parameters,
    ) -> Result<JsonChunks> {
        let mut parameters = parameters.to_vec();
        self.ask_of_parent(caller, kind, &mut parameters).await?;
        let standing = self
            .standing_in(caller, first(&parameters, "project_id"))
            .await?;
        allow(standing.has_access())?;
        refuse_guests(kind, standing)?;
        // Scenes of all sequences are the studio's own.
        if kind == Kind::Scene {
            standing.refuse_vendors()?;
        }
        self.refuse_hidden_filters(&ENTITY, caller, &parameters)
            .await?;
        let condition = Self::filters_of_kind(caller, &parameters)?;
        let form = Form::Named;
        Ok(self.entities(caller, standing, (kind, form), condition, &parameters))
    }

    /// Shots may be asked for by their sequence, sequences by their episode.
    async fn ask_of_parent(
        &self,
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
        let parent = self.find_entity(caller, above, id).await?;
        replace(parameters, "project_id", parent.project_id);
        replace(parameters, "parent_id", parent.id);
        Ok(())
    }

    /// The caller's place in the production that a list is asked of.
    pub(super) async fn standing_in(
        &self,
        caller: &Caller,
        project: Option<&str>,
    ) -> Result<Standing> {
        let project_id = match project {
            Some(project) if !caller.is_admin() => Some(self.project_id(project).await?),
            _ => None,
        };
        caller.standing(self.database(), project_id).await
    }

    /// The entities of a kind that are in a production.
    pub async fn project_entities(
        &self,
        caller: &Caller,
        kind: Kind,
        project: &str,
    ) -> Result<JsonChunks> {
        let (project_id, standing) = self.enter_project(caller, project).await?;
        refuse_guests(kind, standing)?;
        let condition = is_in("project_id", project_id);
        Ok(self.entities(caller, standing, (kind, Form::Row), condition, &[]))
    }

    /// Shots whose sequence is in an episode.
    pub async fn episode_shots(
        &self,
        caller: &Caller,
        episode: &str,
        parameters: &Parameters,
    ) -> Result<JsonChunks> {
        let episode = self.reach_entity(caller, Kind::Episode, episode).await?;
        let condition = kinds::grandchildren_of(episode.id);
        Ok(self.children(caller, &episode, Kind::Shot, linked(parameters), condition))
    }

    /// Edits of an episode.
    pub async fn episode_edits(
        &self,
        caller: &Caller,
        episode: &str,
        parameters: &Parameters,
    ) -> Result<JsonChunks> {
        let episode = self.reach_entity(caller, Kind::Episode, episode).await?;
        let condition = is_in("parent_id", episode.id);
        Ok(self.children(caller, &episode, Kind::Edit, linked(parameters), condition))
    }

    /// Layout scenes of a sequence.
    pub async fn sequence_scenes(&self, caller: &Caller, sequence: &str) -> Result<JsonChunks> {
        let sequence = self.reach_entity(caller, Kind::Sequence, sequence).await?;
        let condition = is_in("parent_id", sequence.id);
        Ok(self.children(caller, &sequence, Kind::Scene, Form::Row, condition))
    }

    /// Shots that were made from a layout scene.
    pub async fn scene_shots(&self, caller: &Caller, scene: &str) -> Result<JsonChunks> {
        let scene = self.reach_entity(caller, Kind::Scene, scene).await?;
        let condition = is_in("source_id", scene.id);
        Ok(self.children(caller, &scene, Kind::Shot, Form::Named, condition))
    }

    /// Sequences of an episode, as the query string asks.
    pub async fn episode_sequences(
        &self,
        caller: &Caller,
        episode: &str,
        parameters: &Parameters,
    ) -> Result<JsonChunks> {
        if hyphenated_id(episode).is_none() {
            let standing = caller.standing(self.database(), None).await?;
            let none = Condition::all().add(Expr::val(false));
            return Ok(self.entities(caller, standing, (Kind::Sequence, Form::Row), none, &[]));
        }
        let episode = self.find_entity(caller, Kind::Episode, episode).await?;
        self.asked_children(caller, &episode, Kind::Sequence, parameters)
            .await
    }

    /// Shots of a sequence, as the query string asks.
    pub async fn sequence_shots(
        &self,
        caller: &Caller,
        sequence: &str,
        parameters: &Parameters,
    ) -> Result<JsonChunks> {
        let sequence = self.find_entity(caller, Kind::Sequence, sequence).await?;
        self.asked_children(caller, &sequence, Kind::Shot, parameters)
            .await
    }

    async fn asked_children(
        &self,
        caller: &Caller,
        parent: &Found,
        kind: Kind,
        parameters: &Parameters,
    ) -> Result<JsonChunks> {
        allow(parent.standing.has_access())?;
        let mut parameters = parameters.to_vec();
        replace(&mut parameters, "parent_id", parent.id);
        self.refuse_hidden_filters(&ENTITY, caller, &parameters)
            .await?;
        let condition = Self::filters_of_kind(caller, &parameters)?;
        let kind = (kind, Form::Named);
        Ok(self.entities(caller, parent.standing, kind, condition, &parameters))
    }

    fn children(
        &self,
        caller: &Caller,
        parent: &Found,
        kind: Kind,
        form: Form,
        condition: Condition,
    ) -> JsonChunks {
        self.entities(caller, parent.standing, (kind, form), condition, &[])
    }

    /// What a query string filters the entities of one kind by. Which kind
    /// they are of is not its business.
    fn filters_of_kind(caller: &Caller, parameters: &Parameters) -> Result<Condition> {
        let mut parameters = parameters.to_vec();
        parameters.retain(|(name, _)| name != "entity_type_id");
        filters(&ENTITIES, caller, &parameters).map_err(|error| match error {
            Error::UnusableFilter(_) => {
                Error::Refused("One of the ID sent in parameter is not properly formatted.".into())
            }
            error => error,
        })
    }

    fn entities(
        &self,
        caller: &Caller,
        standing: Standing,
        (kind, form): (Kind, Form),
        condition: Condition,
        parameters: &Parameters,
    ) -> JsonChunks {
        let dialect = self.database().dialect();
        let shape = form.shape(kind, standing);
        let mut select = shape.select(dialect);
        select
            .cond_where(kinds::of_kind(kind.is()))
            .cond_where(condition);
        if standing.is_vendor() || standing.is_client() {
            masking::add_viewer(&mut select, caller.id, ("entity", "project_id"));
        }
        if standing.is_vendor() {
            select.cond_where(shown_to_vendor(kind, caller.id));
        }
        exact_name_first(&mut select, &ENTITY, parameters);
        let name = Expr::col(("entity", "name"));
        match (kind, form) {
            (Kind::Shot, Form::Named) => {
                select.order_by_expr(dialect.caseless(name), Order::Asc);
            }
            _ => {
                select.order_by_expr(name, Order::Asc);
            }
        }
        self.stream_entities(select, shape)
    }

    pub(super) fn stream_entities(
        &self,
        select: SelectStatement,
        shape: &'static Shape,
    ) -> JsonChunks {
        let query = self.database().dialect().build(&select);
        self.database().stream_json(query, shape)
    }
}

impl Form {
    fn shape(self, kind: Kind, standing: Standing) -> &'static Shape {
        let shapes = kind.shapes();
        if standing.is_vendor() {
            return &shapes.vendor[self as usize];
        }
        if standing.is_client() {
            return &shapes.for_client[self as usize];
        }
        match self {
            Self::Row => &shapes.row,
            Self::Linked => &shapes.linked,
            Self::Named => &shapes.named,
        }
    }
}

fn linked(parameters: &Parameters) -> Form {
    match first(parameters, "relations") {
        Some(text) if is_true(text) => Form::Linked,
        _ => Form::Row,
    }
}

/// Vendors see what they work on, and the sequences and episodes it is in.
pub(crate) fn shown_to_vendor(kind: Kind, vendor: Uuid) -> Condition {
    match kind {
        Kind::Sequence => kinds::holding_work_of(vendor),
        Kind::Episode => kinds::holding_sequences_with_work_of(vendor),
        _ => kinds::worked_on_by(vendor),
    }
}

/// Concepts are not shown to those from outside.
fn refuse_guests(kind: Kind, standing: Standing) -> Result<()> {
    match kind {
        Kind::Concept | Kind::ConceptFolder => standing.refuse_guests(),
        _ => Ok(()),
    }
}

pub(super) fn is_in(column: &'static str, id: Uuid) -> Condition {
    Condition::all().add(Expr::col(("entity", column)).eq(id))
}

pub(super) fn replace(parameters: &mut Vec<(String, String)>, key: &str, id: Uuid) {
    parameters.retain(|(other, _)| other != key);
    parameters.push((key.to_owned(), id.to_string()));
}
