//! Creation of entities.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tanuki_core::entities::{Kind, NewEntity};
use tanuki_core::{Error, JsonRow, MaybeId};
use uuid::Uuid;

use super::change::FOLDER_NAME;
use crate::Api;
use crate::error::HandlerResult;
use crate::extract::{Arguments, Authenticated, Fields, PathIds, TextRule};

type Created = HandlerResult<(StatusCode, Json<JsonRow>)>;

/// `POST /data/projects/ID/KIND`.
pub(crate) async fn create(
    kind: Kind,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<MaybeId>,
    arguments: Arguments,
) -> Created {
    let new = read(kind, arguments)?;
    let project = project.found()?;
    let row = api
        .core
        .entities()
        .create_entity(&caller, kind, project, new)
        .await?;
    Ok((StatusCode::CREATED, Json(row)))
}

/// The ids in the path of new assets.
#[derive(Debug, Deserialize)]
pub(crate) struct NewAssetPath {
    project_id: MaybeId,
    asset_type_id: MaybeId,
}

/// `POST /data/projects/ID/asset-types/ID/assets/new`.
pub(crate) async fn asset(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<NewAssetPath>,
    arguments: Arguments,
) -> Created {
    let new = read(Kind::Asset, arguments)?;
    let row = api
        .core
        .entities()
        .create_asset(&caller, path.project_id.found()?, &path.asset_type_id, new)
        .await?;
    Ok((StatusCode::CREATED, Json(row)))
}

/// Reads a new entity of a kind. The fields are validated in Zou's order, so
/// that the errors have that order as well.
fn read(kind: Kind, arguments: Arguments) -> Result<NewEntity, Error> {
    let read = |fields: &mut Fields| new_entity(kind, fields);
    let (mut new, of) = Fields::validated(arguments, schema(kind), read)?;
    new.concept_of = ids(&of)?;
    Ok(new)
}

/// Zou's name for the body of a new entity.
pub(crate) fn schema(kind: Kind) -> &'static str {
    match kind {
        Kind::Asset => "NewAssetSchema",
        Kind::Shot => "NewShotSchema",
        Kind::Sequence => "NewSequenceSchema",
        Kind::Episode => "NewEpisodeSchema",
        Kind::Scene => "NewSceneSchema",
        Kind::Edit => "NewEditSchema",
        Kind::Concept => "NewConceptSchema",
        Kind::ConceptFolder => "ConceptFolderSchema",
    }
}

/// Reads the fields of a new entity, and the objects whose ids are those of the
/// entities that a concept is of.
pub(crate) fn new_entity(kind: Kind, fields: &mut Fields) -> (NewEntity, Vec<Map<String, Value>>) {
    let rule = match kind {
        Kind::ConceptFolder => FOLDER_NAME,
        _ => TextRule::FILLED,
    };
    let mut new = NewEntity {
        name: fields.text("name", rule),
        ..NewEntity::default()
    };
    let mut concept_of = Vec::new();
    match kind {
        Kind::Shot => {
            new.parent = fields.optional_id("sequence_id");
            new.fields.push(metadata(fields));
            let frames = fields.optional_integer("nb_frames", None);
            new.fields.push(("nb_frames", frames.into()));
            new.fields.push(text_or(fields, "description", Value::Null));
        }
        Kind::Sequence => {
            new.parent = fields.optional_id("episode_id");
            new.fields.push(text_or(fields, "description", "".into()));
            new.fields.push(metadata(fields));
        }
        Kind::Episode => {
            let (_, status) = text_or(fields, "status", Value::Null);
            new.fields.push(("status", known_status(status)));
            new.fields.push(text_or(fields, "description", "".into()));
            new.fields.push(metadata(fields));
        }
        Kind::Scene => {
            new.parent = fields.optional_id("sequence_id");
            new.fields.push(("data", json!({})));
        }
        Kind::Edit => {
            new.fields.push(text_or(fields, "description", "".into()));
            new.fields.push(metadata(fields));
            new.parent = fields.optional_id("episode_id");
        }
        Kind::Concept => {
            new.fields.push(metadata(fields));
            new.fields.push(text_or(fields, "description", Value::Null));
            concept_of = fields.dictionaries("entity_concept_links");
            new.parent = fields.optional_text_id("parent_id");
        }
        Kind::Asset => {
            new.fields.push(text_or(fields, "description", "".into()));
            // An explicit null stores no metadata at all.
            let is_given = fields.has("data");
            let data = fields.optional_object("data");
            let data = data.map_or(Value::Null, Value::Object);
            new.fields
                .push(("data", if is_given { data } else { json!({}) }));
            let is_shared = fields.optional_flag("is_shared").unwrap_or(false);
            new.fields.push(("is_shared", is_shared.into()));
            let episode = fields.optional_id("episode_id").map(|id| id.to_string());
            new.fields.push(("source_id", episode.into()));
        }
        Kind::ConceptFolder => {}
    }
    (new, concept_of)
}

/// Reads the metadata; an empty object if it is missing.
fn metadata(fields: &mut Fields) -> (&'static str, Value) {
    let data = fields.optional_object("data").unwrap_or_default();
    ("data", data.into())
}

/// Reads a string: null if null is sent, `default` if it is missing.
fn text_or(fields: &mut Fields, field: &'static str, default: Value) -> (&'static str, Value) {
    if fields.has(field) {
        (field, fields.optional_text(field).into())
    } else {
        (field, default)
    }
}

/// Returns the status of an episode; an unknown one becomes `running`.
fn known_status(status: Value) -> Value {
    match status.as_str() {
        Some("complete" | "standby" | "canceled") => status,
        _ => "running".into(),
    }
}

/// Returns the `id` of each object.
///
/// # Errors
///
/// `NotFound` if one has no valid id.
fn ids(objects: &[Map<String, Value>]) -> Result<Vec<Uuid>, Error> {
    let id = |object: &Map<String, Value>| Uuid::try_parse(object.get("id")?.as_str()?).ok();
    let ids = objects
        .iter()
        .map(|object| id(object).ok_or(Error::NotFound));
    ids.collect()
}
