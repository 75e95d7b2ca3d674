//! A studio with a production, and a person of each role in its team and
//! outside of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use tanuki_core::comments::NewComment;
use tanuki_core::entities::{Kind, NewEntity};
use tanuki_core::resource::{RequestBody, Resource};
use tanuki_core::{Caller, Core, MaybeId, Settings};
use tanuki_core::{
    comments, entities, files, people, planning, playlists, projects, studio, tasks,
};
use tanuki_domain::{IdentityKind, Role, SystemClock};
use tanuki_files::Files;
use tanuki_store::database::{Options, Target};
use tanuki_store::{Database, migrate};
use tempfile::TempDir;
use uuid::Uuid;

/// The password of everybody.
pub const PASSWORD: &str = "mypassword";

/// Where somebody is a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Team {
    /// In the team of the production, with the role that it gives.
    Ours(Option<&'static str>),
    /// In the team of another production.
    Other,
    Nowhere,
}

/// A name, the role in the studio, and the team.
pub const PEOPLE: [(&str, Role, Team); 14] = [
    ("admin", Role::Admin, Team::Nowhere),
    ("manager", Role::Manager, Team::Ours(None)),
    ("user_as_manager", Role::User, Team::Ours(Some("manager"))),
    // Of a manager's role, with an API token instead of a session.
    ("bot", Role::Manager, Team::Ours(None)),
    ("supervisor", Role::Supervisor, Team::Ours(None)),
    // Of another department than the task's.
    ("lighting_supervisor", Role::Supervisor, Team::Ours(None)),
    // Assigned to the task.
    ("artist", Role::User, Team::Ours(None)),
    ("idle_artist", Role::User, Team::Ours(None)),
    ("client", Role::Client, Team::Ours(None)),
    (
        "manager_as_client",
        Role::Manager,
        Team::Ours(Some("client")),
    ),
    // Assigned to the task.
    ("vendor", Role::Vendor, Team::Ours(None)),
    ("idle_vendor", Role::Vendor, Team::Ours(None)),
    ("other_manager", Role::Manager, Team::Other),
    ("outsider", Role::User, Team::Nowhere),
];

/// The id of a row, as any type that a function of core takes.
#[derive(Debug, Clone)]
pub struct Id {
    id: Uuid,
    text: String,
    sent: MaybeId,
}

impl From<Uuid> for Id {
    fn from(id: Uuid) -> Self {
        let (text, sent) = (id.to_string(), id.into());
        Self { id, text, sent }
    }
}

impl From<&Id> for Uuid {
    fn from(id: &Id) -> Self {
        id.id
    }
}

impl<'a> From<&'a Id> for &'a str {
    fn from(id: &'a Id) -> Self {
        &id.text
    }
}

impl From<&Id> for String {
    fn from(id: &Id) -> Self {
        id.text.clone()
    }
}

impl<'a> From<&'a Id> for &'a MaybeId {
    fn from(id: &'a Id) -> Self {
        &id.sent
    }
}

impl From<&Id> for MaybeId {
    fn from(id: &Id) -> Self {
        id.sent.clone()
    }
}

impl From<&Id> for Value {
    fn from(id: &Id) -> Self {
        id.text.as_str().into()
    }
}

/// The ids of the rows, by name.
pub type Ids = BTreeMap<&'static str, Id>;

/// Opens core on a database file, which is created if it does not exist.
pub async fn open(path: &Path) -> Core {
    let target = Target::Sqlite(path.to_owned());
    let database = Database::connect(&target, Options::default())
        .await
        .unwrap();
    migrate::prepare(&database, &SystemClock).await.unwrap();
    let mut settings = Settings::default();
    settings.auth.secret_key = "a key of at least thirty-two bytes".into();
    settings.auth.bcrypt_rounds = 4;
    settings.mail.enabled = false;
    settings.mail.check_deliverability = false;
    let files = Files::in_folder(path.with_extension("files"), String::new());
    Core::new(database, files, settings, Arc::new(SystemClock)).unwrap()
}

/// A database with the rows that the functions of core are called with.
pub struct Studio {
    pub folder: TempDir,
    pub ids: Ids,
}

impl Studio {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let core = open(&folder.path().join("studio.sqlite")).await;
        let ids = Ids::new();
        let mut builder = Builder { core, ids };
        builder.fill_studio().await;
        builder.fill_entities().await;
        builder.fill_tasks().await;
        builder.fill_planning().await;
        builder.core.database().close().await;
        let ids = builder.ids;
        Self { folder, ids }
    }

    /// Returns a copy of the database that a test may change.
    pub fn copy(&self, name: &str) -> std::path::PathBuf {
        let copy = self.folder.path().join(format!("{name}.sqlite"));
        let studio = self.folder.path().join("studio.sqlite");
        let connection = rusqlite::Connection::open(studio).unwrap();
        let to = copy.to_string_lossy().into_owned();
        connection.execute("VACUUM INTO ?1", [to]).unwrap();
        copy
    }

    /// Returns the caller of a name.
    pub fn caller(&self, name: &str) -> Caller {
        let (_, role, _) = PEOPLE.iter().find(|(known, ..)| *known == name).unwrap();
        let mut caller = Caller::from_session(self.ids[name].id, *role);
        if name == "bot" {
            caller.kind = IdentityKind::Bot;
        }
        caller
    }
}

pub fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("no object: {other}"),
    }
}

fn id_of(row: &Map<String, Value>) -> Uuid {
    Uuid::try_parse(row["id"].as_str().unwrap()).unwrap()
}

struct Builder {
    core: Core,
    ids: Ids,
}

impl Builder {
    fn id<'a, T: From<&'a Id>>(&'a self, name: &str) -> T {
        T::from(&self.ids[name])
    }

    fn text(&self, name: &str) -> &str {
        self.id(name)
    }

    fn keep(&mut self, name: &'static str, row: &Map<String, Value>) {
        self.ids.insert(name, id_of(row).into());
    }

    async fn make(&mut self, name: &'static str, resource: &'static Resource, body: Value) {
        let body = RequestBody::Object(object(body));
        let made = self
            .core
            .resources()
            .create(resource, &Caller::operator(), body)
            .await;
        let row = made.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        self.keep(name, &row);
    }

    async fn fill_studio(&mut self) {
        for (name, label) in [("department", "Here"), ("lighting", "There")] {
            let body = json!({"name": label, "color": "#111111"});
            self.make(name, &studio::DEPARTMENTS, body).await;
        }
        for (name, short_name) in [("todo", "todo1"), ("approved", "appr1")] {
            self.make(
                name,
                &studio::TASK_STATUSES,
                json!({
                    "name": name, "short_name": short_name, "color": "#222222",
                    "is_artist_allowed": true, "is_client_allowed": true,
                }),
            )
            .await;
        }
        for (name, kind) in [
            ("animation", "Shot"),
            ("layout", "Shot"),
            ("modeling", "Asset"),
        ] {
            let body = json!({
                "name": format!("{name} here"), "color": "#333333", "for_entity": kind,
                "department_id": self.text("department"),
            });
            self.make(name, &studio::TASK_TYPES, body).await;
        }
        self.make(
            "props",
            &entities::ENTITY_TYPES,
            json!({"name": "Props here"}),
        )
        .await;
        let software = json!({"name": "Own", "short_name": "own", "file_extension": "blend"});
        self.make("software", &studio::SOFTWARES, software).await;
        self.make(
            "background",
            &files::PREVIEW_BACKGROUNDS,
            json!({"name": "Grey here"}),
        )
        .await;
        let output_type = json!({"name": "Cache here", "short_name": "abc"});
        self.make("output_type", &studio::OUTPUT_TYPES, output_type)
            .await;
        let files = json!({
            "mountpoint": "/studio", "root": "work", "folder_path": {"shot": "<Project>/<Shot>"},
            "file_name": {"shot": "<Shot>_<Name>_v<Version>"},
        });
        for name in ["project", "other_project"] {
            let tree = json!({"working": files, "output": files});
            let body = json!({"name": name, "fps": "25", "file_tree": tree});
            self.make(name, &projects::PROJECTS, body).await;
        }
        self.make(
            "template",
            &projects::PROJECT_TEMPLATES,
            json!({"name": "Series"}),
        )
        .await;
        self.fill_people().await;
    }

    async fn fill_people(&mut self) {
        let operator = Caller::operator();
        for (name, role, team) in PEOPLE {
            let departments = match name {
                "lighting_supervisor" => vec![self.text("lighting").to_owned()],
                _ => Vec::new(),
            };
            let mut person = json!({
                "first_name": name, "last_name": "x", "role": role.as_str(),
                "departments": departments,
            });
            if name == "bot" {
                person["is_bot"] = true.into();
            } else {
                person["email"] = format!("{name}@animfilms.com").into();
                person["password"] = PASSWORD.into();
            }
            self.make(name, &people::PERSONS, person).await;
            let (project, role) = match team {
                Team::Ours(role) => ("project", role),
                Team::Other => ("other_project", None),
                Team::Nowhere => continue,
            };
            let (project, person) = (self.id(project), self.id(name));
            let added = self
                .core
                .projects()
                .add_to_team(&operator, project, person, role)
                .await;
            added.unwrap();
        }
        let spare = json!({
            "first_name": "Spare", "last_name": "x", "email": "spare@animfilms.com",
            "role": "user", "password": PASSWORD,
        });
        self.make("spare", &people::PERSONS, spare).await;
    }

    async fn entity(&mut self, name: &'static str, kind: Kind, parent: Option<&str>) {
        let new = NewEntity {
            name: name.to_owned(),
            parent: parent.map(|parent| self.id(parent)),
            ..NewEntity::default()
        };
        let operator = Caller::operator();
        let project = self.id("project");
        let row = match kind {
            Kind::Asset => {
                let created =
                    self.core
                        .entities()
                        .create_asset(&operator, project, self.id("props"), new);
                created.await
            }
            _ => {
                self.core
                    .entities()
                    .create_entity(&operator, kind, project, new)
                    .await
            }
        };
        let row = row.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        self.keep(name, &row);
    }

    async fn fill_entities(&mut self) {
        let operator = Caller::operator();
        for (name, kind, parent) in [
            ("sequence", Kind::Sequence, None),
            ("shot", Kind::Shot, Some("sequence")),
            ("other_shot", Kind::Shot, Some("sequence")),
            ("scene", Kind::Scene, Some("sequence")),
            ("asset", Kind::Asset, None),
            ("prop", Kind::Asset, None),
            ("folder", Kind::ConceptFolder, None),
            ("concept", Kind::Concept, None),
        ] {
            self.entity(name, kind, parent).await;
        }
        let link = json!({
            "entity_in_id": self.text("shot"), "entity_out_id": self.text("asset"),
            "nb_occurences": 1,
        });
        self.make("casting_link", &entities::ENTITY_LINKS, link)
            .await;
        let new = |asset_id| tanuki_core::breakdown::NewInstance {
            asset_id,
            description: None,
        };
        let (scene, asset) = (self.id("scene"), self.id("asset"));
        let made = self
            .core
            .breakdown()
            .instantiate_in_scene(&operator, scene, new(asset))
            .await
            .unwrap();
        self.keep("instance", &made);
        let (shot, instance) = (self.id("other_shot"), self.id("instance"));
        self.core
            .breakdown()
            .cast_instance(&operator, shot, instance)
            .await
            .unwrap();
        let (scene, shot) = (self.id("scene"), self.id("other_shot"));
        self.core
            .entities()
            .add_shot_to_scene(&operator, scene, shot)
            .await
            .unwrap();
    }

    async fn fill_tasks(&mut self) {
        let assigned = [
            self.text("artist").to_owned(),
            self.text("vendor").to_owned(),
        ];
        for (name, entity, task_type, assignees) in [
            ("task", "shot", "animation", assigned.as_slice()),
            ("second_task", "shot", "layout", &[]),
        ] {
            let body = json!({
                "name": "main", "project_id": self.text("project"), "entity_id": self.text(entity),
                "task_type_id": self.text(task_type), "task_status_id": self.text("todo"),
                "assignees": assignees,
            });
            self.make(name, &tasks::TASKS, body).await;
        }
        let working_file = json!({
            "name": "main", "revision": 1, "task_id": self.text("task"),
            "entity_id": self.text("shot"), "person_id": self.text("artist"),
        });
        self.make("working_file", &files::WORKING_FILES, working_file)
            .await;
        let artist = Caller::from_session(self.id("artist"), Role::User);
        for name in ["comment", "comment_with_preview"] {
            let sent = NewComment {
                task_status_id: self.id("todo"),
                text: name.to_owned(),
                person_id: None,
                created_at: String::new(),
                checklist: Vec::new(),
                links: Vec::new(),
                for_client: false,
            };
            let made = self
                .core
                .comments()
                .comment(&artist, self.id("task"), sent, Vec::new())
                .await;
            self.keep(name, &made.unwrap());
        }
        let (task, comment) = (self.id("task"), self.id("comment"));
        let target = self
            .core
            .comments()
            .may_reply(&artist, task, comment)
            .await
            .unwrap();
        let reply = self
            .core
            .comments()
            .reply(&artist, target, ("Yes", Vec::new()))
            .await
            .unwrap();
        self.keep("reply", &reply);
        let attachment = json!({
            "name": "notes.txt", "extension": "txt", "mimetype": "text/plain", "size": 1,
            "comment_id": self.text("comment"),
        });
        self.make("attachment", &comments::ATTACHMENT_FILES, attachment)
            .await;
        let (task, comment) = (self.id("task"), self.id("comment_with_preview"));
        let preview = self
            .core
            .comments()
            .add_preview(&artist, task, comment, None)
            .await
            .unwrap();
        self.keep("preview", &preview);
        let manager = Caller::from_session(self.id("manager"), Role::Manager);
        let playlist = json!({"name": "Daily", "project_id": self.id::<Value>("project")});
        let playlist = RequestBody::Object(object(playlist));
        let resources = self.core.resources();
        let playlist = resources.create(&playlists::PLAYLISTS, &manager, playlist);
        let playlist = playlist.await.unwrap();
        self.keep("playlist", &playlist);
        let background = json!({"name": "Sky"});
        self.make("background", &files::PREVIEW_BACKGROUNDS, background)
            .await;
        let day = json!({
            "task_id": self.text("task"), "person_id": self.text("artist"),
            "date": "2026-11-02", "duration": 60,
        });
        self.make("time_spent", &tasks::time::TIME_SPENTS, day)
            .await;
    }

    async fn fill_planning(&mut self) {
        let operator = Caller::operator();
        let admin = operator.as_admin().unwrap();
        let project = self.id("project");
        let production = self
            .core
            .planning()
            .budgeted(&operator, project)
            .await
            .unwrap();
        let budget = self
            .core
            .planning()
            .create_budget(production, "Budget".into(), None)
            .await
            .unwrap();
        self.keep("budget", &budget);
        let (project, budget) = (self.id("project"), self.id("budget"));
        let budget = self
            .core
            .planning()
            .budget_of(&operator, project, budget)
            .await
            .unwrap();
        let entry = object(json!({
            "department_id": self.text("department"), "start_date": "2026-11-01",
            "months_duration": 3, "daily_salary": 100, "position": "artist", "seniority": "mid",
        }));
        let entry = self
            .core
            .planning()
            .create_budget_entry(budget, entry)
            .await
            .unwrap();
        self.keep("entry", &entry);
        for (name, label) in [("version", "Plan A"), ("other_version", "Plan B")] {
            let body = json!({"name": label, "project_id": self.text("project")});
            self.make(name, &planning::SCHEDULE_VERSIONS, body).await;
        }
        let field = json!({
            "name": "Mood", "entity_type": "Shot", "data_type": "string",
            "project_id": self.text("project"), "field_name": "mood",
        });
        self.make("descriptor", &projects::METADATA_DESCRIPTORS, field)
            .await;
        let template = projects::template_links::TemplatePart::TaskTypes;
        let (to, task_type) = (self.id("template"), self.id("animation"));
        let linked =
            self.core
                .projects()
                .add_to_template(admin, to, template, task_type, Map::new());
        linked.await.unwrap();
        let project = self.id("project");
        let preview_account = self
            .core
            .projects()
            .renew_preview_account(&operator, project)
            .await;
        preview_account.unwrap();
        for (setting, row) in [
            (projects::Setting::TaskTypes, "animation"),
            (projects::Setting::TaskTypes, "layout"),
            (projects::Setting::TaskStatuses, "todo"),
        ] {
            let (project, row) = (self.id("project"), self.id(row));
            let added = self
                .core
                .projects()
                .add_setting(&operator, project, setting, row)
                .await;
            added.unwrap();
        }
        let (project, task_type) = (self.id("project"), self.id("animation"));
        let added = self.core.projects().add_task_type_software(
            &operator,
            project,
            task_type,
            self.id("software"),
        );
        added.await.unwrap();
        let department = self.id("department");
        let added = self.core.studio().add_equipment(
            operator.as_admin().unwrap(),
            studio::Equipment::Software,
            department,
            self.id("software"),
        );
        added.await.unwrap();
    }
}
