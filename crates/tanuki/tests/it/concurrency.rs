//! Many who write the same at the same moment.

use serde_json::{Value, json};
use tanuki_testkit::http::Request;
use tanuki_testkit::{Backend, Server};

use crate::{on_both, server_with};

on_both! {
    comments_of_many_on_one_task_are_all_counted
    comments_that_spread_over_tasks_wait_for_each_other_in_one_order
    answers_of_many_to_one_comment_are_all_kept
    tasks_that_many_make_at_once_are_made_once
    time_that_many_add_is_all_counted
    what_one_person_subscribes_to_many_times_is_subscribed_to_once
    a_chat_that_many_open_at_once_is_made_once
}

/// A task of `communication.sql`; 1, 5, 7 and 8 are of one shot.
fn task(number: usize) -> String {
    format!("dddddddd-0000-4000-8000-00000000000{number}")
}

fn get(server: &Server, token: &str, path: &str) -> Value {
    server.send(&Request::get(path).bearer(token)).json()
}

fn status(server: &Server, token: &str, name: &str) -> String {
    let rows = get(
        server,
        token,
        &format!("/data/task-status?short_name={name}"),
    );
    rows[0]["id"].as_str().unwrap().to_owned()
}

/// Sends requests all at once; each is to be answered with that status.
fn all_at_once(server: &Server, requests: &[Request], status: u16) {
    std::thread::scope(|scope| {
        for request in requests {
            scope.spawn(move || {
                let answer = server.send(request);
                assert_eq!(answer.status, status, "{}", answer.text());
            });
        }
    });
}

fn comments_of_many_on_one_task_are_all_counted(backend: Backend) {
    let Some(server) = server_with("communication", backend) else {
        return;
    };
    let admin = server.admin_token();
    let statuses = ["retake", "wip", "wfa"].map(|name| status(&server, &admin, name));
    let path = format!("/actions/tasks/{}/comment", task(1));
    let requests: Vec<Request> = (0..32)
        .map(|writer| {
            let body = json!({"task_status_id": statuses[writer % 3], "comment": "one of many"});
            Request::post(&path).bearer(&admin).json(&body)
        })
        .collect();
    all_at_once(&server, &requests, 201);

    let list = get(
        &server,
        &admin,
        &format!("/data/tasks/{}/comments", task(1)),
    );
    let mut given: Vec<&Value> = list.as_array().unwrap().iter().collect();
    given.retain(|comment| comment["text"] == "one of many");
    given.reverse();
    let given: Vec<&Value> = given
        .iter()
        .map(|comment| &comment["task_status_id"])
        .collect();
    assert_eq!(given.len(), 32);
    let is_retake = |id: &Value| *id == statuses[0];
    let first = usize::from(is_retake(given[0]));
    let later = given
        .windows(2)
        .filter(|pair| !is_retake(pair[0]) && is_retake(pair[1]));
    let row = get(&server, &admin, &format!("/data/tasks/{}", task(1)));
    assert_eq!(row["retake_count"], first + later.count());
    assert_eq!(&row["task_status_id"], given[31]);

    // Two are assigned; each learns of every comment.
    for (path, expected) in [
        ("/data/notifications?type=comment", 64),
        ("/data/news", 32),
        ("/data/events?name=comment:new", 32),
    ] {
        let rows = get(&server, &admin, path);
        assert_eq!(rows.as_array().unwrap().len(), expected, "{path}");
    }
}

fn comments_that_spread_over_tasks_wait_for_each_other_in_one_order(backend: Backend) {
    let Some(server) = server_with("communication", backend) else {
        return;
    };
    let admin = server.admin_token();
    let wip = status(&server, &admin, "wip");
    let tasks = [1, 5, 7, 8].map(task);
    let body = json!({"task_status_id": wip, "comment": "for #all"});
    let requests: Vec<Request> = (0..16)
        .map(|writer| {
            let path = format!("/actions/tasks/{}/comment", tasks[writer % 4]);
            Request::post(&path).bearer(&admin).json(&body)
        })
        .collect();
    all_at_once(&server, &requests, 201);
    for task in &tasks {
        let list = get(&server, &admin, &format!("/data/tasks/{task}/comments"));
        let texts = list
            .as_array()
            .unwrap()
            .iter()
            .map(|comment| &comment["text"]);
        let spread = texts.filter(|text| text.as_str().unwrap().starts_with("for #all"));
        assert_eq!(spread.count(), 16);
    }
}

fn answers_of_many_to_one_comment_are_all_kept(backend: Backend) {
    let Some(server) = server_with("communication", backend) else {
        return;
    };
    let admin = server.admin_token();
    let body = json!({"task_status_id": status(&server, &admin, "wip"), "comment": "ask"});
    let path = format!("/actions/tasks/{}/comment", task(1));
    let comment = server.send(&Request::post(&path).bearer(&admin).json(&body));
    let id = comment.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/data/tasks/{}/comments/{id}", task(1));
    let request = Request::post(&format!("{path}/reply"))
        .bearer(&admin)
        .json(&json!({"text": "an answer"}));
    all_at_once(&server, &vec![request; 32], 200);
    let replies = get(&server, &admin, &path);
    assert_eq!(replies["replies"].as_array().unwrap().len(), 32);
}

fn tasks_that_many_make_at_once_are_made_once(backend: Backend) {
    let Some(server) = server_with("communication", backend) else {
        return;
    };
    let admin = server.admin_token();
    let row = get(&server, &admin, &format!("/data/tasks/{}", task(1)));
    let (project, entity) = (&row["project_id"], &row["entity_id"]);
    let body = json!({"name": "Roto", "for_entity": "Shot", "color": "#112233"});
    let request = Request::post("/data/task-types").bearer(&admin).json(&body);
    let made = server.send(&request).json();
    let task_type = made["id"].as_str().unwrap();
    let path = format!(
        "/actions/projects/{}/task-types/{task_type}/shots/create-tasks",
        project.as_str().unwrap()
    );
    let requests: Vec<Request> = (0..32)
        .map(|writer| {
            let shots = if writer % 2 == 0 {
                json!([entity])
            } else {
                json!([])
            };
            Request::post(&path).bearer(&admin).json(&shots)
        })
        .collect();
    all_at_once(&server, &requests, 201);

    let tasks = get(
        &server,
        &admin,
        &format!("/data/tasks?task_type_id={task_type}"),
    );
    let tasks = tasks.as_array().unwrap();
    let entities: std::collections::HashSet<&str> = tasks
        .iter()
        .map(|task| task["entity_id"].as_str().unwrap())
        .collect();
    assert!(entities.contains(entity.as_str().unwrap()));
    assert_eq!(tasks.len(), entities.len());
    let told = get(&server, &admin, "/data/events?name=task:new");
    assert_eq!(told.as_array().unwrap().len(), tasks.len());
}

fn time_that_many_add_is_all_counted(backend: Backend) {
    let Some(server) = server_with("communication", backend) else {
        return;
    };
    let admin = server.admin_token();
    let row = get(&server, &admin, &format!("/data/tasks/{}", task(1)));
    let before = row["duration"].as_f64().unwrap();
    let person = row["assignees"][0].as_str().unwrap();
    let day = format!(
        "/actions/tasks/{}/time-spents/2026-03-02/persons/{person}/add",
        task(1)
    );
    let body = json!({"duration": 10});
    let request = Request::post(&day).bearer(&admin).json(&body);
    let requests: Vec<Request> = (0..32).map(|_| request.clone()).collect();
    all_at_once(&server, &requests, 201);

    let path = format!("/actions/tasks/{}/time-spents/2026-03-02", task(1));
    let spent = get(&server, &admin, &path);
    assert_eq!(spent[person].as_array().unwrap().len(), 1);
    assert_eq!(spent["total"], 320.0);
    let row = get(&server, &admin, &format!("/data/tasks/{}", task(1)));
    assert_eq!(row["duration"], before + 320.0);
}

fn what_one_person_subscribes_to_many_times_is_subscribed_to_once(backend: Backend) {
    let Some(server) = server_with("communication", backend) else {
        return;
    };
    let admin = server.admin_token();
    let types = get(&server, &admin, "/data/task-types?name=Animation");
    let sequence = format!(
        "/actions/user/sequences/cccccccc-0000-4000-8000-000000000001/task-types/{}/subscribe",
        types[0]["id"].as_str().unwrap()
    );
    let mut requests = Vec::new();
    for _ in 0..12 {
        requests.push(Request::post(&sequence).bearer(&admin));
        let one = format!("/actions/user/tasks/{}/subscribe", task(1));
        requests.push(Request::post(&one).bearer(&admin));
        let several = json!({"task_ids": [task(5), task(1)]});
        let several = Request::post("/actions/user/tasks/subscribe").json(&several);
        requests.push(several.bearer(&admin));
    }
    all_at_once(&server, &requests, 201);
    let made = get(&server, &admin, "/data/subscriptions");
    assert_eq!(made.as_array().unwrap().len(), 3, "{made}");
}

fn a_chat_that_many_open_at_once_is_made_once(backend: Backend) {
    let Some(server) = server_with("communication", backend) else {
        return;
    };
    let admin = server.admin_token();
    let shot = "cccccccc-0000-4000-8000-000000000002";
    let requests: Vec<Request> = (0..24)
        .map(|number| match number % 2 {
            0 => Request::get(&format!("/data/entities/{shot}/chat")).bearer(&admin),
            _ => Request::post(&format!("/actions/user/chats/{shot}/join")).bearer(&admin),
        })
        .collect();
    all_at_once(&server, &requests, 200);
    let chats = get(&server, &admin, "/data/chats?relations=true");
    let chats = chats.as_array().unwrap();
    assert_eq!(chats.len(), 1, "{chats:?}");
    assert_eq!(chats[0]["participants"].as_array().unwrap().len(), 1);
}
