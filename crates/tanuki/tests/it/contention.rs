//! Writers of different kinds that are in each other's way.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tanuki_testkit::http::Request;
use tanuki_testkit::postgres::Cluster;
use tanuki_testkit::{Backend, Server};

use crate::{on_both, server_with};

on_both! {
    writers_of_every_kind_never_fail_each_other
    descriptors_and_days_off_never_deadlock_with_other_writers
    assets_that_are_cast_in_each_other_are_locked_in_one_order
}

/// The production of `communication.sql`, a shot and a character of it.
const PRODUCTION: &str = "bbbbbbbb-0000-4000-8000-000000000001";
const SHOT: &str = "cccccccc-0000-4000-8000-000000000002";
const ASSET: &str = "cccccccc-0000-4000-8000-000000000003";
const PERSON: &str = "aaaaaaaa-0000-4000-8000-000000000007";

/// A task of `communication.sql`; 1, 5, 7 and 8 are of one shot.
fn task(number: usize) -> String {
    format!("dddddddd-0000-4000-8000-00000000000{number}")
}

fn get(server: &Server, token: &str, path: &str) -> Value {
    server.send(&Request::get(path).bearer(token)).json()
}

fn id_of(server: &Server, token: &str, path: &str) -> String {
    get(server, token, path)[0]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Requests that touch the tasks of one shot, its asset and its castings, each
/// in an order of its own.
fn requests(server: &Server, admin: &str) -> Vec<Request> {
    let wip = id_of(server, admin, "/data/task-status?short_name=wip");
    let modeling = id_of(server, admin, "/data/task-types?name=Modeling");
    let mut tasks = [1, 5, 7, 8].map(task);
    let shown = json!({"asset_id": ASSET, "nb_occurences": 1});
    let mut requests = Vec::new();
    for round in 0..12 {
        tasks.rotate_left(1);
        let reversed: Vec<&String> = tasks.iter().rev().collect();
        let comment = |text: &str| json!({"task_status_id": wip, "comment": text});
        let casting = if round % 2 == 0 {
            json!([shown])
        } else {
            json!([])
        };
        let ready = if round % 2 == 0 {
            json!(modeling)
        } else {
            Value::Null
        };
        let many: Vec<Value> = reversed
            .iter()
            .map(|id| json!({"object_id": id, "task_status_id": wip, "comment": "#all of many"}))
            .collect();
        let spent = format!(
            "/actions/tasks/{}/time-spents/2026-03-02/persons/{PERSON}/add",
            task(1)
        );
        requests.extend([
            Request::post(&format!("/actions/tasks/{}/comment", tasks[0])).json(&comment("#all")),
            Request::post(&format!(
                "/actions/projects/{PRODUCTION}/tasks/comment-many"
            ))
            .json(&json!(many)),
            Request::put(&format!("/actions/persons/{PERSON}/assign"))
                .json(&json!({"task_ids": reversed})),
            Request::put("/actions/tasks/clear-assignation").json(&json!({"task_ids": tasks})),
            Request::put("/actions/tasks/set-priority")
                .json(&json!({"task_ids": tasks, "priority": round})),
            Request::put(&format!(
                "/data/projects/{PRODUCTION}/entities/{SHOT}/casting"
            ))
            .json(&casting),
            Request::put(&format!("/data/entities/{ASSET}")).json(&json!({"ready_for": ready})),
            Request::put(&format!("/data/tasks/{}", tasks[1])).json(&json!({"difficulty": 2})),
            Request::post(&spent).json(&json!({"duration": 10})),
            Request::post("/data/comments").json(&json!({
                "object_id": tasks[2], "object_type": "Task", "person_id": PERSON, "text": "plain",
            })),
        ]);
    }
    requests
}

fn writers_of_every_kind_never_fail_each_other(backend: Backend) {
    let Some(server) = server_with("communication", backend) else {
        return;
    };
    let admin = server.admin_token();
    let requests = requests(&server, &admin);
    let next = AtomicUsize::new(0);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let answer = server.send(&request.clone().bearer(&admin));
                    // Somebody who was just taken off a task logs no time there.
                    assert!(
                        answer.status < 300 || answer.status == 403,
                        "{request:?}: {} {}",
                        answer.status,
                        answer.text()
                    );
                }
            });
        }
    });
    assert!(begun.elapsed() < Duration::from_secs(60));
    // On each task every fourth of them.
    let path = format!("/data/comments?object_id={}", task(1));
    let comments = get(&server, &admin, &path);
    let plain = comments.as_array().unwrap().iter();
    let plain = plain.filter(|comment| comment["text"] == "plain");
    assert_eq!(plain.count(), 3);
}

/// Requests that rewrite the metadata of many rows or wipe the hours of many
/// tasks, with others that touch the same rows. Those of each list are sent one
/// after the other.
fn rewrites(server: &Server, admin: &str) -> Vec<Vec<Request>> {
    let wip = id_of(server, admin, "/data/task-status?short_name=wip");
    let descriptors = format!("/data/projects/{PRODUCTION}/metadata-descriptors");
    let mut lists = Vec::new();
    for (number, kind) in ["Shot", "Asset", "Shot", "Asset"].iter().enumerate() {
        let body = |name: String| {
            json!({"name": name, "entity_type": kind, "data_type": "string", "choices": [],
                "for_client": false, "departments": []})
        };
        let made = Request::post(&descriptors).json(&body(format!("k{number}")));
        let made = server.send(&made.bearer(admin)).json();
        let path = format!("{descriptors}/{}", made["id"].as_str().unwrap());
        let mut list: Vec<Request> = (0..10)
            .map(|round| {
                let key = ["k", "l"][round % 2];
                Request::put(&path).json(&body(format!("{key}{number}")))
            })
            .collect();
        list.push(Request::delete(&path));
        lists.push(list);
    }
    for writer in 0..3 {
        let mut list = Vec::new();
        for round in 0..8 {
            let day = format!("2026-0{}-1{round}", writer + 3);
            let values = json!({"data": {"k0": round, "k1": round, "l2": round, "l3": round}});
            let spent = task([1, 5, 7, 8][(writer + round) % 4]);
            let spent = format!("/actions/tasks/{spent}/time-spents/{day}/persons/{PERSON}/add");
            list.extend([
                Request::put(&format!("/data/entities/{SHOT}")).json(&values),
                Request::put(&format!("/data/entities/{ASSET}")).json(&values),
                Request::post(&spent).json(&json!({"duration": 10})),
                Request::post("/data/day-offs")
                    .json(&json!({"person_id": PERSON, "date": day, "end_date": day})),
                Request::post(&format!("/actions/tasks/{}/comment", task(1)))
                    .json(&json!({"task_status_id": wip, "comment": "for #all"})),
                Request::put("/actions/tasks/set-priority")
                    .json(&json!({"task_ids": [task(8), task(1), task(5)], "priority": round})),
            ]);
        }
        lists.push(list);
    }
    lists
}

fn descriptors_and_days_off_never_deadlock_with_other_writers(backend: Backend) {
    let Some(server) = server_with("communication", backend) else {
        return;
    };
    let admin = server.admin_token();
    let lists = rewrites(&server, &admin);
    let send = |request: &Request| server.send(&request.clone().bearer(&admin));
    std::thread::scope(|scope| {
        for list in &lists {
            let send = &send;
            scope.spawn(move || {
                for request in list {
                    let answer = send(request);
                    // Not everybody is assigned to each task.
                    assert!(
                        answer.status < 300 || answer.status == 403,
                        "{request:?}: {} {}",
                        answer.status,
                        answer.text()
                    );
                }
            });
        }
    });
    for entity in [SHOT, ASSET] {
        let row = get(&server, &admin, &format!("/data/entities/{entity}"));
        assert!(row["data"].is_object(), "{row}");
    }
    assert_no_deadlocks(&server, backend);
}

/// Requests that lost to a deadlock are run again, so only the database tells
/// that there was one.
fn assert_no_deadlocks(server: &Server, backend: Backend) {
    if backend == Backend::Postgres {
        // Sessions report what they counted once they have been idle for a second.
        std::thread::sleep(Duration::from_secs(2));
        let database = server.database_url.rsplit('/').next().unwrap();
        let sql = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
        let counted = Cluster::get().unwrap().psql(database, sql).unwrap();
        assert_eq!(counted.trim(), "0", "deadlocks");
    }
}

/// Shared assets of two productions, each cast in the other and in shots: what
/// makes one of them ready recounts the castings that it is in.
fn assets_that_are_cast_in_each_other_are_locked_in_one_order(backend: Backend) {
    let Some(server) = server_with("communication", backend) else {
        return;
    };
    let admin = server.admin_token();
    let send = |request: Request| {
        let answer = server.send(&request.bearer(&admin));
        assert!(answer.status < 300, "{}: {}", answer.status, answer.text());
        answer.json()
    };
    let other = send(Request::post("/data/projects").json(&json!({"name": "Other"})));
    let other = other["id"].as_str().unwrap().to_owned();
    let kind = get(&server, &admin, &format!("/data/entities/{ASSET}"));
    let kind = kind["entity_type_id"].as_str().unwrap();
    let modeling = id_of(&server, &admin, "/data/task-types?name=Modeling");
    let projects = [PRODUCTION, other.as_str(), PRODUCTION, other.as_str()];
    let assets = projects.iter().enumerate().map(|(number, project)| {
        let path = format!("/data/projects/{project}/asset-types/{kind}/assets/new");
        let body = json!({"name": format!("Shared {number}"), "is_shared": true});
        send(Request::post(&path).json(&body))["id"]
            .as_str()
            .unwrap()
            .to_owned()
    });
    let assets: Vec<String> = assets.collect();
    let all: Vec<Value> = assets
        .iter()
        .map(|id| json!({"asset_id": id, "nb_occurences": 1}))
        .collect();
    for (asset, project) in assets.iter().zip(projects) {
        let others = all.iter().filter(|cast| cast["asset_id"] != **asset);
        let casting = json!(others.collect::<Vec<_>>());
        let path = format!("/data/projects/{project}/entities/{asset}/casting");
        send(Request::put(&path).json(&casting));
    }
    let path = format!("/data/projects/{PRODUCTION}/entities/{SHOT}/casting");
    send(Request::put(&path).json(&json!(all)));
    std::thread::scope(|scope| {
        for (number, asset) in assets.iter().enumerate() {
            let (send, modeling) = (&send, &modeling);
            scope.spawn(move || {
                for round in 0..12 {
                    let ready = (round % 2 == 0).then_some(modeling);
                    let body = json!({"ready_for": ready, "canceled": (round + number) % 4 == 3});
                    let path = format!("/data/entities/{asset}");
                    send(Request::put(&path).json(&body));
                }
            });
        }
    });
    assert_no_deadlocks(&server, backend);
    for asset in &assets {
        send(Request::put(&format!("/data/entities/{asset}")).json(&json!({"canceled": false})));
    }
    for entity in assets.iter().map(String::as_str).chain([SHOT]) {
        let row = get(&server, &admin, &format!("/data/entities/{entity}"));
        let cast = if entity == SHOT { 4 } else { 3 };
        assert_eq!(row["nb_entities_out"], cast, "{row}");
    }
}

/// A session that locks two tasks, the second after the first, and that never
/// gives way itself. Meanwhile the request, which locks them the other way
/// round, is sent.
fn across_a_deadlock(server: &Server, request: &Request) -> tanuki_testkit::http::Response {
    let database = server.database_url.rsplit('/').next().unwrap();
    let hold = format!(
        "SET deadlock_timeout = '1min'; BEGIN;
         SELECT id FROM task WHERE id = '{}' FOR UPDATE;
         SELECT pg_sleep(0.6);
         SELECT id FROM task WHERE id = '{}' FOR UPDATE;
         COMMIT;",
        task(5),
        task(1)
    );
    std::thread::scope(|scope| {
        let holder = scope.spawn(|| Cluster::get().unwrap().psql(database, &hold).unwrap());
        std::thread::sleep(Duration::from_millis(250));
        let answer = server.send(request);
        holder.join().unwrap();
        answer
    })
}

#[test]
fn a_request_that_lost_to_a_deadlock_is_run_again() {
    let Some(server) = server_with("communication", Backend::Postgres) else {
        return;
    };
    let admin = server.admin_token();
    let tasks = json!([task(1), task(5)]);
    let begun = Instant::now();
    for (request, status) in [
        (
            Request::put("/actions/tasks/set-priority")
                .json(&json!({"task_ids": tasks, "priority": 3})),
            200,
        ),
        (
            Request::put(&format!("/actions/persons/{PERSON}/assign"))
                .json(&json!({"task_ids": tasks})),
            200,
        ),
        (
            Request::post(&format!("/actions/tasks/{}/comment", task(1))).json(&json!({
                "task_status_id": id_of(&server, &admin, "/data/task-status?short_name=wip"),
                "comment": "for #all, after a deadlock",
            })),
            201,
        ),
    ] {
        let answer = across_a_deadlock(&server, &request.bearer(&admin));
        assert_eq!(answer.status, status, "{}", answer.text());
    }
    // Each of them did wait for a deadlock to be found, once a second or so.
    let took = begun.elapsed();
    assert!(
        took > Duration::from_secs(3) && took < Duration::from_secs(30),
        "{took:?}"
    );
    for number in [1, 5] {
        let row = get(&server, &admin, &format!("/data/tasks/{}", task(number)));
        assert_eq!(row["priority"], 3);
        let list = get(
            &server,
            &admin,
            &format!("/data/tasks/{}/comments", task(number)),
        );
        let list = list.as_array().unwrap().iter();
        let texts = list.filter_map(|comment| comment["text"].as_str());
        let again = texts.filter(|text| text.contains("after a deadlock"));
        assert_eq!(again.count(), 1, "written once");
    }
    let told = get(&server, &admin, "/data/events?name=comment:new");
    assert_eq!(told.as_array().unwrap().len(), 4, "told once for each task");
}
