//! Bodies and paths that nobody means well with.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;
use tanuki_testkit::http::Request;
use tanuki_testkit::{ADMIN_EMAIL, ADMIN_PASSWORD, Backend, Setup};

use crate::{BINARY, on_both};

on_both! {
    names_are_found_in_any_case_of_letters
    many_people_change_comments_at_once
    time_that_many_spend_at_once_adds_up
}

fn names_are_found_in_any_case_of_letters(backend: Backend) {
    let Some(server) = crate::server_with("seeds", backend) else {
        return;
    };
    server
        .sql("UPDATE project SET name = 'Élan' WHERE name = 'MyProduction'")
        .unwrap();
    let admin = server.admin_token();
    for name in ["%C3%89lan", "%C3%A9lan", "%C3%89LAN", "%C3%A9LaN"] {
        let path = format!("/data/projects?name={name}");
        let found = server.send(&Request::get(&path).bearer(&admin)).json();
        assert_eq!(found[0]["name"], "Élan", "{name}");
    }
    for other in ["elan", "%C3%89l%25", "%C3%89la_", "%C3%89lan%5C"] {
        let path = format!("/data/projects?name={other}");
        let found = server.send(&Request::get(&path).bearer(&admin));
        assert_eq!(found.json(), json!([]), "{other}");
    }
}

#[test]
fn a_body_over_the_limit_is_refused() {
    let server = Setup::new(BINARY, Backend::Sqlite)
        .variable("MAX_CONTENT_LENGTH", "1000")
        .start()
        .unwrap();
    let body = json!({"email": ADMIN_EMAIL, "password": "x".repeat(2000)});
    let answer = server.send(&Request::post("/auth/login").json(&body));
    assert_eq!(answer.status, 413);
    assert_eq!(answer.json()["error"], true);
    let body = json!({"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD});
    assert_eq!(
        server
            .send(&Request::post("/auth/login").json(&body))
            .status,
        200
    );
}

#[test]
fn a_connection_lives_on_after_a_refusal() {
    let server = crate::server(Backend::Sqlite).unwrap();
    let address = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    let head = "Host: here\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n";
    for path in ["/nowhere", "/data/persons", "/docs", "/auth/login"] {
        write!(stream, "POST {path} HTTP/1.1\r\n{head}").unwrap();
        // As gazu does: the body goes out by itself.
        std::thread::sleep(Duration::from_millis(50));
        write!(stream, "{{}}").unwrap();
    }
    write!(
        stream,
        "GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).unwrap();
    let statuses: Vec<&str> = answers
        .split("HTTP/1.1 ")
        .skip(1)
        .map(|answer| &answer[..3])
        .collect();
    assert_eq!(statuses, ["404", "401", "405", "400", "200"], "{answers}");
}

#[test]
fn no_odd_value_is_an_error_of_the_server() {
    let server = crate::server(Backend::Sqlite).unwrap();
    let admin = server.admin_token();
    let odd = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e308),
        json!(18_446_744_073_709_551_615_u64),
        json!(""),
        json!("a\u{0}b"),
        json!("'; DROP TABLE person; --"),
        json!("9999-12-31"),
        json!("\u{202e}"),
        json!("x".repeat(100_000)),
        json!([]),
        json!([null]),
        json!([[["deep"]]]),
        json!({}),
        json!({"id": "x"}),
    ];
    let person = server
        .send(&Request::get("/data/persons").bearer(&admin))
        .json();
    let fields: Vec<String> = person[0].as_object().unwrap().keys().cloned().collect();
    let bot = server.send(&Request::post("/data/persons").bearer(&admin).json(&json!({
        "first_name": "Bot", "last_name": "", "is_bot": true,
    })));
    let path = format!("/data/persons/{}", bot.json()["id"].as_str().unwrap());
    for field in fields
        .iter()
        .map(String::as_str)
        .chain(["departments", "password", "email"])
    {
        for value in &odd {
            let mut body = json!({"first_name": "A", "last_name": "B", "is_bot": true});
            body[field] = value.clone();
            for request in [Request::post("/data/persons"), Request::put(&path)] {
                let answer = server.send(&request.bearer(&admin).json(&body));
                assert!(answer.status < 500, "{body}: {}", answer.text());
            }
        }
    }
    for field in fields {
        for value in [
            "", "x", "[", "[]", "[1]", "[null]", "%00", "%FF", "%25", "-1",
        ] {
            for tail in [
                "",
                "&page=1",
                "&page=9223372036854775807&limit=9223372036854775807",
            ] {
                let path = format!("/data/persons?{field}={value}{tail}");
                let answer = server.send(&Request::get(&path).bearer(&admin));
                assert!(answer.status < 500, "{path}: {}", answer.text());
            }
        }
    }
    assert_eq!(
        server
            .send(&Request::get("/auth/authenticated").bearer(&admin))
            .status,
        200
    );
}

#[test]
fn logins_with_odd_values_are_no_errors_of_the_server() {
    let server = crate::server(Backend::Sqlite).unwrap();
    for body in [
        json!({"email": "a\u{0}b", "password": "x"}),
        json!({"email": "x".repeat(100_000), "password": "y".repeat(100_000)}),
        json!({"email": ADMIN_EMAIL, "password": "\u{0}"}),
    ] {
        let answer = server.send(&Request::post("/auth/login").json(&body));
        assert_eq!(answer.status, 400, "{}", answer.text());
    }
    let body = json!({
        "email": ADMIN_EMAIL, "token": "é", "password": "mypassword", "password2": "mypassword",
    });
    let answer = server.send(&Request::put("/auth/reset-password").json(&body));
    assert_eq!(answer.status, 400, "{}", answer.text());
}

#[test]
fn browsers_find_the_console_and_programs_the_api() {
    let server = crate::server(Backend::Sqlite).unwrap();
    let page = "text/html,application/xhtml+xml,*/*;q=0.8";
    let browser = server.send(&Request::get("/").header("Accept", page));
    assert_eq!(browser.header("location"), Some("/console"));
    let program = server.send(&Request::get("/").header("Accept", "*/*"));
    assert_eq!(program.json(), json!({"api": "Zou", "version": "1.0.97"}));
    let program = server.send(&Request::get("/api/").header("Accept", page));
    assert_eq!(program.status, 200);
}

#[test]
fn pages_of_allowed_origins_may_use_the_api() {
    let server = Setup::new(BINARY, Backend::Sqlite)
        .variable("CORS_ALLOWED_ORIGINS", "https://kitsu.studio.com")
        .start()
        .unwrap();
    let from = |origin: &str| {
        let answer = server.send(&Request::get("/config").header("Origin", origin));
        answer
            .header("access-control-allow-origin")
            .map(str::to_owned)
    };
    let allowed = "https://kitsu.studio.com";
    assert_eq!(from(allowed).as_deref(), Some(allowed));
    assert_eq!(from("https://elsewhere.com"), None);
}

#[test]
fn a_big_body_of_nobody_is_not_even_read() {
    let server = crate::server(Backend::Sqlite).unwrap();
    let body = format!("[{}0]", "0,".repeat(2_000_000));
    let request = Request::post("/auth/login")
        .header("Content-Type", "application/json")
        .body(body.into_bytes());
    assert_eq!(server.send(&request).status, 413);
}

#[test]
fn redirects_of_doubled_slashes_keep_prefix_and_query() {
    let server = crate::server(Backend::Sqlite).unwrap();
    let answer = server.send(&Request::get("/api/data//persons?page=1&fields=id"));
    assert_eq!(answer.status, 308);
    let target = "/api/data/persons?page=1&fields=id";
    assert_eq!(answer.header("location"), Some(target));
    for (path, target) in [
        ("/data/projects//", "/data/projects/"),
        ("/data//projects//?page=1", "/data/projects/?page=1"),
        ("/data/projects/open///", "/data/projects/open/"),
    ] {
        let answer = server.send(&Request::get(path));
        assert_eq!(answer.status, 308, "{path}");
        assert_eq!(answer.header("location"), Some(target), "{path}");
    }
    assert_eq!(server.send(&Request::get("/nothing//")).status, 404);
}

#[test]
fn options_tells_what_a_path_allows() {
    let server = crate::server(Backend::Sqlite).unwrap();
    let answer = server.send(&Request::new("OPTIONS", "/data/persons"));
    assert_eq!(answer.status, 200);
    let allowed = answer.header("allow").unwrap_or_default().to_owned();
    for method in ["GET", "HEAD", "POST"] {
        assert!(allowed.contains(method), "{allowed}");
    }
}

#[test]
fn more_ids_than_a_statement_takes_are_no_error() {
    let server = crate::server(Backend::Sqlite).unwrap();
    let admin = server.admin_token();
    let ids = vec!["00000000-0000-4000-8000-000000000000"; 70_000];
    let bot = json!({"first_name": "B", "last_name": "", "is_bot": true, "departments": ids});
    let answer = server.send(&Request::post("/data/persons").bearer(&admin).json(&bot));
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.json()["departments"], json!([]));
}

/// A rule that asks for a second connection inside a transaction would make
/// all of them wait for each other.
fn many_people_change_comments_at_once(backend: Backend) {
    let Some(server) = crate::server_with("seeds", backend) else {
        return;
    };
    let admin = server.admin_token();
    let first = |path: &str| {
        let rows = server.send(&Request::get(path).bearer(&admin)).json();
        rows[0]["id"].as_str().unwrap().to_owned()
    };
    let artist = first("/data/persons?email=artist@studio.test");
    let comment = json!({
        "object_id": first(&format!("/data/tasks?assignees={artist}")),
        "object_type": "Task",
        "person_id": artist,
        "text": "first",
    });
    let made = server.send(
        &Request::post("/data/comments")
            .bearer(&admin)
            .json(&comment),
    );
    let path = format!("/data/comments/{}", made.json()["id"].as_str().unwrap());
    let token = server.log_in("artist@studio.test", "mypassword");
    std::thread::scope(|scope| {
        for writer in 0..40 {
            let change = json!({"text": format!("change {writer}")});
            let request = Request::put(&path).bearer(&token).json(&change);
            let server = &server;
            scope.spawn(move || assert_eq!(server.send(&request).status, 200));
        }
    });
    let told = server.send(&Request::get("/data/events?name=comment:update").bearer(&admin));
    assert_eq!(told.json().as_array().unwrap().len(), 40);
}

/// The sum of what many write at once is the sum of all of it.
fn time_that_many_spend_at_once_adds_up(backend: Backend) {
    let Some(server) = crate::server_with("seeds", backend) else {
        return;
    };
    let admin = server.admin_token();
    let rows = server
        .send(&Request::get("/data/tasks").bearer(&admin))
        .json();
    let task = rows[0]["id"].as_str().unwrap();
    let people = server
        .send(&Request::get("/data/persons").bearer(&admin))
        .json();
    let person = people[0]["id"].as_str().unwrap();
    std::thread::scope(|scope| {
        for day in 1..=24 {
            let spent = json!({
                "task_id": task,
                "person_id": person,
                "date": format!("2031-01-{day:02}"),
                "duration": day,
            });
            let request = Request::post("/data/time-spents")
                .bearer(&admin)
                .json(&spent);
            let server = &server;
            scope.spawn(move || assert_eq!(server.send(&request).status, 201));
        }
    });
    let all =
        server.send(&Request::get(&format!("/data/time-spents?task_id={task}")).bearer(&admin));
    let all = all.json();
    let spent = all
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["duration"].as_f64().unwrap());
    let task = server
        .send(&Request::get(&format!("/data/tasks/{task}")).bearer(&admin))
        .json();
    assert_eq!(task["duration"].as_f64(), Some(spent.sum()));
}

#[test]
fn a_proxy_may_speak_http2_without_tls() {
    let server = crate::server(Backend::Sqlite).unwrap();
    for (arguments, version) in [(["--http2-prior-knowledge"], "2"), (["--http1.1"], "1.1")] {
        let said = std::process::Command::new("curl")
            .args([
                "-sS",
                "-o",
                "/dev/null",
                "-w",
                "%{http_version} %{http_code}",
            ])
            .args(arguments)
            .arg(format!("{}/data/persons", server.url))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        assert_eq!(said, format!("{version} 401"));
    }
}
