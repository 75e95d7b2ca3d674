//! What `/openapi.json` says of requests and answers holds for those that were
//! recorded: the scenarios are held against the description.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use tanuki_testkit::Backend;
use tanuki_testkit::scenario::Script;

use crate::description::description;

/// At most this many violations are shown.
const SHOWN: usize = 20;

#[test]
fn recorded_requests_and_answers_are_as_described() {
    let server = crate::server(Backend::Sqlite).unwrap();
    let description = description(&server);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut wrong = BTreeSet::new();
    let (mut answers, mut bodies) = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_none_or(|extension| extension != "jsonl")
        {
            continue;
        }
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        for exchange in Script::open(&path).unwrap().exchanges() {
            let (action, response) = (&exchange.action, &exchange.response);
            let Some(operation) = operation(&description, action) else {
                continue;
            };
            if !(200..300).contains(&response.status) {
                continue;
            }
            let mut found = Vec::new();
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            // The arguments of an action may be in the query string.
            if let (Some(body), true, false) =
                (&exchange.body, schema.is_object(), action.contains('?'))
            {
                bodies += 1;
                missing(&description, schema, body, "body", &mut found);
            }
            let content = &operation["responses"][response.status.to_string()]["content"];
            let schema = &content["application/json"]["schema"];
            // `fields` chooses keys.
            if exchange.is_whole && schema.is_object() && !action.contains("fields=") {
                answers += 1;
                violations(&description, schema, &response.answer, "answer", &mut found);
            }
            wrong.extend(found.iter().map(|what| format!("{name} {action}: {what}")));
        }
    }
    let count = wrong.len();
    let shown: Vec<String> = wrong.into_iter().take(SHOWN).collect();
    assert!(
        shown.is_empty(),
        "{count} violations:\n{}",
        shown.join("\n")
    );
    assert!(answers > 1000, "only {answers} answers were compared");
    assert!(bodies > 1000, "only {bodies} bodies were compared");
}

/// Finds the operation of a request, `METHOD path?query`.
fn operation<'a>(description: &'a Value, action: &str) -> Option<&'a Value> {
    let (method, path) = action.split_once(' ')?;
    let path = path.split('?').next()?.trim_end_matches('/');
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |template: &str| {
        let names: Vec<&str> = template.split('/').collect();
        names.len() == parts.len()
            && names
                .iter()
                .zip(&parts)
                .all(|(name, part)| name == part || name.starts_with('{'))
    };
    // The path with the fewest parameters, as in the router.
    let literal = |template: &str| {
        template
            .split('/')
            .filter(|name| !name.starts_with('{'))
            .count()
    };
    let paths = description["paths"].as_object()?;
    let (_, operations) = paths
        .iter()
        .filter(|(template, _)| fits(template))
        .max_by_key(|(template, _)| literal(template))?;
    operations.get(method.to_lowercase())
}

/// Follows a reference to a named schema.
fn resolved<'a>(description: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(name) => {
            let name = name.rsplit('/').next().unwrap();
            &description["components"]["schemas"][name]
        }
        None => schema,
    }
}

/// Notes required fields that an accepted body does not have.
fn missing(
    description: &Value,
    schema: &Value,
    body: &Value,
    place: &str,
    found: &mut Vec<String>,
) {
    let schema = resolved(description, schema);
    if let (Some(required), Some(body)) = (schema["required"].as_array(), body.as_object()) {
        for field in required.iter().filter_map(Value::as_str) {
            if !body.contains_key(field) {
                found.push(format!("{place} was accepted without {field}"));
            }
        }
    }
    if let (true, Some(items)) = (schema["items"].is_object(), body.as_array()) {
        for item in items {
            missing(description, &schema["items"], item, place, found);
        }
    }
}

/// Notes where a value does not fit a schema. Formats and lengths are not
/// checked: ids and times of recorded answers are replaced by labels.
fn violations(
    description: &Value,
    schema: &Value,
    value: &Value,
    place: &str,
    found: &mut Vec<String>,
) {
    let schema = resolved(description, schema);
    if let Some(options) = schema["oneOf"].as_array() {
        let fits = |option: &Value| {
            let mut inside = Vec::new();
            violations(description, option, value, place, &mut inside);
            inside.is_empty()
        };
        if !options.iter().any(fits) {
            let options: Vec<&Value> = options.iter().collect();
            let like = options
                .iter()
                .find(|option| is_of_type(&option["type"], value));
            match like {
                Some(option) => violations(description, option, value, place, found),
                None => found.push(format!("{place} is none of the kinds of the schema")),
            }
        }
        return;
    }
    if !is_of_type(&schema["type"], value) {
        found.push(format!("{place} is {value}, not {}", schema["type"]));
        return;
    }
    if let (Some(properties), Some(object)) = (schema["properties"].as_object(), value.as_object())
    {
        for (key, value) in object {
            let place = format!("{place}.{key}");
            match properties.get(key) {
                Some(schema) => violations(description, schema, value, &place, found),
                None => found.push(format!("{place} is not described")),
            }
        }
    }
    if let (true, Some(items)) = (schema["items"].is_object(), value.as_array()) {
        for item in items {
            violations(
                description,
                &schema["items"],
                item,
                &format!("{place}[]"),
                found,
            );
        }
    }
}

/// Whether a value is of a schema's type, or of one of its types.
fn is_of_type(types: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => false,
    };
    match types {
        Value::String(name) => is(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(is),
        _ => true,
    }
}
