//! Bodies for the recorded requests: of their keys and types, with values that
//! a person could have entered.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Map, Value, json};
use tanuki_testkit::ADMIN_PASSWORD;
use tanuki_testkit::http::Request;

use super::day::{ARTIST_PASSWORD, Ids};
use super::flows::Call;

/// Returns a body with these keys.
pub(super) fn fill(call: &Call, keys: &Value, ids: &Ids, person: &Value) -> Value {
    match keys {
        Value::Object(keys) => {
            let values = keys
                .iter()
                .map(|(key, kind)| (key.clone(), value(call, (key, kind), ids, person)));
            Value::Object(values.collect::<Map<_, _>>())
        }
        Value::Array(items) => items
            .iter()
            .map(|item| fill(call, item, ids, person))
            .collect(),
        other => other.clone(),
    }
}

fn value(call: &Call, (key, kind): (&str, &Value), ids: &Ids, person: &Value) -> Value {
    // The profile sends the person as it is.
    if call.path == "/data/persons/{id}" && person["role"] == "user" && !person[key].is_null() {
        return person[key].clone();
    }
    match kind.as_str() {
        Some("string") => text(call, key, ids, person).into(),
        Some("number") => number(key),
        Some("boolean") => json!(matches!(
            key,
            "active"
                | "allow_timelog"
                | "can_comment"
                | "has_avatar"
                | "isTrusted"
                | "notifications_enabled"
        )),
        Some("object") if key == "drawing" => {
            json!({"objects": [{"id": "stroke", "type": "path"}]})
        }
        Some("object") => json!({}),
        Some("null") => Value::Null,
        _ if kind[0] == "string" => {
            let one = match key {
                "departments" => "departments",
                "task_ids" => "tasks",
                _ => return json!(["assets"]),
            };
            json!([ids.get(one)])
        }
        _ => fill(call, kind, ids, person),
    }
}

fn number(key: &str) -> Value {
    match key {
        "fps" => json!(25),
        "hours_by_day" => json!(8),
        "nb_frames" => json!(40),
        "duration" => json!(120),
        _ => json!(1),
    }
}

fn text(call: &Call, key: &str, ids: &Ids, person: &Value) -> String {
    if let Some(kind) = row(key) {
        return ids.get(kind).to_owned();
    }
    let is_login = call.path.starts_with("/auth/");
    let email = person["email"].as_str().unwrap_or_default();
    match key {
        "email" if is_login => email.to_owned(),
        "email" => format!("{}@example.com", unique("person")),
        "password" | "old_password" | "password_2" if is_login => match (call.status, email) {
            (400, _) => "a-wrong-password".to_owned(),
            (_, tanuki_testkit::ADMIN_EMAIL) => ADMIN_PASSWORD.to_owned(),
            _ => ARTIST_PASSWORD.to_owned(),
        },
        "name" | "short_name" => unique(if key == "name" { "Name " } else { "n" }),
        "color" => "#336699".to_owned(),
        "contract_type" => "open-ended".to_owned(),
        "currency" => "EUR".to_owned(),
        "data_type" => "string".to_owned(),
        "date" | "start_date" => "2026-11-26".to_owned(),
        "due_date" | "end_date" => "2026-12-04".to_owned(),
        "entity_type" if call.path.contains("custom-actions") => "all".to_owned(),
        "entity_type" if call.path.contains("automations") => "asset".to_owned(),
        "entity_type" => "Asset".to_owned(),
        "expiration_date" => "2040-01-01".to_owned(),
        "file_extension" => "blend".to_owned(),
        "for_entity" if call.path.contains("playlists") => "shot".to_owned(),
        "for_entity" => "Asset".to_owned(),
        "fps" | "frame_in" | "frame_out" => "25".to_owned(),
        "homepage" => "assets".to_owned(),
        "label" => "animate".to_owned(),
        "list_type" => "asset".to_owned(),
        "locale" => "en_US".to_owned(),
        "out_field_type" => "status".to_owned(),
        "password" | "password_2" => "another-password".to_owned(),
        "phone" => "+33 1 02 03 04 05".to_owned(),
        "position" => "artist".to_owned(),
        "production_style" => "3d".to_owned(),
        "production_type" => "short".to_owned(),
        "ratio" => "16:9".to_owned(),
        "resolution" => "1920x1080".to_owned(),
        "role" => "user".to_owned(),
        "seniority" => "mid".to_owned(),
        "status" => "running".to_owned(),
        "timezone" => "Europe/Paris".to_owned(),
        "url" => "https://example.com/action".to_owned(),
        "version" => "4.2".to_owned(),
        // What is empty unless it is used.
        _ if key.starts_with("chat_") || key.ends_with("_userid") => String::new(),
        _ => format!("Some {key}"),
    }
}

/// The kind of row whose id a key has.
fn row(key: &str) -> Option<&'static str> {
    Some(match key {
        "asset_id" => "assets",
        "asset_type_id" | "entity_type_id" => "asset-types",
        "department_id" => "departments",
        "entity_id" => "shots",
        "episode_id" | "source_id" => "episodes",
        "in_task_status_id" | "out_task_status_id" | "task_status_id" => "task-status",
        "in_task_type_id" | "task_type_id" => "task-types",
        "out_task_type_id" => "task-types/next",
        "object_id" | "task_id" => "tasks",
        "parent_id" => "sequences",
        "person_id" | "guest_id" => "persons",
        "preview_file_id" => "preview-files",
        "project_id" => "projects",
        "project_status_id" => "project-status",
        "sequence_id" => "sequences",
        _ => return None,
    })
}

/// A file that a person chooses: its name, media type and content.
pub(super) type File = (&'static str, &'static str, &'static [u8]);

/// A picture of 7 x 5 pixels.
pub(super) const PICTURE: File = (
    "picture.png",
    "image/png",
    include_bytes!("../../../../tanuki-media/tests/pictures/small.png"),
);

/// A film of a second, with sound.
pub(super) const FILM: File = (
    "film.mp4",
    "video/mp4",
    include_bytes!("../../../../tanuki-media/tests/films/small.mp4"),
);

/// A form: a comment with an attachment, or a file alone.
pub(super) fn form(request: Request, call: &Call, ids: &Ids, file: File) -> Request {
    let mut body = Vec::new();
    let mut part = |head: &str, content: &[u8]| {
        body.extend(b"--end\r\nContent-Disposition: form-data; ");
        body.extend(head.as_bytes());
        body.extend(b"\r\n\r\n");
        body.extend(content);
        body.extend(b"\r\n");
    };
    if call.path.ends_with("/comment") {
        part("name=\"task_status_id\"", ids.get("task-status").as_bytes());
        part("name=\"comment\"", b"With a picture");
        part("name=\"checklist\"", b"[]");
        part("name=\"for_client\"", b"false");
    }
    if call.path.starts_with("/import/") {
        let asset_type = ids.get("name of the asset type");
        let table = format!("Type;Name;Sequence\n{asset_type};Imported;SQ01\n");
        part("name=\"file\"; filename=\"rows.csv\"", table.as_bytes());
    } else {
        let (name, media_type, content) = file;
        let head = format!("name=\"file\"; filename=\"{name}\"\r\nContent-Type: {media_type}");
        part(&head, content);
    }
    body.extend(b"--end--\r\n");
    request
        .header("Content-Type", "multipart/form-data; boundary=end")
        .body(body)
}

/// Returns a name that no row has yet.
pub(super) fn unique(prefix: &str) -> String {
    static LAST: AtomicU32 = AtomicU32::new(0);
    format!("{prefix}{}", LAST.fetch_add(1, Ordering::Relaxed))
}
