//! Where people are logged in, and ending it.

use serde_json::{Value, json};
use tanuki_testkit::http::Request;
use tanuki_testkit::{ADMIN_EMAIL, ADMIN_PASSWORD, Backend, Server};

use crate::console_bots::Console;
use crate::{on_both, server, server_with};

on_both! {
    people_see_where_they_are_logged_in_and_end_it
    only_admins_see_and_end_sessions_of_others
    a_logout_takes_the_session_off_the_list
    everybody_is_logged_out_by_a_command
    admins_end_sessions_in_the_console
}

const AGENT: &str = "a program";

/// Logs in; returns the access and the refresh token.
fn log_in(server: &Server, email: &str, password: &str) -> (String, String) {
    let body = json!({"email": email, "password": password});
    let request = Request::post("/auth/login").header("User-Agent", AGENT);
    let answer = server
        .send(&request.header("X-Real-IP", "192.0.2.7").json(&body))
        .json();
    let text = |key: &str| answer[key].as_str().unwrap().to_owned();
    (text("access_token"), text("refresh_token"))
}

fn admin(server: &Server) -> (String, String) {
    log_in(server, ADMIN_EMAIL, ADMIN_PASSWORD)
}

fn sessions(server: &Server, token: &str, query: &str) -> Vec<Value> {
    let path = format!("/tanuki/sessions{query}");
    let answer = server.send(&Request::get(&path).bearer(token));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json().as_array().unwrap().clone()
}

fn end(server: &Server, token: &str, id: &Value) -> u16 {
    let path = format!("/tanuki/sessions/{}", id.as_str().unwrap());
    server.send(&Request::delete(&path).bearer(token)).status
}

fn works(server: &Server, token: &str) -> bool {
    let request = Request::get("/auth/authenticated").bearer(token);
    server.send(&request).status == 200
}

fn refresh(server: &Server, token: &str) -> Option<String> {
    let answer = server.send(&Request::get("/auth/refresh-token").bearer(token));
    answer.json()["access_token"].as_str().map(str::to_owned)
}

fn people_see_where_they_are_logged_in_and_end_it(backend: Backend) {
    let Some(server) = server(backend) else {
        return;
    };
    let (first, first_refresh) = admin(&server);
    let (second, _) = admin(&server);
    let found = sessions(&server, &second, "");
    assert_eq!(found.len(), 2);
    let current: Vec<&Value> = found
        .iter()
        .filter(|one| one["is_current"] == true)
        .collect();
    assert_eq!(current.len(), 1);
    for session in &found {
        assert_eq!(session["method"], "password");
        assert_eq!(session["ip_address"], "192.0.2.7");
        assert_eq!(session["user_agent"], AGENT);
        assert_eq!(session["renewed_at"], Value::Null);
    }
    let other = found.iter().find(|one| one["is_current"] == false).unwrap();
    let renewed = refresh(&server, &first_refresh).unwrap();
    let found = sessions(&server, &renewed, "");
    let own = found.iter().find(|one| one["is_current"] == true).unwrap();
    assert_eq!(own["id"], other["id"]);
    assert!(own["renewed_at"].is_string());
    assert_eq!(end(&server, &second, &other["id"]), 204);
    for token in [&first, &renewed] {
        assert!(!works(&server, token));
    }
    assert_eq!(refresh(&server, &first_refresh), None);
    assert!(works(&server, &second));
    assert_eq!(sessions(&server, &second, "").len(), 1);
    assert_eq!(end(&server, &second, &other["id"]), 404);
    assert_eq!(end(&server, &second, &json!("nonsense")), 404);
}

fn only_admins_see_and_end_sessions_of_others(backend: Backend) {
    let Some(server) = server_with("person_credentials", backend) else {
        return;
    };
    let (token, _) = admin(&server);
    let people = server
        .send(&Request::get("/data/persons").bearer(&token))
        .json();
    let of = |role: &str| {
        let people = people.as_array().unwrap().iter();
        let mut people = people.filter(|person| {
            person["role"] == role
                && person["active"] == true
                && person["is_bot"] == false
                && person["totp_enabled"] == false
                && person["email_otp_enabled"] == false
        });
        people.next().unwrap().clone()
    };
    let artist = of("user");
    let email = artist["email"].as_str().unwrap();
    let (own, _) = log_in(&server, email, "mypassword");
    let id = sessions(&server, &own, "")[0]["id"].clone();
    let of_artist = format!("?person_id={}", artist["id"].as_str().unwrap());
    assert_eq!(sessions(&server, &own, &of_artist).len(), 1);
    let manager = of("manager");
    let (other, _) = log_in(&server, manager["email"].as_str().unwrap(), "mypassword");
    let path = format!("/tanuki/sessions{of_artist}");
    assert_eq!(server.send(&Request::get(&path).bearer(&other)).status, 403);
    assert_eq!(end(&server, &other, &id), 404);
    assert!(works(&server, &own));
    assert_eq!(sessions(&server, &token, &of_artist)[0]["id"], id);
    assert_eq!(end(&server, &token, &id), 204);
    assert!(!works(&server, &own));
    let nobody = "/tanuki/sessions?person_id=nonsense";
    assert_eq!(
        server.send(&Request::get(nobody).bearer(&token)).status,
        404
    );
    assert_eq!(server.send(&Request::get("/tanuki/sessions")).status, 401);
}

fn a_logout_takes_the_session_off_the_list(backend: Backend) {
    let Some(server) = server(backend) else {
        return;
    };
    let (_, refresh_token) = admin(&server);
    let renewed = refresh(&server, &refresh_token).unwrap();
    let logout = Request::get("/auth/logout").bearer(&renewed);
    assert_eq!(server.send(&logout).status, 200);
    assert!(!works(&server, &renewed));
    assert_eq!(refresh(&server, &refresh_token), None);
    let (other, _) = admin(&server);
    assert_eq!(sessions(&server, &other, "").len(), 1);
}

fn everybody_is_logged_out_by_a_command(backend: Backend) {
    let Some(server) = server(backend) else {
        return;
    };
    let run = |arguments: &[&str]| {
        let output = server
            .command()
            .arg("person")
            .args(arguments)
            .output()
            .unwrap();
        (
            output.status.success(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    };
    let bot = json!({"first_name": "Bot", "last_name": "", "is_bot": true, "role": "admin"});
    let create = Request::post("/data/persons").bearer(&server.admin_token());
    let bot = server.send(&create.json(&bot)).json()["access_token"].clone();
    for arguments in [
        &["end-sessions", ADMIN_EMAIL][..],
        &["end-sessions", "--all"],
    ] {
        let (token, refresh_token) = admin(&server);
        assert!(works(&server, &token));
        let (success, said) = run(arguments);
        assert!(success && said.contains("logged out"), "{said}");
        assert!(!works(&server, &token));
        assert_eq!(refresh(&server, &refresh_token), None);
        assert!(works(&server, bot.as_str().unwrap()));
    }
    assert!(!run(&["end-sessions", "nobody@example.com"]).0);
    assert!(!run(&["end-sessions"]).0);
}

fn admins_end_sessions_in_the_console(backend: Backend) {
    let Some(server) = server(backend) else {
        return;
    };
    let (first, _) = admin(&server);
    let (second, _) = admin(&server);
    let found = sessions(&server, &first, "");
    let of_first = found.iter().find(|one| one["is_current"] == true);
    let id = of_first.unwrap()["id"].as_str().unwrap();
    let console = Console::open(&server);
    let page = console.get("/console/sessions");
    for shown in [AGENT, "192.0.2.7", "Password", id] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let ended = console.send(&page, &format!("/console/sessions/{id}/end"), &[]);
    assert_eq!(ended.status, 303, "{}", ended.text());
    assert!(!works(&server, &first) && works(&server, &second));
    // By address, in any case of letters.
    let path = format!("/console/sessions?login={}", ADMIN_EMAIL.to_uppercase());
    let page = console.get(&path);
    assert!(page.contains(AGENT) && !page.contains(id), "{page}");
    let nobody = console.get("/console/sessions?login=nobody%40studio.com");
    assert!(nobody.contains("Nobody has this"), "{nobody}");
    let person = found[0]["person_id"].as_str().unwrap();
    let all = [("person", person)];
    let ended = console.send(&page, "/console/sessions/end-all", &all);
    assert_eq!(ended.status, 303, "{}", ended.text());
    assert!(!works(&server, &second));
    // The console's own session too.
    let after = console.send(&page, "/console/sessions/end-all", &all);
    let target = after.header("location").unwrap_or_default();
    assert!(target.starts_with("/console/login"), "{}", after.text());
}
