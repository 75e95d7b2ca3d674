//! Imports of the rows of another server: what only Tanuki does with them. The
//! tables and their events are in `scenarios/row_imports.jsonl`.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use tanuki_testkit::http::{Request, Response};
use tanuki_testkit::{Backend, Server, Setup};

use crate::event_socket::EventSocket;
use crate::{BINARY, on_both};

on_both! {
    a_production_that_was_deleted_is_imported_again
    rows_of_a_list_refer_to_others_of_it
    the_row_that_a_constraint_refuses_is_named
    playlists_have_entities_of_their_production_only
    a_notification_is_heard_by_its_person_only
    lists_beyond_the_limit_are_refused
}

/// The production of `scenarios/communication.sql`, and the one that is isolated.
const PRODUCTION: &str = "bbbbbbbb-0000-4000-8000-000000000001";
const OTHER: &str = "bbbbbbbb-0000-4000-8000-000000000002";

/// A server to which an admin sends rows.
pub(crate) struct Studio {
    pub(crate) server: Server,
    pub(crate) token: String,
    /// What the rows are of: the second part of the path.
    source: &'static str,
}

impl Studio {
    fn open(backend: Backend) -> Option<Self> {
        let studio = Self::start(backend, "kitsu")?;
        let rows = crate::rows_of("communication");
        studio.server.load_fixture(&rows).unwrap();
        Some(studio)
    }

    pub(crate) fn start(backend: Backend, source: &'static str) -> Option<Self> {
        let server = Setup::new(BINARY, backend).start()?;
        let token = server.admin_token();
        Some(Self {
            server,
            token,
            source,
        })
    }

    pub(crate) fn import(&self, table: &str, rows: &Value) -> Response {
        let path = format!("/import/{}/{table}", self.source);
        let request = Request::post(&path).bearer(&self.token).json(rows);
        self.server.send(&request)
    }

    pub(crate) fn imported(&self, table: &str, rows: &Value) -> Value {
        let answer = self.import(table, rows);
        assert_eq!(answer.status, 200, "{table}: {}", answer.text());
        answer.json()
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        let answer = self.server.send(&Request::get(path).bearer(&self.token));
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// All rows of a table that belong to the production, by id.
    fn rows(&self, table: &str, known: &BTreeSet<String>) -> Vec<Value> {
        let path = format!("/data/{table}?relations=true");
        let list = self.get(&path);
        let is_known = |id: &Value| id.as_str().is_some_and(|id| known.contains(id));
        let mut rows: Vec<Value> = list
            .as_array()
            .unwrap()
            .iter()
            .filter(|row| {
                let anchors = [
                    "project_id",
                    "task_id",
                    "object_id",
                    "entity_in_id",
                    "comment_id",
                ];
                anchors.iter().any(|key| is_known(&row[*key]))
                    || (table == "projects" && is_known(&row["id"]))
            })
            .cloned()
            .collect();
        rows.sort_by_key(|row| row["id"].to_string());
        rows
    }
}

/// The tables in the order in which Zou sends them. Build jobs have no list.
const TABLES: [&str; 15] = [
    "projects",
    "metadata-descriptors",
    "milestones",
    "entities",
    "schedule-items",
    "entity-links",
    "tasks",
    "subscriptions",
    "time-spents",
    "comments",
    "preview-files",
    "attachment-files",
    "news",
    "notifications",
    "playlists",
];

/// Tables whose rows are changed at the time of the import.
const TOUCHED: [&str; 4] = ["projects", "entities", "tasks", "comments"];

fn a_production_that_was_deleted_is_imported_again(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    // Only closed productions are deleted.
    let closed = studio.get("/data/project-status?name=Closed");
    let path = format!("/data/projects/{PRODUCTION}");
    let close = Request::put(&path)
        .bearer(&studio.token)
        .json(&json!({"project_status_id": closed[0]["id"]}));
    assert_eq!(studio.server.send(&close).status, 200);
    let rows_of_production = || {
        let mut known = BTreeSet::from([PRODUCTION.to_owned()]);
        TABLES.map(|table| {
            let rows = studio.rows(table, &known);
            let ids = rows.iter().filter_map(|row| row["id"].as_str());
            known.extend(ids.map(str::to_owned));
            rows
        })
    };
    let before = rows_of_production();
    let count = |table: &str| {
        let place = TABLES.iter().position(|known| *known == table).unwrap();
        before[place].len()
    };
    for table in ["projects", "entities", "tasks", "comments", "playlists"] {
        assert!(count(table) > 0, "{table}");
    }
    let forced = format!("{path}?force=true");
    let delete = Request::delete(&forced).bearer(&studio.token);
    let deleted = studio.server.send(&delete);
    assert_eq!(deleted.status, 204);
    // Zou sends sequences before their shots.
    let rank = |row: &Value| match row["type"].as_str() {
        Some("Episode") => 0,
        Some("Sequence") => 1,
        _ => 2,
    };
    for (table, rows) in TABLES.iter().zip(&before) {
        let mut rows = rows.clone();
        rows.sort_by_key(rank);
        studio.imported(table, &json!(rows));
    }
    let after = rows_of_production();
    for ((table, before), after) in TABLES.iter().zip(before).zip(after) {
        let comparable = |rows: Vec<Value>| -> Vec<Value> {
            let rows = rows.into_iter().map(|mut row| {
                if TOUCHED.contains(table) {
                    row["updated_at"] = Value::Null;
                }
                // Files are not sent, nor what was built of them.
                if *table == "preview-files" {
                    row["data"] = Value::Null;
                }
                if *table == "playlists" {
                    row["build_jobs"] = Value::Null;
                }
                row
            });
            rows.collect()
        };
        assert_eq!(comparable(after), comparable(before), "{table}");
    }
}

fn rows_of_a_list_refer_to_others_of_it(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let [sequence, shot, asset] =
        [1, 2, 3].map(|n| format!("0c0c0c0c-0000-4000-8000-00000000000{n}"));
    let types = studio.get("/data/entity-types?name=Character");
    let rows = studio.imported(
        "entities",
        &json!([
            {"id": sequence, "name": "New", "project_id": PRODUCTION, "type": "Sequence"},
            {"id": shot, "name": "New", "project_id": PRODUCTION, "type": "Shot",
             "parent_id": sequence, "nb_frames": 5, "entities_out": [asset]},
            {"id": asset, "name": "New", "project_id": PRODUCTION, "type": "Asset",
             "entity_type_id": types[0]["id"], "description": "x"},
        ]),
    );
    let ids: Vec<&Value> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["id"])
        .collect();
    assert_eq!(json!(ids), json!([sequence, shot, asset]));
    let path = format!("/data/entities/{shot}?relations=true");
    assert_eq!(studio.get(&path)["entities_out"], json!([asset]));
    // The castings stay where a list does not name them.
    studio.imported(
        "entities",
        &json!([{"id": shot, "nb_frames": 6, "type": "Entity"}]),
    );
    let read = studio.get(&path);
    assert_eq!(
        (&read["nb_frames"], &read["entities_out"]),
        (&json!(6), &json!([asset]))
    );
    let other = json!([{"id": shot, "project_id": OTHER, "parent_id": null, "type": "Shot"}]);
    let refused = studio.import("entities", &other);
    assert_eq!(refused.status, 400, "{}", refused.text());
    assert_eq!(studio.get(&path)["project_id"], PRODUCTION);
}

fn the_row_that_a_constraint_refuses_is_named(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let project = |number: u8, name: &str| json!({"id": format!("0d0d0d0d-0000-4000-8000-00000000000{number}"), "name": name});
    let known = studio.get(&format!("/data/projects/{PRODUCTION}"));
    let known = known["name"].as_str().unwrap();
    let list = json!([project(1, "One"), project(2, known), project(3, "Three")]);
    let refused = studio.import("projects", &list);
    assert_eq!(refused.status, 400);
    let errors = &refused.json()["data"]["errors"];
    assert_eq!(errors[0]["index"], 1, "{errors}");
    let missing = Request::get("/data/projects/0d0d0d0d-0000-4000-8000-000000000001");
    assert_eq!(
        studio.server.send(&missing.bearer(&studio.token)).status,
        404
    );
    studio.imported("projects", &json!([project(1, "One"), project(3, "Three")]));
}

fn playlists_have_entities_of_their_production_only(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let entity = |project: &str| {
        let entities = studio.get(&format!("/data/entities?project_id={project}"));
        entities[0]["id"].clone()
    };
    let playlist = |entity: Value| {
        json!([{
            "id": "0d0d0d0d-0000-4000-8000-000000000001", "name": "Dailies", "project_id": PRODUCTION,
            "for_entity": "shot", "shots": [{"entity_id": entity}],
        }])
    };
    let refused = studio.import("playlists", &playlist(entity(OTHER)));
    assert_eq!(refused.status, 400, "{}", refused.text());
    assert_eq!(refused.json()["data"]["errors"][0]["field"], "shots");
    studio.imported("playlists", &playlist(entity(PRODUCTION)));
}

fn a_notification_is_heard_by_its_person_only(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let tasks = studio.get(&format!("/data/tasks?project_id={PRODUCTION}"));
    let people = studio.get("/data/persons");
    let id = |mail: &str| -> Value {
        let mut people = people.as_array().unwrap().iter();
        people.find(|person| person["email"] == mail).unwrap()["id"].clone()
    };
    let (reader, other) = ("artist@comm.test", "sup@comm.test");
    let sockets = [reader, other].map(|mail| {
        let token = studio.server.log_in(mail, "mypassword");
        let socket = EventSocket::connect(&studio.server, &token);
        assert!(socket.read_until("40/events", Duration::from_secs(10)));
        socket
    });
    studio.imported(
        "notifications",
        &json!([{
            "id": "0e0e0e0e-0000-4000-8000-000000000001", "notification_type": "assignation",
            "person_id": id(reader), "author_id": id(other), "task_id": tasks[0]["id"],
        }]),
    );
    let [reader, other] = sockets;
    let wait = Duration::from_secs(10);
    assert!(reader.read_until("notification:new", wait));
    assert!(!other.read_until("notification:new", Duration::from_secs(1)));
}

fn lists_beyond_the_limit_are_refused(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let long: Vec<Value> = (0..5001).map(|_| json!({})).collect();
    let refused = studio.import("milestones", &json!(long));
    assert_eq!(refused.status, 400);
    assert_eq!(
        refused.json()["message"],
        "The list has at most 5000 items."
    );
    let wrong: Vec<Value> = (0..300).map(|_| json!({})).collect();
    let refused = studio.import("milestones", &json!(wrong)).json();
    assert_eq!(refused["data"]["errors"].as_array().unwrap().len(), 100);
}
