//! Long texts and lists in requests: never an error of the server, and no lock
//! that is held for long.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tanuki_testkit::http::Request;
use tanuki_testkit::{Backend, Server};

use crate::on_both;

on_both! {
    long_texts_and_lists_are_no_error_of_the_server
    lists_that_are_put_into_order_are_bounded
    lists_of_things_to_change_are_bounded
}

const TASK: &str = "dddddddd-0000-4000-8000-000000000001";
const PROJECT: &str = "bbbbbbbb-0000-4000-8000-000000000001";

fn long_texts_and_lists_are_no_error_of_the_server(backend: Backend) {
    let Some(server) = crate::server_with("communication", backend) else {
        return;
    };
    let admin = server.admin_token();
    let get = |path: &str| server.send(&Request::get(path).bearer(&admin));
    let long = "n".repeat(50_000);
    for path in [
        "persons",
        "tasks",
        "entities",
        "projects",
        "projects/all",
        "projects/open",
        "assets",
        "shots",
        "departments",
        "task-types",
        "events",
        "playlists",
    ] {
        let answer = get(&format!("/data/{path}?name={long}"));
        assert!(answer.status < 500, "{path}: {}", answer.text());
        let answer = get(&format!("/data/{path}?name={}", "%25".repeat(15_000)));
        assert!(answer.status < 500, "{path}: {}", answer.text());
    }
    let prefixes: Vec<String> = (0..3800).map(|number| format!("p{number}")).collect();
    let body = json!({"name_prefixes": prefixes, "limit": 1});
    let request = Request::get("/data/events/last").bearer(&admin);
    let answer = server.send(&request.json(&body));
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("name_prefixes"), "{}", answer.text());
    let many = "&name_suffixes=new".repeat(3000);
    assert_eq!(get(&format!("/data/events/last?limit=1{many}")).status, 200);
    let id = |number: usize| format!("{number:08x}-0000-4000-8000-000000000000");
    let some: String = (0..1200)
        .map(|number| format!("&person_ids={}", id(number)))
        .collect();
    assert_eq!(get(&format!("/data/events/last?limit=1{some}")).status, 200);
    let list: Vec<String> = (0..1200)
        .map(|number| format!("%22{}%22", id(number)))
        .collect();
    let answer = get(&format!("/data/tasks?project_id=[{}]", list.join(",")));
    assert_eq!(answer.json(), json!([]), "{}", answer.text());
    let numbers = vec!["0"; 31_000].join(",");
    let answer = get(&format!("/data/tasks?priority=[{numbers}]"));
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("priority"), "{}", answer.text());
    long_lists_in_bodies(&server, &admin);
}

fn long_lists_in_bodies(server: &Server, admin: &str) {
    let id = |number: usize| format!("{number:08x}-0000-4000-8000-000000000000");
    for count in [40_000, 70_000] {
        let ids: Vec<String> = (0..count).map(id).collect();
        let create = format!("/actions/projects/{PROJECT}/task-types/{TASK}/shots/create-tasks");
        for (method, path, body) in [
            (
                "PUT",
                "/actions/tasks/set-priority",
                json!({"task_ids": ids, "priority": 1}),
            ),
            (
                "PUT",
                "/actions/tasks/clear-assignation",
                json!({"task_ids": ids}),
            ),
            (
                "PUT",
                "/actions/tasks/set-main-preview",
                json!({"task_ids": ids}),
            ),
            (
                "PUT",
                "/actions/persons/aaaaaaaa-0000-4000-8000-000000000007/assign",
                json!({"task_ids": ids}),
            ),
            ("POST", "/actions/assets/share", json!({"asset_ids": ids})),
            (
                "POST",
                &format!("/actions/projects/{PROJECT}/assets/share"),
                json!({"asset_ids": ids}),
            ),
            (
                "POST",
                &format!("/actions/projects/{PROJECT}/delete-entities"),
                json!(ids),
            ),
            (
                "POST",
                &format!("/actions/projects/{PROJECT}/delete-tasks"),
                json!(ids),
            ),
            (
                "POST",
                &format!("/actions/projects/{PROJECT}/tasks/copy-client-comments"),
                json!({"task_ids": ids}),
            ),
            ("POST", &create, json!(ids)),
            (
                "PUT",
                &format!("/data/tasks/{TASK}"),
                json!({"assignees": ids}),
            ),
            (
                "POST",
                "/data/persons",
                json!({"first_name": "Many", "last_name": "", "is_bot": true, "departments": ids}),
            ),
        ] {
            let begun = Instant::now();
            let answer = server.send(&Request::new(method, path).bearer(admin).json(&body));
            assert!(answer.status < 500, "{path}: {}", answer.text());
            assert!(begun.elapsed() < Duration::from_secs(15), "{path}");
        }
        let ids = vec!["x".to_owned(); count];
        let ids: Vec<String> = ids
            .iter()
            .enumerate()
            .map(|(n, x)| format!("{x}{n}"))
            .collect();
        let body = json!({"task_ids": ids, "priority": 1});
        let answer = server.send(
            &Request::put("/actions/tasks/set-priority")
                .bearer(admin)
                .json(&body),
        );
        assert_eq!(answer.status, 400);
        assert!(answer.text().contains("task_ids"), "{}", answer.text());
    }
}

fn lists_that_are_put_into_order_are_bounded(backend: Backend) {
    let Some(server) = crate::server_with("communication", backend) else {
        return;
    };
    let admin = server.admin_token();
    let project = format!("/data/projects/{PROJECT}/metadata-descriptors");
    let field = |name: &str| {
        let body = json!({"name": name, "entity_type": "Shot"});
        let answer = server.send(&Request::post(&project).bearer(&admin).json(&body));
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()["id"].as_str().unwrap().to_owned()
    };
    let (one, two) = (field("one"), field("two"));
    let actions = format!("/actions/projects/{PROJECT}");
    for (path, body, name) in [
        (
            format!("{project}/reorder"),
            json!({"entity_type": "Shot", "descriptor_ids": vec![&one; 26_000]}),
            "descriptor_ids",
        ),
        (
            format!("{actions}/task-type-links/reorder"),
            json!({"task_type_ids": vec![&one; 26_000]}),
            "task_type_ids",
        ),
        (
            format!("{actions}/task-status-links/reorder"),
            json!({"task_status_ids": vec![&one; 26_000]}),
            "task_status_ids",
        ),
        (
            "/actions/task-types/reorder".to_owned(),
            json!({"task_type_ids": vec![&one; 26_000]}),
            "task_type_ids",
        ),
        (
            "/actions/metadata-descriptors/all-projects/reorder".to_owned(),
            json!({"entity_type": "Shot", "field_order": vec!["one"; 26_000]}),
            "field_order",
        ),
    ] {
        let begun = Instant::now();
        let answer = server.send(&Request::post(&path).bearer(&admin).json(&body));
        assert_eq!(answer.status, 400, "{path}: {}", answer.text());
        assert!(answer.text().contains(name), "{path}: {}", answer.text());
        assert!(begun.elapsed() < Duration::from_secs(15), "{path}");
    }
    // A field that is named twice stands where it was named last.
    let order = json!({"entity_type": "Shot", "descriptor_ids": [one, two, one]});
    let path = format!("{project}/reorder");
    let ordered = server
        .send(&Request::post(&path).bearer(&admin).json(&order))
        .json();
    let ids: Vec<&Value> = ordered
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["id"])
        .collect();
    assert_eq!(ids, [&json!(two), &json!(one)]);
}

fn lists_of_things_to_change_are_bounded(backend: Backend) {
    let Some(server) = crate::server_with("communication", backend) else {
        return;
    };
    let admin = server.admin_token();
    let person = "/actions/persons/aaaaaaaa-0000-4000-8000-000000000008/assign";
    let share = format!("/actions/projects/{PROJECT}/assets/share");
    let many = vec![TASK; 20_000];
    let entry = json!({"asset_id": TASK, "nb_occurences": 1});
    let casting = format!("/data/projects/{PROJECT}/entities/{TASK}/casting");
    let comments = format!("/actions/projects/{PROJECT}/tasks/comment-many");
    let comment = json!({"object_id": TASK, "task_status_id": TASK, "comment": ""});
    for (method, path, body, said) in [
        (
            "PUT",
            "/actions/tasks/set-priority",
            json!({"task_ids": many, "priority": 2}),
            "task_ids",
        ),
        ("PUT", person, json!({"task_ids": many}), "task_ids"),
        (
            "PUT",
            "/actions/tasks/clear-assignation",
            json!({"task_ids": many}),
            "task_ids",
        ),
        (
            "POST",
            "/actions/assets/share",
            json!({"asset_ids": many}),
            "asset_ids",
        ),
        ("PUT", &casting, json!(vec![&entry; 15_000]), "casting"),
        ("POST", &comments, json!(vec![&comment; 5000]), "list"),
    ] {
        let begun = Instant::now();
        let answer = server.send(&Request::new(method, path).bearer(&admin).json(&body));
        assert_eq!(answer.status, 400, "{path}: {}", answer.text());
        assert!(answer.text().contains(said), "{path}: {}", answer.text());
        assert!(begun.elapsed() < Duration::from_secs(15), "{path}");
    }
    // What goes into one statement has a higher bound.
    let answer = server.send(
        &Request::post(&share)
            .bearer(&admin)
            .json(&json!({"asset_ids": many})),
    );
    assert_eq!(answer.json(), json!([]), "{}", answer.text());
    let few = json!({"task_ids": [TASK, TASK], "priority": 2});
    let request = Request::put("/actions/tasks/set-priority").bearer(&admin);
    assert_eq!(server.send(&request.json(&few)).json()[1]["priority"], 2);
}
