//! Many who change the casting of one shot, or what stands in one scene, at the same moment.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tanuki_testkit::http::Request;
use tanuki_testkit::{Backend, Server};

use crate::on_both;

/// How many write at once.
const WRITERS: usize = 32;

on_both! {
    castings_that_many_change_at_once_stay_consistent
    instances_that_many_make_at_once_are_numbered_in_a_row
    assets_that_get_ready_at_once_wait_for_each_other_in_one_order
}

/// The production of `scenarios/graph.sql`.
const PRODUCTION: &str = "bbbbbbbb-0000-4000-8000-000000000001";

struct Studio {
    server: Server,
    admin: String,
}

impl Studio {
    /// `None` where there is no such database.
    fn open(backend: Backend) -> Option<Self> {
        let server = crate::server_with("graph", backend)?;
        let admin = server.admin_token();
        Some(Self { server, admin })
    }

    fn send(&self, request: Request) -> Value {
        let answer = self.server.send(&request.bearer(&self.admin));
        assert!(answer.status < 300, "{}: {}", answer.status, answer.text());
        answer.json()
    }

    fn type_id(&self, name: &str) -> Value {
        let types = self.send(Request::get(&format!("/data/entity-types?name={name}")));
        types[0]["id"].clone()
    }

    fn entity(&self, kind: &Value, name: &str, parent: Option<&str>) -> String {
        let body = json!({
            "name": name, "project_id": PRODUCTION, "entity_type_id": kind, "parent_id": parent,
        });
        let entity = self.send(Request::post("/data/entities").json(&body));
        entity["id"].as_str().unwrap().to_owned()
    }

    fn count(&self, entity: &str) -> u64 {
        let entity = self.send(Request::get(&format!("/data/entities/{entity}")));
        entity["nb_entities_out"].as_u64().unwrap()
    }

    fn cast(&self, entity: &str) -> Vec<String> {
        let links = format!("/data/entity-links?entity_in_id={entity}");
        let links = self.send(Request::get(&links));
        let links = links.as_array().unwrap().iter();
        links
            .map(|link| link["entity_out_id"].as_str().unwrap().to_owned())
            .collect()
    }
}

fn castings_that_many_change_at_once_stay_consistent(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let episode = studio.entity(&studio.type_id("Episode"), "Episode", None);
    let sequence = studio.entity(&studio.type_id("Sequence"), "Sequence", Some(&episode));
    let kind = studio.type_id("Shot");
    let shots = ["One", "Two"].map(|name| studio.entity(&kind, name, Some(&sequence)));
    let kind = studio.type_id("Prop");
    let assets: Vec<String> = (0..WRITERS)
        .map(|number| studio.entity(&kind, &format!("Prop {number}"), None))
        .collect();

    // Everybody casts a prop of their own; every fourth writes a whole casting.
    std::thread::scope(|scope| {
        for (number, asset) in assets.iter().enumerate() {
            let (studio, shots) = (&studio, &shots);
            scope.spawn(move || {
                let casting = format!("/data/projects/{PRODUCTION}/entities");
                let (path, body) = if number % 4 == 0 {
                    let path = format!("{casting}/{}/casting", shots[0]);
                    (path, json!([{"asset_id": asset, "nb_occurences": 1}]))
                } else {
                    let path = format!("{casting}/casting/assets/{asset}");
                    (path, json!({"entity_ids": shots}))
                };
                studio.send(Request::put(&path).json(&body));
            });
        }
    });

    let second: BTreeSet<String> = studio.cast(&shots[1]).into_iter().collect();
    let own = assets.iter().enumerate();
    let own: BTreeSet<String> = own
        .filter(|(number, _)| number % 4 != 0)
        .map(|(_, asset)| asset.clone())
        .collect();
    assert_eq!(second, own, "no casting is lost");
    let mut in_shots = second;
    in_shots.extend(studio.cast(&shots[0]));
    let in_episode = studio.cast(&episode);
    assert_eq!(in_episode.len(), in_shots.len(), "each prop once");
    let in_episode: BTreeSet<String> = in_episode.into_iter().collect();
    assert_eq!(in_episode, in_shots);
    for entity in shots.iter().chain([&episode]) {
        let links = studio.cast(entity);
        assert_eq!(studio.count(entity), links.len() as u64, "{entity}");
    }
}

fn instances_that_many_make_at_once_are_numbered_in_a_row(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let scene = studio.entity(&studio.type_id("Scene"), "Scene", None);
    let asset = studio.entity(&studio.type_id("Prop"), "Prop", None);
    let path = format!("/data/scenes/{scene}/asset-instances");

    std::thread::scope(|scope| {
        for _ in 0..WRITERS {
            let body = json!({"asset_id": asset});
            let request = Request::post(&path).json(&body);
            scope.spawn(|| studio.send(request));
        }
    });

    let instances = studio.send(Request::get(&path));
    let numbers = instances[&asset].as_array().unwrap().iter();
    let numbers: Vec<u64> = numbers
        .map(|instance| instance["number"].as_u64().unwrap())
        .collect();
    let in_a_row: Vec<u64> = (1..=WRITERS as u64).collect();
    assert_eq!(numbers, in_a_row);
}

fn assets_that_get_ready_at_once_wait_for_each_other_in_one_order(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let first = |path: &str| studio.send(Request::get(path))[0]["id"].clone();
    let modeling = first("/data/task-types?name=Modeling&for_entity=Asset");
    let animation = first("/data/task-types?name=Animation&for_entity=Shot");
    let done = first("/data/task-status?short_name=done");
    let automation = json!({
        "entity_type": "asset", "in_task_type_id": modeling, "in_task_status_id": done,
        "out_field_type": "ready_for", "out_task_type_id": animation,
    });
    let automation = Request::post("/data/status-automations").json(&automation);
    let automation = json!({"status_automation_id": studio.send(automation)["id"]});
    let used = format!("/data/projects/{PRODUCTION}/settings/status-automations");
    studio.send(Request::post(&used).json(&automation));

    let sequence = studio.entity(&studio.type_id("Sequence"), "Sequence", None);
    let kind = studio.type_id("Shot");
    let shots = ["One", "Two"].map(|name| studio.entity(&kind, name, Some(&sequence)));
    let kind = studio.type_id("Prop");
    // The first batch comes to the shots in one order, the second in the other.
    let batches = [[0, 1], [1, 0]].map(|order| {
        order.map(|shot| {
            let asset = studio.entity(&kind, &format!("Prop {order:?} {shot}"), None);
            let path = format!("/data/projects/{PRODUCTION}/entities/casting/assets/{asset}");
            let cast = Request::put(&path).json(&json!({"entity_ids": [shots[shot]]}));
            studio.send(cast);
            let task = json!({
                "project_id": PRODUCTION, "entity_id": asset, "task_type_id": modeling,
            });
            studio.send(Request::post("/data/tasks").json(&task))["id"].clone()
        })
    });
    let path = format!("/actions/projects/{PRODUCTION}/tasks/comment-many");

    std::thread::scope(|scope| {
        for number in 0..WRITERS {
            let comments = batches[number % 2].iter();
            let comments: Vec<Value> = comments
                .map(|task| json!({"object_id": task, "task_status_id": done, "comment": "ready"}))
                .collect();
            let request = Request::post(&path).json(&json!(comments));
            scope.spawn(|| studio.send(request));
        }
    });

    for task in batches.iter().flatten() {
        let path = format!("/data/tasks/{}/comments", task.as_str().unwrap());
        let comments = studio.send(Request::get(&path));
        assert_eq!(comments.as_array().unwrap().len(), WRITERS / 2);
    }
}
