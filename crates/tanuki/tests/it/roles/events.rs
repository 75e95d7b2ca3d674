//! What the events of a production tell, and to whom.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tanuki_testkit::Backend;

use super::metadata::{SECRET, fill};
use super::{CANARIES, PEOPLE, Place, Studio, id_of};
use crate::event_listener::Listener;
use crate::on_both;

on_both! { listeners_hear_no_metadata_and_only_of_what_they_may_read }

/// Starts of the names of events that clients do not hear.
const INTERNAL: [&str; 8] = [
    "attachment-file:",
    "entity-link:",
    "news:",
    "schedule-item:",
    "task:assign",
    "task:unassign",
    "time-spent:",
    "working-file:",
];

/// Changes of rows with metadata and of what the studio keeps to itself.
fn changes() -> Vec<(&'static str, String, Value)> {
    let data = json!({"secret": SECRET, "frame_out": SECRET, "note": "canary-column"});
    let mut changes: Vec<(&str, String, Value)> = ["sh", "asset", "sq", "episode", "edit"]
        .iter()
        .map(|name| {
            (
                "PUT",
                format!("/data/entities/{{{name}}}"),
                json!({"data": data}),
            )
        })
        .collect();
    changes.extend(
        [
            (
                "PUT",
                "/data/shots/{sh}",
                json!({"data": data, "description": SECRET}),
            ),
            (
                "PUT",
                "/data/tasks/{task}",
                json!({"data": {"mood": "canary-task-column"}}),
            ),
            (
                "PUT",
                "/data/tasks/{othertask}",
                json!({"estimation": 31337}),
            ),
            (
                "PUT",
                "/data/projects/{project}",
                json!({"data": {"secret": SECRET}}),
            ),
            (
                "PUT",
                "/data/playlists/{playlist}",
                json!({"name": "canary-internal"}),
            ),
            (
                "POST",
                "/data/projects/{project}/shots",
                json!({"name": "new", "sequence_id": "{sq}", "data": data}),
            ),
            (
                "POST",
                "/data/projects/{project}/asset-types/{props}/assets/new",
                json!({"name": "new", "data": data}),
            ),
            (
                "PUT",
                "/data/projects/{project}/entities/{sh}/casting",
                json!([{"asset_id": "{asset}", "nb_occurences": 2, "label": SECRET}]),
            ),
            (
                "PUT",
                "/data/asset-instances/{instance}",
                json!({"data": data}),
            ),
            (
                "PUT",
                "/data/entities/{asset}",
                json!({"ready_for": "{animation}"}),
            ),
            ("PUT", "/data/entities/{prop}", json!({"canceled": true})),
            (
                "PUT",
                "/data/time-spents/{time}",
                json!({"duration": 31337.25}),
            ),
            (
                "PUT",
                "/data/working-files/{working}",
                json!({"comment": "canary-working"}),
            ),
            (
                "PUT",
                "/data/preview-files/{preview}",
                json!({"original_name": "canary-working"}),
            ),
            (
                "PUT",
                "/actions/tasks/{othertask}/set-main-preview",
                json!({}),
            ),
            (
                "PUT",
                "/actions/persons/{manager}/assign",
                json!({"task_ids": ["{othertask}"]}),
            ),
            (
                "PUT",
                "/actions/tasks/set-priority",
                json!({"task_ids": ["{othertask}"], "priority": 2}),
            ),
            (
                "PUT",
                "/actions/tasks/clear-assignation",
                json!({"task_ids": ["{othertask}"]}),
            ),
        ]
        .map(|(method, path, body)| (method, path.to_owned(), body)),
    );
    changes
}

fn listeners_hear_no_metadata_and_only_of_what_they_may_read(backend: Backend) {
    let Some(mut studio) = Studio::open(backend) else {
        return;
    };
    fill(&mut studio);
    let start = |name: &'static str| (name, Listener::start(&studio.server, &studio.tokens[name]));
    let listeners: BTreeMap<&str, Listener> = PEOPLE.iter().map(|(name, ..)| start(name)).collect();
    let admin = studio.admin.clone();
    for (method, path, body) in changes() {
        let answer = studio.send(&admin, method, &path, Some(&body));
        assert!(answer.status < 500, "{path}: {}", answer.text());
        let is_refused = path.ends_with("/set-main-preview");
        assert_eq!(
            answer.status < 300,
            !is_refused,
            "{path}: {}",
            answer.text()
        );
    }
    let path = "/actions/tasks/{task}/comment";
    let internal = id_of(&studio.say("artist", path, "canary-internal", 201).json());
    let department = json!({"name": "The last", "color": "#000000"});
    let last = studio.make("", "/data/departments", department);
    let project = json!(studio.ids["project"]);
    let assigned = assigned_tasks(&studio);
    for (name, .., place) in PEOPLE {
        let listener = &listeners[name];
        listener.wait_for(last["id"].as_str().unwrap());
        let own = studio.ids[name].as_str();
        let none = BTreeSet::new();
        let tasks = assigned.get(own).unwrap_or(&none);
        let mut heard = BTreeSet::new();
        for (event, data) in listener.events() {
            let text = data.to_string();
            let shows = |mark: &&str| text.contains(*mark);
            let marks = CANARIES.iter().map(|(_, mark)| *mark).chain([SECRET]);
            assert_eq!(marks.clone().find(shows), None, "{name}: {event} {text}");
            let is_own = data["person_id"] == own;
            assert!(
                is_own || event != "notification:new",
                "{name}: {event} {text}"
            );
            if data["project_id"] == project && !is_own {
                let is_of_task = data["task_id"]
                    .as_str()
                    .is_some_and(|id| tasks.contains(id));
                let is_heard = match place {
                    Place::Manager | Place::Supervisor | Place::Artist => true,
                    Place::Client => {
                        data["comment_id"] != *internal
                            && !INTERNAL.iter().any(|start| event.starts_with(start))
                    }
                    Place::Vendor => is_of_task || event.starts_with("project:"),
                    Place::IdleVendor => event.starts_with("project:"),
                    Place::Left => false,
                };
                assert!(is_heard, "{name}: {event} {text}");
            }
            heard.insert(event);
        }
        // They do hear what they may.
        let expected: &[&str] = match place {
            Place::Manager | Place::Supervisor | Place::Artist => &[
                "shot:update",
                "asset:update",
                "time-spent:update",
                "comment:new",
                "task:assign",
            ],
            Place::Client => &["shot:update", "asset:update", "task:update"],
            Place::Vendor => &["task:update", "comment:new", "project:update"],
            Place::IdleVendor => &["project:update"],
            Place::Left => &["department:new"],
        };
        for event in expected {
            assert!(heard.contains(*event), "{name}: {event}, {heard:?}");
        }
    }
}

/// The ids of the tasks that people are assigned to, by person.
fn assigned_tasks(studio: &Studio) -> BTreeMap<String, BTreeSet<String>> {
    let path = "/data/tasks?relations=true&project_id={project}";
    let tasks = studio.send(&studio.admin, "GET", path, None).json();
    let mut assigned: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for task in tasks.as_array().unwrap() {
        for person in task["assignees"].as_array().unwrap() {
            let person = person.as_str().unwrap().to_owned();
            assigned.entry(person).or_default().insert(id_of(task));
        }
    }
    assigned
}
