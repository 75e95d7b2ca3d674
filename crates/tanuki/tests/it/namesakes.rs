//! Rows of one name in one place are made once, however many ask for them, one
//! after the other or at once.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tanuki_testkit::Backend;
use tanuki_testkit::http::Request;

use crate::on_both;
use crate::studio::{Studio, id};

on_both! {
    what_many_make_at_once_is_made_once
    what_is_made_twice_is_the_same_or_refused
    an_asset_that_was_called_off_may_be_made_anew
}

const WRITERS: usize = 8;

/// What is made by the same body, and the list that shows how often it is there.
struct Creation {
    path: String,
    body: Value,
    list: String,
}

fn creations(studio: &Studio) -> Vec<Creation> {
    let project = studio.project("alpha");
    let sequence = studio.entity(&project, "sequences", &json!({"name": "parent"}));
    let asset_type = studio.asset_type("Props");
    let shot = studio.entity(
        &project,
        "shots",
        &json!({"name": "s", "sequence_id": sequence}),
    );
    let task_type = studio.task_type("Blocking", "Shot");
    let status = studio.list("/data/task-status")[0]["id"].clone();
    let types = studio.list("/data/entity-types");
    let type_of = |name: &str| {
        let row = types.iter().find(|row| row["name"] == name);
        row.unwrap_or_else(|| panic!("no {name}"))["id"].clone()
    };
    let below = |kind: &str| format!("/data/projects/{project}/{kind}");
    let named = json!({"name": "one"});
    let in_sequence = json!({"name": "one", "sequence_id": sequence});
    let entity = |name: &str, entity_type: &Value| json!({"name": name, "project_id": project, "entity_type_id": entity_type});
    let color = json!({"name": "one", "color": "#112233"});
    [
        (
            below(&format!("asset-types/{asset_type}/assets/new")),
            named.clone(),
            format!("/data/assets/all?project_id={project}&name=one"),
        ),
        (
            below("shots"),
            in_sequence.clone(),
            format!("/data/shots/all?project_id={project}&name=one"),
        ),
        (
            below("shots"),
            json!({"name": "loose"}),
            format!("/data/shots/all?project_id={project}&name=loose"),
        ),
        (
            below("scenes"),
            in_sequence,
            format!("/data/scenes/all?project_id={project}&name=one"),
        ),
        (
            below("sequences"),
            named.clone(),
            format!("/data/sequences?project_id={project}&name=one"),
        ),
        (
            below("episodes"),
            named.clone(),
            format!("/data/episodes?project_id={project}&name=one"),
        ),
        (
            below("edits"),
            named.clone(),
            format!("/data/edits?project_id={project}&name=one"),
        ),
        (
            below("concepts"),
            named.clone(),
            format!("/data/concepts?project_id={project}&name=one"),
        ),
        (
            "/data/entities".into(),
            entity("row", &json!(asset_type)),
            "/data/entities?name=row".into(),
        ),
        (
            "/data/entities".into(),
            entity("loose sequence", &type_of("Sequence")),
            "/data/entities?name=loose+sequence".into(),
        ),
        (
            "/data/entity-types".into(),
            named.clone(),
            "/data/entity-types?name=one".into(),
        ),
        (
            "/data/task-types".into(),
            json!({"name": "one", "for_entity": "Shot", "color": "#112233"}),
            "/data/task-types?name=one".into(),
        ),
        (
            "/data/departments".into(),
            color.clone(),
            "/data/departments?name=one".into(),
        ),
        (
            "/data/studios".into(),
            color,
            "/data/studios?name=one".into(),
        ),
        (
            "/data/projects".into(),
            named.clone(),
            "/data/projects?name=one".into(),
        ),
        (
            "/data/playlists".into(),
            json!({"name": "one", "project_id": project}),
            "/data/playlists?name=one".into(),
        ),
        (
            "/data/tasks".into(),
            json!({"name": "main", "project_id": project, "entity_id": shot,
            "task_type_id": task_type, "task_status_id": status}),
            "/data/tasks?name=main".into(),
        ),
        (
            "/data/persons".into(),
            json!({"first_name": "A", "last_name": "B", "email": "one@animfilms.com"}),
            "/data/persons?email=one@animfilms.com".into(),
        ),
        (
            below("metadata-descriptors"),
            json!({"name": "one", "entity_type": "Shot",
            "data_type": "string", "choices": [], "for_client": false, "departments": []}),
            format!("/data/projects/{project}/metadata-descriptors"),
        ),
        (
            "/data/schedule-items".into(),
            json!({"project_id": project, "task_type_id": task_type}),
            format!("/data/schedule-items?task_type_id={task_type}"),
        ),
        (
            "/data/softwares".into(),
            json!({"name": "one", "short_name": "o", "file_extension": "o"}),
            "/data/softwares?name=one".into(),
        ),
    ]
    .into_iter()
    .map(|(path, body, list)| Creation { path, body, list })
    .collect()
}

/// Statuses and ids of what was answered; anything but success and 400 fails.
fn check(studio: &Studio, creation: &Creation, answers: &[(u16, Option<String>)]) {
    let Creation { path, body, list } = creation;
    let odd: Vec<_> = answers
        .iter()
        .filter(|(status, _)| !matches!(status, 200 | 201 | 400))
        .collect();
    assert!(odd.is_empty(), "POST {path} {body}: {odd:?}");
    let ids: BTreeSet<&String> = answers.iter().filter_map(|(_, id)| id.as_ref()).collect();
    assert_eq!(ids.len(), 1, "POST {path} {body}: {answers:?}");
    assert_eq!(studio.list(list).len(), 1, "POST {path} {body}: {list}");
}

fn what_many_make_at_once_is_made_once(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    for creation in &creations(&studio) {
        let make = || {
            let answer = studio.answer(Request::post(&creation.path).json(&creation.body));
            let made = (answer.status < 300).then(|| id(&answer.json()));
            (answer.status, made)
        };
        let answers: Vec<_> = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS).map(|_| scope.spawn(make)).collect();
            writers
                .into_iter()
                .map(|writer| writer.join().unwrap())
                .collect()
        });
        check(&studio, creation, &answers);
    }
}

fn what_is_made_twice_is_the_same_or_refused(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    for creation in &creations(&studio) {
        let answers: Vec<_> = (0..2)
            .map(|_| {
                let answer = studio.answer(Request::post(&creation.path).json(&creation.body));
                (
                    answer.status,
                    (answer.status < 300).then(|| id(&answer.json())),
                )
            })
            .collect();
        assert!(answers[0].0 < 300, "POST {}: {answers:?}", creation.path);
        check(&studio, creation, &answers);
    }
}

fn an_asset_that_was_called_off_may_be_made_anew(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let project = studio.project("alpha");
    let [props, sets] = ["Props", "Sets"].map(|name| studio.asset_type(name));
    let chair = studio.asset(&project, &props, "Chair");
    assert_eq!(studio.asset(&project, &props, "Chair"), chair);
    assert_ne!(studio.asset(&project, &props, "chair"), chair);
    assert_ne!(studio.asset(&project, &sets, "Chair"), chair);
    let episode = studio.entity(&project, "episodes", &json!({"name": "E01"}));
    let path = format!("/data/projects/{project}/asset-types/{props}/assets/new");
    let of_episode = json!({"name": "Chair", "episode_id": episode});
    let another = studio.made(&path, &of_episode);
    assert_ne!(another, chair);
    assert_eq!(studio.made(&path, &of_episode), another);
    studio.put(
        &format!("/data/entities/{chair}"),
        &json!({"canceled": true}),
    );
    let anew = studio.asset(&project, &props, "Chair");
    assert_ne!(anew, chair);
    assert_eq!(studio.asset(&project, &props, "Chair"), anew);
}
