//! Output files of entities, asset instances and productions.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tanuki_core::files::{NewOutputFile, OutputList, OutputPlace};
use tanuki_core::{JsonRow, MaybeId};
use uuid::Uuid;

use super::working::named_error;
use super::{file_name, number, text_of};
use crate::error::HandlerResult;
use crate::extract::{ActionBody, Authenticated, Body, Fields, PathIds, Query, TextRule};
use crate::{Api, response};

/// The ids in a path of an asset instance in a shot or scene.
#[derive(Debug, Deserialize)]
pub(crate) struct InstancePath {
    asset_instance_id: Uuid,
    temporal_entity_id: Uuid,
}

/// The id in a path of an entity.
#[derive(Debug, Deserialize)]
pub(crate) struct EntityPath {
    entity_id: Uuid,
}

/// A path that names what output files are made of.
pub(crate) trait MadeOf: DeserializeOwned + Send {
    fn place(&self) -> OutputPlace;

    fn list(&self) -> OutputList;
}

impl MadeOf for EntityPath {
    fn place(&self) -> OutputPlace {
        OutputPlace::Entity(self.entity_id)
    }

    fn list(&self) -> OutputList {
        OutputList::Entity(self.entity_id)
    }
}

impl MadeOf for InstancePath {
    fn place(&self) -> OutputPlace {
        OutputPlace::Instance {
            instance_id: self.asset_instance_id,
            temporal_id: self.temporal_entity_id,
        }
    }

    fn list(&self) -> OutputList {
        OutputList::Instance {
            instance_id: self.asset_instance_id,
            temporal_id: Some(self.temporal_entity_id),
        }
    }
}

/// `GET /data/entities/ID/output-files`.
pub(crate) async fn of_entity(
    caller: Authenticated,
    api: State<Api>,
    PathIds(id): PathIds<Uuid>,
    query: Query,
) -> HandlerResult {
    listed(OutputList::Entity(id), caller, api, query).await
}

/// `GET /data/asset-instances/ID/output-files`.
pub(crate) async fn of_instance(
    caller: Authenticated,
    api: State<Api>,
    PathIds(id): PathIds<Uuid>,
    query: Query,
) -> HandlerResult {
    let list = OutputList::Instance {
        instance_id: id,
        temporal_id: None,
    };
    listed(list, caller, api, query).await
}

/// `GET /data/projects/ID/output-files`.
pub(crate) async fn of_project(
    caller: Authenticated,
    api: State<Api>,
    PathIds(id): PathIds<Uuid>,
    query: Query,
) -> HandlerResult {
    listed(OutputList::Project(id), caller, api, query).await
}

async fn listed(
    list: OutputList,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Query(parameters): Query,
) -> HandlerResult {
    let files = api.core.files().output_files(&caller, list, &parameters);
    response::stream(files.await?).await
}

/// `GET …/output-files/last-revisions`.
pub(crate) async fn last<P: MadeOf>(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<P>,
    Query(parameters): Query,
) -> HandlerResult {
    let files = api.core.files();
    let last = files.last_output_files(&caller, path.list(), &parameters);
    response::stream(last.await?).await
}

/// `GET …/output-types`.
pub(crate) async fn types<P: MadeOf>(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<P>,
) -> HandlerResult {
    response::stream(api.core.files().output_types(&caller, path.list()).await?).await
}

/// The ids in the path of an output type of an entity's files.
#[derive(Debug, Deserialize)]
pub(crate) struct EntityTypePath {
    entity_id: Uuid,
    output_type_id: Uuid,
}

/// The ids in the path of an output type of an asset instance's files.
#[derive(Debug, Deserialize)]
pub(crate) struct InstanceTypePath {
    asset_instance_id: Uuid,
    temporal_entity_id: Uuid,
    output_type_id: Uuid,
}

/// `GET /data/entities/ID/output-types/ID/output-files`.
pub(crate) async fn of_type(
    caller: Authenticated,
    api: State<Api>,
    PathIds(path): PathIds<EntityTypePath>,
    query: Query,
) -> HandlerResult {
    let list = OutputList::Entity(path.entity_id);
    listed_of_type((list, path.output_type_id), caller, api, query).await
}

/// `GET /data/asset-instances/ID/entities/ID/output-types/ID/output-files`.
pub(crate) async fn of_instance_and_type(
    caller: Authenticated,
    api: State<Api>,
    PathIds(path): PathIds<InstanceTypePath>,
    query: Query,
) -> HandlerResult {
    let list = OutputList::Instance {
        instance_id: path.asset_instance_id,
        temporal_id: Some(path.temporal_entity_id),
    };
    listed_of_type((list, path.output_type_id), caller, api, query).await
}

async fn listed_of_type(
    (list, output_type_id): (OutputList, Uuid),
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    query: Query,
) -> HandlerResult {
    let representation = query.first("representation");
    let files = api.core.files();
    let listed = files.output_files_of_type(&caller, list, output_type_id, representation);
    response::stream(listed.await?).await
}

/// The body of `POST …/output-files/next-revision`.
#[derive(Debug)]
pub(crate) struct NextRevision {
    name: String,
    output_type_id: MaybeId,
    task_type_id: MaybeId,
}

impl ActionBody for NextRevision {
    const SCHEMA: &'static str = "NextRevisionSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            name: fields.text_within("name", text_of(250), "main"),
            output_type_id: fields.text("output_type_id", TextRule::FILLED).into(),
            task_type_id: fields.text("task_type_id", TextRule::FILLED).into(),
        }
    }
}

/// `POST …/output-files/next-revision`.
pub(crate) async fn next_revision<P: MadeOf>(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<P>,
    arguments: Body<NextRevision>,
) -> HandlerResult<Json<Value>> {
    let body = arguments.validate()?;
    let series = (body.name.as_str(), &body.output_type_id, &body.task_type_id);
    let files = api.core.files();
    let revision = files.next_output_revision(&caller, path.place(), series);
    Ok(Json(json!({"next_revision": revision.await?})))
}

impl ActionBody for NewOutputFile {
    const SCHEMA: &'static str = "NewOutputFileSchema";

    fn read(fields: &mut Fields) -> Self {
        let given = |text: &String| !text.is_empty();
        let mut optional = |field: &str| fields.optional_text(field).map(MaybeId::from);
        let person_id = optional("person_id");
        let working_file_id = optional("working_file_id");
        let file_status_id = fields.optional_text("file_status_id").filter(given);
        Self {
            name: fields.text_within("name", file_name(), "main"),
            output_type_id: fields.text("output_type_id", TextRule::FILLED).into(),
            task_type_id: fields.text("task_type_id", TextRule::FILLED).into(),
            person_id,
            working_file_id,
            file_status_id: file_status_id.map(MaybeId::from),
            comment: fields.text_within("comment", text_of(usize::from(u16::MAX)), ""),
            revision: number(fields, "revision", 0),
            extension: fields.text_within("extension", text_of(10), ""),
            representation: fields.text_within("representation", text_of(20), ""),
            nb_elements: number(fields, "nb_elements", 1),
            separator: fields.text_or("sep", "/"),
        }
    }
}

type Created = HandlerResult<(StatusCode, Json<JsonRow>)>;

/// `POST /data/entities/ID/output-files/new`.
pub(crate) async fn create_of_entity(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<EntityPath>,
    arguments: Body<NewOutputFile>,
) -> Created {
    let new = arguments.validate()?;
    let files = api.core.files();
    let row = files.create_output_file(&caller, path.place(), &new).await;
    Ok((StatusCode::CREATED, Json(row.map_err(named_error)?)))
}

/// `POST /data/asset-instances/ID/entities/ID/output-files/new`.
pub(crate) async fn create_of_instance(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<InstancePath>,
    arguments: Body<NewOutputFile>,
) -> Created {
    let new = arguments.validate()?;
    let files = api.core.files();
    let row = files
        .create_output_file(&caller, path.place(), &new)
        .await?;
    Ok((StatusCode::CREATED, Json(row)))
}
