//! What each role writes, and who left a team.

use serde_json::{Value, json};
use tanuki_testkit::Backend;

use super::{PEOPLE, Place, Studio, id_of};
use crate::on_both;

on_both! { nobody_writes_where_their_role_in_the_team_only_looks }

/// A request, its body, and who may send it.
type Write = (&'static str, &'static str, Value, &'static [Place]);

fn writes() -> Vec<Write> {
    use Place::*;
    const TEAM: &[Place] = &[Manager, Supervisor, Artist, Vendor];
    const STAFF: &[Place] = &[Manager, Supervisor, Artist];
    vec![
        (
            "POST",
            "/data/scenes/{scene}/shots",
            json!({"shot_id": "{shot}"}),
            STAFF,
        ),
        (
            "DELETE",
            "/data/scenes/{scene}/shots/{shot}",
            json!(null),
            STAFF,
        ),
        (
            "POST",
            "/data/shots/{shot}/asset-instances",
            json!({"asset_instance_id": "{shot}"}),
            TEAM,
        ),
        (
            "POST",
            "/data/scenes/{scene}/asset-instances",
            json!({"asset_id": "{shot}"}),
            STAFF,
        ),
        (
            "POST",
            "/actions/tasks/{task}/comments/{internal}/add-preview",
            json!({}),
            TEAM,
        ),
        (
            "PUT",
            "/data/working-files/{working}",
            json!({"comment": "x"}),
            TEAM,
        ),
        (
            "PUT",
            "/data/preview-files/{preview}",
            json!({"description": "x"}),
            TEAM,
        ),
        (
            "PUT",
            "/data/tasks/{task}",
            json!({"estimation": 1}),
            &[Manager, Supervisor],
        ),
        (
            "PUT",
            "/data/entities/{shot}",
            json!({"data": {"note": "x"}}),
            &[Manager, Supervisor],
        ),
        (
            "PUT",
            "/data/shots/{shot}",
            json!({"description": "x"}),
            &[Manager],
        ),
        (
            "POST",
            "/data/projects/{project}/sequences",
            json!({"name": "x"}),
            &[Manager],
        ),
        (
            "PUT",
            "/data/projects/{project}/entities/{shot}/casting",
            json!([]),
            &[Manager],
        ),
        (
            "POST",
            "/actions/tasks/{task}/comment",
            json!({"task_status_id": "{todo}", "comment": "x"}),
            &[Manager, Supervisor, Artist, Vendor, Client],
        ),
    ]
}

fn nobody_writes_where_their_role_in_the_team_only_looks(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let mut wrong = Vec::new();
    let mut taken = 0;
    for (method, path, body, may) in writes() {
        for (name, .., place) in PEOPLE {
            let body = (!body.is_null()).then_some(&body);
            let answer = studio.send(&studio.tokens[name], method, path, body);
            assert!(answer.status < 500, "{name} {path}: {}", answer.text());
            let is_refused = answer.status == 403;
            taken += usize::from(answer.status < 300);
            if is_refused == may.contains(&place) {
                let may = if is_refused { "may not" } else { "may" };
                wrong.push(format!(
                    "{name} ({place:?}) {may} {method} {path}: {}",
                    answer.text()
                ));
            }
        }
    }
    for (name, .., place) in PEOPLE
        .into_iter()
        .filter(|(.., place)| *place == Place::Left)
    {
        wrong.extend(writes_of_who_left(&studio, name, place));
    }
    assert!(
        wrong.is_empty(),
        "{} faults:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(taken > 0);
}

/// Who left a team changes nothing there, not even what they wrote.
fn writes_of_who_left(studio: &Studio, name: &str, place: Place) -> Vec<String> {
    let token = &studio.tokens[name];
    let person = &studio.ids[name];
    let all = studio
        .send(&studio.admin, "GET", "/data/tasks/{task}/comments", None)
        .json();
    let own = all
        .as_array()
        .unwrap()
        .iter()
        .find(|comment| comment["person_id"] == person.as_str() && comment["text"] == "left")
        .unwrap();
    let own = id_of(own);
    let on_own = |rest: &str| format!("/data/tasks/{{task}}/comments/{own}{rest}");
    let day = format!("/actions/tasks/{{task}}/time-spents/2026-11-03/persons/{person}");
    let writes = [
        ("POST", on_own("/reply"), json!({"text": "x"})),
        ("POST", on_own("/ack"), json!({})),
        ("PUT", format!("/data/comments/{own}"), json!({"text": "x"})),
        ("POST", day.clone(), json!({"duration": 60})),
        ("POST", format!("{day}/add"), json!({"duration": 60})),
        (
            "POST",
            format!("/actions/tasks/{{task}}/comments/{own}/add-attachment"),
            json!({}),
        ),
        (
            "POST",
            format!("/actions/tasks/{{task}}/comments/{own}/add-preview"),
            json!({}),
        ),
        ("DELETE", on_own(""), json!(null)),
        ("DELETE", format!("/data/comments/{own}"), json!(null)),
    ];
    let mut wrong = Vec::new();
    for (method, path, body) in writes {
        let body = (!body.is_null()).then_some(&body);
        let answer = studio.send(token, method, &path, body);
        if answer.status != 403 {
            wrong.push(format!(
                "{name} ({place:?}) {method} {path}: {}",
                answer.text()
            ));
        }
    }
    wrong
}
