//! The OpenAPI description, generated from the table of routes and the database
//! tables of the resources.

use std::collections::{BTreeMap, HashMap};

use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use tanuki_core::Shape;
use tanuki_core::resource::Resource;

use crate::answer::{Answer, DescribeAnswer};
use crate::examples;
use crate::extract::{BodySchema, DescribeInput, Input, UPLOAD_ID, UPLOAD_IDS};
use crate::manifest::{Act, Operation};
use crate::resources::shown_columns;

/// The name of the schema of [`uploads_schema`].
const UPLOADS_SCHEMA: &str = "FilesUploadedBefore";

/// Returns the description as JSON, in the format of OpenAPI 3.1.
pub(crate) fn describe(operations: &[Operation]) -> String {
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    let mut schemas = Map::new();
    let named = NamedRows::of(operations);
    for operation in operations {
        let method = operation.method.as_str().to_lowercase();
        let input = DescribeInput::all(&operation.input);
        let described = describe_operation(operation, &input, &named);
        paths
            .entry(&operation.path)
            .or_default()
            .insert(method, described);
        match &input.body {
            Some(BodySchema::Named(name, schema) | BodySchema::List(name, schema)) => {
                schemas.insert((*name).to_owned(), schema.clone());
            }
            Some(BodySchema::Inline(_)) | None => {}
        }
    }
    schemas.insert(UPLOADS_SCHEMA.to_owned(), uploads_schema());
    schemas.extend(named.into_schemas());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tanuki",
            "summary": "Production tracking for animation and VFX studios",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "In the examples, $TANUKI_URL is the address of the API \
                (https://studio/api), $TANUKI_TOKEN the access token of a login or of a bot.",
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
        "servers": [{"url": "/api"}, {"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "The access token of a login or of a bot",
                },
            },
        },
    })
    .to_string()
}

/// The schemas of the rows of resources, which others refer to by name.
struct NamedRows {
    /// The name of each schema, by its text.
    names: HashMap<String, &'static str>,
    schemas: Map<String, Value>,
}

impl NamedRows {
    fn of(operations: &[Operation]) -> Self {
        let mut schemas = Map::new();
        for (resource, _) in operations.iter().filter_map(|operation| operation.resource) {
            let schema = || resource.shape().into_schema();
            schemas.entry(resource.table.object).or_insert_with(schema);
        }
        let resources = operations.iter().filter_map(|operation| operation.resource);
        let names = resources.filter_map(|(resource, _)| {
            let name = resource.table.object;
            Some((schemas.get(name)?.to_string(), name))
        });
        Self {
            names: names.collect(),
            schemas,
        }
    }

    /// Replaces schemas of rows within a schema by references.
    fn refer(&self, schema: Value) -> Value {
        let name = match schema.get("title") {
            Some(_) => self.names.get(&schema.to_string()),
            None => None,
        };
        match (name, schema) {
            (Some(name), _) => json!({"$ref": format!("#/components/schemas/{name}")}),
            (None, Value::Object(parts)) => {
                let parts = parts.into_iter();
                Value::Object(parts.map(|(key, part)| (key, self.refer(part))).collect())
            }
            (None, Value::Array(parts)) => {
                Value::Array(parts.into_iter().map(|part| self.refer(part)).collect())
            }
            (None, schema) => schema,
        }
    }

    fn into_schemas(self) -> Map<String, Value> {
        self.schemas
    }
}

fn describe_operation(operation: &Operation, input: &Input, named: &NamedRows) -> Value {
    let mut described = json!({
        "tags": [operation.tag],
        "summary": operation.summary,
        "operationId": operation_id(operation),
        "security": if operation.needs_token { json!([{"token": []}]) } else { json!([]) },
    });
    let mut parameters: Vec<Value> = operation
        .path
        .split('{')
        .skip(1)
        .filter_map(|part| Some(part.split_once('}')?.0))
        .map(path_parameter)
        .collect();
    match operation.resource {
        Some((resource, act)) => {
            parameters.extend(query_parameters(resource, act));
            if matches!(act, Act::Create | Act::Update) {
                described["requestBody"] = json!({
                    "required": true,
                    "content": {"application/json": {"schema": body_schema(resource, act)}},
                });
            }
        }
        None => {
            parameters.extend(input.query.iter().map(|parameter| {
                let (name, schema) = parameter.schema();
                json!({"name": name, "in": "query", "schema": schema})
            }));
            if let Some(content) = body_content(input) {
                described["requestBody"] = json!({"content": content});
            }
        }
    }
    described["parameters"] = parameters.into();
    let body = example_body(operation, input);
    described["x-codeSamples"] = examples::samples(operation, body.as_ref(), input.files);
    described["responses"] = responses(operation, named).into();
    described
}

/// Describes the answers of an operation by status.
fn responses(operation: &Operation, named: &NamedRows) -> Map<String, Value> {
    let mut responses = Map::new();
    let answers = match operation.resource {
        Some((resource, act)) => vec![resource_answer(resource, act)],
        None => operation
            .answers
            .iter()
            .map(DescribeAnswer::answer)
            .collect(),
    };
    for answer in answers {
        let response = responses
            .entry(answer.status.as_str())
            .or_insert_with(|| json!({"description": answer.description()}));
        if let Some((media_type, schema)) = answer.content {
            response["content"][media_type] = json!({"schema": named.refer(schema)});
        }
    }
    let mut refusals = vec![("400", "Invalid request")];
    if operation.needs_token {
        refusals.push(("401", "Missing or invalid token"));
        refusals.push(("403", "No permission"));
    }
    if operation.path.contains('{') {
        refusals.push(("404", "Not found"));
    }
    for (status, description) in refusals {
        responses.insert(status.into(), json!({"description": description}));
    }
    responses
}

/// Returns the schema of an operation's body, without references; `None` if it
/// has none.
fn example_body(operation: &Operation, input: &Input) -> Option<Value> {
    match (operation.resource, input.body.as_ref()) {
        (Some((resource, act @ (Act::Create | Act::Update))), _) => {
            Some(body_schema(resource, act))
        }
        (Some(_), _) | (None, None) => None,
        (None, Some(BodySchema::Inline(schema) | BodySchema::Named(_, schema))) => {
            Some(schema.clone())
        }
        (None, Some(BodySchema::List(_, schema))) => {
            Some(json!({"type": "array", "items": schema}))
        }
    }
}

/// Describes the body of an action by media type; `None` if it has none.
fn body_content(input: &Input) -> Option<Value> {
    let named = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let schema = match input.body.as_ref()? {
        BodySchema::Inline(schema) => schema.clone(),
        BodySchema::Named(name, _) => named(name),
        BodySchema::List(name, _) => json!({"type": "array", "items": named(name)}),
    };
    let mut content = json!({"application/json": {"schema": schema}});
    if input.files {
        let file = json!({
            "type": "object",
            "properties": {"file": {"type": "string", "format": "binary"}},
        });
        let uploads = named(UPLOADS_SCHEMA);
        content["application/json"] = json!({"schema": {"allOf": [schema, uploads]}});
        content["multipart/form-data"] = json!({"schema": {"allOf": [schema, uploads, file]}});
    }
    Some(content)
}

/// Describes the arguments that name uploads instead of sending files.
fn uploads_schema() -> Value {
    let id = json!({"type": "string", "format": "uuid"});
    let mut properties = json!({
        UPLOAD_ID: id,
        UPLOAD_IDS: {"type": "object", "additionalProperties": id},
    });
    properties[UPLOAD_ID]["description"] =
        "A complete upload of /tanuki/uploads, sent as the file `file`".into();
    properties[UPLOAD_IDS]["description"] =
        "Complete uploads of /tanuki/uploads, by the names of the files that they are sent as"
            .into();
    json!({"type": "object", "properties": properties})
}

/// Describes a path parameter: ids are UUIDs; dates, names and tokens are
/// strings.
fn path_parameter(name: &str) -> Value {
    let mut schema = json!({"type": "string"});
    if name.ends_with("_id") {
        schema["format"] = "uuid".into();
    }
    json!({"name": name, "in": "path", "required": true, "schema": schema})
}

/// Returns the id of an operation, such as `get_data_persons_instance_id`.
fn operation_id(operation: &Operation) -> String {
    let path = operation
        .path
        .replace(['/', '-', '.'], "_")
        .replace(['{', '}'], "");
    format!("{}{path}", operation.method.as_str().to_lowercase())
}

fn query_parameters(resource: &Resource, act: Act) -> Vec<Value> {
    let parameter = |name: &str, schema: Value, description: &str| json!({"name": name, "in": "query", "schema": schema, "description": description});
    let relations = || {
        parameter(
            "relations",
            json!({"type": "boolean"}),
            "Whether lists of linked ids are part of the answer",
        )
    };
    match act {
        Act::List => {
            let mut parameters = vec![
                parameter(
                    "page",
                    json!({"type": "integer"}),
                    "Ask for one page, from 1",
                ),
                parameter("limit", json!({"type": "integer"}), "Rows of a page"),
                relations(),
                parameter(
                    "fields",
                    json!({"type": "string"}),
                    "Only these fields, between commas",
                ),
            ];
            parameters.extend(shown_columns(resource).map(|column| {
                let equals = format!("Rows whose {} is this, or one of a JSON list", column.name);
                parameter(column.name, json!({"type": "string"}), &equals)
            }));
            parameters
        }
        Act::Read => vec![relations()],
        Act::Delete => vec![parameter(
            "force",
            json!({"type": "boolean"}),
            "Whether to take along what the row owns",
        )],
        Act::Create | Act::Update => Vec::new(),
    }
}

fn resource_answer(resource: &Resource, act: Act) -> Answer {
    let row = || resource.shape();
    match act {
        Act::List => Answer::json(StatusCode::OK, row().list_or_page()),
        Act::Create => Answer::json(StatusCode::CREATED, row()),
        Act::Read | Act::Update => Answer::json(StatusCode::OK, row()),
        Act::Delete => Answer::empty(StatusCode::NO_CONTENT),
    }
}

/// Returns the schema of the body that creates or updates a row.
fn body_schema(resource: &Resource, act: Act) -> Value {
    let table = resource.table;
    let dropped = match act {
        Act::Create => resource.protected_on_create,
        _ => resource.protected_on_update,
    };
    let is_own = |name: &str| !matches!(name, "id" | "created_at" | "updated_at");
    let mut properties = Map::new();
    for column in shown_columns(resource) {
        if is_own(column.name) && !dropped.contains(&column.name) {
            let shape = column.value_shape().into_schema();
            properties.insert(column.name.to_owned(), shape);
        }
    }
    for link in table
        .links
        .iter()
        .filter(|link| !dropped.contains(&link.field))
    {
        let ids = Shape::id().list().into_schema();
        properties.insert(link.field.to_owned(), ids);
    }
    let required: Vec<&str> = table
        .columns
        .iter()
        .filter(|column| column.is_required() && properties.contains_key(column.name))
        .filter(|column| !resource.defaults_on_create.contains(&column.name))
        .map(|column| column.name)
        .collect();
    let mut schema = json!({"type": "object", "properties": properties});
    if act == Act::Create && !required.is_empty() {
        schema["required"] = required.into();
    }
    schema
}
