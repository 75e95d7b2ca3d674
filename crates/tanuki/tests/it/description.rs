//! `/openapi.json` says what is there, and nothing of the reference is
//! forgotten.

use std::collections::BTreeSet;

use serde_json::Value;
use tanuki_testkit::http::Request;
use tanuki_testkit::{Backend, Server};

/// The reference's operations, `METHOD path` a line.
const REFERENCE: &str = include_str!("operations.txt");

/// What only Tanuki has.
const OWN: [&str; 24] = [
    "DELETE /tanuki/passkeys/{}",
    "DELETE /tanuki/sessions/{}",
    "DELETE /tanuki/uploads/{}",
    "GET /auth/saml/metadata",
    "GET /docs",
    "GET /openapi.json",
    "GET /shared/playlists/{}/movies/low/preview-files/{}",
    "GET /tanuki/jobs",
    "GET /tanuki/media",
    "GET /tanuki/passkeys",
    "GET /tanuki/playlists/{}/edl",
    "GET /tanuki/playlists/{}/otio",
    "GET /tanuki/sessions",
    "HEAD /tanuki/uploads/{}",
    "OPTIONS /tanuki/uploads",
    "PATCH /tanuki/uploads/{}",
    "POST /tanuki/jobs/{}/cancel",
    "POST /tanuki/jobs/{}/retry",
    "POST /tanuki/passkeys",
    "POST /tanuki/passkeys/login",
    "POST /tanuki/passkeys/login/options",
    "POST /tanuki/passkeys/options",
    "POST /tanuki/uploads",
    "POST /tanuki/uploads/{}",
];

/// Lines with the names of path parameters taken out: they are the servers'
/// own affair.
fn operations(text: &str) -> BTreeSet<String> {
    text.lines().map(unnamed).collect()
}

fn unnamed(line: &str) -> String {
    let parts = line
        .split('/')
        .map(|part| if part.starts_with('{') { "{}" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

pub(crate) fn description(server: &Server) -> Value {
    let answer = server.send(&Request::get("/openapi.json"));
    assert_eq!(answer.status, 200);
    answer.json()
}

/// Method and path of everything that is described.
pub(crate) fn described(description: &Value) -> Vec<(String, String)> {
    let paths = description["paths"].as_object().unwrap();
    let mut found = Vec::new();
    for (path, operations) in paths {
        for method in operations.as_object().unwrap().keys() {
            found.push((method.to_uppercase(), path.clone()));
        }
    }
    found
}

#[test]
fn every_operation_of_the_reference_is_served() {
    let server = crate::server(Backend::Sqlite).unwrap();
    let served: BTreeSet<String> = described(&description(&server))
        .into_iter()
        .map(|(method, path)| unnamed(&format!("{method} {path}")))
        .collect();
    let reference = operations(REFERENCE);
    assert_eq!(REFERENCE.lines().count(), 809);
    let own: Vec<&String> = served.difference(&reference).collect();
    assert_eq!(own, OWN, "served, and none of the reference's");
    let missing: Vec<&String> = reference.difference(&served).collect();
    assert_eq!(missing, [""; 0], "not served");
}

#[test]
fn what_is_described_is_mounted_and_asks_for_a_token_as_it_says() {
    let server = crate::server(Backend::Sqlite).unwrap();
    let description = description(&server);
    for (method, path) in described(&description) {
        let operation = &description["paths"][&path][method.to_lowercase()];
        let needs_token = !operation["security"].as_array().unwrap().is_empty();
        let somewhere = path.replace(['{', '}'], "");
        let request = Request::new(&method, &somewhere).json(&serde_json::json!({}));
        let answer = server.send(&request);
        let what = format!("{method} {path} answered {}", answer.status);
        // Below a shared link the answer is 404 because there is no such link.
        let is_shared = path.starts_with("/shared/playlists/{token}");
        assert_ne!(answer.status, 405, "{what}");
        assert_eq!(answer.status == 404, is_shared, "{what}");
        assert_eq!(answer.status == 401, needs_token, "{what}");
    }
}

#[test]
fn every_schema_that_is_named_is_there() {
    let server = crate::server(Backend::Sqlite).unwrap();
    let description = description(&server);
    let text = description.to_string();
    let schemas = description["components"]["schemas"].as_object().unwrap();
    assert!(schemas.len() >= 46, "only {} schemas", schemas.len());
    for reference in text.split("#/components/schemas/").skip(1) {
        let name: String = reference
            .chars()
            .take_while(|c| c.is_alphanumeric())
            .collect();
        assert!(schemas.contains_key(&name), "there is no schema {name}");
    }
}

#[test]
fn bodies_of_actions_are_described_by_what_reads_them() {
    let server = crate::server(Backend::Sqlite).unwrap();
    let description = description(&server);
    let schema = |method: &str, path: &str| {
        let operation = &description["paths"][path][method];
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        let Some(name) = body["$ref"].as_str() else {
            return body.clone();
        };
        let name = name.rsplit('/').next().unwrap();
        description["components"]["schemas"][name].clone()
    };
    let priority = schema("put", "/actions/tasks/set-priority");
    assert_eq!(
        priority["required"],
        serde_json::json!(["task_ids", "priority"])
    );
    assert_eq!(priority["properties"]["priority"]["minimum"], 0);
    let shot = schema("post", "/data/projects/{project_id}/shots");
    assert_eq!(shot["required"], serde_json::json!(["name"]));
    assert_eq!(shot["properties"]["sequence_id"]["format"], "uuid");
    let casting = schema("put", "/data/assets/{asset_id}/casting");
    assert_eq!(casting["type"], "array");
    let comment = &description["paths"]["/actions/tasks/{task_id}/comment"]["post"];
    assert!(comment["requestBody"]["content"]["multipart/form-data"].is_object());
}

/// Actions whose body is not described by its fields: the parameters of a form
/// or of the query string, and JSON that is taken as it is.
const UNDESCRIBED: [&str; 0] = [];

#[test]
fn every_body_says_what_it_holds() {
    let server = crate::server(Backend::Sqlite).unwrap();
    let description = description(&server);
    let mut bare = Vec::new();
    for (method, path) in described(&description) {
        let operation = &description["paths"][&path][method.to_lowercase()];
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        let says_nothing = body.as_object().is_some_and(|schema| {
            schema.is_empty() || (schema.len() == 1 && schema.get("type") == Some(&"object".into()))
        });
        if says_nothing {
            bare.push(format!("{method} {path}"));
        }
    }
    assert_eq!(bare, UNDESCRIBED);
}

/// Answers that are JSON of any shape: OpenAPI itself.
const FREE_FORM: [&str; 1] = ["GET /openapi.json"];

#[test]
fn every_answer_says_what_it_holds() {
    let server = crate::server(Backend::Sqlite).unwrap();
    let description = description(&server);
    let mut bare = Vec::new();
    for (method, path) in described(&description) {
        let operation = &description["paths"][&path][method.to_lowercase()];
        let responses = operation["responses"].as_object().unwrap();
        let mut successes = responses
            .iter()
            .filter(|(status, _)| status.starts_with(['2', '3']));
        let says_nothing = |response: &Value| {
            let schema = &response["content"]["application/json"]["schema"];
            schema.as_object().is_some_and(|schema| {
                let kind = schema.get("type");
                schema.keys().all(|key| key == "type" || key == "title")
                    && kind.is_none_or(|kind| kind.is_string() && kind != "boolean")
            })
        };
        if successes.clone().next().is_none()
            || successes.any(|(_, response)| says_nothing(response))
        {
            bare.push(format!("{method} {path}"));
        }
    }
    assert_eq!(bare, FREE_FORM);
}

/// The example of an operation for a tool.
fn example<'a>(details: &'a Value, label: &str) -> Option<&'a str> {
    let samples = details["x-codeSamples"].as_array()?;
    let sample = samples.iter().find(|sample| sample["label"] == label)?;
    sample["source"].as_str()
}

#[test]
fn the_examples_of_curl_work() {
    let server = crate::server(Backend::Sqlite).unwrap();
    let description = description(&server);
    let token = server.admin_token();
    let (mut tried, mut failed) = (0, Vec::new());
    for (path, operations) in description["paths"].as_object().unwrap() {
        for (method, details) in operations.as_object().unwrap() {
            let command = example(details, "curl").unwrap();
            let is_read = method == "get" && !path.contains('{');
            if !is_read || NEEDS_MORE.contains(&path.as_str()) {
                continue;
            }
            let output = std::process::Command::new("sh")
                .args([
                    "-c",
                    &format!("{command} -s -o /dev/null -w '%{{http_code}}'"),
                ])
                .env("TANUKI_URL", &server.url)
                .env("TANUKI_TOKEN", &token)
                .output()
                .unwrap();
            let status = String::from_utf8_lossy(&output.stdout);
            tried += 1;
            if !status.starts_with('2') {
                failed.push(format!("{status}: {command}"));
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(tried > 50, "{tried}");
}

/// Reads that need something else than an access token.
const NEEDS_MORE: &[&str] = &[
    // A provider of single sign-on.
    "/auth/oidc/callback",
    "/auth/oidc/login",
    "/auth/saml/login",
    "/auth/saml/metadata",
    // Ends the session whose token the others need.
    "/auth/logout",
    // A refresh token.
    "/auth/refresh-token",
    // The address of somebody with such a factor.
    "/auth/email-otp",
    "/auth/fido",
];
