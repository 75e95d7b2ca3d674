//! Metadata descriptors: of one project, and of all that the caller manages.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Map, Value};
use tanuki_core::projects::{DescriptorDetails, NewDescriptor};

use crate::error::HandlerResult;
use crate::extract::{Arguments, Authenticated, Fields, Query, TextRule};
use crate::{Api, response};

type Row = Json<Map<String, Value>>;
type Rows = Json<Vec<Map<String, Value>>>;

/// Zou's name for the body of a new descriptor.
const NEW: &str = "MetadataDescriptorSchema";

/// `GET /data/projects/ID/metadata-descriptors`.
pub(crate) async fn list(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(project): Path<String>,
) -> HandlerResult {
    response::stream(api.core.project_descriptors(&caller, &project).await?).await
}

/// `GET /data/projects/ID/metadata-descriptors/ID`.
pub(crate) async fn read(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((project, id)): Path<(String, String)>,
) -> HandlerResult<Row> {
    let row = api.core.project_descriptor(&caller, &project, &id).await?;
    Ok(Json(row))
}

/// `POST /data/projects/ID/metadata-descriptors`.
pub(crate) async fn create(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(project): Path<String>,
    arguments: Arguments,
) -> HandlerResult<(StatusCode, Row)> {
    let mut fields = Fields::of(arguments, NEW)?;
    let entity_type = fields.text_or("entity_type", "Asset");
    let task_type = fields.optional_text("task_type_id");
    let name = fields.text("name", TextRule::FILLED);
    let details = details(&mut fields, Some(name));
    fields.finish()?;
    let new = NewDescriptor {
        entity_type: &entity_type,
        task_type_id: task_type.as_deref(),
        details: &details,
    };
    let row = api.core.create_descriptor(&caller, &project, new).await?;
    Ok((StatusCode::CREATED, Json(row)))
}

/// `PUT /data/projects/ID/metadata-descriptors/ID`.
pub(crate) async fn update(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((project, id)): Path<(String, String)>,
    arguments: Arguments,
) -> HandlerResult<Row> {
    let mut fields = Fields::of(arguments, "MetadataDescriptorUpdateSchema")?;
    let name = fields.optional_text("name");
    let details = details(&mut fields, name);
    fields.finish()?;
    let row = api.core.update_descriptor(&caller, &project, &id, &details);
    Ok(Json(row.await?))
}

/// `DELETE /data/projects/ID/metadata-descriptors/ID`.
pub(crate) async fn delete(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((project, id)): Path<(String, String)>,
) -> HandlerResult {
    api.core.delete_descriptor(&caller, &project, &id).await?;
    Ok(response::no_content())
}

/// `POST /data/projects/ID/metadata-descriptors/reorder`.
pub(crate) async fn order(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(project): Path<String>,
    arguments: Arguments,
) -> HandlerResult<Rows> {
    let mut fields = Fields::of(arguments, "MetadataDescriptorOrderSchema")?;
    let entity_type = fields.text("entity_type", TextRule::FILLED);
    let ids = fields.some_texts("descriptor_ids");
    fields.finish()?;
    let core = &api.core;
    let ordered = core.order_descriptors(&caller, &project, &entity_type, &ids);
    Ok(Json(ordered.await?))
}

/// `POST /data/metadata-descriptors/all-projects`. Managers only.
pub(crate) async fn create_everywhere(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    arguments: Arguments,
) -> HandlerResult<(StatusCode, Rows)> {
    let manager = caller.as_manager()?;
    let mut fields = Fields::of(arguments, NEW)?;
    let entity_type = fields.text_or("entity_type", "Asset");
    // Validated as in Zou, but not used here.
    fields.optional_text("task_type_id");
    let name = fields.text("name", TextRule::FILLED);
    let details = details(&mut fields, Some(name));
    fields.finish()?;
    let core = &api.core;
    let rows = core.create_descriptor_everywhere(manager, &entity_type, &details);
    Ok((StatusCode::CREATED, Json(rows.await?)))
}

/// `PUT /data/metadata-descriptors/all-projects/FIELD`. Managers only.
pub(crate) async fn update_everywhere(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(key): Path<String>,
    arguments: Arguments,
) -> HandlerResult<Rows> {
    let manager = caller.as_manager()?;
    let mut fields = Fields::of(arguments, "AllProjectsMetadataDescriptorUpdateSchema")?;
    let entity_type = fields.text("entity_type", TextRule::FILLED);
    let name = fields.optional_text("name");
    let details = details(&mut fields, name);
    fields.finish()?;
    let core = &api.core;
    let rows = core.update_descriptor_everywhere(manager, (&entity_type, &key), &details);
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
    let gone = core.delete_descriptor_everywhere(manager, entity_type, &key);
    Ok(Json(gone.await?))
}

/// `POST /actions/metadata-descriptors/all-projects/reorder`. Managers only.
pub(crate) async fn order_everywhere(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    arguments: Arguments,
) -> HandlerResult<Rows> {
    let manager = caller.as_manager()?;
    let mut fields = Fields::of(arguments, "AllProjectsMetadataDescriptorOrderSchema")?;
    let entity_type = fields.text("entity_type", TextRule::FILLED);
    let keys = fields.some_texts("field_order");
    fields.finish()?;
    let core = &api.core;
    let rows = core.order_descriptors_everywhere(manager, &entity_type, &keys);
    Ok(Json(rows.await?))
}

/// Reads the fields that creation and update have in common, apart from the
/// name.
fn details(fields: &mut Fields, name: Option<String>) -> DescriptorDetails {
    let data_type = if fields.has("data_type") {
        fields.text("data_type", TextRule::FILLED)
    } else {
        "string".to_owned()
    };
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
        departments: fields.texts("departments"),
    }
}
