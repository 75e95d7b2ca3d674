//! Who reads and writes what, by the role that a person has in the *team* of a
//! production, whatever they are in the studio: clients, vendors with work and
//! without, colleagues, and who left.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tanuki_testkit::http::{Answer, Request};
use tanuki_testkit::{Backend, Server};

use crate::on_both;

on_both! {
    nobody_reads_what_is_not_for_their_role_in_the_team
    nobody_writes_where_their_role_in_the_team_only_looks
    what_people_earn_shows_in_no_answer_about_something_else
}

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

    fn send(&self, token: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
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

    fn say(&self, name: &str, path: &str, text: &str, status: u16) -> Answer {
        let body = json!({"task_status_id": "{todo}", "text": text, "comment": text});
        let said = self.send(&self.tokens[name], "POST", path, Some(&body));
        assert_eq!(said.status, status, "{name}: {}", said.text());
        said
    }
}

/// Lists and single rows in which something could show.
const READS: &[&str] = &[
    "/data/tasks",
    "/data/tasks?relations=true",
    "/data/tasks?page=1",
    "/data/tasks?fields=name,estimation,data",
    "/data/tasks/{task}",
    "/data/tasks/{othertask}",
    "/data/tasks/{task}?relations=false",
    "/data/tasks/{task}/full",
    "/data/tasks/{othertask}/full",
    "/data/tasks/{task}/comments",
    "/data/tasks/{task}/comments/{internal}",
    "/data/tasks/{task}/previews",
    "/data/tasks/{task}/attachment-files",
    "/data/tasks/open-tasks",
    "/data/tasks/open-tasks/stats",
    "/data/tasks/open-tasks?project_id={project}",
    "/data/projects/{project}/tasks",
    "/data/projects/{project}/tasks?page=1",
    "/data/projects/{project}/comments",
    "/data/projects/{project}/attachment-files",
    "/data/projects/{project}/preview-files",
    "/data/projects/{project}/time-spents",
    "/data/projects/{project}/task-types/{animation}/time-spents",
    "/data/projects/{project}/schedule-items",
    "/data/projects/{project}/quotas/{animation}?count_mode=weighted",
    "/data/projects/{project}/shots",
    "/data/projects/{project}/sequences",
    "/data/entities",
    "/data/entities?page=1",
    "/data/entities?fields=name,data",
    "/data/entities/{shot}",
    "/data/entities/{other}",
    "/data/entities/{shot}/task-types/{animation}/tasks",
    "/data/entities/{shot}/time-spents",
    "/data/entities/{shot}/preview-files",
    "/data/entities/{shot}/news",
    "/data/shots?project_id={project}",
    "/data/shots/all?project_id={project}",
    "/data/shots/{shot}",
    "/data/shots/{other}",
    "/data/shots/{shot}/tasks",
    "/data/shots/{shot}/tasks?relations=true",
    "/data/shots/{shot}/versions",
    "/data/shots/with-tasks?project_id={project}",
    "/data/sequences/{sequence}/shots",
    "/data/sequences/{sequence}/shot-tasks",
    "/data/sequences/{sequence}/scenes",
    "/data/comments/{internal}",
    "/data/attachment-files/{attachment}",
    "/data/attachment-files/{attachment}/file/canary-file.txt",
    "/data/preview-files",
    "/data/preview-files/{preview}",
    "/data/working-files",
    "/data/working-files/{working}",
    "/data/output-files",
    "/data/persons/{artist}/tasks",
    "/data/persons/{artist}/done-tasks",
    "/data/persons/{vendor}/tasks",
    "/data/persons/{artist}/related-tasks/{animation}",
    "/data/user/shots/{shot}/tasks",
    "/data/user/sequences/{sequence}/shots",
    "/data/user/projects/{project}/sequences",
    "/actions/tasks/{task}/time-spents",
    "/actions/tasks/{task}/time-spents/2026-11-02",
];

fn nobody_reads_what_is_not_for_their_role_in_the_team(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let mut wrong = Vec::new();
    let mut seen: Vec<(Place, Canary)> = Vec::new();
    for (name, .., place) in PEOPLE {
        for path in READS {
            let answer = studio.send(&studio.tokens[name], "GET", path, None);
            assert!(answer.status < 500, "{name} {path}: {}", answer.text());
            if answer.status != 200 {
                continue;
            }
            // What one was asked for stands in no answer but their own.
            let text = answer.text();
            for (canary, mark) in CANARIES {
                if !text.contains(mark) {
                    continue;
                }
                seen.push((place, canary));
                if !place.reads(canary) {
                    wrong.push(format!("{name} ({place:?}) reads {canary:?} in {path}"));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} leaks:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    for place in [
        Place::Manager,
        Place::Supervisor,
        Place::Artist,
        Place::Client,
        Place::Vendor,
    ] {
        for (canary, _) in CANARIES {
            let reads = place.reads(canary);
            assert!(
                !reads || seen.contains(&(place, canary)),
                "{place:?} finds no {canary:?}"
            );
        }
    }
}

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

fn what_people_earn_shows_in_no_answer_about_something_else(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let everybody = [
        "userasmanager",
        "supervisor",
        "artist",
        "vendor",
        "clientasartist",
        "client",
    ];
    let reads = [
        "/data/tasks/{task}/full",
        "/data/tasks/{task}/comments",
        "/data/comments/{internal}",
        "/data/projects/{project}/team",
        "/data/user/context",
        "/data/persons",
        "/data/persons/{manager}",
        "/data/entities/{shot}/news",
    ];
    let leaks = |name: &str, what: &str, answer: &Answer| {
        let text = answer.text();
        assert!(answer.status < 500, "{what}: {text}");
        let phones = text.split("phone-of-").skip(1);
        let others = phones.filter(|rest| !rest.starts_with(&format!("{name}\"")));
        assert_eq!(others.count(), 0, "{name} reads a phone in {what}: {text}");
    };
    for name in everybody {
        for path in reads {
            let answer = studio.send(&studio.tokens[name], "GET", path, None);
            leaks(name, path, &answer);
            let text = answer.text();
            let own = usize::from(text.contains(&format!("phone-of-{name}\"")));
            assert!(
                text.matches("98765").count() <= own,
                "{name} reads a salary in {path}: {text}"
            );
        }
        let body = json!({
            "task_status_id": "{todo}", "comment": "as somebody", "person_id": "{manager}",
        });
        let path = "/actions/tasks/{task}/comment";
        leaks(
            name,
            path,
            &studio.send(&studio.tokens[name], "POST", path, Some(&body)),
        );
    }
    let full = studio.send(
        &studio.tokens["manager"],
        "GET",
        "/data/projects/{project}/team",
        None,
    );
    assert!(
        full.text().contains("phone-of-artist"),
        "a studio's manager knows everybody"
    );
    assert!(full.text().contains("98765"));
}
