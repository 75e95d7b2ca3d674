//! Updates and deletion of entities: shots, layout scenes, folders of concepts.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use tanuki_core::entities::Kind;
use tanuki_core::{JsonRow, MaybeId};
use uuid::Uuid;

use crate::error::HandlerResult;
use crate::extract::{
    ActionBody, Arguments, Authenticated, Body, Fields, Ids, PathIds, Query, TextRule,
};
use crate::{Api, response};

/// `PUT /data/shots/ID`.
pub(crate) async fn shot(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<MaybeId>,
    arguments: Arguments,
) -> HandlerResult<Json<JsonRow>> {
    let shot = api
        .core
        .entities()
        .managed_shot(&caller, id.found()?)
        .await?;
    let mut fields = Fields::of(arguments, SHOT)?;
    let read = shot_fields(&mut fields);
    let mut data = fields.rest()?;
    data.extend(read.into_iter().map(|(key, value)| (key.to_owned(), value)));
    Ok(Json(
        api.core.entities().update_shot(&caller, shot, data).await?,
    ))
}

/// The name of the body of `PUT /data/shots/ID`.
pub(crate) const SHOT: &str = "UpdateShotSchema";

/// Reads those fields of a shot that Zou validates; others are passed on
/// unchanged.
pub(crate) fn shot_fields(fields: &mut Fields) -> Vec<(&'static str, Value)> {
    let mut read: Vec<(&str, Value)> = Vec::new();
    if fields.has("name") {
        read.push(("name", fields.optional_filled("name").into()));
    }
    if fields.has("description") {
        read.push(("description", fields.optional_text("description").into()));
    }
    if fields.has("nb_frames") {
        let frames = fields.optional_integer("nb_frames", None);
        read.push(("nb_frames", frames.into()));
    }
    if fields.has("data") {
        let data = fields.optional_object("data");
        read.push(("data", data.map_or(Value::Null, Value::Object)));
    }
    if fields.has("parent_id") {
        let parent = fields.optional_id("parent_id").map(|id| id.to_string());
        read.push(("parent_id", parent.into()));
    }
    if fields.has("canceled") {
        read.push(("canceled", fields.optional_flag("canceled").into()));
    }
    read
}

/// The body of `POST /data/scenes/ID/shots`.
#[derive(Debug)]
pub(crate) struct AddShotToScene {
    shot: Uuid,
}

impl ActionBody for AddShotToScene {
    const SCHEMA: &'static str = "AddShotToSceneSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            shot: fields.required_id("shot_id"),
        }
    }
}

/// `POST /data/scenes/ID/shots`.
pub(crate) async fn add_shot_to_scene(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(scene): PathIds<MaybeId>,
    arguments: Body<AddShotToScene>,
) -> HandlerResult<(StatusCode, Json<JsonRow>)> {
    let AddShotToScene { shot } = arguments.validate()?;
    let scene = scene.found()?;
    let row = api
        .core
        .entities()
        .add_shot_to_scene(&caller, scene, shot)
        .await?;
    Ok((StatusCode::CREATED, Json(row)))
}

/// The ids in the path of a shot of a scene.
#[derive(Debug, Deserialize)]
pub(crate) struct SceneShotPath {
    scene_id: Uuid,
    shot_id: MaybeId,
}

/// `DELETE /data/scenes/ID/shots/ID`.
pub(crate) async fn remove_shot_from_scene(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<SceneShotPath>,
) -> HandlerResult {
    api.core
        .entities()
        .remove_shot_from_scene(&caller, path.scene_id, &path.shot_id)
        .await?;
    Ok(response::no_content())
}

/// `DELETE /data/KIND/ID`.
pub(crate) async fn delete(
    kind: Kind,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
    query: Query,
) -> HandlerResult {
    let force = query.flag("force", false);
    api.core
        .entities()
        .delete_entity(&caller, kind, id, force)
        .await?;
    Ok(response::no_content())
}

/// `POST /actions/projects/ID/delete-entities`.
pub(crate) async fn delete_many(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<MaybeId>,
    query: Query,
    Ids(ids): Ids,
) -> HandlerResult<Json<Vec<Uuid>>> {
    let force = query.flag("force", false);
    let project = project.found()?;
    let removed = api
        .core
        .entities()
        .delete_entities(&caller, project, &ids, force);
    Ok(Json(removed.await?))
}

/// `DELETE /data/concept-folders/ID`.
pub(crate) async fn delete_concept_folder(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
) -> HandlerResult {
    api.core
        .entities()
        .delete_concept_folder(&caller, id)
        .await?;
    Ok(response::no_content())
}

/// The body of Reads the name of a folder of concepts.
#[derive(Debug)]
pub(crate) struct ConceptFolder {
    pub name: String,
}

impl ActionBody for ConceptFolder {
    const SCHEMA: &'static str = "ConceptFolderSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            name: fields.text("name", FOLDER_NAME),
        }
    }
}

/// The name of a folder of concepts: 1 to 160 characters.
pub(super) const FOLDER_NAME: TextRule = TextRule {
    max: Some(160),
    ..TextRule::FILLED
};

/// `PUT /data/concept-folders/ID`.
pub(crate) async fn concept_folder(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<MaybeId>,
    arguments: Body<ConceptFolder>,
) -> HandlerResult<Json<JsonRow>> {
    let ConceptFolder { name } = arguments.validate()?;
    let id = id.found()?;
    let row = api
        .core
        .entities()
        .rename_concept_folder(&caller, id, &name)
        .await?;
    Ok(Json(row))
}

/// The body of `POST /actions/projects/ID/move-concepts`.
#[derive(Debug)]
pub(crate) struct MoveConcepts {
    concepts: Vec<Uuid>,
    folder: Option<Uuid>,
}

impl ActionBody for MoveConcepts {
    const SCHEMA: &'static str = "MoveConceptsSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            concepts: fields.text_ids("concept_ids"),
            folder: fields.optional_text_id("concept_folder_id"),
        }
    }
}

/// `POST /actions/projects/ID/move-concepts`.
pub(crate) async fn move_concepts(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<MaybeId>,
    arguments: Body<MoveConcepts>,
) -> HandlerResult<Json<Vec<Uuid>>> {
    let MoveConcepts { concepts, folder } = arguments.validate()?;
    let moved = api
        .core
        .entities()
        .move_concepts(&caller, project.found()?, &concepts, folder)
        .await?;
    Ok(Json(moved))
}
