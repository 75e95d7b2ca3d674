//! Clients that read slowly or not at all: what they cost is bounded, and is
//! nobody else's connection to the database.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tanuki_testkit::http::Request;
use tanuki_testkit::{Backend, Server, Setup};

use crate::{BINARY, on_both};

on_both! {
    slow_readers_hold_nobody_up_and_get_all_of_it
    slow_readers_for_whom_there_is_no_room_are_cut_off
    what_nobody_reads_is_dropped
}

/// Entities of the large list, of 8,000 letters each: more than the sockets'
/// buffers take.
const LARGE: u32 = 2000;

/// A server with few connections to its database and a list of 16 MB.
fn server(backend: Backend, variables: &[(&str, &str)]) -> Option<Server> {
    let mut setup = Setup::new(BINARY, backend).variable("DB_POOL_SIZE", "4");
    for (name, value) in variables {
        setup = setup.variable(name, value);
    }
    let server = setup.start()?;
    server.load_fixture(&crate::rows_of("seeds")).unwrap();
    let (id, text) = match backend {
        Backend::Postgres => (
            "CAST('00000000-0000-4000-8000-' || (100000000000 + i) AS uuid)",
            "repeat('x', 8000)",
        ),
        Backend::Sqlite => (
            "'00000000-0000-4000-8000-' || (100000000000 + i)",
            "hex(zeroblob(4000))",
        ),
    };
    server
        .sql(&format!(
            "INSERT INTO entity (id, name, description, is_shared, status, project_id, \
             entity_type_id, created_at, updated_at) \
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {LARGE}) \
             SELECT {id}, 'large ' || i, {text}, false, 'running', \
             (SELECT id FROM project WHERE name = 'MyProduction'), \
             (SELECT id FROM entity_type WHERE name = 'Shot'), \
             '2025-01-06T09:01:00.000000', '2025-01-06T09:01:00.000000' FROM n;"
        ))
        .unwrap();
    Some(server)
}

/// Asks for a path on a connection of its own, and reads nothing yet.
fn ask(server: &Server, token: &str, path: &str) -> TcpStream {
    let address = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    stream
}

/// The JSON of a whole answer; null where it is not whole.
fn rest(mut stream: TcpStream) -> Value {
    let mut raw = Vec::new();
    let _it_may_break_off = stream.read_to_end(&mut raw);
    let text = String::from_utf8_lossy(&raw);
    if !text.ends_with("\r\n0\r\n\r\n") {
        return Value::Null;
    }
    let body = text.split_once("\r\n\r\n").unwrap().1;
    // Sizes of chunks stand on lines of their own, and JSON has none.
    let body: String = body
        .split("\r\n")
        .filter(|line| line.len() > 8 || line.starts_with(['[', '{', ']']))
        .collect();
    serde_json::from_str(&body).unwrap_or_default()
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begun = Instant::now();
    let done = work();
    (done, begun.elapsed())
}

/// Files that the server has open whose path says so.
fn open_files(server: &Server, part: &str) -> usize {
    let folder = format!("/proc/{}/fd", server.process_id());
    std::fs::read_dir(folder)
        .unwrap()
        .flatten()
        .filter_map(|entry| std::fs::read_link(entry.path()).ok())
        .filter(|path| path.to_string_lossy().contains(part))
        .count()
}

fn slow_readers_hold_nobody_up_and_get_all_of_it(backend: Backend) {
    let Some(server) = server(backend, &[]) else {
        return;
    };
    let admin = server.admin_token();
    let slow: Vec<TcpStream> = (0..5)
        .map(|_| ask(&server, &admin, "/data/entities"))
        .collect();
    std::thread::sleep(Duration::from_millis(300));
    // A list that is streamed and short, a page, a write, and a large list.
    let project = "bbbbbbbb-0000-4000-8000-000000000001";
    for path in [
        format!("/data/projects/{project}/schedule-items"),
        "/data/entities?page=1&limit=5".to_owned(),
        "/data/entities?name=large%207".to_owned(),
    ] {
        let (answer, took) = timed(|| server.send(&Request::get(&path).bearer(&admin)));
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert!(took < Duration::from_secs(10), "{path} took {took:?}");
    }
    let department = json!({"name": "Prompt", "color": "#000000"});
    let write = Request::post("/data/departments")
        .bearer(&admin)
        .json(&department);
    let (answer, took) = timed(|| server.send(&write));
    assert_eq!(answer.status, 201);
    assert!(took < Duration::from_secs(10), "{took:?}");
    let large = Request::get("/data/entities").bearer(&admin);
    let (answer, took) = timed(|| server.send(&large));
    assert!(took < Duration::from_secs(20), "a large list took {took:?}");
    let whole = answer.json();
    assert!(whole.as_array().unwrap().len() > LARGE as usize);
    // What they had not read was kept for them, to the last letter.
    for stream in slow {
        assert!(rest(stream) == whole, "a slow reader's list differs");
    }
    let deadline = Instant::now() + Duration::from_secs(5);
    while open_files(&server, "spool") > 0 {
        assert!(Instant::now() < deadline, "a file stays open");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn slow_readers_for_whom_there_is_no_room_are_cut_off(backend: Backend) {
    let variables = [("TANUKI_SPOOL_SIZE", "1000000"), ("DB_POOL_TIMEOUT", "2")];
    let Some(server) = server(backend, &variables) else {
        return;
    };
    let admin = server.admin_token();
    let slow: Vec<TcpStream> = (0..5)
        .map(|_| ask(&server, &admin, "/data/entities"))
        .collect();
    std::thread::sleep(Duration::from_secs(3));
    // Nobody waits without end meanwhile.
    let large = Request::get("/data/entities").bearer(&admin);
    let (answer, took) = timed(|| server.send(&large));
    assert!(matches!(answer.status, 200 | 502), "{}", answer.status);
    assert!(took < Duration::from_secs(20), "{took:?}");
    if answer.status == 502 {
        assert!(answer.header("retry-after").is_some());
    }
    let short = Request::get("/data/departments").bearer(&admin);
    let (answer, took) = timed(|| server.send(&short));
    assert_eq!(answer.status, 200);
    assert!(took < Duration::from_secs(10), "{took:?}");
    // They are cut off, and a reader that reads has all of it.
    let deadline = Instant::now() + Duration::from_secs(25);
    while server.send(&large).status != 200 {
        assert!(
            Instant::now() < deadline,
            "the slow readers are not cut off"
        );
        std::thread::sleep(Duration::from_millis(500));
    }
    let cut = slow.into_iter().filter(|_| true).map(rest);
    assert!(cut.filter(Value::is_null).count() > 0);
}

fn what_nobody_reads_is_dropped(backend: Backend) {
    let Some(server) = server(backend, &[("TANUKI_SEND_TIMEOUT", "1")]) else {
        return;
    };
    let admin = server.admin_token();
    let unread = ask(&server, &admin, "/data/entities");
    let deadline = Instant::now() + Duration::from_secs(15);
    while open_files(&server, "spool") == 0 {
        assert!(Instant::now() < deadline, "nothing was spooled");
        std::thread::sleep(Duration::from_millis(20));
    }
    while open_files(&server, "spool") > 0 {
        assert!(Instant::now() < deadline, "the file stays open");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(rest(unread), Value::Null, "no client takes it for whole");
}

/// A file that is downloaded and not read is closed, over HTTP/1 and HTTP/2.
#[test]
fn a_download_that_nobody_reads_is_closed() {
    let server = Setup::new(BINARY, Backend::Sqlite)
        .variable("TANUKI_SEND_TIMEOUT", "1")
        .start()
        .unwrap();
    server
        .load_fixture(&crate::rows_of("communication"))
        .unwrap();
    let admin = server.admin_token();
    let head = "--end\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mov\"\r\n\r\n";
    let film = vec![b'x'; 24 << 20];
    let form = [head.as_bytes(), &film, b"\r\n--end--\r\n"].concat();
    let task = "dddddddd-0000-4000-8000-000000000001";
    let comment = "eeeeeeee-0000-4000-8000-000000000001";
    let path = format!("/actions/tasks/{task}/comments/{comment}/add-attachment");
    let answer = server.send(
        &Request::post(&path)
            .bearer(&admin)
            .header("Content-Type", "multipart/form-data; boundary=end")
            .body(form),
    );
    assert_eq!(answer.status, 201, "{}", answer.text());
    let id = answer.json()[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/data/attachment-files/{id}/file/a.mov");
    let unread = ask(&server, &admin, &path);
    let mut stalled = std::process::Command::new("curl")
        .args(["-sS", "--http2-prior-knowledge", "--limit-rate", "1"])
        .args(["-o", "/dev/null", "-H"])
        .arg(format!("Authorization: Bearer {admin}"))
        .arg(format!("{}{path}", server.url))
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(15);
    while open_files(&server, &id) < 2 {
        assert!(Instant::now() < deadline, "the file is not opened");
        std::thread::sleep(Duration::from_millis(10));
    }
    while open_files(&server, &id) > 0 {
        assert!(Instant::now() < deadline, "the file stays open");
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(unread);
    stalled.kill().unwrap();
    stalled.wait().unwrap();
    assert_eq!(server.send(&Request::get("/status")).status, 200);
}
