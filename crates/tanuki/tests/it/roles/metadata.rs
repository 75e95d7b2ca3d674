//! Metadata of every kind of entity, in every route that reads, and in the
//! responses to what guests may change.

use serde_json::{Value, json};
use tanuki_testkit::Backend;

use super::{PEOPLE, Place, Studio, id_of};
use crate::on_both;

on_both! {
    no_route_shows_guests_metadata_that_is_not_for_them
    frames_of_shots_are_masked_as_metadata
    responses_to_changes_are_masked
    assets_of_other_projects_show_guests_no_metadata
}

/// The value of a metadata column of a department that is not for clients.
pub(super) const SECRET: &str = "secret-of-department";
/// A value that everybody may read.
const OPEN: &str = "open-to-all";

const KINDS: [&str; 5] = ["Asset", "Shot", "Sequence", "Episode", "Edit"];

/// Adds an entity of each kind with metadata, and a task on each for vendors.
pub(super) fn fill(studio: &mut Studio) {
    let assigned: Vec<String> = PEOPLE
        .iter()
        .filter(|(.., place)| matches!(place, Place::Vendor | Place::Artist))
        .map(|(name, ..)| format!("{{{name}}}"))
        .collect();
    for kind in KINDS {
        let field = json!({
            "name": "Secret", "entity_type": kind, "data_type": "string",
            "departments": ["{department}"], "for_client": false,
        });
        studio.make("", "/data/projects/{project}/metadata-descriptors", field);
    }
    let field = json!({
        "name": "Frame out", "entity_type": "Shot", "data_type": "string",
        "departments": ["{department}"], "for_client": false,
    });
    studio.make("", "/data/projects/{project}/metadata-descriptors", field);
    studio.make("props", "/data/entity-types", json!({"name": "Props"}));
    let data = json!({"secret": SECRET, "frame_out": SECRET, "open": OPEN});
    let asset = "/data/projects/{project}/asset-types/{props}/assets/new";
    for (name, path, body) in [
        ("episode", "episodes", json!({"name": "E"})),
        (
            "sq",
            "sequences",
            json!({"name": "S", "episode_id": "{episode}"}),
        ),
        ("sh", "shots", json!({"name": "s", "sequence_id": "{sq}"})),
        (
            "edit",
            "edits",
            json!({"name": "e", "episode_id": "{episode}"}),
        ),
        ("concept", "concepts", json!({"name": "c"})),
        ("asset", "", json!({"name": "a"})),
        ("prop", "", json!({"name": "b"})),
    ] {
        let path = match path {
            "" => asset.to_owned(),
            kind => format!("/data/projects/{{project}}/{kind}"),
        };
        studio.make(name, &path, body);
        let admin = studio.admin.clone();
        let row = format!("/data/entities/{{{name}}}");
        // Concepts have no metadata columns.
        let mut data = data.clone();
        if name == "concept" {
            data = json!({"open": OPEN});
        } else if name != "sh" {
            data.as_object_mut().unwrap().remove("frame_out");
        }
        let changed = studio.send(&admin, "PUT", &row, Some(&json!({"data": data})));
        assert_eq!(changed.status, 200, "{}", changed.text());
        let kind = match path.rsplit('/').next() {
            Some("new") | None => "Asset".to_owned(),
            Some(kind) => {
                let (first, rest) = kind.trim_end_matches('s').split_at(1);
                first.to_uppercase() + rest
            }
        };
        let body = json!({"name": format!("of {name}"), "for_entity": kind, "color": "#111111"});
        studio.make("tasktype", "/data/task-types", body);
        studio.make(
            "",
            "/data/tasks",
            json!({
                "name": "main", "entity_id": format!("{{{name}}}"), "project_id": "{project}",
                "task_type_id": "{tasktype}", "task_status_id": "{todo}", "assignees": assigned,
            }),
        );
    }
    let admin = studio.admin.clone();
    let change = |method: &str, path: &str, body: Value| {
        let answer = studio.send(&admin, method, path, Some(&body));
        assert!(answer.status < 300, "{path}: {}", answer.text());
        answer.json()
    };
    for entity in ["{sh}", "{asset}", "{episode}"] {
        let path = format!("/data/projects/{{project}}/entities/{entity}/casting");
        change(
            "PUT",
            &path,
            json!([{"asset_id": "{prop}", "nb_occurences": 1}]),
        );
    }
    // A version of the shot.
    change(
        "PUT",
        "/data/entities/{sh}",
        json!({"data": {"frame_in": 7}}),
    );
    let body = json!({"asset_id": "{asset}"});
    let instance = change("POST", "/data/scenes/{scene}/asset-instances", body);
    let playlist = json!({"name": "p", "project_id": "{project}", "for_client": true,
        "shots": [{"entity_id": "{sh}"}, {"entity_id": "{asset}"}]});
    let playlist = change("POST", "/data/playlists", playlist);
    studio.ids.insert("instance", id_of(&instance));
    studio.ids.insert("playlist", id_of(&playlist));
}

/// The reads of the API with the ids of the rows that [`fill`] made.
fn reads() -> Vec<String> {
    let operations = include_str!("../operations.txt");
    let paths = operations
        .lines()
        .filter_map(|line| line.strip_prefix("GET "))
        .filter(|path| !path.starts_with("/auth/"));
    let mut reads = Vec::new();
    for path in paths {
        let mut path = path.to_owned();
        for (parameter, name) in [
            ("project_id", "project"),
            ("task_type_id", "animation"),
            ("task_id", "task"),
            ("sequence_id", "sq"),
            ("shot_id", "sh"),
            ("episode_id", "episode"),
            ("asset_id", "asset"),
            ("asset_type_id", "props"),
            ("scene_id", "scene"),
            ("edit_id", "edit"),
            ("concept_id", "concept"),
            ("temporal_entity_id", "sh"),
            ("person_id", "artist"),
            ("playlist_id", "playlist"),
            ("preview_file_id", "preview"),
            ("asset_instance_id", "instance"),
        ] {
            path = path.replace(&format!("{{{parameter}}}"), &format!("<{name}>"));
        }
        let entities = ["sh", "asset", "sq", "episode", "edit", "concept"];
        let paths = match path.as_str() {
            "/data/entities/{instance_id}" => entities
                .map(|name| path.replace("{instance_id}", &format!("<{name}>")))
                .to_vec(),
            "/data/tasks/{instance_id}" => vec![path.replace("{instance_id}", "<task>")],
            "/data/projects/{instance_id}" => vec![path.replace("{instance_id}", "<project>")],
            "/data/playlists/{instance_id}" => vec![path.replace("{instance_id}", "<playlist>")],
            "/data/asset-instances/{instance_id}" => {
                vec![path.replace("{instance_id}", "<instance>")]
            }
            _ if path.contains("{entity_id}") => entities
                .map(|name| path.replace("{entity_id}", &format!("<{name}>")))
                .to_vec(),
            _ => vec![path],
        };
        for path in paths.into_iter().filter(|path| !path.contains('{')) {
            let path = path.replace('<', "{").replace('>', "}");
            reads.push(format!("{path}?relations=true"));
            reads.push(format!("{path}?project_id={{project}}"));
            reads.push(path);
        }
    }
    reads
}

fn is_guest(place: Place) -> bool {
    matches!(place, Place::Client | Place::Vendor | Place::IdleVendor)
}

fn no_route_shows_guests_metadata_that_is_not_for_them(backend: Backend) {
    let Some(mut studio) = Studio::open(backend) else {
        return;
    };
    fill(&mut studio);
    let reads = reads();
    assert!(reads.len() > 500, "{}", reads.len());
    let mut leaks = Vec::new();
    let (mut shown, mut open) = (0, 0);
    for name in [
        "artist",
        "client",
        "artistasclient",
        "vendor",
        "artistasvendor",
        "idlevendor",
    ] {
        let (.., place) = PEOPLE.iter().find(|(own, ..)| *own == name).unwrap();
        for path in &reads {
            let answer = studio.send(&studio.tokens[name], "GET", path, None);
            assert!(answer.status < 500, "{name} {path}: {}", answer.text());
            let text = answer.text();
            match is_guest(*place) {
                true if text.contains(SECRET) => leaks.push(format!("{name}: {path}")),
                true => open += usize::from(text.contains(OPEN)),
                false => shown += usize::from(text.contains(SECRET)),
            }
        }
    }
    assert!(leaks.is_empty(), "{leaks:#?}");
    assert!(shown > 50 && open > 50, "{shown} {open}");
}

/// A single shot and the lists of shots with tasks have some of the metadata
/// outside of `data`.
fn frames_of_shots_are_masked_as_metadata(backend: Backend) {
    let Some(mut studio) = Studio::open(backend) else {
        return;
    };
    fill(&mut studio);
    let shot = studio.ids["sh"].clone();
    for name in ["artist", "client", "artistasclient", "vendor"] {
        let expected = match name {
            "artist" => json!(SECRET),
            _ => Value::Null,
        };
        let token = &studio.tokens[name];
        let row = studio.send(token, "GET", "/data/shots/{sh}", None).json();
        assert_eq!(row["frame_out"], expected, "{name}: {row}");
        assert_eq!(row["frame_in"], 7, "{name}: {row}");
        assert_eq!(row["data"]["frame_out"], expected, "{name}: {row}");
        let path = "/data/shots/with-tasks?project_id={project}";
        let list = studio.send(token, "GET", path, None).json();
        let row = list
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["id"] == *shot);
        let row = row.unwrap_or_else(|| panic!("{name}: {list}"));
        assert_eq!(row["frame_out"], expected, "{name}: {row}");
        assert_eq!(row["frame_in"], 7, "{name}: {row}");
    }
}

fn responses_to_changes_are_masked(backend: Backend) {
    let Some(mut studio) = Studio::open(backend) else {
        return;
    };
    fill(&mut studio);
    for (method, path, body) in [
        (
            "POST",
            "/data/scenes/{scene}/shots",
            json!({"shot_id": "{shot}"}),
        ),
        (
            "POST",
            "/data/shots/{shot}/asset-instances",
            json!({"asset_instance_id": "{instance}"}),
        ),
        ("PUT", "/actions/tasks/{task}/set-main-preview", json!({})),
        (
            "PUT",
            "/actions/preview-files/{preview}/set-main-preview",
            json!({}),
        ),
        ("PUT", "/data/tasks/{task}", json!({"description": "d"})),
    ] {
        for (name, .., place) in PEOPLE {
            if !is_guest(place) {
                continue;
            }
            let answer = studio.send(&studio.tokens[name], method, path, Some(&body));
            assert!(answer.status < 500, "{name} {path}: {}", answer.text());
            let text = answer.text();
            let shows = text.contains("canary-column") || text.contains("canary-task-column");
            assert!(!shows && !text.contains(SECRET), "{name} {path}: {text}");
        }
    }
    // A vendor did get these rows.
    let path = "/actions/tasks/{task}/set-main-preview";
    let answer = studio.send(&studio.tokens["vendor"], "PUT", path, Some(&json!({})));
    let row = answer.json();
    assert_eq!(row["name"], "CANARY_SHOT", "{row}");
    assert_eq!(row["data"], json!({"fps": "25"}));
}

fn assets_of_other_projects_show_guests_no_metadata(backend: Backend) {
    let Some(mut studio) = Studio::open(backend) else {
        return;
    };
    fill(&mut studio);
    studio.make("elsewhere", "/data/projects", json!({"name": "Elsewhere"}));
    let path = "/data/projects/{elsewhere}/asset-types/{props}/assets/new";
    studio.make("shared", path, json!({"name": "shared", "is_shared": true}));
    let admin = studio.admin.clone();
    let body = json!({"is_shared": true, "data": {"secret": SECRET}});
    let changed = studio.send(&admin, "PUT", "/data/entities/{shared}", Some(&body));
    assert_eq!(changed.status, 200, "{}", changed.text());
    let path = "/data/projects/{project}/entities/{sh}/casting";
    let casting = json!([{"asset_id": "{shared}", "nb_occurences": 1}]);
    let cast = studio.send(&admin, "PUT", path, Some(&casting));
    assert_eq!(cast.status, 200, "{}", cast.text());
    for path in [
        "/data/projects/{project}/assets/shared-used",
        "/data/projects/{project}/episodes/{episode}/assets/shared-used",
        "/data/projects/{project}/entities/{sh}/casting",
    ] {
        for name in ["artist", "client", "vendor", "artistasclient"] {
            let answer = studio.send(&studio.tokens[name], "GET", path, None);
            let text = answer.text();
            let shows = text.contains(SECRET);
            if name == "artist" {
                assert_eq!(shows, path.contains("shared-used"), "{path}: {text}");
            } else {
                assert!(!shows, "{name} {path}: {text}");
            }
        }
    }
}
