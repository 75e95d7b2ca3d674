//! Files on their way to the server: who may send them, and how much at once.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use tanuki_testkit::http::Request;
use tanuki_testkit::{Backend, Server, Setup};
use tempfile::TempDir;

use crate::stored_files::{COMMENT, TASK, temporary};
use crate::{BINARY, on_both, wait_until};

on_both! {
    permission_is_asked_for_before_a_file_is_taken_in
    uploads_at_once_are_bounded_by_person
    files_before_the_fields_are_checked_too
}

fn server(backend: Backend, folder: &Path) -> Option<Server> {
    let server = Setup::new(BINARY, backend)
        .variable("PREVIEW_FOLDER", &folder.display().to_string())
        .variable("MAX_UPLOADS_PER_PERSON", "8388608")
        .start()?;
    server
        .load_fixture(&crate::rows_of("communication"))
        .unwrap();
    Some(server)
}

/// A request for a form of that length, of which nothing but the head and the
/// text fields are sent, with the head of a file behind them.
fn begin(server: &Server, token: &str, path: &str, fields: &[(&str, &str)]) -> TcpStream {
    let address = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    let wait = Some(Duration::from_secs(20));
    stream.set_read_timeout(wait).unwrap();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: multipart/form-data; boundary=end\r\nContent-Length: 200000000\r\n\r\n"
    )
    .unwrap();
    for (name, value) in fields {
        write!(
            stream,
            "--end\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        )
        .unwrap();
    }
    write!(
        stream,
        "--end\r\nContent-Disposition: form-data; name=\"file\"; filename=\"film.mov\"\r\n\r\n"
    )
    .unwrap();
    stream
}

fn status(stream: &mut TcpStream) -> String {
    let mut head = [0; 12];
    stream.read_exact(&mut head).unwrap();
    String::from_utf8_lossy(&head[9..]).into_owned()
}

/// How many files are being taken in, and their bytes.
fn incoming(folder: &Path) -> (usize, u64) {
    let paths = temporary(folder).into_iter();
    let sizes: Vec<u64> = paths
        .map(|path| path.metadata().map_or(0, |about| about.len()))
        .collect();
    (sizes.len(), sizes.iter().sum())
}

fn routes() -> [String; 5] {
    [
        format!("/actions/tasks/{TASK}/comment"),
        format!("/actions/tasks/{TASK}/batch-comment"),
        "/actions/tasks/batch-comment".to_owned(),
        format!("/data/tasks/{TASK}/comments/{COMMENT}/reply"),
        format!("/actions/tasks/{TASK}/comments/{COMMENT}/add-attachment"),
    ]
}

fn permission_is_asked_for_before_a_file_is_taken_in(backend: Backend) {
    let folder = TempDir::new().unwrap();
    let Some(server) = server(backend, folder.path()) else {
        return;
    };
    let comments = json!([{"task_id": TASK, "task_status_id": TASK, "text": ""}]).to_string();
    for email in [
        "artistout@comm.test",
        "managerout@comm.test",
        "vendorout@comm.test",
    ] {
        let outsider = server.log_in(email, "mypassword");
        for path in routes() {
            let fields = [
                ("comments", &*comments),
                ("task_status_id", TASK),
                ("text", ""),
            ];
            let mut stream = begin(&server, &outsider, &path, &fields);
            // The answer does not wait for the film.
            assert_eq!(status(&mut stream), "403", "{email} {path}");
            // Who goes on sending is let, and nothing is written.
            for _ in 0..20 {
                stream.write_all(&[b'x'; 100_000]).unwrap();
            }
            assert_eq!(incoming(folder.path()), (0, 0), "{email} {path}");
        }
    }
    assert!(!folder.path().join("files").exists());
}

/// As clients have it that send files first: those are within what a person may
/// send, and go when the fields are refused.
fn files_before_the_fields_are_checked_too(backend: Backend) {
    let folder = TempDir::new().unwrap();
    let Some(server) = server(backend, folder.path()) else {
        return;
    };
    let body = format!(
        "--end\r\nContent-Disposition: form-data; name=\"attachment_file-0-0\"; filename=\"a\"\r\n\
         \r\n{}\r\n--end\r\nContent-Disposition: form-data; name=\"comments\"\r\n\r\n{}\r\n\
         --end--\r\n",
        "x".repeat(1_000_000),
        json!([{"task_id": TASK, "task_status_id": TASK, "text": ""}]),
    );
    let send = |email: &str| {
        let token = server.log_in(email, "mypassword");
        let request = Request::post("/actions/tasks/batch-comment").bearer(&token);
        let request = request.header("Content-Type", "multipart/form-data; boundary=end");
        server.send(&request.body(body.clone().into_bytes())).status
    };
    // Somebody of no team, and a vendor who does not work on the task.
    assert_eq!(send("vendorout@comm.test"), 403);
    assert_eq!(send("vendor2@comm.test"), 403);
    assert_eq!(incoming(folder.path()), (0, 0));
}

fn uploads_at_once_are_bounded_by_person(backend: Backend) {
    let folder = TempDir::new().unwrap();
    let Some(server) = server(backend, folder.path()) else {
        return;
    };
    let statuses = server
        .send(&Request::get("/data/task-status").bearer(&server.admin_token()))
        .json();
    let wip = statuses
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["name"] == "Work In Progress");
    let wip = wip.unwrap()["id"].as_str().unwrap();
    let path = format!("/actions/tasks/{TASK}/comment");
    let artist = server.log_in("artist@comm.test", "mypassword");
    let manager = server.log_in("manager@comm.test", "mypassword");
    let mut first = begin(&server, &artist, &path, &[("task_status_id", wip)]);
    for _ in 0..70 {
        first.write_all(&[b'x'; 100_000]).unwrap();
    }
    wait_until(|| incoming(folder.path()).1 > 6_000_000);
    let send = |token: &str| {
        let body = format!(
            "--end\r\nContent-Disposition: form-data; name=\"task_status_id\"\r\n\r\n{wip}\r\n\
             --end\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n\
             {}\r\n--end--\r\n",
            "x".repeat(1_000_000)
        );
        let request = Request::post(&path).bearer(token);
        let request = request.header("Content-Type", "multipart/form-data; boundary=end");
        server.send(&request.body(body.into_bytes()))
    };
    let answer = send(&artist);
    assert_eq!(answer.status, 502, "{}", answer.text());
    assert!(answer.header("retry-after").is_some());
    assert_eq!(send(&manager).status, 201);
    // What a client that goes away has sent is removed, and does not count.
    drop(first);
    wait_until(|| incoming(folder.path()) == (0, 0));
    assert_eq!(send(&artist).status, 201);
}
