//! NUL and numbers in JSON, and numbers that are none.

use serde_json::json;
use tanuki_testkit::Backend;
use tanuki_testkit::http::{Request, Response};

use crate::on_both;
use crate::seeded::{ARTIST, PROJECT, SHOT, Studio, TASK, refused};

on_both! {
    nul_is_refused_wherever_it_would_be_stored
    numbers_are_kept_as_they_are_written
    numbers_beyond_a_double_are_refused
    no_number_is_infinite
}

fn nul_is_refused_wherever_it_would_be_stored(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let shot = format!("/data/shots/{SHOT}");
    let before = studio.get(&shot).json();
    for body in [
        r#"{"data": {"a": "x\u0000y"}}"#,
        r#"{"data": {"a\u0000": 1}}"#,
        r#"{"data": {"a": [1, {"b": ["\u0000"]}]}}"#,
        r#"{"description": "x\u0000"}"#,
    ] {
        for path in [format!("/data/entities/{SHOT}"), shot.clone()] {
            refused(&studio.raw(Request::put(&path), body), body);
        }
    }
    for body in [r#"{"data": {"a": "\ud800"}}"#, r#"{"data": {"\udc00": 1}}"#] {
        let path = format!("/data/entities/{SHOT}");
        refused(&studio.raw(Request::put(&path), body), body);
        // The body of an action that cannot be read counts as none.
        studio.raw(Request::put(&shot), body);
    }
    let after = studio.get(&shot).json();
    assert_eq!(after["data"], before["data"], "nothing is written");
    assert_eq!(after["description"], before["description"]);
    for (path, body) in [
        (
            format!("/data/tasks/{TASK}"),
            r#"{"data": {"a": "\u0000"}}"#,
        ),
        (
            format!("/data/projects/{PROJECT}"),
            r#"{"file_tree": {"\u0000": {}}}"#,
        ),
        (
            format!("/data/projects/{PROJECT}"),
            r#"{"data": {"a": ["\u0000"]}}"#,
        ),
    ] {
        refused(&studio.raw(Request::put(&path), body), body);
    }
    for (path, body) in [
        (
            "/data/softwares",
            r#"{"name": "a", "secondary_extensions": ["\u0000"]}"#,
        ),
        (
            "/data/task-status",
            r#"{"name": "a\u0000", "short_name": "a", "color": "red"}"#,
        ),
    ] {
        refused(&studio.raw(Request::post(path), body), body);
    }
    refused(
        &studio.comment(json!({"comment": "a\u{0}"})),
        "a comment's text",
    );
    refused(
        &studio.comment(json!({"checklist": [{"text": "a\u{0}", "checked": false}]})),
        "a checklist",
    );
    refused(&studio.comment(json!({"links": ["a\u{0}"]})), "a link");
    let form = "--b\r\nContent-Disposition: form-data; name=\"comment\"\r\n\r\na\u{0}\r\n--b--\r\n";
    let status = studio.id_of_first("/data/task-status");
    let form = form.replace(
        "--b--",
        &format!("--b\r\nContent-Disposition: form-data; name=\"task_status_id\"\r\n\r\n{status}\r\n--b--"),
    );
    let request = Request::post(&format!("/actions/tasks/{TASK}/comment"))
        .header("Content-Type", "multipart/form-data; boundary=b")
        .body(form.into_bytes());
    refused(&studio.send(request), "a form's text");
    for query in ["description=%00", "name=%00", "status=a%00"] {
        let answer = studio.get(&format!("/data/entities?{query}"));
        assert!(answer.status < 500, "{query}: {}", answer.text());
    }
}

const BIG: &str = "123456789012345678901234567890";

/// Numbers as they are written and as they come back.
const NUMBERS: [(&str, &str); 9] = [
    ("1.10", "1.10"),
    (BIG, BIG),
    ("-98765432109876543210", "-98765432109876543210"),
    ("0.1234567890123456789", "0.1234567890123456789"),
    ("18446744073709551616", "18446744073709551616"),
    ("-0", "0"),
    ("1E5", "100000.0"),
    ("1e-7", "0.0000001"),
    ("7", "7"),
];

fn written() -> String {
    let fields = NUMBERS.iter().enumerate();
    let fields: Vec<String> = fields
        .map(|(place, (number, _))| format!("\"n{place}\": {number}"))
        .collect();
    format!("{{{}}}", fields.join(", "))
}

/// The numbers of an answer, wherever in it they are.
fn check_numbers(answer: &Response, what: &str) {
    assert!(answer.status < 300, "{what}: {}", answer.text());
    let text: String = answer.text().split_whitespace().collect();
    for (place, (_, number)) in NUMBERS.iter().enumerate() {
        let ends = [",", "}"].map(|end| format!("\"n{place}\":{number}{end}"));
        assert!(
            ends.iter().any(|field| text.contains(field)),
            "{what}: {number} in {text}"
        );
    }
}

fn numbers_are_kept_as_they_are_written(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let asset_type = studio.id_of_first("/data/asset-types");
    let body = format!(
        r#"{{"name": "big", "project_id": "{PROJECT}", "entity_type_id": "{asset_type}", "data": {}}}"#,
        written()
    );
    let created = studio.raw(Request::post("/data/entities"), &body);
    check_numbers(&created, "POST /data/entities");
    let id = created.json()["id"].as_str().unwrap().to_owned();
    for path in [
        format!("/data/entities/{id}"),
        format!("/data/assets/{id}"),
        "/data/entities?name=big".to_owned(),
        "/data/assets?name=big".to_owned(),
        "/data/assets/with-tasks".to_owned(),
    ] {
        check_numbers(&studio.get(&path), &path);
    }
    // Another key joins the numbers, and the answer has them.
    let path = format!("/data/entities/{id}");
    check_numbers(&studio.put(&path, &json!({"data": {"other": 1}})), "merged");
    check_numbers(&studio.get(&path), "after a merge");
    // They are new in an object that had others.
    let shot = studio.raw(
        Request::put(&format!("/data/entities/{SHOT}")),
        &format!("{{\"data\": {}}}", written()),
    );
    check_numbers(&shot, "PUT of a shot");
    check_numbers(&studio.get("/data/shots/with-tasks"), "a board");
    let task = Request::put(&format!("/data/tasks/{TASK}"));
    let task = studio.raw(task, &format!("{{\"data\": {}}}", written()));
    check_numbers(&task, "PUT of a task");
    let project = Request::put(&format!("/data/projects/{PROJECT}"));
    let project = studio.raw(project, &format!("{{\"data\": {}}}", written()));
    check_numbers(&project, "PUT of a production");
    check_numbers(&studio.get("/data/projects"), "a list of productions");
    check_numbers(&studio.get("/data/user/context"), "the context");
}

fn numbers_beyond_a_double_are_refused(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let path = format!("/data/entities/{SHOT}");
    let before = studio.get(&path).json();
    let nines = "9".repeat(400);
    for number in [
        "1e400",
        "-1e400",
        "1E999999999999999999999",
        "NaN",
        "Infinity",
        &nines,
    ] {
        for body in [
            format!(r#"{{"data": {{"a": {number}}}}}"#),
            format!(r#"{{"data": {{"a": [{{"b": {number}}}]}}}}"#),
            format!(r#"{{"nb_frames": {number}}}"#),
        ] {
            refused(&studio.raw(Request::put(&path), &body), &body);
        }
    }
    assert_eq!(studio.get(&path).json(), before);
}

fn no_number_is_infinite(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let person = ARTIST;
    let organisation = studio.id_of_first("/data/organisations");
    for text in [
        "nan",
        "NaN",
        "inf",
        "Infinity",
        "-infinity",
        "1e999",
        "1e308",
    ] {
        let put = |path: String, field: &str| {
            refused(
                &studio.put(&path, &json!({ field: text })),
                &format!("{path} {text}"),
            );
        };
        put(format!("/data/tasks/{TASK}"), "duration");
        put(format!("/data/tasks/{TASK}"), "estimation");
        put(format!("/data/tasks/{TASK}"), "priority");
        put(
            format!("/data/organisations/{organisation}"),
            "hours_by_day",
        );
        put(format!("/data/projects/{PROJECT}"), "man_days");
        put(format!("/data/entities/{SHOT}"), "nb_frames");
        let body =
            json!({"person_id": person, "task_id": TASK, "date": "2026-01-01", "duration": text});
        refused(&studio.post("/data/time-spents", &body), text);
        let path = format!("/actions/tasks/{TASK}/time-spents/2026-01-01/persons/{person}");
        refused(&studio.post(&path, &json!({"duration": text})), &path);
        refused(
            &studio.send(Request::post(&path).form(&[("duration", text)])),
            &path,
        );
        refused(
            &studio.get(&format!("/data/tasks?duration={text}")),
            "a filter",
        );
        let page = studio.get(&format!("/data/tasks?page={text}"));
        assert!(page.status < 500, "{}", page.text());
    }
    // What another program stored does not spread into sums.
    if backend == Backend::Postgres {
        let time = "INSERT INTO time_spent (id, duration, date, task_id, person_id) VALUES \
                    ('abababab-0000-4000-8000-000000000001', 'NaN', '2026-01-02'";
        studio
            .server
            .sql(&format!("{time}, '{TASK}', '{person}')"))
            .unwrap();
        let path = format!("/actions/tasks/{TASK}/time-spents/2026-01-03/persons/{person}");
        let answer = studio.post(&path, &json!({"duration": 60}));
        assert_eq!(answer.status, 201, "{}", answer.text());
    }
}
