//! Metadata descriptors: of one project, and of all that the caller manages.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use tanuki_core::projects::{DescriptorDetails, NewDescriptor};
use tanuki_core::{JsonRow, MaybeId};
use uuid::Uuid;

use crate::error::HandlerResult;
use crate::extract::{ActionBody, Authenticated, Body, Fields, PathIds, Query, TextRule};
use crate::{Api, response};

type Rows = Json<Vec<Map<String, Value>>>;

/// The ids in the path of a metadata descriptor.
#[derive(Debug, Deserialize)]
pub(crate) struct DescriptorPath {
    project_id: MaybeId,
    metadata_descriptor_id: MaybeId,
}

/// `GET /data/projects/ID/metadata-descriptors`.
pub(crate) async fn list(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project_id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(
        api.core
            .projects()
            .project_descriptors(&caller, project_id)
            .await?,
    )
    .await
}

/// `GET /data/projects/ID/metadata-descriptors/ID`.
pub(crate) async fn read(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<DescriptorPath>,
) -> HandlerResult<Json<JsonRow>> {
    let project_id = path.project_id.found()?;
    let id = &path.metadata_descriptor_id;
    let row = api
        .core
        .projects()
        .project_descriptor(&caller, project_id, id)
        .await?;
    Ok(Json(row))
}

/// The body of a new metadata descriptor, in one project or in all.
#[derive(Debug)]
pub(crate) struct MetadataDescriptor {
    entity_type: String,
    /// Validated, but not used for a descriptor of all projects.
    task_type: Option<MaybeId>,
    details: DescriptorDetails,
}

impl ActionBody for MetadataDescriptor {
    const SCHEMA: &'static str = "MetadataDescriptorSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            entity_type: fields.text_or("entity_type", "Asset"),
            task_type: fields.optional_text("task_type_id").map(MaybeId::from),
            details: {
                let name = fields.text("name", TextRule::FILLED);
                details(fields, Some(name))
            },
        }
    }
}

/// `POST /data/projects/ID/metadata-descriptors`.
pub(crate) async fn create(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<MaybeId>,
    arguments: Body<MetadataDescriptor>,
) -> HandlerResult<(StatusCode, Json<JsonRow>)> {
    let body = arguments.validate()?;
    let new = NewDescriptor {
        entity_type: &body.entity_type,
        task_type_id: body.task_type.as_ref(),
        details: &body.details,
    };
    let row = api
        .core
        .projects()
        .create_descriptor(&caller, project.found()?, new)
        .await?;
    Ok((StatusCode::CREATED, Json(row)))
}

/// The body of `PUT /data/projects/ID/metadata-descriptors/ID`.
#[derive(Debug)]
pub(crate) struct MetadataDescriptorUpdate {
    details: DescriptorDetails,
}

impl ActionBody for MetadataDescriptorUpdate {
    const SCHEMA: &'static str = "MetadataDescriptorUpdateSchema";

    fn read(fields: &mut Fields) -> Self {
        let name = fields.optional_text("name");
        Self {
            details: details(fields, name),
        }
    }
}

/// `PUT /data/projects/ID/metadata-descriptors/ID`.
pub(crate) async fn update(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<DescriptorPath>,
    arguments: Body<MetadataDescriptorUpdate>,
) -> HandlerResult<Json<JsonRow>> {
    let MetadataDescriptorUpdate { details } = arguments.validate()?;
    let project_id = path.project_id.found()?;
    let id = path.metadata_descriptor_id.found()?;
    let row = api
        .core
        .projects()
        .update_descriptor(&caller, project_id, id, &details);
    Ok(Json(row.await?))
}

/// `DELETE /data/projects/ID/metadata-descriptors/ID`.
pub(crate) async fn delete(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<DescriptorPath>,
) -> HandlerResult {
    let project_id = path.project_id.found()?;
    let id = path.metadata_descriptor_id.found()?;
    api.core
        .projects()
        .delete_descriptor(&caller, project_id, id)
        .await?;
    Ok(response::no_content())
}

/// The body of `POST /data/projects/ID/metadata-descriptors/reorder`.
#[derive(Debug)]
pub(crate) struct MetadataDescriptorOrder {
    entity_type: String,
    ids: Vec<String>,
}

impl ActionBody for MetadataDescriptorOrder {
    const SCHEMA: &'static str = "MetadataDescriptorOrderSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            entity_type: fields.text("entity_type", TextRule::FILLED),
            ids: fields.some_texts("descriptor_ids"),
        }
    }
}

/// `POST /data/projects/ID/metadata-descriptors/reorder`.
pub(crate) async fn order(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<MaybeId>,
    arguments: Body<MetadataDescriptorOrder>,
) -> HandlerResult<Rows> {
    let MetadataDescriptorOrder { entity_type, ids } = arguments.validate()?;
    let core = &api.core;
    let ordered = core
        .projects()
        .order_descriptors(&caller, &project, &entity_type, &ids);
    Ok(Json(ordered.await?))
}

/// `POST /data/metadata-descriptors/all-projects`. Managers only.
pub(crate) async fn create_everywhere(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    arguments: Body<MetadataDescriptor>,
) -> HandlerResult<(StatusCode, Rows)> {
    let manager = caller.as_manager()?;
    let body = arguments.validate()?;
    let core = &api.core;
    let rows =
        core.projects()
            .create_descriptor_everywhere(manager, &body.entity_type, &body.details);
    Ok((StatusCode::CREATED, Json(rows.await?)))
}

/// The body of `PUT /data/metadata-descriptors/all-projects/FIELD`.
#[derive(Debug)]
pub(crate) struct DescriptorUpdateEverywhere {
    entity_type: String,
    details: DescriptorDetails,
}

impl ActionBody for DescriptorUpdateEverywhere {
    const SCHEMA: &'static str = "AllProjectsMetadataDescriptorUpdateSchema";

    fn read(fields: &mut Fields) -> Self {
        let entity_type = fields.text("entity_type", TextRule::FILLED);
        let name = fields.optional_text("name");
        Self {
            entity_type,
            details: details(fields, name),
        }
    }
}

/// `PUT /data/metadata-descriptors/all-projects/FIELD`. Managers only.
pub(crate) async fn update_everywhere(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(key): Path<String>,
    arguments: Body<DescriptorUpdateEverywhere>,
) -> HandlerResult<Rows> {
    let manager = caller.as_manager()?;
    let body = arguments.validate()?;
    let which = (body.entity_type.as_str(), key.as_str());
    let core = &api.core;
    let rows = core
        .projects()
        .update_descriptor_everywhere(manager, which, &body.details);
    Ok(Json(rows.await?))
}

/// `DELETE /data/metadata-descriptors/all-projects/FIELD`. Managers only.
pub(crate) async fn delete_everywhere(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(key): Path<String>,
    query: Query,
) -> HandlerResult<Json<Vec<Value>>> {
    let manager = caller.as_manager()?;
    let entity_type = query.first("entity_type").unwrap_or_default();
    let core = &api.core;
    let gone = core
        .projects()
        .delete_descriptor_everywhere(manager, entity_type, &key);
    Ok(Json(gone.await?))
}

/// The body of `POST /actions/metadata-descriptors/all-projects/reorder`.
#[derive(Debug)]
pub(crate) struct AllProjectsMetadataDescriptorOrder {
    entity_type: String,
    keys: Vec<String>,
}

impl ActionBody for AllProjectsMetadataDescriptorOrder {
    const SCHEMA: &'static str = "AllProjectsMetadataDescriptorOrderSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            entity_type: fields.text("entity_type", TextRule::FILLED),
            keys: fields.some_texts("field_order"),
        }
    }
}

/// `POST /actions/metadata-descriptors/all-projects/reorder`. Managers only.
pub(crate) async fn order_everywhere(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    arguments: Body<AllProjectsMetadataDescriptorOrder>,
) -> HandlerResult<Rows> {
    let manager = caller.as_manager()?;
    let AllProjectsMetadataDescriptorOrder { entity_type, keys } = arguments.validate()?;
    let core = &api.core;
    let rows = core
        .projects()
        .order_descriptors_everywhere(manager, &entity_type, &keys);
    Ok(Json(rows.await?))
}

/// Reads the fields that creation and update have in common, apart from the
/// name.
fn details(fields: &mut Fields, name: Option<String>) -> DescriptorDetails {
    let data_type = fields.filled_or("data_type", "string");
    DescriptorDetails {
        name,
        data_type: Some(data_type),
        for_client: if fields.has("for_client") {
            fields.optional_flag("for_client")
        } else {
            Some(false)
        },
        choices: fields
            .texts("choices")
            .into_iter()
            .map(Value::from)
            .collect(),
        departments: fields
            .texts("departments")
            .into_iter()
            .map(MaybeId::from)
            .collect(),
    }
}
