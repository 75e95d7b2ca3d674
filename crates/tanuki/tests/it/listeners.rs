//! Listeners of events when the server, the database or they themselves go.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::net::Shutdown;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::json;
use tanuki_testkit::http::Request;
use tanuki_testkit::postgres::Cluster;
use tanuki_testkit::proxy::{Fault, Proxy};
use tanuki_testkit::{ADMIN_EMAIL, ADMIN_PASSWORD, Backend, SECRET_KEY, Server, Setup, tools};

use crate::event_socket::EventSocket;
use crate::statements::statements;
use crate::{BINARY, on_both};

on_both! {
    listeners_come_back_after_a_restart
    listeners_stay_while_their_tokens_cannot_be_checked
    connections_that_close_at_once_are_forgotten
    the_event_stream_is_the_references
}

/// The ways to listen of `gazu/listening.py`.
const WAYS: [&str; 3] = ["gazu", "websocket", "polling"];

/// How long listeners may take to come back: they wait longer and longer
/// between their attempts.
const PATIENCE: Duration = Duration::from_secs(40);

/// How long an event may take before another one is made.
const RETRY: Duration = Duration::from_secs(5);

/// A process that listens in several ways; ended when dropped.
struct Listening {
    child: Child,
    lines: Receiver<String>,
}

impl Listening {
    /// Starts it and waits until all of it is connected; `None` without gazu.
    fn start(server: &Server) -> Option<Self> {
        let found = tools::python_with_gazu();
        let python = tools::or_skip(found, "listeners", "Python with gazu 1.3.1")?;
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/gazu/listening.py");
        let mut child = Command::new(python)
            .arg(script)
            .args([&server.url, ADMIN_EMAIL, ADMIN_PASSWORD])
            .args(&WAYS[1..])
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("SECRET_KEY", SECRET_KEY)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            let mut lines = output.lines().map_while(Result::ok);
            lines.all(|line| sender.send(line).is_ok())
        });
        let listening = Self { child, lines };
        listening.until("connected", PATIENCE);
        Some(listening)
    }

    /// Waits until each way has printed such a line.
    fn until(&self, what: &str, patience: Duration) {
        let deadline = Instant::now() + patience;
        let mut missing: BTreeSet<&str> = WAYS.into();
        while !missing.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = match self.lines.recv_timeout(left) {
                Ok(line) => line,
                Err(RecvTimeoutError::Timeout) => panic!("{missing:?}: not {what}"),
                Err(RecvTimeoutError::Disconnected) => panic!("the listeners ended"),
            };
            let words: Vec<&str> = line.split(' ').collect();
            if words[0] == what {
                missing.retain(|way| *way != words[1]);
            }
        }
    }

    /// Makes departments until every way hears of one; how many it took.
    fn hear(&self, server: &Server, token: &str) -> usize {
        let deadline = Instant::now() + PATIENCE;
        let mut missing: BTreeSet<&str> = WAYS.into();
        let mut made = Vec::new();
        while !missing.is_empty() {
            assert!(
                Instant::now() < deadline,
                "{missing:?} do not hear any more"
            );
            made.push(new_department(server, token, made.len()));
            let next = Instant::now() + RETRY;
            while let Ok(line) = self
                .lines
                .recv_timeout(next.saturating_duration_since(Instant::now()))
            {
                let words: Vec<&str> = line.split(' ').collect();
                if words[0] == "heard" && made.iter().any(|id| id == words[2]) {
                    missing.remove(words[1]);
                }
                if missing.is_empty() {
                    break;
                }
            }
        }
        made.len()
    }

    /// Whether something was said of that.
    fn said(&self, what: &str) -> bool {
        self.lines.try_iter().any(|line| line.starts_with(what))
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn new_department(server: &Server, token: &str, number: usize) -> String {
    let name = format!("D{number} {:?}", Instant::now());
    let body = json!({"name": &name[..name.len().min(80)], "color": "#000000"});
    let answer = server.send(&Request::post("/data/departments").bearer(token).json(&body));
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["id"].as_str().unwrap().to_owned()
}

fn listeners_come_back_after_a_restart(backend: Backend) {
    let Some(mut server) = crate::server(backend) else {
        return;
    };
    let Some(listening) = Listening::start(&server) else {
        return;
    };
    let token = server.admin_token();
    assert_eq!(listening.hear(&server, &token), 1);
    let begun = Instant::now();
    assert_eq!(server.stop().unwrap(), Some(0));
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "listeners keep the server from stopping"
    );
    listening.until("gone", PATIENCE);
    server.start_again().unwrap();
    listening.hear(&server, &token);
}

fn listeners_stay_while_their_tokens_cannot_be_checked(backend: Backend) {
    let Some(server) = crate::server(backend) else {
        return;
    };
    let Some(listening) = Listening::start(&server) else {
        return;
    };
    let token = server.admin_token();
    assert_eq!(listening.hear(&server, &token), 1);
    server
        .sql("ALTER TABLE tanuki_revoked_token RENAME TO tanuki_revoked_away")
        .unwrap();
    std::thread::sleep(Duration::from_secs(8));
    server
        .sql("ALTER TABLE tanuki_revoked_away RENAME TO tanuki_revoked_token")
        .unwrap();
    assert!(!listening.said("gone"), "a failed check is no refusal");
    assert_eq!(listening.hear(&server, &token), 1);
}

#[test]
fn listeners_stay_while_the_database_is_away() {
    let Some(first) = crate::server(Backend::Postgres) else {
        return;
    };
    let cluster = Cluster::get().unwrap();
    let proxy = Proxy::start(cluster.port()).unwrap();
    let url = first.database_url.replace(
        &format!(":{}/", cluster.port()),
        &format!(":{}/", proxy.port),
    );
    let setup = Setup::new(BINARY, Backend::Postgres).database(&url);
    let server = setup.start().unwrap();
    let Some(listening) = Listening::start(&server) else {
        return;
    };
    let token = server.admin_token();
    assert_eq!(listening.hear(&server, &token), 1);
    proxy.set(Fault::Close);
    std::thread::sleep(Duration::from_secs(8));
    let waiting = EventSocket::connect(&server, &token);
    std::thread::sleep(Duration::from_secs(2));
    proxy.set(Fault::None);
    let answer = waiting.read_until("40/events,", Duration::from_secs(10));
    assert!(answer, "who connects meanwhile waits for the database");
    assert!(!listening.said("gone"), "a failed check is no refusal");
    listening.hear(&server, &token);
}

/// `gazu/event_stream.py`: what is published, in which order, and who hears it.
fn the_event_stream_is_the_references(backend: Backend) {
    let Some(server) = crate::server(backend) else {
        return;
    };
    let found = tools::python_with_gazu();
    let Some(python) = tools::or_skip(found, "the event stream", "Python with gazu 1.3.1") else {
        return;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/gazu/event_stream.py");
    let output = crate::gazu::output(&python, Path::new(script), &server);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    let made = said.lines().filter(|line| line.starts_with("ok ")).count();
    assert!(made >= 420, "only {made} checks ran");
}

fn connections_that_close_at_once_are_forgotten(backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let started = Setup::new(BINARY, backend)
        .variable("TANUKI_LOG", "warn,tanuki_store=trace")
        .log_to(&log)
        .start();
    let Some(server) = started else {
        return;
    };
    let token = server.admin_token();
    for number in 0..600 {
        let socket = EventSocket::connect(&server, &token);
        // Some go before they are answered, some while, some after.
        if number % 3 == 1 {
            socket.read_until("101", Duration::from_secs(5));
        }
        if number % 3 == 2 {
            socket.read_until("40/events,", Duration::from_secs(5));
        }
        socket.stream.shutdown(Shutdown::Both).unwrap();
    }
    let after = EventSocket::connect(&server, &token);
    assert!(
        after.read_until("40/events,", Duration::from_secs(10)),
        "the places of those who went are free"
    );
    drop(after);
    // Two checks later nobody is left to be asked about.
    std::thread::sleep(Duration::from_secs(12));
    let before = statements(&log);
    std::thread::sleep(Duration::from_secs(6));
    assert_eq!(statements(&log) - before, 0, "nobody listens");
}
