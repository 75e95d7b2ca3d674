//! Automations and parents that lead back to where they began.

use serde_json::{Value, json};
use tanuki_testkit::http::Request;
use tanuki_testkit::{Backend, Server};

use crate::{on_both, server_with};

on_both! {
    an_automation_that_sets_itself_off_ends
    automations_in_a_ring_follow_each_task_once
    a_chain_of_forty_automations_is_followed_to_its_end
    automations_of_everything_to_everything_end
    tags_that_set_off_a_ring_end
    entities_in_themselves_are_still_served
}

/// The production of `communication.sql`, a shot and a character of it.
const PRODUCTION: &str = "bbbbbbbb-0000-4000-8000-000000000001";
const SHOT: &str = "cccccccc-0000-4000-8000-000000000002";
const ASSET: &str = "cccccccc-0000-4000-8000-000000000003";

struct Studio {
    server: Server,
    admin: String,
}

impl Studio {
    fn open(backend: Backend) -> Option<Self> {
        let server = server_with("communication", backend)?;
        let admin = server.admin_token();
        Some(Self { server, admin })
    }

    fn send(&self, request: Request) -> Value {
        let answer = self.server.send(&request.bearer(&self.admin));
        assert!(answer.status < 300, "{}: {}", answer.status, answer.text());
        answer.json()
    }

    fn id(&self, request: Request) -> String {
        let row = self.send(request);
        row["id"].as_str().unwrap().to_owned()
    }

    fn status(&self, name: &str) -> String {
        let rows = self.send(Request::get(&format!(
            "/data/task-status?short_name={name}"
        )));
        rows[0]["id"].as_str().unwrap().to_owned()
    }

    /// A task of the shot, of a type of its own: type and task.
    fn task(&self, name: &str) -> (String, String) {
        let body = json!({"name": name, "for_entity": "Shot", "color": "#112233"});
        let task_type = self.id(Request::post("/data/task-types").json(&body));
        let body = json!({
            "project_id": PRODUCTION, "entity_id": SHOT, "task_type_id": task_type,
            "task_status_id": self.status("todo"), "name": "main",
        });
        let task = self.id(Request::post("/data/tasks").json(&body));
        (task_type, task)
    }

    fn tasks(&self, count: usize) -> Vec<(String, String)> {
        (0..count)
            .map(|number| self.task(&format!("Step {number}")))
            .collect()
    }

    /// In the production, what is in at one status of a type puts another type
    /// into that status.
    fn automate(&self, status: &str, from: &str, to: &str) {
        let body = json!({
            "entity_type": "shot", "in_task_type_id": from, "in_task_status_id": status,
            "out_field_type": "status", "out_task_type_id": to, "out_task_status_id": status,
        });
        let automation = self.id(Request::post("/data/status-automations").json(&body));
        let path = format!("/data/projects/{PRODUCTION}/settings/status-automations");
        self.send(Request::post(&path).json(&json!({"status_automation_id": automation})));
    }

    fn comment(&self, task: &str, status: &str, text: &str) {
        let body = json!({"task_status_id": status, "comment": text});
        let path = format!("/actions/tasks/{task}/comment");
        self.send(Request::post(&path).json(&body));
    }

    fn comments(&self, task: &str) -> usize {
        let list = self.send(Request::get(&format!("/data/tasks/{task}/comments")));
        list.as_array().unwrap().len()
    }

    fn has_status(&self, task: &str, status: &str) -> bool {
        self.send(Request::get(&format!("/data/tasks/{task}")))["task_status_id"] == status
    }
}

fn an_automation_that_sets_itself_off_ends(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let wip = studio.status("wip");
    let (task_type, task) = studio.task("Alone");
    studio.automate(&wip, &task_type, &task_type);
    studio.comment(&task, &wip, "go");
    assert_eq!(studio.comments(&task), 1);
    assert!(studio.has_status(&task, &wip));
}

fn automations_in_a_ring_follow_each_task_once(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let wip = studio.status("wip");
    let tasks = studio.tasks(3);
    for (number, (from, _)) in tasks.iter().enumerate() {
        studio.automate(&wip, from, &tasks[(number + 1) % 3].0);
    }
    studio.comment(&tasks[1].1, &wip, "round and round");
    for (_, task) in &tasks {
        assert_eq!(studio.comments(task), 1);
        assert!(studio.has_status(task, &wip));
    }
    // The next comment sets it off again.
    studio.comment(&tasks[0].1, &wip, "once more");
    for (_, task) in &tasks {
        assert_eq!(studio.comments(task), 2);
    }
}

fn a_chain_of_forty_automations_is_followed_to_its_end(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let wip = studio.status("wip");
    let tasks = studio.tasks(41);
    for pair in tasks.windows(2) {
        studio.automate(&wip, &pair[0].0, &pair[1].0);
    }
    studio.comment(&tasks[0].1, &wip, "to the end");
    for (_, task) in &tasks {
        assert_eq!(studio.comments(task), 1);
        assert!(studio.has_status(task, &wip));
    }
}

fn automations_of_everything_to_everything_end(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let wip = studio.status("wip");
    let tasks = studio.tasks(6);
    for (from, _) in &tasks {
        for (to, _) in &tasks {
            studio.automate(&wip, from, to);
        }
    }
    studio.comment(&tasks[0].1, &wip, "everywhere");
    let written: usize = tasks.iter().map(|(_, task)| studio.comments(task)).sum();
    // Each automation was applied once at most.
    assert!((6..=1 + 6 * 5).contains(&written), "{written}");
    assert!(tasks.iter().all(|(_, task)| studio.has_status(task, &wip)));
}

fn tags_that_set_off_a_ring_end(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let todo = studio.status("todo");
    // The comment of an automation names the type, and so tags all tasks.
    let (first, task) = studio.task("#all");
    let (second, other) = studio.task("Second");
    studio.automate(&todo, &first, &second);
    studio.automate(&todo, &second, &first);
    studio.comment(&task, &todo, "for #all");
    let written = studio.comments(&task) + studio.comments(&other);
    assert!((2..40).contains(&written), "{written}");
}

fn entities_in_themselves_are_still_served(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let sequence = studio.send(Request::get(&format!("/data/entities/{SHOT}")))["parent_id"]
        .as_str()
        .unwrap()
        .to_owned();
    for (entity, parent) in [(&*sequence, &*sequence), (&*sequence, SHOT), (ASSET, ASSET)] {
        let path = format!("/data/entities/{entity}");
        let request = Request::put(&path).json(&json!({"parent_id": parent}));
        let answer = studio.server.send(&request.bearer(&studio.admin));
        assert_eq!(answer.status, 400, "{}", answer.text());
        assert!(answer.text().contains("parent_id"), "{}", answer.text());
    }
    // An asset that is cast in itself, and in a ring, as far as it is taken.
    let path = format!("/data/assets/{ASSET}/casting");
    let casting = json!([{"asset_id": ASSET, "nb_occurences": 1}]);
    studio.send(Request::put(&path).json(&casting));
    let ready = json!({"ready_for": null});
    studio.send(Request::put(&format!("/data/entities/{ASSET}")).json(&ready));
    for path in [
        format!("/data/projects/{PRODUCTION}/assets"),
        format!("/data/shots/with-tasks?project_id={PRODUCTION}"),
        format!("/data/assets/{ASSET}"),
        path,
    ] {
        studio.send(Request::get(&path));
    }
    let request = Request::delete(&format!("/data/assets/{ASSET}?force=true"));
    assert_eq!(
        studio.server.send(&request.bearer(&studio.admin)).status,
        204
    );
}
