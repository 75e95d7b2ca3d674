//! What `/openapi.json` says of requests and answers holds for those that were
//! recorded: the scenarios are held against the description.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Map, Value};
use tanuki_testkit::Backend;
use tanuki_testkit::scenario::{Exchange, Script};

use crate::description::{described, description};

/// At most this many violations are shown.
const SHOWN: usize = 20;

/// Operations without a recorded answer: those that the reference does not have,
/// and those whose answers are different each time.
const NOT_RECORDED: [&str; 54] = [
    "DELETE /auth/email-otp",
    "DELETE /auth/fido",
    "DELETE /auth/totp",
    "DELETE /tanuki/passkeys/{passkey_id}",
    "DELETE /tanuki/sessions/{session_id}",
    "DELETE /tanuki/uploads/{upload_id}",
    "GET /auth/fido",
    "GET /auth/oidc/callback",
    "GET /auth/oidc/login",
    "GET /auth/saml/login",
    "GET /auth/saml/metadata",
    "GET /data/playlists/{playlist_id}/jobs/{build_job_id}/build/mp4",
    "GET /docs",
    "GET /movies/source/preview-files/{instance_id}.mp4",
    "GET /oauth2-redirect.html",
    "GET /openapi.json",
    "GET /pictures/thumbnails/attachment-files/{attachment_file_id}.png",
    "GET /shared/playlists/{token}/movies/low/preview-files/{preview_file_id}.mp4",
    "GET /shared/playlists/{token}/movies/originals/preview-files/{preview_file_id}.mp4",
    "GET /shared/playlists/{token}/movies/tiles/preview-files/{preview_file_id}.png",
    "GET /shared/playlists/{token}/pictures/originals/preview-files/{preview_file_id}.png",
    "GET /shared/playlists/{token}/pictures/originals/preview-files/{preview_file_id}.{extension}",
    "GET /shared/playlists/{token}/pictures/thumbnails/persons/{person_id}.png",
    "GET /shared/playlists/{token}/pictures/thumbnails/preview-files/{preview_file_id}.png",
    "GET /shared/playlists/{token}/preview-files/{preview_file_id}/download",
    "GET /tanuki/jobs",
    "GET /tanuki/media",
    "GET /tanuki/passkeys",
    "GET /tanuki/playlists/{playlist_id}/edl",
    "GET /tanuki/playlists/{playlist_id}/otio",
    "GET /tanuki/sessions",
    "HEAD /tanuki/uploads/{upload_id}",
    "OPTIONS /tanuki/uploads",
    "PATCH /tanuki/uploads/{upload_id}",
    "POST /actions/persons/{person_id}/reset-password-link",
    "POST /auth/app-login/code",
    "POST /auth/email-otp",
    "POST /auth/fido",
    "POST /auth/saml/sso",
    "POST /auth/totp",
    "POST /data/salary-scales",
    "POST /pictures/thumbnails/preview-background-files/{instance_id}.png",
    "POST /pictures/thumbnails/projects/{instance_id}.png",
    "POST /tanuki/jobs/{job_id}/cancel",
    "POST /tanuki/jobs/{job_id}/retry",
    "POST /tanuki/passkeys",
    "POST /tanuki/passkeys/login",
    "POST /tanuki/passkeys/login/options",
    "POST /tanuki/passkeys/options",
    "POST /tanuki/uploads",
    "POST /tanuki/uploads/{upload_id}",
    "PUT /auth/fido",
    "PUT /auth/recovery-codes",
    "PUT /auth/totp",
];

#[test]
fn recorded_requests_and_answers_are_as_described() {
    let server = crate::server(Backend::Sqlite).unwrap();
    let description = description(&server);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut wrong = BTreeSet::new();
    let mut compared: BTreeMap<String, usize> = described(&description)
        .into_iter()
        .map(|(method, path)| (format!("{method} {path}"), 0))
        .collect();
    let mut bodies = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_none_or(|extension| extension != "jsonl")
        {
            continue;
        }
        let scenario = path.file_stem().unwrap().to_string_lossy().into_owned();
        for exchange in Script::open(&path).unwrap().exchanges() {
            let (action, response) = (&exchange.action, &exchange.response);
            let Some((name, operation)) = operation(&description, action) else {
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
            if check_answer(&description, operation, &exchange, &mut found) {
                *compared.entry(name).or_default() += 1;
            }
            wrong.extend(
                found
                    .iter()
                    .map(|what| format!("{scenario} {action}: {what}")),
            );
        }
    }
    let count = wrong.len();
    let shown: Vec<String> = wrong.into_iter().take(SHOWN).collect();
    assert!(
        shown.is_empty(),
        "{count} violations:\n{}",
        shown.join("\n")
    );
    assert!(bodies > 1000, "only {bodies} bodies were compared");
    let answers: usize = compared.values().sum();
    println!("{answers} answers of {} operations", compared.len());
    assert!(answers > 5000, "only {answers} answers were compared");
    compared.retain(|_, count| *count == 0);
    let without: Vec<String> = compared.into_keys().collect();
    assert_eq!(without, NOT_RECORDED, "no answer was compared");
}

/// Notes where a recorded answer is not one that its operation describes.
/// Returns whether it was compared, as far as it was recorded.
fn check_answer(
    description: &Value,
    operation: &Value,
    exchange: &Exchange,
    found: &mut Vec<String>,
) -> bool {
    let response = &exchange.response;
    let described = &operation["responses"][response.status.to_string()];
    if !described.is_object() {
        found.push(format!("status {} is not described", response.status));
        return false;
    }
    let Some(content) = described["content"].as_object() else {
        let is_empty = matches!(&response.answer, Value::String(text) if text.is_empty());
        if !is_empty {
            found.push(format!("{} has no content", response.status));
        }
        return true;
    };
    let media_type = response.content_type.split(';').next().unwrap_or_default();
    let Some(content) = content.get(media_type).or_else(|| content.get("*/*")) else {
        found.push(format!("{media_type} is not described"));
        return false;
    };
    let schema = &content["schema"];
    // `fields` chooses keys.
    if exchange.action.contains("fields=") {
        return false;
    }
    match (media_type, &response.answer) {
        ("application/json", Value::Object(parts)) if !exchange.is_whole => {
            let parts = parts.iter().filter(|(_, value)| !value.is_null());
            for (path, value) in parts.clone() {
                part_violations(description, schema, path, value, found);
            }
            return parts.count() > 0;
        }
        ("application/json", answer) => {
            violations(description, schema, answer, "answer", found);
        }
        ("application/x-ndjson", Value::Array(lines)) => {
            for line in lines {
                violations(description, schema, line, "line", found);
            }
        }
        _ => {}
    }
    true
}

/// Notes where the value at a dotted path of an answer does not fit the schema
/// of the answer.
fn part_violations(
    description: &Value,
    schema: &Value,
    path: &str,
    value: &Value,
    found: &mut Vec<String>,
) {
    let mut schemas = alternatives(description, schema);
    // The whole answer, of a refusal.
    let parts = path.split('.').filter(|part| *part != "ONLY-FAILED");
    for part in parts {
        let inner = schemas
            .into_iter()
            .filter_map(|schema| {
                let key = schema["properties"].get(part);
                let others = [&schema["additionalProperties"], &schema["items"]];
                let other = others.into_iter().find(|other| other.is_object());
                // Metadata is described as any JSON.
                let any = schema.as_object().is_some_and(Map::is_empty);
                key.or(other).or(any.then_some(schema))
            })
            .collect::<Vec<_>>();
        schemas = inner
            .into_iter()
            .flat_map(|schema| alternatives(description, schema))
            .collect();
    }
    let mut least: Option<Vec<String>> = None;
    for schema in schemas {
        let mut inside = Vec::new();
        violations(description, schema, value, path, &mut inside);
        if least
            .as_ref()
            .is_none_or(|least| inside.len() < least.len())
        {
            least = Some(inside);
        }
    }
    found.extend(least.unwrap_or_else(|| vec![format!("{path} is not described")]));
}

/// Returns the schemas that a schema allows, of which a value fits one.
fn alternatives<'a>(description: &'a Value, schema: &'a Value) -> Vec<&'a Value> {
    let (mut open, mut found) = (vec![schema], Vec::new());
    while let Some(schema) = open.pop() {
        let schema = resolved(description, schema);
        match schema["anyOf"].as_array() {
            Some(options) => open.extend(options),
            None => found.push(schema),
        }
    }
    found
}

/// Finds the operation of a request, `METHOD path?query`, and its name.
fn operation<'a>(description: &'a Value, action: &str) -> Option<(String, &'a Value)> {
    let (method, path) = action.split_once(' ')?;
    let path = match path.split('?').next()?.trim_end_matches('/') {
        "" => "/",
        path => path,
    };
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |template: &str| {
        let names: Vec<&str> = template.split('/').collect();
        names.len() == parts.len()
            && names
                .iter()
                .zip(&parts)
                .all(|(name, part)| match (name == part, suffix(name)) {
                    (true, _) | (_, Some("")) => true,
                    (_, Some(end)) if end.starts_with(".{") => part.contains('.'),
                    (_, Some(end)) => part.ends_with(end),
                    (_, None) => false,
                })
    };
    // The path with the fewest parameters, as in the router, and with the
    // extension that it has.
    let literal = |template: &str| {
        let parts = template.split('/');
        let extension = match suffix(template.rsplit('/').next().unwrap_or_default()) {
            None | Some("") => 0,
            Some(end) if end.starts_with(".{") => 1,
            Some(_) => 2,
        };
        (
            parts.filter(|name| !name.starts_with('{')).count(),
            extension,
        )
    };
    let paths = description["paths"].as_object()?;
    let (path, operations) = paths
        .iter()
        .filter(|(template, _)| fits(template))
        .max_by_key(|(template, _)| literal(template))?;
    let operation = operations.get(method.to_lowercase())?;
    Some((format!("{method} {path}"), operation))
}

/// What is behind the parameter that a part of a path is, such as `.png`.
fn suffix(part: &str) -> Option<&str> {
    Some(part.strip_prefix('{')?.split_once('}')?.1)
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
    for part in schema["allOf"].as_array().into_iter().flatten() {
        missing(description, part, body, place, found);
    }
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
    if let Some(options) = schema["anyOf"].as_array() {
        let fits = |option: &Value| {
            let mut inside = Vec::new();
            violations(description, option, value, place, &mut inside);
            inside.is_empty()
        };
        if !options.iter().any(fits) {
            let like = options
                .iter()
                .find(|option| is_of_type(&resolved(description, option)["type"], value));
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
    let none = Map::new();
    let properties = match schema["properties"].as_object() {
        None if schema["additionalProperties"].is_object() => Some(&none),
        properties => properties,
    };
    if let (Some(properties), Some(object)) = (properties, value.as_object()) {
        for (key, value) in object {
            let place = format!("{place}.{key}");
            let others = &schema["additionalProperties"];
            match properties.get(key) {
                Some(schema) => violations(description, schema, value, &place, found),
                None if key == "<ids>" => {
                    // What is under each id, in the recorded form.
                    for value in value.as_array().into_iter().flatten() {
                        violations(description, others, value, &place, found);
                    }
                }
                None if others.is_object() => violations(description, others, value, &place, found),
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
