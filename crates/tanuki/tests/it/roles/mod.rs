//! Who reads and writes what, by the role that a person has in the *team* of a
//! production, whatever they are in the studio: clients, vendors with work and
//! without, colleagues, and who left.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tanuki_testkit::http::{Request, Response};
use tanuki_testkit::{Backend, Server};

mod comments_of_clients;
mod events;
mod filters;
mod metadata;
mod random;
mod reads;
mod salaries;
mod visibility;
mod writes;

const PASSWORD: &str = "mypassword";

/// What somebody is to the production, in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Manager,
    Supervisor,
    Artist,
    Client,
    /// Assigned to the task.
    Vendor,
    IdleVendor,
    Left,
}

/// A name, the role in the studio, the one that the team gives, and what they
/// come to.
const PEOPLE: [(&str, &str, Option<&str>, Place); 17] = [
    ("manager", "manager", None, Place::Manager),
    ("userasmanager", "user", Some("manager"), Place::Manager),
    ("supervisor", "supervisor", None, Place::Supervisor),
    ("artist", "user", None, Place::Artist),
    ("clientasartist", "client", Some("user"), Place::Artist),
    ("vendorasartist", "vendor", Some("user"), Place::Artist),
    ("client", "client", None, Place::Client),
    ("artistasclient", "user", Some("client"), Place::Client),
    ("vendorasclient", "vendor", Some("client"), Place::Client),
    ("managerasclient", "manager", Some("client"), Place::Client),
    ("vendor", "vendor", None, Place::Vendor),
    ("artistasvendor", "user", Some("vendor"), Place::Vendor),
    ("idlevendor", "vendor", None, Place::IdleVendor),
    (
        "supasidlevendor",
        "supervisor",
        Some("vendor"),
        Place::IdleVendor,
    ),
    ("leftartist", "user", None, Place::Left),
    ("leftvendor", "vendor", None, Place::Left),
    ("leftclient", "client", None, Place::Left),
];

/// A text or number that shows whether something was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Canary {
    /// Written by a client.
    OfClient,
    /// Written by an artist, for the studio.
    Internal,
    /// A file that is attached to that.
    InternalFile,
    /// A field of a shot that belongs to a department.
    Column,
    /// The same of a task.
    TaskColumn,
    /// Estimation, duration or time spent.
    Time,
    /// A shot that nobody is assigned to.
    OtherShot,
    /// The shot that the task is of.
    Shot,
    /// A working file of its task.
    WorkingFile,
}

const CANARIES: [(Canary, &str); 9] = [
    (Canary::OfClient, "canary-of-client"),
    (Canary::Internal, "canary-internal"),
    (Canary::InternalFile, "canary-file"),
    (Canary::Column, "canary-column"),
    (Canary::TaskColumn, "canary-task-column"),
    (Canary::Time, "31337.25"),
    (Canary::OtherShot, "CANARY_OTHER"),
    (Canary::Shot, "CANARY_SHOT"),
    (Canary::WorkingFile, "canary-working"),
];

impl Place {
    fn reads(self, canary: Canary) -> bool {
        use Canary::*;
        match self {
            Self::Manager | Self::Supervisor => true,
            Self::Artist => canary != OfClient,
            Self::Client => matches!(canary, OfClient | OtherShot | Shot | WorkingFile),
            Self::Vendor => !matches!(canary, OfClient | Column | TaskColumn | OtherShot),
            Self::IdleVendor | Self::Left => false,
        }
    }
}

struct Studio {
    server: Server,
    admin: String,
    ids: BTreeMap<&'static str, String>,
    tokens: BTreeMap<&'static str, String>,
}

fn id_of(answer: &Value) -> String {
    answer["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"))
        .to_owned()
}

impl Studio {
    fn open(backend: Backend) -> Option<Self> {
        let server = crate::server(backend)?;
        let admin = server.admin_token();
        let mut studio = Self {
            server,
            admin,
            ids: BTreeMap::new(),
            tokens: BTreeMap::new(),
        };
        studio.fill();
        Some(studio)
    }

    /// Replaces `{name}` by the id of that name.
    fn with_ids(&self, text: &str) -> String {
        self.ids.iter().fold(text.to_owned(), |text, (name, id)| {
            text.replace(&format!("{{{name}}}"), id)
        })
    }

    fn send(&self, token: &str, method: &str, path: &str, body: Option<&Value>) -> Response {
        let request = Request::new(method, &self.with_ids(path)).bearer(token);
        match body {
            Some(body) => {
                let body = serde_json::from_str(&self.with_ids(&body.to_string())).unwrap();
                self.server.send(&request.json(&body))
            }
            None => self.server.send(&request),
        }
    }

    fn make(&mut self, name: &'static str, path: &str, body: Value) -> Value {
        let answer = self.send(&self.admin.clone(), "POST", path, Some(&body));
        assert!(answer.status < 300, "{path} {body}: {}", answer.text());
        let answer = answer.json();
        if !name.is_empty() {
            self.ids.insert(name, id_of(&answer));
        }
        answer
    }

    fn find(&mut self, name: &'static str, path: &str) {
        let found = self.send(&self.admin.clone(), "GET", path, None).json();
        self.ids.insert(name, id_of(&found[0]));
    }

    fn fill(&mut self) {
        self.find("shottype", "/data/entity-types?name=Shot");
        self.find("sequencetype", "/data/entity-types?name=Sequence");
        self.find("scenetype", "/data/entity-types?name=Scene");
        self.find("animation", "/data/task-types?name=Animation");
        let status = json!({
            "name": "Open", "short_name": "open", "color": "#222222",
            "is_artist_allowed": true, "is_client_allowed": true,
        });
        self.make("todo", "/data/task-status", status);
        self.make(
            "department",
            "/data/departments",
            json!({"name": "Theirs", "color": "#111111"}),
        );
        self.make("project", "/data/projects", json!({"name": "Canary"}));
        for (name, role, in_team, _) in PEOPLE {
            let body = json!({
                "first_name": name, "last_name": "", "email": format!("{name}@animfilms.com"),
                "role": role, "password": PASSWORD, "phone": format!("phone-of-{name}"),
                "daily_salary": 98765,
            });
            self.make(name, "/data/persons", body);
            let mut member = json!({"person_id": format!("{{{name}}}")});
            if let Some(role) = in_team {
                member["role"] = role.into();
            }
            self.make("", "/data/projects/{project}/team", member);
            let login = json!({"email": format!("{name}@animfilms.com"), "password": PASSWORD});
            let login = self.server.send(&Request::post("/auth/login").json(&login));
            let token = login.json()["access_token"].as_str().unwrap().to_owned();
            self.tokens.insert(name, token);
        }
        self.fill_production();
        for (name, .., place) in PEOPLE {
            if place == Place::Left {
                self.say(name, "/actions/tasks/{task}/comment", "left", 201);
                let path = format!("/data/projects/{{project}}/team/{{{name}}}");
                let gone = self.send(&self.admin.clone(), "DELETE", &path, None);
                assert!(gone.status < 300, "{}", gone.text());
            }
        }
    }

    fn fill_production(&mut self) {
        for (name, entity_type, task_type) in [
            ("Note", "Shot", None),
            ("Mood", "Task", Some("{animation}")),
        ] {
            let body = json!({
                "name": name, "entity_type": entity_type, "data_type": "string",
                "task_type_id": task_type, "departments": ["{department}"], "for_client": false,
            });
            self.make("", "/data/projects/{project}/metadata-descriptors", body);
        }
        let entity = |name: &str, kind: &str, parent: Value| {
            // The column is one of shots.
            let note = (kind == "{shottype}").then_some("canary-column");
            json!({
                "name": name, "project_id": "{project}", "entity_type_id": kind, "parent_id": parent,
                "data": {"note": note, "fps": "25"},
            })
        };
        self.make(
            "sequence",
            "/data/entities",
            entity("SQ", "{sequencetype}", json!(null)),
        );
        self.make(
            "shot",
            "/data/entities",
            entity("CANARY_SHOT", "{shottype}", json!("{sequence}")),
        );
        self.make(
            "other",
            "/data/entities",
            entity("CANARY_OTHER", "{shottype}", json!("{sequence}")),
        );
        self.make(
            "scene",
            "/data/entities",
            entity("SC", "{scenetype}", json!("{sequence}")),
        );
        let assigned: Vec<String> = PEOPLE
            .iter()
            .filter(|(.., place)| matches!(place, Place::Vendor | Place::Left | Place::Artist))
            .map(|(name, ..)| format!("{{{name}}}"))
            .collect();
        for (name, entity, assignees) in [
            ("task", "{shot}", assigned),
            ("othertask", "{other}", vec![]),
        ] {
            self.make(name, "/data/tasks", json!({
                "name": "main", "entity_id": entity, "project_id": "{project}",
                "task_type_id": "{animation}", "task_status_id": "{todo}", "assignees": assignees,
                "estimation": 31337.25, "duration": 31337.25, "data": {"mood": "canary-task-column"},
            }));
        }
        self.say(
            "client",
            "/actions/tasks/{task}/comment",
            "canary-of-client",
            201,
        );
        let internal = self.say(
            "artist",
            "/actions/tasks/{task}/comment",
            "canary-internal",
            201,
        );
        self.ids.insert("internal", id_of(&internal.json()));
        let file = "--x\r\nContent-Disposition: form-data; name=\"file-0\"; filename=\"canary-file.txt\"\r\n\
                    Content-Type: text/plain\r\n\r\nbytes\r\n--x--\r\n";
        let path = self.with_ids("/actions/tasks/{task}/comments/{internal}/add-attachment");
        let attached = self.server.send(
            &Request::post(&path)
                .bearer(&self.tokens["artist"])
                .header("Content-Type", "multipart/form-data; boundary=x")
                .body(file.as_bytes().to_vec()),
        );
        assert_eq!(attached.status, 201, "{}", attached.text());
        self.ids.insert("attachment", id_of(&attached.json()[0]));
        self.make("time", "/data/time-spents", json!({
            "task_id": "{task}", "person_id": "{artist}", "date": "2026-11-02", "duration": 31337.25,
        }));
        self.make(
            "working",
            "/data/working-files",
            json!({
                "name": "canary-working", "task_id": "{task}", "entity_id": "{shot}", "revision": 1,
            }),
        );
        self.make(
            "preview",
            "/data/preview-files",
            json!({
                "name": "preview", "task_id": "{task}", "revision": 1, "position": 1,
                "extension": "png", "original_name": "canary-working",
            }),
        );
    }

    fn say(&self, name: &str, path: &str, text: &str, status: u16) -> Response {
        let body = json!({"task_status_id": "{todo}", "text": text, "comment": text});
        let said = self.send(&self.tokens[name], "POST", path, Some(&body));
        assert_eq!(said.status, status, "{name}: {}", said.text());
        said
    }
}
