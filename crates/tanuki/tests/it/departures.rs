//! Clients that go away while their request is running.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tanuki_testkit::http::Request;
use tanuki_testkit::{Backend, Server, Setup};

use crate::event_listener::Listener;
use crate::stored_files::{COMMENT, TASK, server};
use crate::{BINARY, on_both};

on_both! {
    changes_of_clients_that_go_away_are_published
    files_of_clients_that_go_away_have_their_rows
    a_server_that_stops_ends_what_clients_left_behind
}

/// How many clients go away.
const CLIENTS: usize = 120;

/// Sends a request and goes away without waiting for the answer, after some
/// tenths of a millisecond.
fn send_and_leave(
    server: &Server,
    token: &str,
    path: &str,
    (kind, body): (&str, &[u8]),
    wait: u64,
) {
    let address = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    std::thread::sleep(Duration::from_micros(wait * 100));
    let _gone_already = stream.shutdown(Shutdown::Both);
}

/// Values of a key of the rows that a path lists.
fn listed(server: &Server, token: &str, path: &str, keys: [&str; 2]) -> BTreeSet<String> {
    let rows = server.send(&Request::get(path).bearer(token)).json();
    let value = |row: &Value| {
        let value = &row[keys[0]];
        value
            .as_str()
            .or_else(|| value[keys[1]].as_str())
            .unwrap()
            .to_owned()
    };
    rows.as_array().unwrap().iter().map(value).collect()
}

fn wip(server: &Server, token: &str) -> Value {
    let path = "/data/task-status?short_name=wip";
    server.send(&Request::get(path).bearer(token)).json()[0]["id"].clone()
}

fn changes_of_clients_that_go_away_are_published(backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = server(backend, folder.path()) else {
        return;
    };
    let admin = server.admin_token();
    let listener = Listener::start(&server, &admin);
    let old = listed(
        &server,
        &admin,
        &format!("/data/tasks/{TASK}/comments"),
        ["id", ""],
    );
    let comment = json!({"task_status_id": wip(&server, &admin), "comment": "and gone"});
    for number in 0..CLIENTS {
        let (path, body) = match number % 3 {
            0 => (format!("/actions/tasks/{TASK}/comment"), comment.clone()),
            1 => (
                "/data/departments".to_owned(),
                json!({"name": format!("D{number}"), "color": "#123456"}),
            ),
            _ => (
                "/data/studios".to_owned(),
                json!({"name": format!("S{number}"), "color": "#123456"}),
            ),
        };
        let body = body.to_string();
        let sent = ("application/json", body.as_bytes());
        send_and_leave(&server, &admin, &path, sent, number as u64 / 3);
    }
    // One that stays is the last to be heard.
    let last = json!({"name": "Last", "color": "#123456"});
    let request = Request::post("/data/departments")
        .bearer(&admin)
        .json(&last);
    let last = server.send(&request).json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    std::thread::sleep(Duration::from_millis(1500));
    listener.wait_for(&last);
    let comments: BTreeSet<String> = listed(
        &server,
        &admin,
        &format!("/data/tasks/{TASK}/comments"),
        ["id", ""],
    )
    .difference(&old)
    .cloned()
    .collect();
    let of_names = |path: &str, letter: char| -> BTreeSet<String> {
        let rows = server.send(&Request::get(path).bearer(&admin)).json();
        let rows = rows.as_array().unwrap().iter();
        let is_new = |row: &&Value| {
            let name = row["name"].as_str().unwrap();
            name.starts_with(letter) && name[1..].parse::<usize>().is_ok()
        };
        rows.filter(is_new)
            .map(|row| row["id"].as_str().unwrap().to_owned())
            .collect()
    };
    for (name, key, rows) in [
        ("comment:new", "comment_id", comments),
        (
            "department:new",
            "department_id",
            of_names("/data/departments", 'D'),
        ),
        ("studio:new", "studio_id", of_names("/data/studios", 'S')),
    ] {
        assert!(rows.len() > CLIENTS / 6, "{name}: {}", rows.len());
        let events = listed(
            &server,
            &admin,
            &format!("/data/events?name={name}"),
            ["data", key],
        );
        for id in rows {
            assert!(events.contains(&id), "{name} of {id} is not recorded");
            assert!(listener.hears(&id), "{name} of {id} was not published");
        }
    }
}

/// Every file below a folder.
fn files(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    let entries = entries.map(|entry| entry.unwrap().path());
    entries
        .map(|path| if path.is_dir() { files(&path) } else { 1 })
        .sum()
}

fn files_of_clients_that_go_away_have_their_rows(backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = server(backend, folder.path()) else {
        return;
    };
    let admin = server.admin_token();
    let path = format!("/actions/tasks/{TASK}/comments/{COMMENT}/add-attachment");
    let form = "--end\r\nContent-Disposition: form-data; name=\"file\"; \
                filename=\"film.mov\"\r\n\r\nbytes of a film\r\n--end--\r\n";
    let sent = ("multipart/form-data; boundary=end", form.as_bytes());
    let rows = || {
        let list = Request::get("/data/attachment-files").bearer(&admin);
        server.send(&list).json().as_array().unwrap().len()
    };
    let before = rows();
    for number in 0..CLIENTS / 2 {
        send_and_leave(&server, &admin, &path, sent, number as u64);
    }
    std::thread::sleep(Duration::from_millis(2000));
    let kept = files(&folder.path().join("files"));
    assert!(kept > 0);
    assert_eq!(rows() - before, kept);
    assert!(crate::stored_files::temporary(folder.path()).is_empty());
}

/// A write that waits for a lock when its client leaves and the server is told
/// to stop is made and recorded all the same.
fn a_server_that_stops_ends_what_clients_left_behind(backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut server) = server(backend, folder.path()) else {
        return;
    };
    let admin = server.admin_token();
    let body = json!({"name": "Left behind", "color": "#123456"}).to_string();
    let hold = match backend {
        Backend::Postgres => {
            "BEGIN; LOCK TABLE department IN EXCLUSIVE MODE; SELECT pg_sleep(2); COMMIT;"
        }
        Backend::Sqlite => {
            "BEGIN IMMEDIATE;
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000000)
             SELECT count(*) FROM n; COMMIT;"
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| server.sql(hold).unwrap());
        std::thread::sleep(Duration::from_millis(300));
        let sent = ("application/json", body.as_bytes());
        send_and_leave(&server, &admin, "/data/departments", sent, 2000);
        let stop = std::process::Command::new("kill")
            .arg(server.process_id().to_string())
            .status();
        assert!(stop.unwrap().success());
    });
    assert_eq!(server.wait().unwrap(), Some(0));
    let again = Setup::new(BINARY, backend)
        .database(&server.database_url)
        .start()
        .unwrap();
    let admin = again.admin_token();
    let rows = again.send(&Request::get("/data/departments?name=Left%20behind").bearer(&admin));
    assert_eq!(rows.json()[0]["name"], "Left behind", "{}", rows.text());
    let events = again.send(&Request::get("/data/events?name=department:new").bearer(&admin));
    assert_eq!(events.json().as_array().unwrap().len(), 1);
}
