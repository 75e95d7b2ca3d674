//! The studio in which the flows take place, and the ids of its rows.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tanuki_testkit::http::Request;
use tanuki_testkit::{Backend, Server};

use super::bodies::{FILM, File, PICTURE, form, unique};
use super::flows::Call;
use crate::studio::{Studio, id};

/// The password of everybody but the admin: what the fixtures set.
pub(super) const ARTIST_PASSWORD: &str = "mypassword";

/// The latest id of each kind of row, by the part of a path that precedes it.
#[derive(Debug, Clone, Default)]
pub(super) struct Ids(HashMap<String, String>);

/// The studio.
pub(super) struct Day {
    studio: Studio,
    /// The address of an artist.
    pub artist: String,
    pub ids: Ids,
}

impl Ids {
    pub(super) fn get(&self, kind: &str) -> &str {
        let known = self.0.get(kind);
        known.unwrap_or_else(|| panic!("no row of {kind}"))
    }

    pub(super) fn set(&mut self, kind: &str, id: impl Into<String>) {
        self.0.insert(kind.to_owned(), id.into());
    }

    /// Puts ids in place of `{id}`.
    pub(super) fn fill_path(&self, path: &str) -> String {
        let mut filled: Vec<String> = Vec::new();
        let mut before = "";
        for part in path.split('/') {
            if part.contains("{id}") {
                filled.push(part.replace("{id}", self.get(&kind_in_path(path, before))));
            } else {
                filled.push(part.to_owned());
                before = part;
            }
        }
        filled.join("/")
    }

    /// Puts ids in place of `{id}` in the query string of a path.
    pub(super) fn fill_query(&self, path: &str, query: &str) -> String {
        let pairs = query.split('&').map(|pair| match pair.split_once('=') {
            Some(("id", "{id}")) => format!("id={}", self.get("entities")),
            Some((name @ "task_type_id", "{id}")) if path.contains("/quota-shots/") => {
                format!("{name}={}", self.get("task-types/shots"))
            }
            Some((name, "{id}")) => {
                let kind = format!("{}s", name.trim_end_matches("_id").replace('_', "-"));
                format!("{name}={}", self.get(&kind))
            }
            _ => pair.to_owned(),
        });
        pairs.collect::<Vec<_>>().join("&")
    }

    /// Keeps the id of a row that was made, or of the first of several.
    pub(super) fn note(&mut self, made: &Value) {
        let row = if made.is_array() { &made[0] } else { made };
        if let Some(token) = row["token"].as_str() {
            self.set("share", token);
        }
        let (Some(kind), Some(id)) = (row["type"].as_str(), row["id"].as_str()) else {
            return;
        };
        let of_kind = match kind {
            "Person" => "persons",
            "AssetType" | "EntityType" => "asset-types",
            "TaskStatus" => "task-status",
            "MetadataDescriptor" => "metadata-descriptors",
            "ProductionScheduleVersion" => "production-schedule-versions",
            "BudgetEntry" => "entries",
            "SearchFilter" => "filters",
            "PreviewFile" => {
                // Until it is processed, others are looked at.
                if row["status"] == "ready" {
                    let kind = if row["extension"] == "mp4" {
                        "films"
                    } else {
                        "pictures"
                    };
                    self.set(kind, id);
                }
                "preview-files"
            }
            "TaskType" => "task-types",
            "DayOff" => "day-offs",
            _ => &format!("{}s", kind.to_lowercase()),
        };
        self.set(of_kind, id);
        if [
            "assets",
            "shots",
            "sequences",
            "episodes",
            "edits",
            "concepts",
        ]
        .contains(&of_kind)
        {
            self.set("entities", id);
        }
    }

    /// Goes back to the row of the day, in place of one that was deleted.
    pub(super) fn forget(&mut self, path: &str, of_the_day: &Self) {
        let mut parts = path.split('/').rev().skip_while(|part| *part != "{id}");
        let Some(kind) = parts.nth(1) else {
            return;
        };
        for kind in [kind, "entities"] {
            if let Some(id) = of_the_day.0.get(kind) {
                self.set(kind, id);
            }
        }
    }
}

/// The kind of row whose id follows a part of a path.
fn kind_in_path(path: &str, before: &str) -> String {
    let kind = match before {
        "chats" => "entities",
        "entity-types" => "asset-types",
        "quotas" => "task-types/shots",
        "schedule-items" => "task-types",
        "team" => "persons",
        "entities" if path.ends_with("/casting") => "shots",
        // Nobody works on their day off.
        "persons" if path.contains("/quota-shots/") => "artist",
        "playlists" if path.starts_with("/shared/") => "share",
        "preview-files" if path.starts_with("/movies/") => "films",
        // Those that have a file.
        "preview-files"
            if path.contains("/pictures/") && !path.starts_with("/pictures/preview-files/") =>
        {
            "pictures"
        }
        "task-types" if path.ends_with("/create-tasks") => {
            let of = path.rsplit('/').nth(1).unwrap_or_default();
            return format!("task-types/{of}");
        }
        before => before,
    };
    kind.to_owned()
}

impl Day {
    /// Makes the studio. `None` where there is no such database.
    pub(super) fn begin(backend: Backend) -> Option<Self> {
        let studio = Studio::open(backend)?;
        let mut day = Self {
            studio,
            artist: String::new(),
            ids: Ids::default(),
        };
        day.make_people();
        day.make_settings();
        day.make_production();
        day.make_film();
        Some(day)
    }

    pub(super) fn server(&self) -> &Server {
        &self.studio.server
    }

    fn make(&mut self, kind: &str, path: &str, body: &Value) -> String {
        let made = self.studio.made(path, body);
        self.ids.set(kind, made.clone());
        made
    }

    /// Sends a file in a form.
    fn send_file(&self, path: &'static str, file: File) -> Value {
        let call = Call {
            method: "POST",
            path,
            query: None,
            status: 201,
            body: None,
        };
        let request = Request::post(&self.ids.fill_path(path));
        self.studio.send(form(request, &call, &self.ids, file))
    }

    /// Publishes a film, and waits until it can be played.
    fn make_film(&mut self) {
        let pictured = self.ids.get("preview-files").to_owned();
        let comment = self
            .ids
            .fill_path("/actions/tasks/{id}/comments/{id}/add-preview");
        self.make("preview-files", &comment, &json!({}));
        self.send_file("/pictures/preview-files/{id}", FILM);
        let film = self.ids.get("preview-files").to_owned();
        let deadline = Instant::now() + Duration::from_secs(120);
        let path = format!("/data/preview-files/{film}");
        loop {
            match self.studio.get(&path)["status"].as_str() {
                Some("processing") => {}
                Some("ready") => break,
                status => panic!("the film is {status:?}"),
            }
            assert!(Instant::now() < deadline, "the film is not encoded");
            std::thread::sleep(Duration::from_millis(100));
        }
        self.ids.set("films", film);
        self.ids.set("preview-files", pictured);
    }

    fn make_people(&mut self) {
        let admin = self.studio.get("/auth/authenticated");
        self.ids.set("admin", id(&admin["user"]));
        let departments = self.studio.list("/data/departments");
        self.ids.set("departments", id(&departments[0]));
        for first_name in ["artist", "colleague"] {
            let email = format!("{}@example.com", unique(first_name));
            let body = json!({
                "first_name": first_name, "last_name": "Doe", "email": email, "role": "user",
                "departments": [self.ids.get("departments")],
            });
            self.make("persons", "/data/persons", &body);
            if first_name == "artist" {
                self.artist = email;
                self.ids.set("artist", self.ids.get("persons").to_owned());
            }
        }
        self.server().load_fixture("").unwrap();
        self.send_file("/pictures/thumbnails/persons/{id}", PICTURE);
        self.ids
            .set("colleague", self.ids.get("persons").to_owned());
        self.ids.set("persons", self.ids.get("artist").to_owned());
        self.send_file("/pictures/thumbnails/persons/{id}", PICTURE);
        self.ids
            .set("persons", self.ids.get("colleague").to_owned());
    }

    /// The studio's types, and a row of each list.
    fn make_settings(&mut self) {
        for (kind, path) in [
            ("project-status", "/data/project-status"),
            ("task-status", "/data/task-status"),
            ("organisations", "/data/organisations"),
        ] {
            let rows = self.studio.list(path);
            self.ids.set(kind, id(&rows[0]));
        }
        let kinds = ["assets", "shots", "edits", "concepts", "next"];
        for (kind, for_entity) in kinds
            .iter()
            .zip(["Asset", "Shot", "Edit", "Concept", "Asset"])
        {
            let name = unique(for_entity);
            let made = self.studio.task_type(&name, for_entity);
            self.ids.set(&format!("task-types/{kind}"), made);
        }
        let of_assets = self.ids.get("task-types/assets").to_owned();
        self.ids.set("task-types", of_assets.clone());
        let name = unique("Props");
        self.ids.set("name of the asset type", name.as_str());
        self.make("asset-types", "/data/entity-types", &json!({"name": name}));
        let template = json!({"name": unique("Template")});
        self.make("project-templates", "/data/project-templates", &template);
        self.make(
            "studios",
            "/data/studios",
            &json!({"name": unique("Studio"), "color": "#123456"}),
        );
        let action = json!({"name": unique("Action"), "url": "https://example.com"});
        self.make("custom-actions", "/data/custom-actions", &action);
        let status = self.ids.get("task-status");
        let automation = json!({
            "entity_type": "asset", "in_task_type_id": of_assets, "in_task_status_id": status,
            "out_field_type": "status", "out_task_type_id": self.ids.get("task-types/next"),
            "out_task_status_id": status,
        });
        self.make(
            "status-automations",
            "/data/status-automations",
            &automation,
        );
        let item = json!({"name": unique("Tablet"), "short_name": unique("t")});
        self.studio.post("/data/hardware-items", &item);
        let software = json!({
            "name": unique("Blender"), "short_name": unique("b"), "file_extension": "blend",
        });
        self.studio.post("/data/softwares", &software);
    }

    /// Makes a production with rows of each kind, which the following flows
    /// use.
    pub(super) fn make_production(&mut self) {
        let body = json!({
            "name": unique("Production"), "production_type": "short",
            "start_date": "2026-01-01", "end_date": "2027-12-31",
        });
        let project = self.make("projects", "/data/projects", &body);
        self.send_file("/pictures/thumbnails/projects/{id}", PICTURE);
        let settings = format!("/data/projects/{project}/settings");
        for kind in ["assets", "shots", "edits", "concepts", "next"] {
            let task_type = self.ids.get(&format!("task-types/{kind}"));
            let body = json!({"task_type_id": task_type, "priority": 1});
            self.studio.post(&format!("{settings}/task-types"), &body);
        }
        let body = json!({"task_status_id": self.ids.get("task-status")});
        self.studio.post(&format!("{settings}/task-status"), &body);
        let body = json!({"asset_type_id": self.ids.get("asset-types")});
        self.studio.post(&format!("{settings}/asset-types"), &body);
        for person in ["artist", "persons"] {
            let body = json!({"person_id": self.ids.get(person)});
            self.studio
                .post(&format!("/data/projects/{project}/team"), &body);
        }
        self.make_entities(&project);
        self.make_work(&project);
        self.make_plans(&project);
    }

    /// Closes the production, so that it can be deleted.
    pub(super) fn close_production(&self) {
        let statuses = self.studio.list("/data/project-status");
        let mut closed = statuses.iter().filter(|status| status["name"] == "Closed");
        let body = json!({"project_status_id": closed.next().unwrap()["id"]});
        let path = format!("/data/projects/{}", self.ids.get("projects"));
        self.studio.put(&path, &body);
    }

    fn make_entities(&mut self, project: &str) {
        let of_project = |kind: &str| format!("/data/projects/{project}/{kind}");
        let episode = json!({"name": unique("E")});
        self.make("episodes", &of_project("episodes"), &episode);
        let sequence = json!({"name": unique("SQ")});
        let sequence = self.make("sequences", &of_project("sequences"), &sequence);
        let shot = json!({"name": unique("SH"), "sequence_id": sequence, "nb_frames": 100});
        let shot = self.make("shots", &of_project("shots"), &shot);
        self.make(
            "edits",
            &of_project("edits"),
            &json!({"name": unique("Edit")}),
        );
        self.make(
            "concepts",
            &of_project("concepts"),
            &json!({"name": unique("Concept")}),
        );
        let of_type = format!("asset-types/{}/assets/new", self.ids.get("asset-types"));
        for is_shared in [true, false] {
            let asset = json!({"name": unique("Asset"), "is_shared": is_shared});
            self.make("assets", &of_project(&of_type), &asset);
        }
        let asset = self.ids.get("assets").to_owned();
        self.ids.set("entities", asset.clone());
        let casting = json!([{"asset_id": asset, "nb_occurences": 1, "label": "animate"}]);
        let cast = self.studio.cast(project, &shot, &casting);
        assert_eq!(cast.status, 200, "{}", cast.text());
    }

    /// Tasks with comments, a publication, an attachment and time spent.
    fn make_work(&mut self, project: &str) {
        let [of_shot, task] = ["shots", "assets"].map(|kind| {
            let task_type = self.ids.get(&format!("task-types/{kind}"));
            self.studio.task(self.ids.get(kind), task_type)
        });
        self.ids.set("tasks", task.clone());
        let finished = json!({"end_date": "2026-11-26T10:00:00"});
        self.studio
            .put(&format!("/data/tasks/{of_shot}"), &finished);
        for person in ["artist", "persons"].map(|kind| self.ids.get(kind)) {
            let path = format!("/actions/persons/{person}/assign");
            self.studio
                .put(&path, &json!({"task_ids": [of_shot, task]}));
            for task in [&of_shot, &task] {
                let path = format!("/actions/tasks/{task}/time-spents/2026-11-26/persons/{person}");
                self.studio.post(&path, &json!({"duration": 60}));
            }
        }
        let of_edit = self.ids.get("task-types/edits");
        let waiting = self.studio.task(self.ids.get("edits"), of_edit);
        let statuses = self.studio.list("/data/task-status");
        let asks = |status: &&Value| status["is_feedback_request"] == true;
        let status = id(statuses.iter().find(asks).unwrap());
        let asked = json!({"task_status_id": status});
        self.studio.put(&format!("/data/tasks/{waiting}"), &asked);
        let path = format!("/actions/persons/{}/assign", self.ids.get("artist"));
        self.studio.put(&path, &json!({"task_ids": [waiting]}));
        // Whoever is assigned is notified of the artist's comments.
        let path = format!("/actions/persons/{}/assign", self.ids.get("admin"));
        self.studio.put(&path, &json!({"task_ids": [task]}));
        let comment = self.send_file("/actions/tasks/{id}/comment", PICTURE);
        self.ids.set("comments", id(&comment));
        self.ids
            .set("attachment-files", id(&comment["attachment_files"][0]));
        let path = format!(
            "/actions/tasks/{task}/comments/{}/add-preview",
            id(&comment)
        );
        self.make("preview-files", &path, &json!({}));
        let picture = self.send_file("/pictures/preview-files/{id}", PICTURE);
        self.ids.set("pictures", id(&picture));
        let news = self.studio.get(&format!("/data/projects/{project}/news"));
        self.ids.set("news", id(&news["data"][0]));
        self.make_playlist(project, &id(&picture));
    }

    /// A playlist with a picture that was drawn on, and a status for its guests.
    fn make_playlist(&mut self, project: &str, picture: &str) {
        let drawing = json!({"time": 0, "frame": 0, "drawing": {"objects": [{"id": "line"}]}});
        let path = format!("/actions/preview-files/{picture}/update-annotations");
        self.studio.put(&path, &json!({"additions": [drawing]}));
        let status = format!("/data/task-status/{}", self.ids.get("task-status"));
        self.studio
            .put(&status, &json!({"is_client_allowed": true}));
        let entry = json!({"entity_id": self.ids.get("assets"), "preview_file_id": picture});
        let playlist = json!({
            "name": unique("Playlist"), "project_id": project, "shots": [entry],
        });
        self.make("playlists", "/data/playlists", &playlist);
        self.ids.set("share", "not-a-token");
    }

    /// Budgets, milestones, schedules, days off, and a column of metadata.
    fn make_plans(&mut self, project: &str) {
        let budgets = format!("/data/projects/{project}/budgets");
        let budget = self.make(
            "budgets",
            &budgets,
            &json!({"name": "Budget", "currency": "EUR"}),
        );
        let entry = json!({
            "department_id": self.ids.get("departments"), "start_date": "2026-01-01",
            "months_duration": 3, "daily_salary": 100, "position": "artist", "seniority": "mid",
        });
        self.make("entries", &format!("{budgets}/{budget}/entries"), &entry);
        let milestone = json!({
            "name": "Alpha", "date": "2026-12-01", "project_id": project,
            "task_type_id": self.ids.get("task-types"),
        });
        self.make("milestones", "/data/milestones", &milestone);
        let version = json!({"name": unique("Version"), "project_id": project});
        let versions = "production-schedule-versions";
        self.make(versions, &format!("/data/{versions}"), &version);
        let column = json!({"name": unique("Mood"), "data_type": "string", "entity_type": "Asset"});
        let columns = format!("/data/projects/{project}/metadata-descriptors");
        self.make("metadata-descriptors", &columns, &column);
        if !self.ids.0.contains_key("day-offs") {
            let day_off = json!({
                "date": "2026-11-26", "end_date": "2026-11-27",
                "person_id": self.ids.get("persons"),
            });
            self.make("day-offs", "/data/day-offs", &day_off);
        }
    }
}
