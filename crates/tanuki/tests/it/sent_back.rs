//! What was read can be sent back: a row of every resource, as it was read.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tanuki_testkit::http::Request;
use tanuki_testkit::{Backend, Server};

use crate::description::{described, description};
use crate::on_both;
use crate::studio::{Studio, id};

on_both! {
    rows_are_taken_as_they_were_read
    a_new_playlist_is_taken_as_it_was_made
}

/// Rows of these hold most of what there is.
const FIXTURES: [&str; 8] = [
    "communication",
    "events",
    "files",
    "graph",
    "planning",
    "productions",
    "seeds",
    "tasks",
];

/// Rows of one resource that are sent back, at most.
const ROWS: usize = 2;

/// Without when a row was written last, and by whom.
fn lasting(mut row: Value) -> Value {
    let fields = row.as_object_mut().unwrap();
    fields.remove("updated_at");
    fields.remove("editor_id");
    row
}

/// Lists of resources whose rows are read and updated by their ids.
fn resources(server: &Server) -> Vec<String> {
    let operations: BTreeSet<(String, String)> =
        described(&description(server)).into_iter().collect();
    let has = |method: &str, path: &str| operations.contains(&(method.into(), path.into()));
    operations
        .iter()
        .filter_map(|(_, path)| path.strip_suffix("/{instance_id}"))
        .filter(|list| {
            let row = format!("{list}/{{instance_id}}");
            has("GET", &row) && has("PUT", &row) && has("GET", list)
        })
        .map(str::to_owned)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

fn rows_are_taken_as_they_were_read(backend: Backend) {
    let mut met = BTreeSet::new();
    let mut wrong = Vec::new();
    for fixture in FIXTURES {
        let Some(server) = crate::server_with(fixture, backend) else {
            return;
        };
        let admin = server.admin_token();
        send_back(&Studio { server, admin }, &mut met, &mut wrong);
    }
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    fill(&studio);
    send_back(&studio, &mut met, &mut wrong);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let all = resources(&studio.server);
    assert!(all.len() > 40, "{all:?}");
    let unmet: Vec<&String> = all.iter().filter(|list| !met.contains(*list)).collect();
    assert_eq!(unmet, [""; 0], "no row of these was there");
}

/// Sends rows of every resource back, and notes what is refused or changed.
fn send_back(studio: &Studio, met: &mut BTreeSet<String>, wrong: &mut Vec<String>) {
    for list in resources(&studio.server) {
        for row in studio.list(&list).iter().take(ROWS) {
            let path = format!("{list}/{}", id(row));
            let read = studio.get(&path);
            met.insert(list.clone());
            for sent in [&read, row] {
                let answer = studio.answer(Request::put(&path).json(sent));
                if answer.status != 200 {
                    let text = answer.text();
                    wrong.push(format!("PUT {path} {}: {text} {sent}", answer.status));
                    continue;
                }
                let after = studio.get(&path);
                if lasting(after.clone()) != lasting(read.clone()) {
                    wrong.push(format!("PUT {path}: {read} became {after}"));
                }
            }
        }
    }
}

/// Makes a row of each resource that the scenarios have none of.
fn fill(studio: &Studio) {
    let project = studio.project("alpha");
    let sequence = studio.entity(&project, "sequences", &json!({"name": "SQ"}));
    let body = json!({"name": "SH", "sequence_id": sequence});
    let shot = studio.entity(&project, "shots", &body);
    let task_type = studio.task_type("Blocking", "Shot");
    let task = studio.task(&shot, &task_type);
    let admin = studio.get("/auth/authenticated")["user"]["id"].clone();
    let department = &studio.list("/data/departments")[0]["id"];
    let of = |list: &str, body: Value| studio.made(&format!("/data/{list}"), &body);
    let comment =
        json!({"object_id": task, "object_type": "Task", "person_id": admin, "text": "t"});
    let comment = of("comments", comment);
    of(
        "attachment-files",
        json!({"name": "a.txt", "comment_id": comment}),
    );
    let budget = json!({"project_id": project, "name": "Quote", "revision": 1});
    let budget = of("budgets", budget);
    of(
        "budget-entries",
        json!({
            "budget_id": budget, "department_id": department, "start_date": "2026-01-01",
            "months_duration": 2, "daily_salary": 100, "position": "artist", "seniority": "mid",
        }),
    );
    let chat = of("chats", json!({"object_id": shot, "object_type": "entity"}));
    of(
        "chat-messages",
        json!({"chat_id": chat, "person_id": admin, "text": "hi"}),
    );
    let off = json!({"person_id": admin, "date": "2026-03-02", "end_date": "2026-03-03"});
    of("day-offs", off);
    let file_status = of(
        "file-status",
        json!({"name": "Checked", "color": "#001122"}),
    );
    let milestone = json!({"project_id": project, "name": "Beta", "date": "2026-05-01"});
    of("milestones", milestone);
    let news = json!({"author_id": admin, "task_id": task, "comment_id": comment});
    of("news", news);
    of(
        "output-files",
        json!({
            "name": "out", "revision": 1, "entity_id": shot, "file_status_id": file_status,
        }),
    );
    of("output-types", json!({"name": "Cache", "short_name": "c"}));
    of(
        "plugins",
        json!({
            "plugin_id": "p", "name": "P", "version": "1", "maintainer_name": "me", "license": "MIT",
        }),
    );
    of("preview-background-files", json!({"name": "Sky"}));
    let version = json!({"project_id": project, "name": "v1"});
    let version = of("production-schedule-versions", version);
    let link = json!({"production_schedule_version_id": version, "task_id": task});
    of("production-schedule-version-task-links", link);
    of(
        "schedule-items",
        json!({"project_id": project, "task_type_id": task_type}),
    );
    of(
        "subscriptions",
        json!({"person_id": admin, "task_id": task}),
    );
    let spent = json!({"task_id": task, "person_id": admin, "date": "2026-02-02", "duration": 90});
    of("time-spents", spent);
    of(
        "working-files",
        json!({"name": "a.blend", "task_id": task, "entity_id": shot}),
    );
}

fn a_new_playlist_is_taken_as_it_was_made(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let project = studio.project("alpha");
    let body = json!({"name": "x", "project_id": project});
    let made = studio.post("/data/playlists", &body);
    let path = format!("/data/playlists/{}", id(&made));
    let sent = studio.put(&path, &made);
    assert_eq!(sent["shots"], made["shots"]);
    assert_eq!(lasting(studio.get(&path)), lasting(made));
}
