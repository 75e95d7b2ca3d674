//! Examples of operations for the API's description: with curl, and with gazu
//! where it has a function for the operation.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::http::Method;
use serde_json::{Map, Value, json};

use crate::manifest::Operation;

/// The function of gazu that sends a request to an operation, one per line:
/// `METHOD PATH FUNCTION(PARAMETERS)`. Written by the test `gazu_coverage`.
const GAZU: &str = include_str!("gazu.txt");

static GAZU_FUNCTIONS: LazyLock<HashMap<(&str, &str), &str>> = LazyLock::new(|| {
    let lines = GAZU.lines().filter_map(|line| {
        let (method, rest) = line.split_once(' ')?;
        let (path, function) = rest.split_once(' ')?;
        Some(((method, path), function))
    });
    lines.collect()
});

/// An id and a text in examples.
const ID: &str = "00000000-0000-0000-0000-000000000000";
const TEXT: &str = "text";

/// Depth to which the objects of an example are filled.
const DEPTH: usize = 4;

/// Returns the examples of an operation, as the extension `x-codeSamples`.
///
/// They use the shell variables `$TANUKI_URL`, the base URL of the API,
/// `$TANUKI_TOKEN`, an access token, and one for each parameter in the path. `body` is the
/// schema of the body, `files` whether it may be a form with a file.
pub(crate) fn samples(operation: &Operation, body: Option<&Value>, files: bool) -> Value {
    let mut samples = vec![json!({
        "lang": "Shell",
        "label": "curl",
        "source": curl(operation, body, files),
    })];
    let method = operation.method.as_str();
    if let Some(function) = GAZU_FUNCTIONS.get(&(method, &*operation.path)) {
        samples.push(json!({
            "lang": "Python",
            "label": "gazu",
            "source": gazu(function, operation.needs_token),
        }));
    }
    samples.into()
}

fn curl(operation: &Operation, body: Option<&Value>, files: bool) -> String {
    let mut command = String::from("curl");
    if operation.method != Method::GET {
        let _infallible = write!(command, " -X {}", operation.method);
    }
    if operation.needs_token {
        command.push_str(" -H \"Authorization: Bearer $TANUKI_TOKEN\"");
    }
    if files {
        command.push_str(" \\\n  -F file=@preview.png");
    } else if let Some(schema) = body {
        let body = example(schema, DEPTH).to_string().replace('\'', "'\\''");
        command.push_str(" -H 'Content-Type: application/json' \\\n  ");
        let _infallible = write!(command, "-d '{body}'");
    }
    let path = operation.path.replace('{', "${");
    let _infallible = write!(command, " \\\n  \"$TANUKI_URL{path}\"");
    command
}

fn gazu(function: &str, needs_token: bool) -> String {
    let mut script = String::from("import gazu\n\ngazu.set_host(\"$TANUKI_URL\")\n");
    if needs_token {
        script.push_str("gazu.set_token(\"$TANUKI_TOKEN\")\n");
    }
    script.push_str(function);
    script
}

/// Returns a value that a schema allows: of an object the required properties,
/// or all of them if none is.
fn example(schema: &Value, depth: usize) -> Value {
    if let Some(choice) = schema["enum"]
        .as_array()
        .and_then(|choices| choices.first())
    {
        return choice.clone();
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.iter().find_map(|name| name.as_str()),
        name => name.as_str(),
    };
    match types {
        Some("object") if depth > 0 => object(schema, depth - 1).into(),
        Some("object") => json!({}),
        Some("array") if depth > 0 && schema["items"].is_object() => {
            json!([example(&schema["items"], depth - 1)])
        }
        Some("array") => json!([]),
        Some("integer") => json!(1),
        Some("number") => json!(1.5),
        Some("boolean") => json!(true),
        _ => match schema["format"].as_str() {
            Some("uuid") => json!(ID),
            Some("date") => json!("2026-01-31"),
            Some("date-time") => json!("2026-01-31T12:00:00"),
            Some("email") => json!("name@example.com"),
            _ => json!(TEXT),
        },
    }
}

fn object(schema: &Value, depth: usize) -> Map<String, Value> {
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties
        .filter(|(name, _)| required.is_empty() || required.contains(&name.as_str()))
        .map(|(name, schema)| (name.clone(), of_property(name, schema, depth)))
        .collect()
}

/// Like [`example`]; text that a property's name says is an id is one.
fn of_property(name: &str, schema: &Value, depth: usize) -> Value {
    match example(schema, depth) {
        Value::String(text) if text == TEXT && name.ends_with("_id") => json!(ID),
        Value::Array(items) if items == [json!(TEXT)] && name.ends_with("_ids") => json!([ID]),
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_what_is_required_in_the_right_types() {
        let schema = json!({
            "type": "object",
            "required": ["name", "person_id", "task_ids", "role", "frames"],
            "properties": {
                "name": {"type": "string"},
                "person_id": {"type": ["string", "null"]},
                "task_ids": {"type": "array", "items": {"type": "string"}},
                "role": {"type": "string", "enum": ["user", "client"]},
                "frames": {"type": "integer"},
                "comment": {"type": "string"},
            },
        });
        assert_eq!(
            example(&schema, DEPTH),
            json!({
                "name": TEXT, "person_id": ID, "task_ids": [ID], "role": "user", "frames": 1,
            })
        );
    }

    #[test]
    fn a_body_without_required_properties_has_all() {
        let schema = json!({
            "type": "object",
            "properties": {"day": {"type": "string", "format": "date"}},
        });
        assert_eq!(example(&schema, DEPTH), json!({"day": "2026-01-31"}));
    }
}
