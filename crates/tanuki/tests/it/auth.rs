//! Authentication beyond what the scenarios can show: time, several servers,
//! many at once, what is stored and logged.

use std::sync::Arc;
use std::time::Instant;

use serde_json::json;
use tanuki_testkit::http::Request;
use tanuki_testkit::{ADMIN_EMAIL, ADMIN_PASSWORD, Backend, Setup};

use crate::{BINARY, on_both};

on_both! {
    a_revocation_counts_at_once_on_every_server
    failures_at_the_same_time_all_count
    a_code_works_for_one_of_many
    every_login_is_logged
    only_ones_own_password_is_changed
    parallel_guesses_do_not_outrun_the_lockout
}

fn authenticated(token: &str) -> Request {
    Request::get("/auth/authenticated").bearer(token)
}

fn a_revocation_counts_at_once_on_every_server(backend: Backend) {
    let Some(one) = crate::server(backend) else {
        return;
    };
    let other = Setup::new(BINARY, backend)
        .database(&one.database_url)
        .start()
        .unwrap();
    let token = one.admin_token();
    assert_eq!(other.send(&authenticated(&token)).status, 200);
    assert_eq!(
        one.send(&Request::get("/auth/logout").bearer(&token))
            .status,
        200
    );
    assert_eq!(other.send(&authenticated(&token)).status, 401);
    assert_eq!(one.send(&authenticated(&token)).status, 401);
}

fn failures_at_the_same_time_all_count(backend: Backend) {
    let Some(server) = crate::server(backend) else {
        return;
    };
    let server = Arc::new(server);
    let attempts: Vec<_> = (0..5)
        .map(|_| {
            let server = Arc::clone(&server);
            std::thread::spawn(move || {
                let body = json!({"email": ADMIN_EMAIL, "password": "wrong"});
                server
                    .send(&Request::post("/auth/login").json(&body))
                    .status
            })
        })
        .collect();
    for attempt in attempts {
        assert_eq!(attempt.join().unwrap(), 400);
    }
    let body = json!({"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD});
    let answer = server.send(&Request::post("/auth/login").json(&body));
    assert_eq!(answer.json()["too_many_failed_login_attemps"], true);
}

fn a_code_works_for_one_of_many(backend: Backend) {
    let Some(server) = crate::server(backend) else {
        return;
    };
    // RFC 7636, appendix B.
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let code = server.send(
        &Request::post("/auth/app-login/code")
            .bearer(&server.admin_token())
            .json(&json!({"code_challenge": challenge})),
    );
    assert_eq!(code.status, 201);
    let code = code.json()["code"].as_str().unwrap().to_owned();
    let server = Arc::new(server);
    let redeemed = (0..8)
        .map(|_| {
            let server = Arc::clone(&server);
            let body = json!({"code": code, "code_verifier": verifier});
            std::thread::spawn(move || {
                server
                    .send(&Request::post("/auth/app-login/token").json(&body))
                    .status
            })
        })
        .collect::<Vec<_>>()
        .into_iter()
        .map(|thread| thread.join().unwrap())
        .filter(|status| *status == 200)
        .count();
    assert_eq!(redeemed, 1);
}

fn every_login_is_logged(backend: Backend) {
    let Some(server) = crate::server(backend) else {
        return;
    };
    let body = json!({"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD});
    let login = Request::post("/auth/login")
        .header("X-Real-IP", "203.0.113.7")
        .json(&body);
    let browser = "Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0";
    assert_eq!(server.send(&login).status, 200);
    assert_eq!(
        server.send(&login.header("User-Agent", browser)).status,
        200
    );
    // Fails on a row that is missing, because the log has no route yet.
    server
        .sql(
            "CREATE TABLE tanuki_test_logins AS \
             SELECT origin FROM login_log WHERE ip_address = '203.0.113.7'; \
             CREATE UNIQUE INDEX one_each ON tanuki_test_logins (origin); \
             INSERT INTO tanuki_test_logins VALUES ('other');",
        )
        .unwrap();
    for origin in ["web", "script"] {
        let again = format!("INSERT INTO tanuki_test_logins VALUES ('{origin}')");
        assert!(server.sql(&again).is_err(), "no login log of a {origin}");
    }
}

#[test]
fn an_unknown_address_costs_the_time_of_a_wrong_password() {
    let server = Setup::new(BINARY, Backend::Sqlite)
        .variable("BCRYPT_LOG_ROUNDS", "10")
        .start()
        .unwrap();
    let time_of = |email: &str| {
        let body = json!({"email": email, "password": "wrong"});
        let started = Instant::now();
        let answer = server.send(&Request::post("/auth/login").json(&body));
        assert_eq!(answer.json()["message"], "Wrong email or password.");
        started.elapsed()
    };
    // The first of each makes what the later ones find.
    let warm = (time_of("nobody@studio.com"), time_of(ADMIN_EMAIL));
    let unknown = time_of("nobody@studio.com").min(warm.0);
    let known = time_of(ADMIN_EMAIL).min(warm.1);
    assert!(
        unknown.as_secs_f64() > known.as_secs_f64() * 0.5,
        "{unknown:?} for an unknown address, {known:?} for a known one"
    );
}

#[test]
fn a_password_or_token_is_nowhere_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let server = Setup::new(BINARY, Backend::Sqlite)
        .variable("TANUKI_LOG", "trace")
        .log_to(&log)
        .start()
        .unwrap();
    let session = server.admin_token();
    let bot = server.send(
        &Request::post("/data/persons")
            .bearer(&session)
            .json(&json!({
                "first_name": "Bot", "last_name": "", "is_bot": true,
            })),
    );
    let token = bot.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(server.send(&authenticated(&token)).status, 200);
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.lines().count() > 10, "the log says something");
    for secret in [ADMIN_PASSWORD, session.as_str(), token.as_str()] {
        assert!(!log.contains(secret), "the log holds a secret");
    }
}

#[test]
fn an_account_with_a_second_factor_stays_shut_without_it() {
    let server = crate::server(Backend::Sqlite).unwrap();
    server.sql("UPDATE person SET totp_enabled = 1").unwrap();
    let body = json!({"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD});
    let answer = server.send(&Request::post("/auth/login").json(&body));
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["missing_OTP"], true);
    let body = json!({"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD, "totp": "123456"});
    let answer = server.send(&Request::post("/auth/login").json(&body));
    assert_eq!(answer.json()["wrong_OTP"], true);
}

#[test]
fn a_studio_that_asks_for_second_factors_gives_restricted_tokens() {
    let server = Setup::new(BINARY, Backend::Sqlite)
        .variable("ENFORCE_2FA", "true")
        .variable("2FA_EXEMPT_USERS", "exempt@studio.com")
        .start()
        .unwrap();
    let body = json!({"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD});
    let answer = server
        .send(&Request::post("/auth/login").json(&body))
        .json();
    assert_eq!(answer["two_factor_authentication_required"], true);
    let token = answer["access_token"].as_str().unwrap();
    assert_eq!(server.send(&authenticated(token)).status, 200);
    let persons = server.send(&Request::get("/data/persons").bearer(token));
    assert_eq!(persons.status, 403);
    assert_eq!(persons.json()["two_factor_authentication_required"], true);
    let made = server
        .command()
        .args([
            "create-admin",
            "exempt@studio.com",
            "--password",
            "mypassword",
        ])
        .status()
        .unwrap();
    assert!(made.success());
    let token = server.log_in("exempt@studio.com", "mypassword");
    let persons = server.send(&Request::get("/data/persons").bearer(&token));
    assert_eq!(persons.status, 200);
}

fn only_ones_own_password_is_changed(backend: Backend) {
    let Some(server) = crate::server(backend) else {
        return;
    };
    // Like the first admin, Bob has no address that he could be found by.
    let bob = json!({
        "first_name": "Bob", "last_name": "", "desktop_login": "bob", "password": "mypassword",
    });
    let created = server.send(
        &Request::post("/data/persons")
            .bearer(&server.admin_token())
            .json(&bob),
    );
    assert_eq!(created.status, 201);
    let token = server.log_in("bob", "mypassword");
    let change = |old: &str| {
        let body =
            json!({"old_password": old, "password": "taken over", "password_2": "taken over"});
        server.send(
            &Request::post("/auth/change-password")
                .bearer(&token)
                .json(&body),
        )
    };
    assert_eq!(
        change(ADMIN_PASSWORD).json()["message"],
        "Old password is wrong."
    );
    assert_eq!(change("mypassword").status, 200);
    server.log_in("bob", "taken over");
    server.admin_token();
    let nobody = json!({"email": "", "password": ADMIN_PASSWORD});
    assert_eq!(
        server
            .send(&Request::post("/auth/login").json(&nobody))
            .status,
        400
    );
}

fn parallel_guesses_do_not_outrun_the_lockout(backend: Backend) {
    let Some(server) = crate::server(backend) else {
        return;
    };
    let server = Arc::new(server);
    let guesses: Vec<_> = (0..30)
        .map(|_| {
            let server = Arc::clone(&server);
            std::thread::spawn(move || {
                let body = json!({"email": ADMIN_EMAIL, "password": "guess"});
                server
                    .send(&Request::post("/auth/login").json(&body))
                    .json()
            })
        })
        .collect();
    let looked_at = guesses
        .into_iter()
        .map(|guess| guess.join().unwrap())
        .filter(|answer| answer["message"] == "Wrong email or password.")
        .count();
    assert_eq!(looked_at, 5);
}

#[test]
fn a_new_password_ends_the_links_that_are_out() {
    let server = crate::server(Backend::Sqlite).unwrap();
    let link = server
        .command()
        .args(["reset-password", ADMIN_EMAIL])
        .output()
        .unwrap();
    let link = String::from_utf8(link.stdout).unwrap();
    let token = link.trim().split_once("token=").unwrap().1;
    let changed = server.send(
        &Request::post("/auth/change-password")
            .bearer(&server.admin_token())
            .json(&json!({
                "old_password": ADMIN_PASSWORD, "password": "chosen by me",
                "password_2": "chosen by me",
            })),
    );
    assert_eq!(changed.status, 200);
    let reset = server.send(&Request::put("/auth/reset-password").json(&json!({
        "email": ADMIN_EMAIL, "token": token,
        "password": "by the link", "password2": "by the link",
    })));
    assert_eq!(reset.json()["message"], "Wrong or expired token.");
}
