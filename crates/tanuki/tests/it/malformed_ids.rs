//! A malformed id in a path is refused after the login and never makes the server fail. What each route answers to
//! whom is in `malformed_ids.txt`; `TANUKI_RECORD=1` writes it anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};
use tanuki_testkit::Backend;
use tanuki_testkit::http::Request;

use crate::description::{described, description};
use crate::on_both;
use crate::studio::Studio;

on_both! { malformed_ids_are_refused_as_recorded }

const RECORDED: &str = include_str!("malformed_ids.txt");

/// An id that no row has.
const UNKNOWN: &str = "6f2d1c3a-1f0e-4c55-9d0b-0c7b5a4e3f21";

/// Ids that are malformed, or not in the hyphenated form, and their names.
const FORMS: [(&str, &str); 3] = [
    ("word", "not-an-id"),
    ("simple", "6f2d1c3a1f0e4c559d0b0c7b5a4e3f21"),
    ("braced", "%7B6f2d1c3a-1f0e-4c55-9d0b-0c7b5a4e3f21%7D"),
];

fn malformed_ids_are_refused_as_recorded(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let rows = rows(&studio);
    let callers = callers(&studio, &rows["project_id"]);
    let mut operations: Vec<(String, String)> = described(&description(&studio.server))
        .into_iter()
        .filter(|(_, path)| path.contains("_id}"))
        // Without a login, and without a link nothing is looked at.
        .filter(|(_, path)| !path.starts_with("/shared/"))
        .collect();
    // Reads first: nothing that a request changes is missing in the next.
    operations.sort_by_key(|(method, path)| (rank(method), path.clone()));
    let mut answers = String::new();
    for (method, path) in &operations {
        for place in ids_of(path) {
            for (form, id) in FORMS {
                let filled = fill(path, place, id, &rows);
                let request = Request::new(method, &filled).json(&json!({}));
                let request = if method == "GET" {
                    Request::get(&filled)
                } else {
                    request
                };
                let anonymous = studio.server.send(&request).status;
                assert_eq!(anonymous, 401, "{method} {filled}");
                write!(answers, "{method} {path} {place}={form}").unwrap();
                for (name, token) in &callers {
                    let answer = studio.server.send(&request.clone().bearer(token));
                    assert!(
                        answer.status < 500,
                        "{method} {filled} as {name}: {}",
                        answer.text()
                    );
                    write!(answers, " | {name} {}", answer.status).unwrap();
                    if answer.status == 400 {
                        write!(answers, " {}", said(&answer.json())).unwrap();
                    }
                }
                answers.push('\n');
            }
        }
    }
    if std::env::var_os("TANUKI_RECORD").is_some() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/malformed_ids.txt");
        std::fs::write(file, answers).unwrap();
        return;
    }
    let differing: Vec<_> = RECORDED
        .lines()
        .zip(answers.lines())
        .filter(|(recorded, answered)| recorded != answered)
        .collect();
    assert!(differing.is_empty(), "{differing:#?}");
    assert_eq!(RECORDED.lines().count(), answers.lines().count());
}

/// Rows of a production, by the name that their id has in paths.
fn rows(studio: &Studio) -> BTreeMap<&'static str, String> {
    let project = studio.project("alpha");
    let asset_type = studio.asset_type("Props");
    let asset = studio.asset(&project, &asset_type, "chair");
    let task_type = studio.task_type("Grooming", "Asset");
    let task = studio.task(&asset, &task_type);
    let status = studio.list("/data/task-status")[0]["id"].clone();
    let comment = studio.made(
        &format!("/actions/tasks/{task}/comment"),
        &json!({"task_status_id": status, "comment": "first"}),
    );
    let sequence = studio.entity(&project, "sequences", &json!({"name": "sq"}));
    let shot = studio.entity(
        &project,
        "shots",
        &json!({"name": "sh", "sequence_id": sequence}),
    );
    BTreeMap::from([
        ("project_id", project),
        ("asset_type_id", asset_type),
        ("asset_id", asset.clone()),
        ("entity_id", asset),
        ("task_type_id", task_type),
        ("task_id", task),
        ("comment_id", comment),
        ("sequence_id", sequence),
        ("shot_id", shot),
    ])
}

/// The tokens of an admin, of a member of the production, and of an artist and a manager who are not.
fn callers(studio: &Studio, project: &str) -> Vec<(&'static str, String)> {
    let mut found = vec![("admin", studio.admin.clone())];
    for (name, role) in [
        ("member", "user"),
        ("artist", "user"),
        ("manager", "manager"),
    ] {
        let email = format!("{name}@ids.example.com");
        let person = studio.made(
            "/data/persons",
            &json!({"first_name": name, "last_name": name, "email": email, "role": role}),
        );
        if name == "member" {
            let team = format!("/data/projects/{project}/team");
            studio.post(&team, &json!({"person_id": person}));
        }
    }
    let nothing = "UPDATE person SET active = true WHERE email = ''";
    studio.server.load_fixture(nothing).unwrap();
    for name in ["member", "artist", "manager"] {
        found.push((
            name,
            studio
                .server
                .log_in(&format!("{name}@ids.example.com"), "mypassword"),
        ));
    }
    found
}

fn rank(method: &str) -> usize {
    let order = ["GET", "POST", "PUT", "DELETE"];
    order
        .iter()
        .position(|known| *known == method)
        .unwrap_or_default()
}

/// The names of the ids in a path.
fn ids_of(path: &str) -> Vec<&str> {
    path.split(['{', '}'])
        .skip(1)
        .step_by(2)
        .filter(|name| name.ends_with("_id"))
        .collect()
}

/// Fills in the parameters of a path: `id` at one place, and rows that exist, or else unknown ids, elsewhere.
fn fill(path: &str, place: &str, id: &str, rows: &BTreeMap<&str, String>) -> String {
    let mut filled = String::new();
    for (index, part) in path.split(['{', '}']).enumerate() {
        filled += match part {
            part if index % 2 == 0 => part,
            name if name == place => id,
            "date" => "2026-01-05",
            name => rows.get(name).map_or(UNKNOWN, String::as_str),
        };
    }
    filled
}

/// The message of an error, and the fields that it names.
fn said(body: &Value) -> String {
    let message = body["message"].as_str().unwrap_or_default();
    let errors = body["data"]["errors"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let fields: Vec<&str> = errors
        .iter()
        .filter_map(|error| error["field"].as_str())
        .collect();
    format!(
        "{message}{}",
        fields
            .iter()
            .map(|field| format!(" {field}"))
            .collect::<String>()
    )
}
