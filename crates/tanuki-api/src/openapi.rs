//! The OpenAPI description, generated from the table of routes and the database
//! tables of the resources.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tanuki_core::resource::{Relations, Resource};
use tanuki_store::schema::{Column, ColumnType, Element, Table};

use crate::extract::{BodySchema, DescribeInput, Input, id_schema, make_nullable};
use crate::manifest::{Act, Operation};

/// Returns the description as JSON, in the format of OpenAPI 3.1.
pub(crate) fn describe(operations: &[Operation]) -> String {
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    let mut schemas = Map::new();
    for operation in operations {
        let method = operation.method.as_str().to_lowercase();
        let input = DescribeInput::all(&operation.input);
        let described = describe_operation(operation, &input);
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
        if let Some((resource, _)) = operation.resource {
            let name = resource.table.object;
            schemas.entry(name).or_insert_with(|| row_schema(resource));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tanuki",
            "summary": "Production tracking for animation and VFX studios",
            "version": env!("CARGO_PKG_VERSION"),
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

fn describe_operation(operation: &Operation, input: &Input) -> Value {
    let mut described = json!({
        "tags": [operation.tag],
        "summary": operation.summary,
        "operationId": operation_id(operation),
        "security": if operation.needs_token { json!([{"token": []}]) } else { json!([]) },
    });
    let mut parameters: Vec<Value> = operation
        .path
        .split('/')
        .filter_map(|part| Some(part.strip_prefix('{')?.split_once('}')?.0))
        .map(path_parameter)
        .collect();
    let mut responses = Map::new();
    if operation.needs_token {
        responses.insert(
            "401".into(),
            json!({"description": "No token that is accepted"}),
        );
    }
    match operation.resource {
        Some((resource, act)) => {
            parameters.extend(query_parameters(resource, act));
            if matches!(act, Act::Create | Act::Update) {
                described["requestBody"] = json!({
                    "required": true,
                    "content": {"application/json": {"schema": body_schema(resource, act)}},
                });
            }
            responses.extend(resource_answers(resource, act));
        }
        None => {
            parameters.extend(input.query.iter().map(|parameter| {
                let (name, schema) = parameter.schema();
                json!({"name": name, "in": "query", "schema": schema})
            }));
            responses.insert("200".into(), json!({"description": "Done"}));
            responses.insert("400".into(), json!({"description": "The request is wrong"}));
            if let Some(content) = body_content(input) {
                described["requestBody"] = json!({"content": content});
            }
        }
    }
    described["parameters"] = parameters.into();
    described["responses"] = responses.into();
    described
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
        content["multipart/form-data"] = json!({"schema": {"allOf": [schema, file]}});
    }
    Some(content)
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
            let filters = resource.table.columns.iter().filter(is_shown(resource));
            parameters.extend(filters.map(|column| {
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

fn resource_answers(resource: &Resource, act: Act) -> Map<String, Value> {
    let name = resource.table.object;
    let row = json!({"$ref": format!("#/components/schemas/{name}")});
    let with = |description: &str, schema: &Value| {
        json!({
            "description": description,
            "content": {"application/json": {"schema": schema}},
        })
    };
    let (status, answer) = match act {
        Act::List => {
            let rows = json!({"type": "array", "items": row});
            let page = json!({
                "type": "object",
                "properties": {
                    "data": rows,
                    "total": {"type": "integer"},
                    "nb_pages": {"type": "integer"},
                    "limit": {"type": "integer"},
                    "offset": {"type": "integer"},
                    "page": {"type": "integer"},
                },
            });
            let schema = json!({"oneOf": [rows, page]});
            ("200", with("The rows, or a page of them", &schema))
        }
        Act::Create => ("201", with("The new row", &row)),
        Act::Read => ("200", with("The row", &row)),
        Act::Update => ("200", with("The row as it is now", &row)),
        Act::Delete => ("204", json!({"description": "The row is gone"})),
    };
    let mut answers = Map::new();
    answers.insert(status.into(), answer);
    for (status, description) in [
        ("400", "The request is wrong"),
        ("403", "The caller may not"),
        ("404", "There is no such row"),
    ] {
        answers.insert(status.into(), json!({"description": description}));
    }
    answers
}

/// Whether a column is part of the resource's projection.
fn is_shown(resource: &Resource) -> impl Fn(&&Column) -> bool {
    let shape = (resource.projection)(Relations::With);
    let keys: Vec<&str> = shape.keys().collect();
    move |column| keys.contains(&column.name)
}

/// Returns the schema of a row in a response.
fn row_schema(resource: &Resource) -> Value {
    let table = resource.table;
    let shape = (resource.projection)(Relations::With);
    let mut properties: Map<String, Value> = shape
        .keys()
        .map(|key| (key.to_owned(), key_schema(table, key)))
        .collect();
    for key in resource.undescribed_keys {
        properties.insert((*key).to_owned(), json!({}));
    }
    json!({"type": "object", "properties": properties})
}

fn key_schema(table: &Table, key: &str) -> Value {
    if let Some(column) = table.column(key).filter(|_| key != "type") {
        return column_schema(column);
    }
    if table.link(key).is_some() {
        return json!({"type": "array", "items": id_schema()});
    }
    if key == "type" || key == "full_name" {
        return json!({"type": "string"});
    }
    json!({})
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
    for column in table.columns.iter().filter(is_shown(resource)) {
        if is_own(column.name) && !dropped.contains(&column.name) {
            properties.insert(column.name.to_owned(), column_schema(column));
        }
    }
    for link in table
        .links
        .iter()
        .filter(|link| !dropped.contains(&link.field))
    {
        properties.insert(link.field.to_owned(), key_schema(table, link.field));
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

fn column_schema(column: &Column) -> Value {
    let mut schema = match column.kind {
        ColumnType::Uuid => id_schema(),
        ColumnType::Varchar(length) => json!({"type": "string", "maxLength": length}),
        ColumnType::Locale | ColumnType::Text | ColumnType::ImportSource | ColumnType::Bytes => {
            json!({"type": "string"})
        }
        ColumnType::Integer | ColumnType::BigInt => json!({"type": "integer"}),
        ColumnType::Double => json!({"type": "number"}),
        ColumnType::Boolean => json!({"type": "boolean"}),
        ColumnType::Date => json!({"type": "string", "format": "date"}),
        // UTC, without an offset, so not of the format `date-time`.
        ColumnType::Timestamp => json!({"type": "string"}),
        ColumnType::Json => json!({}),
        ColumnType::Array(Element::Json) => json!({"type": "array"}),
        ColumnType::Array(_) => json!({"type": "array", "items": {"type": "string"}}),
    };
    if !column.choices.is_empty() {
        schema["enum"] = column.choices.into();
    }
    if column.nullable {
        make_nullable(&mut schema);
    }
    schema
}
