//! How many statements an operation sends: a list that asks once a row, or a
//! check that asks again for what is known, shows here without a clock.

use std::path::Path;

use serde_json::{Value, json};
use tanuki_testkit::http::Request;
use tanuki_testkit::{Backend, Setup};

use crate::{BINARY, on_both};

on_both! { an_operation_sends_as_many_statements_as_it_needs }

/// Production, shot and task of `scenarios/communication.sql` whose rows are read.
struct Rows {
    project: String,
    entity: String,
    task: String,
    person: String,
}

fn an_operation_sends_as_many_statements_as_it_needs(backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let started = Setup::new(BINARY, backend)
        .variable("TANUKI_LOG", "warn,tanuki_store=trace")
        .log_to(&log)
        .start();
    let Some(server) = started else {
        return;
    };
    server
        .load_fixture(&crate::rows_of("communication"))
        .unwrap();
    let token = server.admin_token();
    let first = |path: &str| -> Value {
        let answer = server.send(&Request::get(path).bearer(&token));
        answer.json()[0].clone()
    };
    let task = first("/data/tasks");
    let text = |key: &str| task[key].as_str().unwrap().to_owned();
    let rows = Rows {
        project: text("project_id"),
        entity: text("entity_id"),
        task: text("id"),
        person: first("/data/persons")["id"].as_str().unwrap().to_owned(),
    };
    for (path, most) in reads(&rows) {
        let before = statements(&log);
        let answer = server.send(&Request::get(&path).bearer(&token));
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let sent = statements(&log) - before;
        assert!(sent >= 1, "{path}: the log tells nothing");
        assert!(sent <= most, "{path}: {sent} statements instead of {most}");
    }
    let before = statements(&log);
    let path = format!("/data/tasks/{}", rows.task);
    let change = Request::put(&path)
        .bearer(&token)
        .json(&json!({"priority": 3}));
    assert_eq!(server.send(&change).status, 200);
    let sent = statements(&log) - before;
    assert!(sent <= 6, "an update of a task: {sent} statements");
    let before = statements(&log);
    let comment = Request::post(&format!("/actions/tasks/{}/comment", rows.task))
        .bearer(&token)
        .json(&json!({"task_status_id": text("task_status_id"), "comment": "told"}));
    assert_eq!(server.send(&comment).status, 201);
    let sent = statements(&log) - before;
    assert!(sent <= 13, "a comment: {sent} statements");
}

/// What is read, and the statements that it may send: one for who asks, and
/// one for an answer that is about one thing.
fn reads(rows: &Rows) -> Vec<(String, usize)> {
    let Rows {
        project,
        entity,
        task,
        person,
    } = rows;
    [
        ("/auth/authenticated".to_owned(), 1),
        ("/data/task-types".to_owned(), 2),
        ("/data/persons?relations=true".to_owned(), 2),
        ("/data/projects?relations=true".to_owned(), 2),
        ("/data/tasks?relations=true".to_owned(), 2),
        (format!("/data/tasks?project_id={project}"), 2),
        (format!("/data/entities?project_id={project}"), 2),
        (format!("/data/comments?object_id={task}"), 2),
        // With its team, settings, descriptors and status.
        (format!("/data/projects/{project}"), 7),
        (format!("/data/tasks/{task}"), 2),
        // With the place of the caller, and who answered.
        (format!("/data/tasks/{task}/comments"), 4),
        (format!("/data/entities/{entity}"), 2),
        (format!("/data/persons/{person}"), 2),
    ]
    .into()
}

/// Statements in the log so far.
fn statements(log: &Path) -> usize {
    let text = std::fs::read_to_string(log).unwrap();
    text.matches("statement sql=").count()
}
