//! What people change of their own account, and what a new password ends.

use serde_json::{Value, json};
use tanuki_testkit::http::{Request, Response};
use tanuki_testkit::{Backend, Server, Setup};

use crate::{BINARY, on_both};

on_both! {
    nobody_changes_what_they_earn_or_are
    a_new_password_ends_every_other_session
    a_reset_link_ends_every_session
    an_old_code_for_a_desktop_application_opens_nothing_after_a_new_password
    a_reactivated_person_logs_in_anew
    api_tokens_outlive_a_new_password
    protected_accounts_stay_what_they_are
    authors_do_not_rewrite_answers_or_move_comments
}

const PASSWORD: &str = "mypassword";

fn put(server: &Server, token: &str, path: &str, body: &Value) -> Response {
    server.send(&Request::put(path).bearer(token).json(body))
}

fn get(server: &Server, token: &str, path: &str) -> Value {
    let answer = server.send(&Request::get(path).bearer(token));
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

fn person(server: &Server, admin: &str, name: &str, role: &str) -> String {
    let body = json!({
        "first_name": name, "last_name": "", "email": format!("{name}@animfilms.com"),
        "role": role, "password": PASSWORD,
    });
    let made = server.send(&Request::post("/data/persons").bearer(admin).json(&body));
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["id"].as_str().unwrap().to_owned()
}

/// An access and a refresh token.
fn session(server: &Server, name: &str, password: &str) -> (String, String) {
    let body = json!({"email": format!("{name}@animfilms.com"), "password": password});
    let answer = server.send(&Request::post("/auth/login").json(&body));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let token = |key: &str| answer.json()[key].as_str().unwrap().to_owned();
    (token("access_token"), token("refresh_token"))
}

fn status(server: &Server, path: &str, token: &str) -> u16 {
    server.send(&Request::get(path).bearer(token)).status
}

fn works(server: &Server, (access, refresh): &(String, String)) -> [bool; 2] {
    [
        status(server, "/auth/authenticated", access) == 200,
        status(server, "/auth/refresh-token", refresh) == 200,
    ]
}

fn nobody_changes_what_they_earn_or_are(backend: Backend) {
    let Some(server) = crate::server(backend) else {
        return;
    };
    let admin = server.admin_token();
    for role in ["user", "supervisor", "manager", "client", "vendor"] {
        let id = person(&server, &admin, role, role);
        let path = format!("/data/persons/{id}");
        let before = get(&server, &admin, &path);
        let (token, _) = session(&server, role, PASSWORD);
        let wanted = json!({
            "daily_salary": 900, "position": "lead", "seniority": "senior",
            "contract_type": "freelance", "is_guest": true, "expiration_date": "2099-01-01",
            "shotgun_id": 7, "archived": true, "role": "admin", "departments": [],
            "studio_id": null, "is_bot": true, "last_presence": "2020-01-01",
            "phone": "0123",
        });
        let answer = put(&server, &token, &path, &wanted);
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(answer.json().get("access_token").is_none(), "{role}");
        let after = get(&server, &admin, &path);
        assert_eq!(after["phone"], "0123");
        for (field, value) in before.as_object().unwrap() {
            if !matches!(field.as_str(), "phone" | "updated_at") {
                assert_eq!(after[field], *value, "{role}: {field}");
            }
        }
    }
}

fn change_password(server: &Server, token: &str, old: &str, new: &str) {
    let body = json!({"old_password": old, "password": new, "password_2": new});
    let request = Request::post("/auth/change-password").bearer(token);
    let answer = server.send(&request.json(&body));
    assert_eq!(answer.status, 200, "{}", answer.text());
}

fn a_new_password_ends_every_other_session(backend: Backend) {
    let Some(server) = crate::server(backend) else {
        return;
    };
    let admin = server.admin_token();
    person(&server, &admin, "ann", "user");
    let own = session(&server, "ann", PASSWORD);
    let others = [
        session(&server, "ann", PASSWORD),
        session(&server, "ann", PASSWORD),
    ];
    change_password(&server, &own.0, PASSWORD, "another-one");
    for other in &others {
        assert_eq!(works(&server, other), [false, false]);
    }
    assert_eq!(works(&server, &own), [true, true], "the caller goes on");
    let renewed = server.send(&Request::get("/auth/refresh-token").bearer(&own.1));
    let renewed = renewed.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(status(&server, "/auth/authenticated", &renewed), 200);
    // In the very second of the change.
    let new = session(&server, "ann", "another-one");
    assert_eq!(works(&server, &new), [true, true]);
    change_password(&server, &new.0, "another-one", "a-third-one");
    assert_eq!(works(&server, &own), [false, false]);
    assert_eq!(status(&server, "/auth/authenticated", &renewed), 401);
    assert_eq!(works(&server, &new), [true, true]);
    assert_eq!(status(&server, "/auth/authenticated", &admin), 200);
    let entity = status(
        &server,
        "/data/shots/aaaaaaaa-0000-4000-8000-000000000001",
        &own.0,
    );
    assert_eq!(entity, 401);
}

fn a_reset_link_ends_every_session(backend: Backend) {
    let Some(server) = crate::server(backend) else {
        return;
    };
    let admin = server.admin_token();
    person(&server, &admin, "ben", "manager");
    let sessions = [
        session(&server, "ben", PASSWORD),
        session(&server, "ben", PASSWORD),
    ];
    let link = server
        .command()
        .args(["reset-password", "ben@animfilms.com"])
        .output()
        .unwrap();
    let link = String::from_utf8(link.stdout).unwrap();
    let token = link.trim().split("token=").nth(1).unwrap().to_owned();
    let body = json!({
        "email": "ben@animfilms.com", "token": token,
        "password": "another-one", "password2": "another-one",
    });
    let answer = server.send(&Request::put("/auth/reset-password").json(&body));
    assert_eq!(answer.status, 200, "{}", answer.text());
    for old in &sessions {
        assert_eq!(works(&server, old), [false, false]);
    }
    assert_eq!(
        works(&server, &session(&server, "ben", "another-one")),
        [true, true]
    );
}

fn an_old_code_for_a_desktop_application_opens_nothing_after_a_new_password(backend: Backend) {
    let Some(server) = crate::server(backend) else {
        return;
    };
    let admin = server.admin_token();
    person(&server, &admin, "cat", "user");
    let own = session(&server, "cat", PASSWORD);
    // RFC 7636, appendix B.
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let challenge = json!({"code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"});
    let code = || {
        let request = Request::post("/auth/app-login/code").bearer(&own.0);
        let code = server.send(&request.json(&challenge)).json();
        code["code"].as_str().unwrap().to_owned()
    };
    let redeem = |code: &str| {
        let body = json!({"code": code, "code_verifier": verifier});
        server.send(&Request::post("/auth/app-login/token").json(&body))
    };
    let old = code();
    change_password(&server, &own.0, PASSWORD, "another-one");
    assert_eq!(redeem(&old).status, 400);
    let redeemed = redeem(&code());
    assert_eq!(redeemed.status, 200);
    let token = redeemed.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(status(&server, "/auth/authenticated", &token), 200);
}

fn a_reactivated_person_logs_in_anew(backend: Backend) {
    let Some(server) = crate::server(backend) else {
        return;
    };
    let admin = server.admin_token();
    let id = person(&server, &admin, "dan", "user");
    let path = format!("/data/persons/{id}");
    let before = session(&server, "dan", PASSWORD);
    for active in [json!(0), json!(true)] {
        assert_eq!(
            put(&server, &admin, &path, &json!({"active": active})).status,
            200
        );
    }
    assert_eq!(works(&server, &before), [false, false]);
    let after = session(&server, "dan", PASSWORD);
    assert_eq!(works(&server, &after), [true, true]);
    // What is no deactivation ends nothing.
    assert_eq!(
        put(&server, &admin, &path, &json!({"role": "supervisor"})).status,
        200
    );
    assert_eq!(works(&server, &after), [true, true]);
    assert_eq!(
        get(&server, &after.0, "/auth/authenticated")["user"]["role"],
        "supervisor"
    );
}

fn api_tokens_outlive_a_new_password(backend: Backend) {
    let Some(server) = crate::server(backend) else {
        return;
    };
    let admin = server.admin_token();
    let body = json!({"first_name": "Bot", "last_name": "", "is_bot": true});
    let bot = server.send(&Request::post("/data/persons").bearer(&admin).json(&body));
    let bot = bot.json()["access_token"].as_str().unwrap().to_owned();
    let id = person(&server, &admin, "eve", "user");
    let date = json!({"expiration_date": "2099-01-01"});
    let given = put(&server, &admin, &format!("/data/persons/{id}"), &date);
    let given = given.json()["access_token"].as_str().unwrap().to_owned();
    let own = session(&server, "eve", PASSWORD);
    change_password(&server, &own.0, PASSWORD, "another-one");
    for token in [&bot, &given] {
        assert_eq!(status(&server, "/auth/authenticated", token), 200);
    }
}

fn protected_accounts_stay_what_they_are(backend: Backend) {
    let setup = Setup::new(BINARY, backend).variable("PROTECTED_ACCOUNTS", "Boss@AnimFilms.com");
    let Some(server) = setup.start() else {
        return;
    };
    let admin = server.admin_token();
    let boss = person(&server, &admin, "boss", "admin");
    let path = format!("/data/persons/{boss}");
    let before = get(&server, &admin, &path);
    for change in [
        json!({"active": false}),
        json!({"active": 0}),
        json!({"active": 0.0}),
        json!({"active": null}),
        json!({"role": "user"}),
        json!({"email": "other@animfilms.com"}),
        json!({"email": "", "is_bot": true}),
        json!({"is_bot": true}),
        json!({"is_bot": 1}),
        json!({"is_guest": true}),
        json!({"archived": 1}),
        json!({"desktop_login": "admin"}),
        json!({"expiration_date": "2099-01-01"}),
        json!({"ldap_uid": "x"}),
        json!({"oidc_issuer": "x", "oidc_subject": "y"}),
    ] {
        let answer = put(&server, &admin, &path, &change);
        assert_eq!(answer.status, 403, "{change}: {}", answer.text());
        assert!(
            answer.text().contains("protected account"),
            "{}",
            answer.text()
        );
    }
    for query in ["", "?force=true"] {
        let gone = server.send(&Request::delete(&format!("{path}{query}")).bearer(&admin));
        assert_eq!(gone.status, 403, "{}", gone.text());
    }
    assert_eq!(get(&server, &admin, &path), before);
    // The rest is anybody's who manages people, and the whole row as it was.
    let mut whole = before.clone();
    whole["phone"] = "1".into();
    whole.as_object_mut().unwrap().remove("role");
    assert_eq!(put(&server, &admin, &path, &whole).status, 200);
    // Its owner may do as they like.
    let (own, _) = session(&server, "boss", PASSWORD);
    assert_eq!(
        put(
            &server,
            &own,
            &path,
            &json!({"email": "chief@animfilms.com"})
        )
        .status,
        200
    );
}

fn authors_do_not_rewrite_answers_or_move_comments(backend: Backend) {
    let Some(server) = crate::server_with("communication", backend) else {
        return;
    };
    let admin = server.admin_token();
    let author = server.log_in("manager@comm.test", PASSWORD);
    let own_id = get(&server, &author, "/auth/authenticated")["user"]["id"].clone();
    let status = get(&server, &admin, "/data/task-status?name=Todo")[0]["id"].clone();
    let task = "dddddddd-0000-4000-8000-000000000001";
    let said = server.send(
        &Request::post(&format!("/actions/tasks/{task}/comment"))
            .bearer(&author)
            .json(&json!({"task_status_id": status, "comment": "mine"})),
    );
    assert_eq!(said.status, 201, "{}", said.text());
    let id = said.json()["id"].as_str().unwrap().to_owned();
    let answered = server.send(
        &Request::post(&format!("/data/tasks/{task}/comments/{id}/reply"))
            .bearer(&admin)
            .json(&json!({"text": "an answer"})),
    );
    assert_eq!(answered.status, 200, "{}", answered.text());
    let path = format!("/data/comments/{id}");
    let before = get(&server, &admin, &path);
    assert_eq!(before["replies"][0]["text"], "an answer");
    let mut changed = 0;
    for (field, value) in [
        (
            "replies",
            json!([{"id": "x", "text": "forged", "person_id": own_id}]),
        ),
        ("replies", json!([])),
        ("acknowledgements", json!([own_id])),
        ("person_id", json!(own_id)),
        ("object_id", json!("dddddddd-0000-4000-8000-000000000002")),
        ("object_type", json!("Shot")),
        ("previews", json!([])),
        ("attachment_files", json!([])),
        ("created_at", json!("2001-01-01T00:00:00")),
    ] {
        let answer = put(&server, &author, &path, &json!({field: value}));
        changed += usize::from(answer.status == 200);
        let after = get(&server, &admin, &path);
        assert_eq!(after[field], before[field], "{field}: {}", answer.text());
    }
    assert!(changed > 0, "the author's changes are taken");
}
