//! Bots: the promises that the reference does not make.

use serde_json::{Value, json};
use tanuki_testkit::http::Request;
use tanuki_testkit::{Backend, Server, Setup};

use crate::{BINARY, on_both};

on_both! {
    a_full_update_with_the_same_date_keeps_the_token
    the_date_alone_asks_for_a_new_token
    bots_do_not_count_against_the_user_limit
    a_failed_creation_leaves_nothing_behind
    a_bot_with_comments_is_deleted_with_force_alone
}

fn create(server: &Server, admin: &str, body: &Value) -> Value {
    let answer = server.send(&Request::post("/data/persons").bearer(admin).json(body));
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

fn bot(server: &Server, admin: &str) -> (String, String) {
    let body = json!({
        "first_name": "Render", "last_name": "", "is_bot": true, "expiration_date": "2099-01-01",
    });
    let bot = create(server, admin, &body);
    (
        bot["id"].as_str().unwrap().to_owned(),
        bot["access_token"].as_str().unwrap().to_owned(),
    )
}

fn works(server: &Server, token: &str) -> bool {
    let answer = server.send(&Request::get("/auth/authenticated").bearer(token));
    answer.status == 200
}

fn a_full_update_with_the_same_date_keeps_the_token(backend: Backend) {
    let Some(server) = crate::server(backend) else {
        return;
    };
    let admin = server.admin_token();
    let (id, token) = bot(&server, &admin);
    let path = format!("/data/persons/{id}");
    // What gazu.person.update_bot does: the fetched bot goes back whole.
    let mut fetched = server.send(&Request::get(&path).bearer(&admin)).json();
    fetched["first_name"] = "Renamed".into();
    let updated = server.send(&Request::put(&path).bearer(&admin).json(&fetched));
    assert_eq!(updated.status, 200, "{}", updated.text());
    assert_eq!(updated.json()["first_name"], "Renamed");
    assert!(updated.json().get("access_token").is_none());
    assert!(works(&server, &token));

    fetched["expiration_date"] = "2098-01-01".into();
    let updated = server.send(&Request::put(&path).bearer(&admin).json(&fetched));
    let renewed = updated.json()["access_token"].as_str().unwrap().to_owned();
    assert!(
        !works(&server, &token),
        "another date comes with another token"
    );
    assert!(works(&server, &renewed));
}

fn the_date_alone_asks_for_a_new_token(backend: Backend) {
    let Some(server) = crate::server(backend) else {
        return;
    };
    let admin = server.admin_token();
    let (id, token) = bot(&server, &admin);
    let path = format!("/data/persons/{id}");
    // How the web client regenerates a token.
    let body = json!({"expiration_date": "2099-01-01"});
    let updated = server.send(&Request::put(&path).bearer(&admin).json(&body));
    let renewed = updated.json()["access_token"].as_str().unwrap().to_owned();
    assert!(!works(&server, &token));
    assert!(works(&server, &renewed));
}

fn bots_do_not_count_against_the_user_limit(backend: Backend) {
    let Some(server) = Setup::new(BINARY, backend)
        .variable("USER_LIMIT", "2")
        .start()
    else {
        return;
    };
    let admin = server.admin_token();
    for _ in 0..3 {
        bot(&server, &admin);
    }
    let person = |name: &str| {
        json!({
            "first_name": name, "last_name": "", "email": format!("{name}@studio.com"),
            "password": "mypassword",
        })
    };
    create(&server, &admin, &person("second"));
    let third = server.send(
        &Request::post("/data/persons")
            .bearer(&admin)
            .json(&person("third")),
    );
    assert_eq!(third.status, 400);
    assert_eq!(third.json()["message"], "User limit reached.");
    assert_eq!(third.json()["data"]["limit"], 2);
}

fn a_failed_creation_leaves_nothing_behind(backend: Backend) {
    let Some(server) = crate::server(backend) else {
        return;
    };
    let admin = server.admin_token();
    let count = || {
        let list = server.send(&Request::get("/data/persons").bearer(&admin));
        list.json().as_array().unwrap().len()
    };
    let before = count();
    for body in [
        json!({"first_name": "B", "last_name": "", "is_bot": true, "departments": ["no id"]}),
        json!({"first_name": "B", "last_name": "", "is_bot": true, "position": "boss"}),
        json!({"first_name": "B", "last_name": "", "is_bot": true, "shotgun_id": "x"}),
        json!({"first_name": "B", "last_name": "", "is_bot": true, "expiration_date": "9999-12-32"}),
        json!({"first_name": "B", "last_name": "", "is_bot": true, "password": ""}),
        json!({"first_name": "B", "last_name": "", "is_bot": true, "full_name": "B"}),
        json!([{"first_name": "B"}]),
        json!("B"),
    ] {
        let answer = server.send(&Request::post("/data/persons").bearer(&admin).json(&body));
        assert_eq!(answer.status, 400, "{body}: {}", answer.text());
        assert!(answer.json()["message"].is_string(), "{body}");
    }
    assert_eq!(count(), before);
}

fn a_bot_with_comments_is_deleted_with_force_alone(backend: Backend) {
    let Some(server) = crate::server_with("seeds", backend) else {
        return;
    };
    let admin = server.admin_token();
    let (id, token) = bot(&server, &admin);
    server
        .sql(&format!(
            "INSERT INTO comment (id, object_id, object_type, person_id, text) \
             SELECT '00000000-0000-4000-8000-00000000c0de', id, 'Task', '{id}', 'done' \
             FROM task LIMIT 1"
        ))
        .unwrap();
    let path = format!("/data/persons/{id}");
    let kept = server.send(&Request::delete(&path).bearer(&admin));
    assert_eq!(kept.status, 400);
    assert_eq!(
        kept.json()["message"],
        "Some data are still linked to given person."
    );
    assert!(works(&server, &token));
    let gone = server.send(&Request::delete(&format!("{path}?force=true")).bearer(&admin));
    assert_eq!(gone.status, 204);
    assert!(!works(&server, &token));
    let check = server.command().args(["db", "check"]).output().unwrap();
    assert!(
        check.status.success(),
        "{}",
        String::from_utf8_lossy(&check.stdout)
    );
}
