//! What hangs from castings, metadata and time spent stays right when
//! something is sent in another form, deleted, canceled or restored.

use std::collections::BTreeSet;

use serde_json::json;
use tanuki_testkit::Backend;
use tanuki_testkit::http::Request;

use crate::on_both;
use crate::studio::{Studio, id};

on_both! {
    a_casting_without_a_count_counts_one
    a_deleted_shot_takes_its_casting_out_of_the_episode
    what_is_restored_is_counted_again
    a_moved_shot_takes_its_casting_to_its_new_episode
    a_moved_sequence_takes_the_castings_of_its_shots
    changed_metadata_joins_what_is_there
    time_that_goes_leaves_the_task
    shots_without_a_sequence_are_on_the_board
}

struct Breakdown {
    studio: Studio,
    project: String,
    episode: String,
    shots: [String; 2],
    assets: [String; 2],
}

impl Breakdown {
    fn open(backend: Backend) -> Option<Self> {
        let studio = Studio::open(backend)?;
        let project = studio.project("alpha");
        let episode = studio.entity(&project, "episodes", &json!({"name": "E01"}));
        let body = json!({"name": "SQ", "episode_id": episode});
        let sequence = studio.entity(&project, "sequences", &body);
        let shots = ["s1", "s2"].map(|name| {
            let body = json!({"name": name, "sequence_id": sequence});
            studio.entity(&project, "shots", &body)
        });
        let props = studio.asset_type("Props");
        let mut assets = ["a1", "a2"].map(|name| studio.asset(&project, &props, name));
        assets.sort();
        Some(Self {
            studio,
            project,
            episode,
            shots,
            assets,
        })
    }

    fn cast(&self, entity: &str, assets: &[&String]) {
        let casting: Vec<_> = assets
            .iter()
            .map(|id| json!({"asset_id": id, "nb_occurences": 2}))
            .collect();
        let answer = self.studio.cast(&self.project, entity, &json!(casting));
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    fn casting(&self, entity: &str) -> Vec<String> {
        self.studio.casting(&self.project, entity)
    }

    fn count(&self, entity: &str) -> serde_json::Value {
        self.studio.get(&format!("/data/entities/{entity}"))["nb_entities_out"].clone()
    }
}

fn a_casting_without_a_count_counts_one(backend: Backend) {
    let Some(of) = Breakdown::open(backend) else {
        return;
    };
    let [shot, other] = &of.shots;
    let [a1, a2] = &of.assets;
    of.cast(shot, &[a1]);
    let casting = json!([{"asset_id": a1}, {"asset_id": a2, "nb_occurences": null, "label": null}]);
    let answer = of.studio.cast(&of.project, shot, &casting);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let path = format!("/data/projects/{}/entities/{shot}/casting", of.project);
    let links = of.studio.list(&path);
    assert_eq!(links.len(), 2);
    assert!(
        links.iter().all(|link| link["nb_occurences"] == 1),
        "{links:?}"
    );

    // What says nothing of an asset is refused, and nothing is changed.
    for wrong in [
        json!([{"asset_id": a1, "nb_occurences": 1}, {"id": a2}]),
        json!([{"nb_occurences": 1}]),
        json!([{"asset_id": null, "nb_occurences": 1}]),
        json!([a1]),
        json!([[a1]]),
        json!([7]),
    ] {
        let answer = of.studio.cast(&of.project, shot, &wrong);
        assert_eq!(answer.status, 400, "{wrong}: {}", answer.text());
        assert_eq!(of.casting(shot), of.assets);
    }
    let many = json!({shot: [{"asset_id": a1}], other: [{"asset": a1}]});
    let path = format!("/data/projects/{}/entities/casting", of.project);
    assert_eq!(
        of.studio.answer(Request::put(&path).json(&many)).status,
        400
    );
    assert_eq!(of.casting(shot), of.assets);
    let path = format!("/data/assets/{a1}/casting");
    of.studio.put(&path, &json!([{"asset_id": a2}]));
    assert_eq!(of.count(a1), 1);
}

fn a_deleted_shot_takes_its_casting_out_of_the_episode(backend: Backend) {
    let Some(of) = Breakdown::open(backend) else {
        return;
    };
    let [s1, s2] = &of.shots;
    let [a1, a2] = &of.assets;
    of.cast(s1, &[a1, a2]);
    of.cast(s2, &[a2]);
    assert_eq!(of.casting(&of.episode), of.assets);
    of.studio.delete(&format!("/data/shots/{s1}?force=true"));
    assert_eq!(
        of.casting(&of.episode),
        std::slice::from_ref(a2),
        "another shot casts it"
    );
    assert_eq!(of.count(&of.episode), 1);
    of.studio.delete(&format!("/data/entities/{s2}"));
    assert_eq!(of.casting(&of.episode), [""; 0]);
    assert_eq!(of.count(&of.episode), 0);

    // What somebody cast by hand stays, and all go with their sequence.
    let sequence = of.studio.entity(
        &of.project,
        "sequences",
        &json!({"name": "SQ2", "episode_id": of.episode}),
    );
    let body = json!({"name": "s3", "sequence_id": sequence});
    let s3 = of.studio.entity(&of.project, "shots", &body);
    of.cast(&of.episode, &[a1]);
    of.cast(&s3, &[a1, a2]);
    assert_eq!(of.casting(&of.episode), of.assets);
    of.studio
        .delete(&format!("/data/sequences/{sequence}?force=true"));
    assert_eq!(of.casting(&of.episode), std::slice::from_ref(a1));
    of.studio.delete(&format!("/data/entities/{a1}"));
    assert_eq!(of.count(&of.episode), 0);
}

/// The assets that `episode:casting-update` reports as added and removed.
fn reported(of: &Breakdown, episode: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let path = "/data/events/last?name=episode:casting-update&limit=1000";
    let mut changes = (BTreeSet::new(), BTreeSet::new());
    for event in of.studio.list(path) {
        if event["data"]["episode_id"] == episode {
            let ids = |key: &str| event["data"][key].as_array().unwrap().clone();
            let text = |id: serde_json::Value| id.as_str().unwrap().to_owned();
            changes
                .0
                .extend(ids("added_asset_ids").into_iter().map(text));
            changes
                .1
                .extend(ids("removed_asset_ids").into_iter().map(text));
        }
    }
    changes
}

fn a_moved_shot_takes_its_casting_to_its_new_episode(backend: Backend) {
    let Some(of) = Breakdown::open(backend) else {
        return;
    };
    let [s1, s2] = &of.shots;
    let [a1, a2] = &of.assets;
    let other = of
        .studio
        .entity(&of.project, "episodes", &json!({"name": "E02"}));
    let body = json!({"name": "SQ2", "episode_id": other});
    let sequence = of.studio.entity(&of.project, "sequences", &body);
    let home = of.studio.get(&format!("/data/entities/{s1}"))["parent_id"].clone();
    of.cast(s1, &[a1, a2]);
    of.cast(s2, &[a2]);
    let check = |first: &[&String], second: &[&String], when: &str| {
        for (episode, assets) in [(&of.episode, first), (&other, second)] {
            let casting = of.casting(episode);
            assert_eq!(casting.iter().collect::<Vec<_>>(), assets, "{when}");
            assert_eq!(of.count(episode), assets.len(), "{when}");
        }
        assert_eq!(of.count(s1), 2, "{when}");
    };
    check(&[a1, a2], &[], "cast");
    let put = |path: &str, parent: &serde_json::Value| {
        of.studio
            .put(&format!("{path}/{s1}"), &json!({"parent_id": parent}));
    };
    put("/data/shots", &json!(sequence));
    check(&[a2], &[a1, a2], "moved");
    let added = BTreeSet::from([a1.clone(), a2.clone()]);
    assert_eq!(reported(&of, &other), (added.clone(), BTreeSet::new()));
    assert!(reported(&of, &of.episode).1.contains(a1));
    put("/data/entities", &home);
    check(&[a1, a2], &[], "moved back");
    assert_eq!(reported(&of, &other), (added.clone(), added));

    // Within the episode nothing changes, and without one nothing is cast.
    let body = json!({"name": "SQ3", "episode_id": of.episode});
    let near = of.studio.entity(&of.project, "sequences", &body);
    put("/data/shots", &json!(near));
    check(&[a1, a2], &[], "moved within the episode");
    put("/data/entities", &serde_json::Value::Null);
    check(&[a2], &[], "moved out of its sequence");

    // What was cast by hand stays; the rest follows a shot into an episode.
    of.cast(&other, &[a1]);
    put("/data/shots", &json!(sequence));
    check(&[a2], &[a1, a2], "moved into an episode");
    put("/data/shots", &home);
    check(&[a1, a2], &[a1], "cast by hand");

    // A canceled asset moves along, but is not counted.
    of.studio
        .put(&format!("/data/entities/{a2}"), &json!({"canceled": true}));
    put("/data/entities", &json!(sequence));
    assert_eq!(of.count(&other), 1);
    of.studio
        .put(&format!("/data/entities/{a2}"), &json!({"canceled": false}));
    check(&[a2], &[a1, a2], "restored after the move");
}

fn a_moved_sequence_takes_the_castings_of_its_shots(backend: Backend) {
    let Some(of) = Breakdown::open(backend) else {
        return;
    };
    let [s1, s2] = &of.shots;
    let [a1, a2] = &of.assets;
    let sequence = of.studio.get(&format!("/data/entities/{s1}"))["parent_id"].clone();
    let sequence = sequence.as_str().unwrap();
    let other = of
        .studio
        .entity(&of.project, "episodes", &json!({"name": "E02"}));
    of.cast(s1, &[a1]);
    of.cast(s2, &[a2]);
    let body = json!({"name": "SQ2", "episode_id": of.episode});
    let stays = of.studio.entity(&of.project, "sequences", &body);
    let body = json!({"name": "s3", "sequence_id": stays});
    let s3 = of.studio.entity(&of.project, "shots", &body);
    of.cast(&s3, &[a2]);
    let path = format!("/data/entities/{sequence}");
    of.studio.put(&path, &json!({"parent_id": other}));
    assert_eq!(of.casting(&of.episode), std::slice::from_ref(a2));
    assert_eq!(of.casting(&other), of.assets);
    assert_eq!(
        (of.count(&of.episode), of.count(&other)),
        (1.into(), 2.into())
    );
    of.studio.put(&path, &json!({"parent_id": null}));
    assert_eq!(of.casting(&other), [""; 0]);
    assert_eq!(of.count(&other), 0);
    of.studio.put(&path, &json!({"parent_id": of.episode}));
    assert_eq!(of.casting(&of.episode), of.assets);
    assert_eq!(of.count(&of.episode), 2);
}

fn what_is_restored_is_counted_again(backend: Backend) {
    let Some(of) = Breakdown::open(backend) else {
        return;
    };
    let [shot, _] = &of.shots;
    let [a1, a2] = &of.assets;
    of.cast(shot, &[a1, a2]);
    of.cast(a2, &[a1]);
    let loose = of
        .studio
        .entity(&of.project, "shots", &json!({"name": "loose"}));
    of.cast(&loose, &[a1]);
    let stages = [(shot, 2), (&of.episode, 2), (a2, 1), (&loose, 1)];
    let check = |less: i64, when: &str| {
        for (stage, count) in stages {
            assert_eq!(of.count(stage), count - less, "{stage} {when}");
        }
    };
    check(0, "cast");
    let modeling = of.studio.task_type("Sculpting", "Asset");
    of.studio.task(a1, &modeling);
    of.studio.delete(&format!("/data/assets/{a1}"));
    check(1, "canceled by deletion");
    of.studio
        .put(&format!("/data/entities/{a1}"), &json!({"canceled": false}));
    check(0, "restored");
    of.studio
        .put(&format!("/data/entities/{a1}"), &json!({"canceled": true}));
    check(1, "canceled by change");

    // A canceled shot is not looked at; restored, it counts what is there.
    of.studio
        .put(&format!("/data/shots/{shot}"), &json!({"canceled": true}));
    of.studio
        .put(&format!("/data/entities/{a1}"), &json!({"canceled": false}));
    of.studio
        .put(&format!("/data/shots/{shot}"), &json!({"canceled": false}));
    check(0, "both restored");

    of.cast(&loose, &[a1, a2]);
    assert_eq!(of.count(&loose), 2);
    of.studio.delete(&format!("/data/assets/{a2}?force=true"));
    assert_eq!(of.count(&loose), 1);
    assert_eq!(of.count(&of.episode), 1);
}

fn changed_metadata_joins_what_is_there(backend: Backend) {
    let Some(of) = Breakdown::open(backend) else {
        return;
    };
    let [shot, _] = &of.shots;
    let task_type = of.studio.task_type("Blocking", "Shot");
    let task = of.studio.task(shot, &task_type);
    for path in [
        format!("/data/shots/{shot}"),
        format!("/data/entities/{shot}"),
        format!("/data/entities/{}", of.assets[0]),
        format!("/data/entities/{}", of.episode),
        format!("/data/tasks/{task}"),
    ] {
        of.studio
            .put(&path, &json!({"data": {"frame_in": 1, "mood": "dark"}}));
        of.studio.put(&path, &json!({"data": {"mood": "light"}}));
        let row = of.studio.get(&path);
        assert_eq!(
            row["data"],
            json!({"frame_in": 1, "mood": "light"}),
            "{path}"
        );
        of.studio.put(&path, &json!({"description": "no metadata"}));
        // Of tasks these say that there is none, and null does of shots.
        if !path.starts_with("/data/tasks") {
            of.studio.put(&path, &json!({"data": {}}));
        }
        if path.starts_with("/data/entities") {
            of.studio.put(&path, &json!({"data": null}));
        }
        assert_eq!(of.studio.get(&path)["data"], row["data"], "{path}");
    }
}

fn time_that_goes_leaves_the_task(backend: Backend) {
    let Some(of) = Breakdown::open(backend) else {
        return;
    };
    let [shot, other] = &of.shots;
    let task_type = of.studio.task_type("Blocking", "Shot");
    let [task, second] = [shot, other].map(|shot| of.studio.task(shot, &task_type));
    let person = json!({"first_name": "Ann", "last_name": "Artist", "email": "ann@animfilms.com"});
    let person = of.studio.made("/data/persons", &person);
    let log = |task: &str, day: &str, duration: i64| {
        let body = json!({"task_id": task, "person_id": person, "date": day, "duration": duration});
        of.studio.made("/data/time-spents", &body)
    };
    let durations = || {
        [&task, &second].map(|id| {
            of.studio.get(&format!("/data/tasks/{id}"))["duration"]
                .as_f64()
                .unwrap()
        })
    };
    log(&task, "2026-03-02", 60);
    log(&task, "2026-03-03", 30);
    log(&second, "2026-03-02", 15);
    let moved = log(&task, "2026-03-04", 7);
    assert_eq!(durations(), [97.0, 15.0]);
    of.studio.put(
        &format!("/data/time-spents/{moved}"),
        &json!({"task_id": second}),
    );
    assert_eq!(durations(), [90.0, 22.0]);

    let off = json!({"person_id": person, "date": "2026-03-02", "end_date": "2026-03-02"});
    let off = of.studio.made("/data/day-offs", &off);
    assert_eq!(durations(), [30.0, 7.0]);
    let longer = json!({"date": "2026-03-02", "end_date": "2026-03-03"});
    of.studio.put(&format!("/data/day-offs/{off}"), &longer);
    assert_eq!(durations(), [0.0, 7.0]);
    log(&task, "2026-03-05", 5);
    of.studio.delete(&format!("/data/day-offs/{off}"));
    of.studio
        .delete(&format!("/data/persons/{person}?force=true"));
    assert_eq!(durations(), [0.0, 0.0]);
}

fn shots_without_a_sequence_are_on_the_board(backend: Backend) {
    let Some(of) = Breakdown::open(backend) else {
        return;
    };
    let project = &of.project;
    for (kind, name) in [("shots", "loose"), ("scenes", "loose"), ("edits", "loose")] {
        let made = of.studio.entity(project, kind, &json!({"name": name}));
        for form in ["", "&compact=true"] {
            let path = format!("/data/{kind}/with-tasks?project_id={project}{form}");
            let board = of.studio.answer(Request::get(&path));
            assert!(board.text().contains(&made), "{path}: {}", board.text());
        }
        let path = format!("/data/projects/{project}/{kind}");
        let list = of.studio.list(&path);
        assert!(list.iter().any(|row| row["id"] == made.as_str()), "{path}");
    }
    let path = format!("/data/shots/with-tasks?project_id={project}");
    let board = of.studio.list(&path);
    let loose = board.iter().find(|row| row["name"] == "loose").unwrap();
    assert_eq!(loose["sequence_name"], "");
    assert_eq!(loose["sequence_id"], json!(null));

    // It is cast, and gets tasks, like any other.
    let shot = id(loose);
    of.cast(&shot, &[&of.assets[0]]);
    let path = format!("/data/projects/{project}/sequences/all/casting");
    let castings = of.studio.get(&path);
    assert!(castings.get(&shot).is_some(), "{castings}");
    let layout = of.studio.task_type("Blocking", "Shot");
    let path = format!("/actions/projects/{project}/task-types/{layout}/shots/create-tasks");
    let tasks = of.studio.post(&path, &json!([]));
    let tasks = tasks.as_array().unwrap();
    assert!(
        tasks.iter().any(|task| task["entity_id"] == shot.as_str()),
        "{tasks:?}"
    );
}
