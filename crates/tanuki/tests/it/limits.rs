//! Bounds on what one request may ask for and send: rows of a page, JSON.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tanuki_testkit::http::{Request, Response};
use tanuki_testkit::{Backend, Server};

use crate::on_both;

on_both! {
    a_page_of_any_length_takes_little_memory
    json_beyond_the_bounds_is_refused
    json_that_is_nested_deeply_is_not_stored
    large_bodies_at_once_are_bounded_by_person
}

const TASK: &str = "dddddddd-0000-4000-8000-000000000001";
const PROJECT: &str = "bbbbbbbb-0000-4000-8000-000000000001";

/// The most memory that the server ever had, in bytes.
fn peak_memory(server: &Server) -> u64 {
    let path = format!("/proc/{}/status", server.process_id());
    let status = std::fs::read_to_string(path).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes = line.unwrap().split_whitespace().nth(1).unwrap();
    kilobytes.parse::<u64>().unwrap() * 1024
}

const MIB: u64 = 1024 * 1024;

/// Rows of events, of which each has a kilobyte and a half of JSON.
const EVENTS: usize = 40_000;

fn add_events(server: &Server) {
    let data = format!("{{\"text\": \"{}\"}}", "x".repeat(1500));
    let (id, data, at) = match server.backend {
        Backend::Sqlite => (
            "printf('%08x-0000-4000-8000-000000000000', i)",
            format!("'{data}'"),
            "'2026-01-01T09:00:00.000000'",
        ),
        Backend::Postgres => (
            "CAST(lpad(to_hex(i), 8, '0') || '-0000-4000-8000-000000000000' AS uuid)",
            format!("CAST('{data}' AS jsonb)"),
            "CAST('2026-01-01 09:00:00' AS timestamp)",
        ),
    };
    server
        .sql(&format!(
            "INSERT INTO api_event (id, name, data, created_at, updated_at) \
             WITH RECURSIVE numbers(i) AS \
             (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < {EVENTS}) \
             SELECT {id}, 'shot:update', {data}, {at}, {at} FROM numbers"
        ))
        .unwrap();
}

fn a_page_of_any_length_takes_little_memory(backend: Backend) {
    let Some(server) = crate::server(backend) else {
        return;
    };
    let admin = server.admin_token();
    add_events(&server);
    let get = |path: &str| server.send(&Request::get(path).bearer(&admin));
    let before = peak_memory(&server);
    for tail in ["", "&fields=id,data"] {
        let path = format!("/data/events?name=shot:update&page=1&limit=1000000000{tail}");
        let page = get(&path).json();
        assert_eq!(page["data"].as_array().unwrap().len(), EVENTS);
        assert_eq!(page["total"], EVENTS);
        assert_eq!(page["limit"], 1_000_000_000);
        assert_eq!((&page["nb_pages"], &page["offset"]), (&json!(1), &json!(0)));
    }
    let grown = peak_memory(&server) - before;
    assert!(grown < 80 * MIB, "the server grew by {} MiB", grown / MIB);
    // Pages in a sane order of size are what they were.
    let page = get("/data/events?name=shot:update&page=3&limit=1500").json();
    assert_eq!(page["data"].as_array().unwrap().len(), 1500);
    assert_eq!(
        (&page["nb_pages"], &page["offset"]),
        (&json!(27), &json!(3000))
    );
    let page = get("/data/events?name=shot:update&page=9000&limit=1500").json();
    assert_eq!(page["data"], json!([]));
    let page = get("/data/events?page=1&limit=2&fields=name").json();
    let keys: Vec<&String> = page["data"][0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["name", "id", "type"]);
}

fn put_json(server: &Server, token: &str, path: &str, body: String) -> Response {
    let request = Request::put(path).bearer(token);
    let request = request.header("Content-Type", "application/json");
    server.send(&request.body(body.into_bytes()))
}

fn json_beyond_the_bounds_is_refused(backend: Backend) {
    let Some(server) = crate::server_with("communication", backend) else {
        return;
    };
    let artist = server.log_in("artistout@comm.test", "mypassword");
    let task = format!("/data/tasks/{TASK}");
    let before = peak_memory(&server);
    for item in ["0,", "[],", "{\"a\":0},", "\"\","] {
        let items = item.repeat(8_000_000 / item.len());
        let list = format!("[{items}0]");
        let object = format!("{{\"data\":{list}}}");
        let answer = put_json(&server, &artist, &task, object);
        assert_eq!(answer.status, 400, "{item}: {}", answer.text());
        assert!(
            answer.text().contains("too many values"),
            "{}",
            answer.text()
        );
        let path = format!("/data/projects/{PROJECT}/entities/{TASK}/casting");
        let answer = put_json(&server, &artist, &path, list);
        assert_eq!(answer.status, 400, "{item}: {}", answer.text());
    }
    // Arguments of actions have a smaller bound; a form has one on its fields.
    let pairs: String = (0..100_000).map(|number| format!("k{number}=&")).collect();
    let form = Request::put("/actions/tasks/set-priority")
        .bearer(&artist)
        .header("Content-Type", "application/x-www-form-urlencoded");
    assert_eq!(server.send(&form.body(pairs.into_bytes())).status, 400);
    let wrong = json!({"task_ids": vec![0; 150_000], "priority": 1});
    let request = Request::put("/actions/tasks/set-priority").bearer(&artist);
    let answer = server.send(&request.json(&wrong));
    assert_eq!(answer.status, 400);
    assert!(answer.body.len() < 500_000, "{} bytes", answer.body.len());
    let grown = peak_memory(&server) - before;
    assert!(grown < 100 * MIB, "the server grew by {} MiB", grown / MIB);
}

fn nested(depth: usize) -> String {
    "[".repeat(depth) + &"]".repeat(depth)
}

fn json_that_is_nested_deeply_is_not_stored(backend: Backend) {
    let Some(server) = crate::server_with("communication", backend) else {
        return;
    };
    let admin = server.admin_token();
    let task = format!("/data/tasks/{TASK}");
    let body = |depth: usize| format!("{{\"data\": {{\"deep\": {}}}}}", nested(depth - 1));
    let answer = put_json(&server, &admin, &task, body(64));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = put_json(&server, &admin, &task, body(65));
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("data"), "{}", answer.text());
    for depth in [80, 124, 5000] {
        let answer = put_json(&server, &admin, &task, body(depth));
        assert_eq!(answer.status, 400, "{depth}: {}", answer.text());
    }
    let read = server.send(&Request::get(&task).bearer(&admin));
    assert_eq!(
        read.json()["data"],
        serde_json::from_str::<Value>(&body(64)).unwrap()["data"]
    );
    // JSON that comes as text: in a form, in a query string.
    let comment = format!("/actions/tasks/{TASK}/comment");
    let status = server
        .send(&Request::get("/data/task-status").bearer(&admin))
        .json();
    let status = status[0]["id"].as_str().unwrap();
    for field in ["checklist", "links"] {
        let deep = nested(124);
        let form = [
            ("task_status_id", status),
            ("comment", "deep"),
            (field, &deep),
        ];
        let answer = server.send(&Request::post(&comment).bearer(&admin).form(&form));
        assert_eq!(answer.status, 400, "{field}: {}", answer.text());
    }
    let batch = format!(
        "[{{\"task_status_id\": \"{status}\", \"text\": \"deep\", \"checklist\": {}}}]",
        nested(124)
    );
    let path = format!("/actions/tasks/{TASK}/batch-comment");
    let answer = server.send(
        &Request::post(&path)
            .bearer(&admin)
            .form(&[("comments", &batch)]),
    );
    assert_eq!(answer.status, 400, "{}", answer.text());
    let path = format!("/data/tasks?name=main&project_id={}", nested(200));
    assert_eq!(server.send(&Request::get(&path).bearer(&admin)).status, 400);
    let path = format!("/data/tasks/{TASK}/comments");
    assert_eq!(
        server.send(&Request::get(&path).bearer(&admin)).json(),
        json!([])
    );
}

/// Announces a body of eight megabytes and sends none of it.
fn announce(server: &Server, token: &str) -> TcpStream {
    let address = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "PUT /data/tasks/{TASK} HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: 8388608\r\n\r\n"
    )
    .unwrap();
    stream
}

fn large_bodies_at_once_are_bounded_by_person(backend: Backend) {
    let Some(server) = crate::server_with("communication", backend) else {
        return;
    };
    let artist = server.log_in("artist@comm.test", "mypassword");
    let other = server.log_in("artist2@comm.test", "mypassword");
    let mut held: Vec<TcpStream> = (0..4).map(|_| announce(&server, &artist)).collect();
    std::thread::sleep(Duration::from_millis(500));
    let large = |token: &str| {
        let text = "x".repeat(100_000);
        let body = json!({"description": text}).to_string();
        put_json(&server, token, &format!("/data/tasks/{TASK}"), body)
    };
    let begun = Instant::now();
    let answer = large(&artist);
    assert_eq!(answer.status, 502, "{}", answer.text());
    assert!(answer.header("retry-after").is_some());
    assert_eq!(answer.json()["error"], true);
    assert!(begun.elapsed() < Duration::from_secs(20));
    // Neither other people nor small bodies wait.
    let begun = Instant::now();
    assert_ne!(large(&other).status, 502);
    let small = json!({"description": "short"}).to_string();
    let answer = put_json(&server, &artist, &format!("/data/tasks/{TASK}"), small);
    assert_ne!(answer.status, 502);
    assert!(begun.elapsed() < Duration::from_secs(10));
    // A client that goes away gives back what it held.
    held.clear();
    std::thread::sleep(Duration::from_millis(500));
    assert_ne!(large(&artist).status, 502);
}

/// A refusal whose body is not read leaves the connection to the next request.
#[test]
fn a_long_body_that_is_refused_does_not_break_the_connection() {
    let server = crate::server(Backend::Sqlite).unwrap();
    let address = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let length = 40_000_000;
    write!(
        stream,
        "POST /data/persons HTTP/1.1\r\nHost: here\r\nContent-Length: {length}\r\n\r\n"
    )
    .unwrap();
    // The answer is there before the body.
    let mut head = [0; 12];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 401");
    for _ in 0..length / 100_000 {
        stream.write_all(&[b'x'; 100_000]).unwrap();
    }
    write!(
        stream,
        "GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("HTTP/1.1 200"), "{rest}");
}
