//! Guesses from one address, on whatever accounts.

use serde_json::{Value, json};
use tanuki_testkit::http::Request;
use tanuki_testkit::{ADMIN_EMAIL, ADMIN_PASSWORD, Backend, Server, Setup};

use crate::{BINARY, on_both, server};

on_both! {
    an_address_has_so_many_guesses_a_minute
    reset_links_are_guessed_and_asked_for_so_often
}

fn log_in(server: &Server, address: &str, email: &str, password: &str) -> Value {
    let body = json!({"email": email, "password": password});
    let request = Request::post("/auth/login").header("X-Real-IP", address);
    server.send(&request.json(&body)).json()
}

fn an_address_has_so_many_guesses_a_minute(backend: Backend) {
    let Some(server) = server(backend) else {
        return;
    };
    // Logins that succeed do not count.
    for _ in 0..3 {
        let answer = log_in(&server, "192.0.2.7", ADMIN_EMAIL, ADMIN_PASSWORD);
        assert_eq!(answer["login"], true);
    }
    let mut refused = None;
    for number in 0..301 {
        let answer = log_in(&server, "192.0.2.7", &format!("{number}@studio.com"), "x");
        assert_eq!(answer["login"], false);
        if answer["too_many_failed_login_attemps"] == true {
            refused = Some(number);
        }
    }
    assert_eq!(refused, Some(300));
    let answer = log_in(&server, "192.0.2.7", ADMIN_EMAIL, ADMIN_PASSWORD);
    assert_eq!(
        answer["message"],
        "Too many failed login attempts, retry in a minute."
    );
    let answer = log_in(&server, "192.0.2.8", ADMIN_EMAIL, ADMIN_PASSWORD);
    assert_eq!(answer["login"], true);
}

fn reset_links_are_guessed_and_asked_for_so_often(backend: Backend) {
    // Nobody listens there: the jobs wait.
    let setup = Setup::new(BINARY, backend)
        .variable("MAIL_ENABLED", "true")
        .variable("MAIL_SERVER", "127.0.0.1")
        .variable("MAIL_PORT", "1");
    let Some(server) = setup.start() else {
        return;
    };
    let guess = |address: &str| {
        let body = json!({
            "email": ADMIN_EMAIL,
            "token": "guess",
            "password": "anotherpassword",
            "password2": "anotherpassword",
        });
        let request = Request::put("/auth/reset-password").header("X-Real-IP", address);
        let answer = server.send(&request.json(&body));
        assert_eq!(answer.status, 400);
        answer.json()["message"].clone()
    };
    for number in 0..102 {
        let expected = match number {
            0..100 => "Wrong or expired token.",
            _ => "Too many failed login attempts.",
        };
        assert_eq!(guess("192.0.2.7"), expected);
    }
    let ask = |address: &str, email: &str| {
        let request = Request::post("/auth/reset-password").header("X-Real-IP", address);
        server.send(&request.json(&json!({"email": email})))
    };
    for number in 0..300 {
        let answer = ask("192.0.2.7", &format!("{number}@studio.com"));
        assert_eq!(answer.status, 200);
    }
    let answer = ask("192.0.2.7", "more@studio.com");
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["too_many_failed_login_attemps"], true);
    // One account gets five mails, and the answer does not say so.
    for _ in 0..7 {
        assert_eq!(ask("192.0.2.8", ADMIN_EMAIL).status, 200);
    }
    let jobs = Request::get("/tanuki/jobs").bearer(&server.admin_token());
    let jobs = server.send(&jobs).json();
    assert_eq!(jobs.as_array().unwrap().len(), 5, "{jobs}");
}
