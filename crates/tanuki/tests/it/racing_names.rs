//! Eight concurrent requests that create, rename or move rows to one name end
//! like the same eight one after the other.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tanuki_testkit::Backend;
use tanuki_testkit::http::Request;

use crate::on_both;
use crate::studio::{Studio, id};

on_both! {
    racing_creations_end_like_one_after_the_other
    racing_renames_end_like_one_after_the_other
    racing_moves_end_like_one_after_the_other
    a_creation_and_a_rename_to_its_name_never_both_succeed
}

const WRITERS: usize = 8;

/// A project with one row of each kind that others refer to.
struct Place<'a> {
    studio: &'a Studio,
    /// Part of names that are unique in the studio.
    tag: &'a str,
    project: String,
    episode: String,
    sequence: String,
    shot: String,
    asset_type: String,
    task_type: String,
    task: String,
}

impl<'a> Place<'a> {
    fn new(studio: &'a Studio, tag: &'a str) -> Self {
        let project = studio.project(tag);
        let episode = studio.entity(&project, "episodes", &json!({"name": "parent"}));
        let sequence = studio.entity(&project, "sequences", &json!({"name": "parent"}));
        let shot = json!({"name": "parent", "sequence_id": sequence});
        let shot = studio.entity(&project, "shots", &shot);
        let task_type = studio.task_type(&format!("Type {tag}"), "Shot");
        Self {
            task: studio.task(&shot, &task_type),
            asset_type: studio.asset_type(&format!("Props {tag}")),
            studio,
            tag,
            project,
            episode,
            sequence,
            shot,
            task_type,
        }
    }

    fn below(&self, kind: &str) -> String {
        format!("/data/projects/{}/{kind}", self.project)
    }

    fn type_of(&self, kind: &str) -> Value {
        let types = self.studio.list("/data/entity-types");
        let row = types.iter().find(|row| row["name"] == kind);
        row.unwrap_or_else(|| panic!("no type {kind}"))["id"].clone()
    }

    /// Eight rows that differ in one key, made by the same kind of request.
    fn rows(&self, path: &str, body: &Value, key: &str) -> Vec<String> {
        (0..WRITERS)
            .map(|number| {
                let mut body = body.clone();
                body[key] = format!("{} {number}", self.tag).into();
                self.studio.made(path, &body)
            })
            .collect()
    }

    fn person(&self, number: usize) -> String {
        let email = format!("{}{number}@animfilms.com", self.tag);
        let body = json!({"first_name": "A", "last_name": "B", "email": email});
        self.studio.made("/data/persons", &body)
    }
}

/// Eight requests that are in each other's way.
struct Race {
    name: &'static str,
    requests: Vec<Request>,
}

impl Race {
    fn same(name: &'static str, path: &str, body: &Value) -> Self {
        let requests = vec![Request::post(path).json(body); WRITERS];
        Self { name, requests }
    }

    /// Updates of rows at `path/ID` with the same body.
    fn updates(name: &'static str, path: &str, ids: &[String], body: &Value) -> Self {
        let put = |id: &String| Request::put(&format!("{path}/{id}")).json(body);
        let requests = ids.iter().map(put).collect();
        Self { name, requests }
    }
}

/// The statuses of the responses, sorted, and the number of rows in them.
type Outcome = (Vec<u16>, usize);

fn outcome(responses: Vec<(u16, Option<String>)>) -> Outcome {
    let ids: BTreeSet<_> = responses.iter().filter_map(|(_, id)| id.clone()).collect();
    let mut statuses: Vec<u16> = responses.into_iter().map(|(status, _)| status).collect();
    statuses.sort_unstable();
    (statuses, ids.len())
}

fn send(studio: &Studio, request: &Request) -> (u16, Option<String>) {
    let response = studio.answer(request.clone());
    assert!(response.status < 500, "{request:?}: {}", response.text());
    let made = (response.status < 300).then(|| id(&response.json()));
    (response.status, made)
}

fn compare(backend: Backend, races: fn(&Place<'_>) -> Vec<Race>) {
    let Some(studio) = &Studio::open(backend) else {
        return;
    };
    let in_turn: Vec<Outcome> = races(&Place::new(studio, "turn"))
        .iter()
        .map(|race| outcome(race.requests.iter().map(|r| send(studio, r)).collect()))
        .collect();
    let succeeds = |(statuses, _): &Outcome| statuses.iter().any(|status| *status < 300);
    assert!(in_turn.iter().all(succeeds), "{in_turn:?}");
    for tag in ["first", "second"] {
        let races = races(&Place::new(studio, tag));
        let mut different = Vec::new();
        for (race, expected) in races.iter().zip(&in_turn) {
            let responses = std::thread::scope(|scope| {
                let send = |request| scope.spawn(move || send(studio, request));
                let writers: Vec<_> = race.requests.iter().map(send).collect();
                let ends = writers.into_iter().map(|writer| writer.join().unwrap());
                ends.collect()
            });
            let raced = outcome(responses);
            if raced != *expected {
                different.push((race.name, expected, raced));
            }
        }
        assert!(
            different.is_empty(),
            "name, in turn, racing: {different:#?}"
        );
    }
}

fn racing_creations_end_like_one_after_the_other(backend: Backend) {
    compare(backend, |place| {
        let Place {
            studio,
            tag,
            project,
            episode,
            sequence,
            shot,
            asset_type,
            task_type,
            task,
        } = place;
        let status = &studio.list("/data/task-status")[0]["id"];
        let comment = |_| {
            let path = format!("/actions/tasks/{task}/comment");
            studio.made(&path, &json!({"task_status_id": status, "comment": "see"}))
        };
        let publish = |id: String| {
            let path = format!("/actions/tasks/{task}/comments/{id}/add-preview");
            Request::post(&path).json(&json!({"revision": 7}))
        };
        let file_status = json!({"name": tag, "color": "#112233"});
        let file_status = studio.made("/data/file-status", &file_status);
        let off = place.person(0);
        let in_place = json!({"name": "one", "project_id": project});
        let entity = |kind: &str, parent: Value| {
            json!({"name": format!("row of {kind}"), "project_id": project,
                "entity_type_id": place.type_of(kind), "parent_id": parent})
        };
        vec![
            Race::same("asset", &place.below(&format!("asset-types/{asset_type}/assets/new")), &json!({"name": "one"})),
            Race::same("shot", &place.below("shots"), &json!({"name": "one", "sequence_id": sequence})),
            Race::same("shot without a sequence", &place.below("shots"), &json!({"name": "loose"})),
            Race::same("concept", &place.below("concepts"), &json!({"name": "one"})),
            Race::same("entity: sequence", "/data/entities", &entity("Sequence", Value::Null)),
            Race::same("entity: shot", "/data/entities", &entity("Shot", json!(sequence))),
            Race::same("entity: episode", "/data/entities", &entity("Episode", Value::Null)),
            Race::same("playlist", "/data/playlists", &in_place),
            Race::same("playlist of an episode", "/data/playlists",
                &json!({"name": "one", "project_id": project, "episode_id": episode})),
            Race::same("schedule item", "/data/schedule-items",
                &json!({"project_id": project, "task_type_id": task_type})),
            Race::same("schedule item of a sequence", "/data/schedule-items",
                &json!({"project_id": project, "task_type_id": task_type, "object_id": sequence})),
            Race::same("task", "/data/tasks", &json!({"name": "one", "project_id": project, "entity_id": shot,
                "task_type_id": task_type, "task_status_id": status})),
            Race::same("descriptor", &place.below("metadata-descriptors"),
                &json!({"name": "one", "entity_type": "Shot", "data_type": "string", "choices": [],
                    "for_client": false, "departments": []})),
            Race::same("working file", "/data/working-files",
                &json!({"name": "one", "task_id": task, "entity_id": shot, "revision": 1})),
            Race::same("working file without an entity", "/data/working-files",
                &json!({"name": "two", "task_id": task, "revision": 1})),
            Race::same("output file", "/data/output-files",
                &json!({"name": "one", "entity_id": shot, "revision": 1, "file_status_id": file_status})),
            Race::same("preview", "/data/preview-files",
                &json!({"name": "one", "task_id": task, "revision": 3})),
            Race { name: "revision of a preview", requests: (0..WRITERS).map(comment).map(publish).collect() },
            Race::same("day off", "/data/day-offs",
                &json!({"person_id": off, "date": "2026-03-02", "end_date": "2026-03-04"})),
            Race {
                name: "days off that overlap",
                requests: (0..WRITERS).map(|day| Request::post("/data/day-offs").json(&json!({
                    "person_id": off, "date": format!("2026-04-0{}", day + 1), "end_date": "2026-04-09"}))).collect(),
            },
            Race::same("background", "/data/preview-background-files",
                &json!({"name": tag, "extension": "hdr"})),
            Race::same("asset type", "/data/entity-types", &json!({"name": format!("a {tag}")})),
            Race::same("task type", "/data/task-types",
                &json!({"name": format!("t {tag}"), "for_entity": "Shot", "color": "#112233"})),
        ]
    });
}

fn racing_renames_end_like_one_after_the_other(backend: Backend) {
    compare(backend, |place| {
        let Place {
            studio,
            tag,
            project,
            sequence,
            shot,
            asset_type,
            task_type,
            ..
        } = place;
        let status = &studio.list("/data/task-status")[0]["id"];
        let named = json!({"name": "one"});
        let entities = |kind: &str, body: Value| place.rows(&place.below(kind), &body, "name");
        let in_sequence = json!({"sequence_id": sequence});
        let assets = entities(&format!("asset-types/{asset_type}/assets/new"), json!({}));
        let shots = entities("shots", in_sequence.clone());
        let other_shots = entities("shots", json!({}));
        let task = json!({"project_id": project, "entity_id": shot,
            "task_type_id": task_type, "task_status_id": status});
        let descriptor = json!({"entity_type": "Shot", "data_type": "string", "choices": [],
            "for_client": false, "departments": []});
        let mut renamed = descriptor.clone();
        renamed["name"] = json!("one");
        let playlists = place.rows("/data/playlists", &json!({"project_id": project}), "name");
        let working_files: Vec<String> = (0..WRITERS)
            .map(|revision| {
                let body = json!({"name": "one", "task_id": place.task, "entity_id": shot, "revision": revision});
                studio.made("/data/working-files", &body)
            })
            .collect();
        let task_type_body = json!({"for_entity": "Shot", "color": "#112233"});
        let items: Vec<String> = (0..WRITERS)
            .map(|number| {
                let other = studio.task_type(&format!("i {tag} {number}"), "Shot");
                let body = json!({"project_id": project, "task_type_id": other});
                studio.made("/data/schedule-items", &body)
            })
            .collect();
        let off = place.person(0);
        let days: Vec<String> = (1..=WRITERS)
            .map(|day| {
                let day = format!("2026-05-0{day}");
                let body = json!({"person_id": off, "date": day, "end_date": day});
                studio.made("/data/day-offs", &body)
            })
            .collect();
        vec![
            Race::updates("asset", "/data/entities", &assets, &named),
            Race::updates("shot", "/data/entities", &shots, &named),
            Race::updates(
                "shot by its own route",
                "/data/shots",
                &shots,
                &json!({"name": "two"}),
            ),
            Race::updates(
                "shot without a sequence",
                "/data/entities",
                &other_shots,
                &named,
            ),
            Race::updates(
                "sequence",
                "/data/entities",
                &entities("sequences", json!({})),
                &named,
            ),
            Race::updates(
                "episode",
                "/data/entities",
                &entities("episodes", json!({})),
                &named,
            ),
            Race::updates(
                "edit",
                "/data/entities",
                &entities("edits", json!({})),
                &named,
            ),
            Race::updates(
                "concept",
                "/data/entities",
                &entities("concepts", json!({})),
                &named,
            ),
            Race::updates(
                "scene",
                "/data/entities",
                &entities("scenes", in_sequence.clone()),
                &named,
            ),
            Race::updates(
                "task",
                "/data/tasks",
                &place.rows("/data/tasks", &task, "name"),
                &named,
            ),
            Race::updates(
                "descriptor",
                &place.below("metadata-descriptors"),
                &place.rows(&place.below("metadata-descriptors"), &descriptor, "name"),
                &renamed,
            ),
            Race::updates("playlist", "/data/playlists", &playlists, &named),
            Race::updates(
                "working file",
                "/data/working-files",
                &working_files,
                &json!({"revision": 9}),
            ),
            Race::updates(
                "task type",
                "/data/task-types",
                &place.rows("/data/task-types", &task_type_body, "name"),
                &json!({"name": format!("one {tag}")}),
            ),
            Race::updates(
                "background",
                "/data/preview-background-files",
                &place.rows(
                    "/data/preview-background-files",
                    &json!({"extension": "hdr"}),
                    "name",
                ),
                &json!({"name": format!("one {tag}")}),
            ),
            Race::updates(
                "schedule item",
                "/data/schedule-items",
                &items,
                &json!({"task_type_id": task_type}),
            ),
            Race::updates(
                "day off",
                "/data/day-offs",
                &days,
                &json!({"date": "2026-06-01", "end_date": "2026-06-02"}),
            ),
        ]
    });
}

fn racing_moves_end_like_one_after_the_other(backend: Backend) {
    compare(backend, |place| {
        let Place {
            studio,
            tag,
            project,
            episode,
            sequence,
            asset_type,
            ..
        } = place;
        let sequences = place.rows(&place.below("sequences"), &json!({}), "name");
        let below_each = |kind: &str, name: &str| -> Vec<String> {
            let body = |parent| json!({"name": name, "sequence_id": parent});
            let make = |parent| studio.entity(project, kind, &body(parent));
            sequences.iter().map(make).collect()
        };
        let episodes = place.rows(&place.below("episodes"), &json!({}), "name");
        let of_episodes: Vec<String> = episodes
            .iter()
            .map(|episode| {
                let body = json!({"name": "moved", "episode_id": episode});
                studio.entity(project, "sequences", &body)
            })
            .collect();
        let types = place.rows("/data/entity-types", &json!({}), "name");
        let of_types: Vec<String> = types
            .iter()
            .map(|asset_type| studio.asset(project, asset_type, tag))
            .collect();
        let into = json!({"parent_id": sequence});
        vec![
            Race::updates("shot", "/data/entities", &below_each("shots", "a"), &into),
            Race::updates(
                "shot by its own route",
                "/data/shots",
                &below_each("shots", "b"),
                &into,
            ),
            Race::updates(
                "shot out of its sequence",
                "/data/entities",
                &below_each("shots", "c"),
                &json!({"parent_id": null}),
            ),
            Race::updates("scene", "/data/entities", &below_each("scenes", "d"), &into),
            Race::updates(
                "sequence",
                "/data/entities",
                &of_episodes,
                &json!({"parent_id": episode}),
            ),
            Race::updates(
                "asset to a type",
                "/data/entities",
                &of_types,
                &json!({"entity_type_id": asset_type}),
            ),
        ]
    });
}

fn a_creation_and_a_rename_to_its_name_never_both_succeed(backend: Backend) {
    let Some(studio) = &Studio::open(backend) else {
        return;
    };
    let place = Place::new(studio, "both");
    let assets = format!("asset-types/{}/assets/new", place.asset_type);
    for (kind, list) in [
        (assets.as_str(), "assets/all"),
        ("sequences", "sequences"),
        ("episodes", "episodes"),
        ("edits", "edits"),
    ] {
        let rows = place.rows(&place.below(kind), &json!({}), "name");
        for (number, row) in rows.iter().enumerate() {
            let body = json!({"name": format!("taken {number}")});
            let requests = [
                Request::post(&place.below(kind)).json(&body),
                Request::put(&format!("/data/entities/{row}")).json(&body),
            ];
            std::thread::scope(|scope| {
                for request in &requests {
                    scope.spawn(move || send(studio, request));
                }
            });
            let path = format!(
                "/data/{list}?project_id={}&name=taken+{number}",
                place.project
            );
            assert_eq!(studio.list(&path).len(), 1, "{path}");
        }
    }
}
