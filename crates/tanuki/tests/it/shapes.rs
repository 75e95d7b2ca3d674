//! Values whose form rules rely on: JSON columns, frame rates, stored rows.

use std::path::Path;

use serde_json::{Value, json};
use tanuki_testkit::http::Request;
use tanuki_testkit::{Backend, Setup};

use crate::seeded::{PROJECT, SHOT, Studio, TASK, refused};
use crate::{BINARY, on_both};

on_both! {
    json_columns_keep_the_shape_that_rules_rely_on
    stored_json_of_another_shape_leaves_the_rest_readable
    frame_rates_are_numbers_with_a_point_or_a_comma
    shots_get_no_length_from_a_frame_rate_that_is_none
    a_row_that_cannot_be_read_is_an_error_of_the_server_and_logged
    malformed_json_is_refused_where_no_body_is_accepted
}

fn json_columns_keep_the_shape_that_rules_rely_on(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let answer = studio.comment(json!({}));
    let comment = answer.json()["id"].as_str().unwrap().to_owned();
    let comment = format!("/data/comments/{comment}");
    let playlist = studio.created(
        "/data/playlists",
        &json!({"name": "p", "project_id": PROJECT, "for_entity": "shot", "shots": []}),
    );
    let named = |path: &str, field: &str, value: &Value| {
        let answer = studio.put(path, &json!({ field: value }));
        refused(&answer, &format!("{path} {field} {value}"));
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.contains(field), "{message}");
    };
    for odd in [
        json!("text"),
        json!(5),
        json!([1, 2]),
        json!(["text"]),
        json!({"a": 1}),
        json!(true),
    ] {
        named(&comment, "replies", &odd);
        named(&comment, "checklist", &odd);
        if !odd.is_array() {
            named(&format!("/data/playlists/{playlist}"), "shots", &odd);
        }
    }
    for odd in [json!("text"), json!(5), json!([1]), json!(false)] {
        named(&format!("/data/tasks/{TASK}"), "data", &odd);
        named(&format!("/data/entities/{SHOT}"), "data", &odd);
        named(&format!("/data/projects/{PROJECT}"), "data", &odd);
        named(&format!("/data/projects/{PROJECT}"), "file_tree", &odd);
        let body = json!({"name": "x", "project_id": PROJECT, "data": odd});
        refused(&studio.post("/data/entities", &body), "a new entity");
    }
    let task = studio.get(&format!("/data/tasks/{TASK}/comments"));
    assert_eq!(task.status, 200, "{}", task.text());
    let reply = json!([{"id": "x", "text": "y", "date": "2026-01-01T00:00:00", "person_id": "z"}]);
    let answer = studio.put(&comment, &json!({"replies": reply}));
    assert_eq!(answer.json()["replies"], reply, "{}", answer.text());
}

fn stored_json_of_another_shape_leaves_the_rest_readable(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let comment = studio.comment(json!({})).json()["id"].clone();
    let comment = comment.as_str().unwrap();
    for stored in [r#""text""#, "5", "[1, \"a\", null]", "{\"a\": 1}", "null"] {
        studio
            .server
            .sql(&format!(
                "UPDATE comment SET replies = '{stored}', checklist = '{stored}', \
                 data = '{stored}' WHERE id = '{comment}'; \
                 UPDATE entity SET data = '{stored}' WHERE id = '{SHOT}'; \
                 UPDATE project SET data = '{stored}', file_tree = '{stored}' \
                 WHERE id = '{PROJECT}'"
            ))
            .unwrap();
        for path in [
            format!("/data/comments/{comment}"),
            format!("/data/tasks/{TASK}/comments"),
            format!("/data/entities/{SHOT}"),
            format!("/data/shots/{SHOT}"),
            "/data/shots/with-tasks".into(),
            "/data/projects".into(),
            format!("/data/projects/{PROJECT}/comments"),
            "/data/user/context".into(),
        ] {
            let answer = studio.get(&path);
            assert_eq!(answer.status, 200, "{stored} {path}: {}", answer.text());
        }
        let reply = format!("/data/tasks/{TASK}/comments/{comment}/reply");
        let answer = studio.post(&reply, &json!({"text": "still there"}));
        assert_eq!(answer.status, 200, "{stored}: {}", answer.text());
    }
}

fn frame_rates_are_numbers_with_a_point_or_a_comma(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let project = format!("/data/projects/{PROJECT}");
    let template = studio.created("/data/project-templates", &json!({"name": "t"}));
    let template = format!("/data/project-templates/{template}");
    for fps in [
        "0", "0,0", "abc", "-25", "nan", "inf", "1e999", "24 fps", "23,976,1",
    ] {
        for (path, field) in [(&project, "fps"), (&template, "fps")] {
            let answer = studio.put(path, &json!({ field: fps }));
            refused(&answer, &format!("{path} {fps}"));
            assert!(answer.text().contains("fps"), "{}", answer.text());
        }
        for path in ["/data/projects", "/data/project-templates"] {
            let name = format!("with {fps}");
            let body = json!({"name": name, "fps": fps, "production_type": "short"});
            refused(&studio.post(path, &body), &format!("{path} {fps}"));
        }
    }
    for fps in ["23,976", "23.976", "25", ""] {
        let answer = studio.put(&project, &json!({"fps": fps}));
        assert_eq!(answer.json()["fps"], fps, "{}", answer.text());
    }
    assert_eq!(
        studio.put(&project, &json!({"fps": 24})).json()["fps"],
        "24"
    );
}

fn shots_get_no_length_from_a_frame_rate_that_is_none(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let task_type = studio.get(&format!("/data/tasks/{TASK}")).json()["task_type_id"].clone();
    let task_type = task_type.as_str().unwrap();
    let preview = "INSERT INTO preview_file (id, name, revision, status, validation_status, duration, task_id, \
                   created_at) VALUES ('abababab-0000-4000-8000-000000000002', 'p', 99, 'ready', 'neutral', 10, ";
    studio
        .server
        .sql(&format!("{preview} '{TASK}', '2026-01-01T00:00:00')"))
        .unwrap();
    let path = format!("/actions/projects/{PROJECT}/task-types/{task_type}/set-shot-nb-frames");
    let frames = || studio.get(&format!("/data/shots/{SHOT}")).json()["nb_frames"].clone();
    let before = frames();
    for fps in ["'abc'", "'0'", "''", "NULL", "'-5'", "'nan'"] {
        studio
            .server
            .sql(&format!(
                "UPDATE project SET fps = {fps} WHERE id = '{PROJECT}'"
            ))
            .unwrap();
        let answer = studio.post(&path, &json!({}));
        refused(&answer, fps);
        assert!(answer.text().contains("fps"), "{}", answer.text());
        assert_eq!(frames(), before, "{fps}");
    }
    for (fps, length) in [("23,976", 240), ("24", 240), ("30", 300)] {
        studio
            .server
            .sql(&format!(
                "UPDATE project SET fps = '{fps}' WHERE id = '{PROJECT}'"
            ))
            .unwrap();
        let answer = studio.post(&path, &json!({}));
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(frames(), length, "{fps}");
    }
}

fn a_row_that_cannot_be_read_is_an_error_of_the_server_and_logged(backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let Some(studio) = Studio::open_with(Setup::new(BINARY, backend).log_to(&log)) else {
        return;
    };
    // PostgreSQL has types; a column of another one is all that can be wrong.
    let spoil = match backend {
        Backend::Sqlite => [
            (
                format!("UPDATE task SET due_date = 'soon' WHERE id = '{TASK}'"),
                "task.due_date",
            ),
            (
                format!("UPDATE entity SET data = '{{broken' WHERE id = '{SHOT}'"),
                "entity.data",
            ),
            (
                format!("UPDATE project SET nb_episodes = 'many' WHERE id = '{PROJECT}'"),
                "project.nb_episodes",
            ),
        ],
        Backend::Postgres => [
            (
                "ALTER TABLE task ALTER COLUMN due_date TYPE text".into(),
                "task.due_date",
            ),
            (
                "ALTER TABLE entity ALTER COLUMN nb_frames TYPE text".into(),
                "entity.nb_frames",
            ),
            (
                "ALTER TABLE project ALTER COLUMN man_days TYPE text".into(),
                "project.man_days",
            ),
        ],
    };
    let paths = [
        format!("/data/tasks/{TASK}"),
        format!("/data/entities/{SHOT}"),
        format!("/data/projects/{PROJECT}"),
    ];
    for ((sql, column), path) in spoil.iter().zip(&paths) {
        studio.server.sql(sql).unwrap();
        let answer = studio.get(path);
        assert_eq!(answer.status, 500, "{path}: {}", answer.text());
        assert_eq!(answer.json()["message"], "Internal server error.");
        assert!(logged(&log).contains(column), "{column}: {}", logged(&log));
    }
}

fn logged(log: &Path) -> String {
    std::fs::read_to_string(log).unwrap()
}

/// Taken for an empty body, malformed JSON would do something that nobody asked
/// for: the creation of the tasks of a whole production, for one.
fn malformed_json_is_refused_where_no_body_is_accepted(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let shot = format!("/data/shots/{SHOT}");
    let comment = format!("/actions/tasks/{TASK}/comment");
    let sequences = format!("/data/projects/{PROJECT}/sequences");
    let task_type = studio.id_of_first("/data/task-types");
    let create = format!("/actions/projects/{PROJECT}/task-types/{task_type}/shots/create-tasks");
    let before = (studio.get(&shot).json(), studio.get("/data/tasks").json());
    for body in [
        "{\"name\": \"x\"",
        "{\"name\": NaN}",
        "{\"name\": \"\\ud800\"}",
        "{\"name\": 1e999}",
        "[\"x\",]",
        "nope",
    ] {
        for request in [
            Request::put(&shot),
            Request::post(&comment),
            Request::post(&sequences),
            Request::post(&create),
            Request::put("/actions/tasks/clear-assignation"),
            Request::post("/auth/login?email=a%40example.com&password=mypassword"),
        ] {
            let what = format!("{request:?} {body}");
            let answer = studio.raw(request, body);
            refused(&answer, &what);
            let message = answer.json()["message"].as_str().unwrap().to_owned();
            assert!(
                message.contains("could not understand"),
                "{what}: {message}"
            );
        }
    }
    let after = (studio.get(&shot).json(), studio.get("/data/tasks").json());
    assert_eq!(after, before);
    for empty in ["", "  \n"] {
        let answer = studio.raw(Request::put(&shot), empty);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let answer = studio.raw(Request::post(&create), empty);
        assert_eq!(answer.status, 201, "{}", answer.text());
    }
}
