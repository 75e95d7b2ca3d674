//! Two productions with a row of each kind, and people of one of them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tanuki_testkit::Server;
use tanuki_testkit::http::{Request, Response};

/// A production and its rows: an id by what it is.
pub(crate) type Rows = BTreeMap<&'static str, String>;

/// Somebody who shows a token.
#[derive(Debug)]
pub(crate) struct Person {
    pub name: &'static str,
    pub id: String,
    pub token: String,
}

#[derive(Debug)]
pub(crate) struct Studio {
    pub server: Server,
    pub admin: Person,
    /// Members of production A alone, and one of no production.
    pub people: Vec<Person>,
    pub a: Rows,
    pub b: Rows,
    /// What `POST /data/…` made the rows of production A from, by path.
    pub bodies: BTreeMap<&'static str, (&'static str, Value)>,
}

/// Stands in every text of production B.
pub(crate) const MARK: &str = "bbsecretbb";

/// Whom production A has, with the role in the studio; all but the last two
/// are in its team.
const PEOPLE: [(&str, &str); 8] = [
    ("manager", "manager"),
    ("supervisor", "supervisor"),
    ("artist", "user"),
    ("vendor", "vendor"),
    ("idle", "vendor"),
    ("client", "client"),
    ("outsider", "user"),
    ("bot", "manager"),
];

/// What the whole studio shares.
struct Shared {
    prop: String,
    modeling: String,
    layout: String,
    status: String,
    department: String,
    file_status: String,
}

impl Studio {
    pub fn build(server: Server) -> Self {
        let admin_token = server.admin_token();
        let people = server.send(&Request::get("/data/persons").bearer(&admin_token));
        let admin = Person {
            name: "admin",
            id: text(&people.json()[0], "id"),
            token: admin_token,
        };
        let mut builder = Builder {
            server: &server,
            admin: &admin,
            bodies: BTreeMap::new(),
        };
        let shared = builder.shared();
        let people = builder.people(&shared);
        let artist = people.iter().find(|person| person.name == "artist");
        let artist = &artist.unwrap().id;
        let a = builder.production("aa", &shared, artist);
        for person in &people {
            if person.name == "outsider" {
                continue;
            }
            let path = format!("/data/projects/{}/team", a["project"]);
            builder.post(&path, json!({"person_id": person.id}));
            if ["artist", "vendor"].contains(&person.name) {
                let path = format!("/actions/persons/{}/assign", person.id);
                let body = json!({"task_ids": [a["task"]]});
                let answer = builder.send(&Request::put(&path).json(&body));
                assert_eq!(answer.status, 200, "{}", answer.text());
            }
        }
        let bodies = std::mem::take(&mut builder.bodies);
        let b = builder.production(MARK, &shared, &admin.id);
        Self {
            server,
            admin,
            people,
            a,
            b,
            bodies,
        }
    }

    pub fn send(
        &self,
        person: &Person,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Response {
        let request = Request::new(method, path).bearer(&person.token);
        self.server.send(&match body {
            Some(body) => request.json(body),
            None => request,
        })
    }

    pub fn person(&self, name: &str) -> &Person {
        let found = self.people.iter().find(|person| person.name == name);
        found.unwrap_or_else(|| panic!("nobody is called {name}"))
    }

    /// Every row of the studio that names a row of production B, by resource.
    pub fn rows_about_b(&self) -> BTreeMap<String, Vec<Value>> {
        let mut found = BTreeMap::new();
        for (path, _) in RESOURCES {
            let path = format!("{path}?relations=true");
            let rows = self.send(&self.admin, "GET", &path, None).json();
            let mut rows: Vec<Value> = rows.as_array().cloned().unwrap_or_default();
            rows.retain(|row| self.names_b(&row.to_string()));
            rows.sort_by_key(|row| row["id"].to_string());
            found.insert(path, rows);
        }
        found
    }

    /// Whether a text names a row of production B.
    pub fn names_b(&self, text: &str) -> bool {
        self.b.values().any(|id| text.contains(id))
    }
}

/// Resources whose rows belong to productions, and what [`Rows`] calls a row.
pub(crate) const RESOURCES: &[(&str, &str)] = &[
    ("/data/projects", "project"),
    ("/data/entities", "asset"),
    ("/data/entity-links", "entity_link"),
    ("/data/asset-instances", "instance"),
    ("/data/tasks", "task"),
    ("/data/time-spents", "time_spent"),
    ("/data/preview-files", "preview"),
    ("/data/working-files", "working_file"),
    ("/data/output-files", "output_file"),
    ("/data/comments", "comment"),
    ("/data/attachment-files", "attachment"),
    ("/data/playlists", "playlist"),
    ("/data/chats", "chat"),
    ("/data/chat-messages", "chat_message"),
    ("/data/news", "news"),
    ("/data/notifications", "notification"),
    ("/data/subscriptions", "subscription"),
    ("/data/search-filters", "search_filter"),
    ("/data/search-filter-groups", "search_filter_group"),
    ("/data/metadata-descriptors", "descriptor"),
    ("/data/milestones", "milestone"),
    ("/data/schedule-items", "schedule_item"),
    ("/data/production-schedule-versions", "version"),
    (
        "/data/production-schedule-version-task-links",
        "version_link",
    ),
    ("/data/budgets", "budget"),
    ("/data/budget-entries", "budget_entry"),
];

pub(crate) fn text(value: &Value, key: &str) -> String {
    let found = value[key].as_str();
    found
        .unwrap_or_else(|| panic!("no text `{key}` in {value}"))
        .to_owned()
}

struct Builder<'a> {
    server: &'a Server,
    admin: &'a Person,
    bodies: BTreeMap<&'static str, (&'static str, Value)>,
}

impl Builder<'_> {
    fn send(&self, request: &Request) -> Response {
        self.server.send(&request.clone().bearer(&self.admin.token))
    }

    /// Posts as an admin and returns the row.
    fn post(&self, path: &str, body: Value) -> Value {
        let answer = self.send(&Request::post(path).json(&body));
        let text = answer.text();
        assert!([200, 201].contains(&answer.status), "{path} {body}: {text}");
        answer.json()
    }

    fn id(&self, path: &str, body: Value) -> String {
        text(&self.post(path, body), "id")
    }

    fn shared(&self) -> Shared {
        let department = self.id(
            "/data/departments",
            json!({"name": "Isolated", "color": "#000000"}),
        );
        let task_type = |name: &str, kind: &str| {
            self.id(
                "/data/task-types",
                json!({
                    "name": name, "for_entity": kind, "department_id": department,
                    "color": "#000000",
                }),
            )
        };
        Shared {
            prop: self.id("/data/entity-types", json!({"name": "Isolated prop"})),
            modeling: task_type("Isolated modeling", "Asset"),
            layout: task_type("Isolated layout", "Shot"),
            status: self.id(
                "/data/task-status",
                json!({"name": "Isolated", "short_name": "iso", "color": "#000000"}),
            ),
            file_status: self.id(
                "/data/file-status",
                json!({"name": "isolated", "color": "#000000"}),
            ),
            department,
        }
    }

    fn people(&self, shared: &Shared) -> Vec<Person> {
        let make = |(name, role): (&'static str, &str)| {
            let email = format!("{name}@isolation-studio.com");
            let is_bot = name == "bot";
            let made = self.post(
                "/data/persons",
                json!({
                    "first_name": name, "last_name": "Person", "email": email, "role": role,
                    "password": "mypassword", "departments": [shared.department],
                    "is_bot": is_bot,
                }),
            );
            let token = if is_bot {
                text(&made, "access_token")
            } else {
                self.server.log_in(&email, "mypassword")
            };
            Person {
                name,
                id: text(&made, "id"),
                token,
            }
        };
        PEOPLE.map(make).into()
    }

    /// Makes a row of a resource and remembers what it was made from.
    fn row(&mut self, rows: &mut Rows, path: &'static str, body: Value) {
        let (_, kind) = *RESOURCES.iter().find(|(known, _)| *known == path).unwrap();
        rows.insert(kind, self.id(path, body.clone()));
        self.bodies.insert(kind, (path, body));
    }

    fn production(&mut self, mark: &str, shared: &Shared, author: &str) -> Rows {
        let mut rows = Rows::new();
        let name = |what: &str| format!("{mark} {what}");
        let project = self.id("/data/projects", json!({"name": name("production")}));
        for (setting, field, id) in [
            ("task-types", "task_type_id", &shared.modeling),
            ("task-types", "task_type_id", &shared.layout),
            ("task-status", "task_status_id", &shared.status),
            ("asset-types", "asset_type_id", &shared.prop),
        ] {
            let path = format!("/data/projects/{project}/settings/{setting}");
            self.post(&path, json!({field: id}));
        }
        rows.insert("project", project.clone());
        self.entities(&mut rows, shared, &name);
        self.work(&mut rows, shared, &name, author);
        self.conversation(&mut rows, shared, &name, author);
        self.plan(&mut rows, shared, &name, author);
        rows
    }

    fn entities(&mut self, rows: &mut Rows, shared: &Shared, name: &dyn Fn(&str) -> String) {
        let project = rows["project"].clone();
        let make = |kind: &str, mut body: Value| {
            body["name"] = name(kind).into();
            self.id(&format!("/data/projects/{project}/{kind}"), body)
        };
        let episode = make("episodes", json!({}));
        let sequence = make("sequences", json!({"episode_id": episode}));
        let shot = make("shots", json!({"sequence_id": sequence}));
        let scene = make("scenes", json!({"sequence_id": sequence}));
        let edit = make("edits", json!({"episode_id": episode}));
        let folder = make("concept-folders", json!({}));
        let concept = make("concepts", json!({}));
        let path = format!(
            "/data/projects/{project}/asset-types/{}/assets/new",
            shared.prop
        );
        let other_asset = self.id(&path, json!({"name": name("other")}));
        rows.extend([
            ("episode", episode),
            ("sequence", sequence),
            ("shot", shot.clone()),
            ("scene", scene.clone()),
            ("edit", edit),
            ("concept_folder", folder),
            ("concept", concept),
            ("other_asset", other_asset),
        ]);
        let body =
            json!({"name": name("asset"), "project_id": project, "entity_type_id": shared.prop});
        self.row(rows, "/data/entities", body);
        let asset = rows["asset"].clone();
        self.row(
            rows,
            "/data/entity-links",
            json!({"entity_in_id": shot, "entity_out_id": asset, "label": name("label")}),
        );
        self.row(
            rows,
            "/data/asset-instances",
            json!({"asset_id": asset, "scene_id": scene, "number": 1, "name": name("instance")}),
        );
    }

    fn work(
        &mut self,
        rows: &mut Rows,
        shared: &Shared,
        name: &dyn Fn(&str) -> String,
        author: &str,
    ) {
        let (asset, project) = (rows["asset"].clone(), rows["project"].clone());
        self.row(
            rows,
            "/data/tasks",
            json!({
                "name": name("task"), "entity_id": asset, "task_type_id": shared.modeling,
                "task_status_id": shared.status, "project_id": project,
            }),
        );
        let task = rows["task"].clone();
        self.row(
            rows,
            "/data/time-spents",
            json!({"task_id": task, "person_id": author, "duration": 60, "date": "2026-01-05"}),
        );
        self.row(
            rows,
            "/data/preview-files",
            json!({"name": name("preview"), "task_id": task, "person_id": author, "revision": 1}),
        );
        self.row(
            rows,
            "/data/working-files",
            json!({
                "name": name("working"), "task_id": task, "entity_id": asset,
                "person_id": author, "revision": 1,
            }),
        );
        let working_file = rows["working_file"].clone();
        self.row(
            rows,
            "/data/output-files",
            json!({
                "name": name("output"), "entity_id": asset, "person_id": author, "revision": 1,
                "file_status_id": shared.file_status, "source_file_id": working_file,
            }),
        );
    }

    fn conversation(
        &mut self,
        rows: &mut Rows,
        shared: &Shared,
        name: &dyn Fn(&str) -> String,
        author: &str,
    ) {
        let (task, asset) = (rows["task"].clone(), rows["asset"].clone());
        let (project, preview) = (rows["project"].clone(), rows["preview"].clone());
        self.row(
            rows,
            "/data/comments",
            json!({
                "object_id": task, "object_type": "Task", "person_id": author,
                "text": name("comment"), "task_status_id": shared.status,
                "preview_file_id": preview, "previews": [preview],
            }),
        );
        let comment = rows["comment"].clone();
        self.row(
            rows,
            "/data/attachment-files",
            json!({"name": name("attachment"), "comment_id": comment, "extension": "txt"}),
        );
        self.row(
            rows,
            "/data/playlists",
            json!({
                "name": name("playlist"), "project_id": project,
                "shots": [{"entity_id": asset, "preview_file_id": preview}],
            }),
        );
        self.row(
            rows,
            "/data/chats",
            json!({"object_id": asset, "object_type": "entity"}),
        );
        let chat = rows["chat"].clone();
        self.row(
            rows,
            "/data/chat-messages",
            json!({"chat_id": chat, "person_id": author, "text": name("message")}),
        );
        let about = json!({"author_id": author, "task_id": task, "comment_id": comment});
        self.row(rows, "/data/news", about.clone());
        let mut notification = about;
        notification["person_id"] = author.into();
        notification["type"] = "comment".into();
        self.row(rows, "/data/notifications", notification);
        self.row(
            rows,
            "/data/subscriptions",
            json!({"person_id": author, "task_id": task}),
        );
        let saved = json!({
            "list_type": "asset", "name": name("search"), "project_id": project,
            "person_id": author,
        });
        self.row(rows, "/data/search-filter-groups", saved.clone());
        self.row(rows, "/data/search-filters", saved);
    }

    fn plan(
        &mut self,
        rows: &mut Rows,
        shared: &Shared,
        name: &dyn Fn(&str) -> String,
        author: &str,
    ) {
        let (project, task) = (rows["project"].clone(), rows["task"].clone());
        let in_project = |mut body: Map<String, Value>| {
            body.insert("project_id".into(), project.clone().into());
            Value::Object(body)
        };
        let object = |value: Value| value.as_object().cloned().unwrap();
        let field = name("field").replace(' ', "_");
        for (path, body) in [
            (
                "/data/metadata-descriptors",
                json!({
                    "entity_type": "Asset", "name": name("field"), "field_name": field,
                    "data_type": "string",
                }),
            ),
            (
                "/data/milestones",
                json!({"name": name("milestone"), "date": "2026-01-05"}),
            ),
            (
                "/data/schedule-items",
                json!({"task_type_id": shared.layout, "object_id": rows["shot"]}),
            ),
            (
                "/data/production-schedule-versions",
                json!({"name": name("version")}),
            ),
            (
                "/data/budgets",
                json!({"name": name("budget"), "revision": 1, "currency": "EUR"}),
            ),
        ] {
            self.row(rows, path, in_project(object(body)));
        }
        let (version, budget) = (rows["version"].clone(), rows["budget"].clone());
        self.row(
            rows,
            "/data/production-schedule-version-task-links",
            json!({"production_schedule_version_id": version, "task_id": task}),
        );
        self.row(
            rows,
            "/data/budget-entries",
            json!({
                "budget_id": budget, "department_id": shared.department, "person_id": author,
                "start_date": "2026-01-05", "months_duration": 1, "daily_salary": 100,
            }),
        );
    }
}
