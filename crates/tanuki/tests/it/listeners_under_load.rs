//! Two hundred listeners while fifty clients write.
//!
//! It runs for ten seconds on each database. For the full minute:
//!
//! ```sh
//! TANUKI_LOAD_SECONDS=60 cargo nextest run -p tanuki --no-capture listeners_under_load
//! ```

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tanuki_testkit::http::Request;
use tanuki_testkit::{Backend, Server};

use crate::event_socket::EventSocket;
use crate::on_both;

on_both! { every_listener_gets_every_event_it_may_see }

/// Listeners with the account of an admin, who sees everything, of a supervisor
/// of the first production, and of somebody who is in no team.
const LISTENERS: [(&str, usize); 3] = [
    ("admin@example.com", 100),
    ("supervisor@studio.test", 60),
    ("lonely@studio.test", 40),
];

/// Clients that write, half of them in each production.
const WRITERS: usize = 50;

/// Between two requests of a writer.
const PAUSE: Duration = Duration::from_millis(500);

/// Listeners that read nothing after they connected.
const SILENT: usize = 5;

const PRODUCTIONS: [&str; 2] = [
    "bbbbbbbb-0000-4000-8000-000000000001",
    "bbbbbbbb-0000-4000-8000-000000000002",
];

/// How long the last event may take to the last listener.
const PATIENCE: Duration = Duration::from_secs(30);

/// A listener that does not answer pings is dropped after 45 seconds.
const DROPPED_WITHIN: Duration = Duration::from_secs(75);

/// How many bytes of memory the server may take on after the warm-up, which is
/// the first third of the time.
const GROWTH: u64 = 24 << 20;

/// By the id of an asset or task, what happened to it, in order: the events of
/// an asset, the ids of the comments on a task.
type Happened = HashMap<String, Vec<String>>;

fn every_listener_gets_every_event_it_may_see(backend: Backend) {
    let Some(server) = crate::server_with("seeds", backend) else {
        return;
    };
    let admin = server.admin_token();
    let listening = listen(&server);
    let silent: Vec<EventSocket> = (0..SILENT)
        .map(|_| silent_listener(&server, &admin))
        .collect();

    let time = duration();
    let stop = AtomicBool::new(false);
    let (happened, [warm, after]) = std::thread::scope(|scope| {
        let writing: Vec<_> = (0..WRITERS)
            .map(|number| {
                let (server, admin, stop) = (&server, &admin, &stop);
                scope.spawn(move || Writer::new(server, admin, number).write_until(stop))
            })
            .collect();
        std::thread::sleep(time / 3);
        let warm = resident(&server);
        std::thread::sleep(time - time / 3);
        let after = resident(&server);
        stop.store(true, Ordering::Relaxed);
        let mut happened = [Happened::new(), Happened::new()];
        for (number, writer) in writing.into_iter().enumerate() {
            happened[number % 2].extend(writer.join().unwrap());
        }
        (happened, [warm, after])
    });

    let begun = Instant::now();
    new_department(&server, &admin);
    let heard = listening.finish();
    let took = begun.elapsed();
    for (who, heard) in &heard {
        check(who, heard, &happened);
    }
    let events: usize = happened
        .iter()
        .flat_map(Happened::values)
        .map(Vec::len)
        .sum();
    let delivered: usize = heard
        .iter()
        .flat_map(|(_, heard)| heard.values())
        .map(Vec::len)
        .sum();
    println!(
        "{backend:?}: {events} events in {time:?}, {delivered} delivered, the last {took:?} after \
         its change; resident memory {} MiB after the warm-up, {} MiB at the end",
        warm >> 20,
        after >> 20
    );
    assert!(events >= WRITERS, "only {events} events");
    assert!(
        after < warm + GROWTH,
        "memory grew from {warm} to {after} bytes"
    );
    let deadline = Instant::now() + DROPPED_WITHIN;
    while connections(&server) > 0 {
        assert!(
            Instant::now() < deadline,
            "listeners that do not read are not dropped"
        );
        std::thread::sleep(Duration::from_millis(200));
    }
    drop(silent);
}

/// How long there is load: `TANUKI_LOAD_SECONDS`, else ten seconds.
fn duration() -> Duration {
    let seconds = std::env::var("TANUKI_LOAD_SECONDS").map_or(10, |text| text.parse().unwrap());
    Duration::from_secs(seconds)
}

/// Compares what a listener got with what happened.
fn check(who: &str, heard: &Happened, [first, second]: &[Happened; 2]) {
    let visible: Vec<&Happened> = match who {
        "lonely@studio.test" => vec![],
        "supervisor@studio.test" => vec![first],
        _ => vec![first, second],
    };
    let expected: Happened =
        visible
            .into_iter()
            .flatten()
            .fold(Happened::new(), |mut expected, (id, events)| {
                expected.insert(id.clone(), events.clone());
                expected
            });
    let missing = expected.iter().filter(|(id, _)| !heard.contains_key(*id));
    assert_eq!(missing.count(), 0, "{who} misses what happened to a row");
    for (id, events) in heard {
        assert_eq!(Some(events), expected.get(id), "{who}, of {id}");
    }
}

/// The listeners, each of which reads in a thread of its own.
struct Listening {
    accounts: Vec<&'static str>,
    heard: Receiver<(usize, Happened)>,
}

/// Connects all listeners, and returns once each is in the namespace.
fn listen(server: &Server) -> Listening {
    let (connected, connects) = channel();
    let (sender, heard) = channel();
    let mut accounts = Vec::new();
    for (account, count) in LISTENERS {
        let token = match account {
            "admin@example.com" => server.admin_token(),
            email => server.log_in(email, "mypassword"),
        };
        for _ in 0..count {
            let number = accounts.len();
            accounts.push(account);
            let socket = EventSocket::connect(server, &token);
            let (connected, sender) = (connected.clone(), sender.clone());
            std::thread::spawn(move || {
                let mut heard = Happened::new();
                let ended = socket.read_events(|name, data| {
                    if name == "connected" {
                        connected.send(()).unwrap();
                    }
                    note(&mut heard, name, data)
                });
                ended.unwrap();
                sender.send((number, heard)).unwrap();
            });
        }
    }
    for _ in &accounts {
        connects.recv_timeout(PATIENCE).unwrap();
    }
    Listening { accounts, heard }
}

/// Notes an event that is compared. Returns false after the last one.
fn note(heard: &mut Happened, name: &str, data: &Value) -> bool {
    let text = |key: &str| data[key].as_str().unwrap_or_default().to_owned();
    match name {
        "asset:new" | "asset:update" | "asset:delete" => {
            let events = heard.entry(text("asset_id")).or_default();
            events.push(name.to_owned());
        }
        "comment:new" => heard
            .entry(text("task_id"))
            .or_default()
            .push(text("comment_id")),
        _ => {}
    }
    name != "department:new"
}

impl Listening {
    /// Waits until every listener has heard of the department.
    fn finish(self) -> Vec<(&'static str, Happened)> {
        let deadline = Instant::now() + PATIENCE;
        let mut all = Vec::new();
        while all.len() < self.accounts.len() {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.heard.recv_timeout(left) {
                Ok((number, heard)) => all.push((self.accounts[number], heard)),
                Err(_) => panic!("{} listeners got the last event", all.len()),
            }
        }
        all
    }
}

/// Connects a listener that reads nothing from then on.
fn silent_listener(server: &Server, token: &str) -> EventSocket {
    let socket = EventSocket::connect(server, token);
    assert!(socket.read_until("40/events,", PATIENCE));
    socket
}

/// A client that writes: a new asset, a change of it, its deletion and a comment
/// on a task, over and over.
struct Writer<'a> {
    server: &'a Server,
    token: &'a str,
    production: &'static str,
    prop: String,
    status: String,
    task: String,
    happened: Happened,
}

impl<'a> Writer<'a> {
    fn new(server: &'a Server, token: &'a str, number: usize) -> Self {
        let mut writer = Self {
            server,
            token,
            production: PRODUCTIONS[number % 2],
            prop: String::new(),
            status: String::new(),
            task: String::new(),
            happened: Happened::new(),
        };
        writer.prop = writer.first("/data/entity-types?name=Prop");
        writer.status = writer.first("/data/task-status?short_name=todo");
        let task_type = writer.first("/data/task-types?name=Modeling");
        let asset = writer.new_asset(&format!("Of writer {number}"));
        let task = json!({
            "name": "main", "project_id": writer.production, "entity_id": asset,
            "task_type_id": task_type, "task_status_id": writer.status,
        });
        writer.task = writer.post("/data/tasks", &task, 201);
        writer.happened.insert(asset, vec!["asset:new".into()]);
        writer
    }

    fn write_until(mut self, stop: &AtomicBool) -> Happened {
        let mut round = 0;
        while !stop.load(Ordering::Relaxed) {
            let name = format!("{} of {}", round, self.task);
            let asset = self.new_asset(&name);
            std::thread::sleep(PAUSE);
            let path = format!("/data/entities/{asset}");
            let change = json!({"description": "changed"});
            let change = Request::put(&path).json(&change);
            assert_eq!(self.send(change).0, 200);
            std::thread::sleep(PAUSE);
            assert_eq!(self.send(Request::delete(&path)).0, 204);
            let events = ["asset:new", "asset:update", "asset:delete"];
            self.happened
                .insert(asset, events.map(str::to_owned).to_vec());
            std::thread::sleep(PAUSE);
            let path = format!("/actions/tasks/{}/comment", self.task);
            let comment = json!({"task_status_id": self.status, "comment": "Look"});
            let comment = self.post(&path, &comment, 201);
            let task = self.happened.entry(self.task.clone()).or_default();
            task.push(comment);
            std::thread::sleep(PAUSE);
            round += 1;
        }
        self.happened
    }

    fn new_asset(&self, name: &str) -> String {
        let asset = json!({
            "name": name, "project_id": self.production, "entity_type_id": self.prop,
        });
        self.post("/data/entities", &asset, 201)
    }

    fn first(&self, path: &str) -> String {
        let (_, rows) = self.send(Request::get(path));
        rows[0]["id"].as_str().unwrap().to_owned()
    }

    fn post(&self, path: &str, body: &Value, status: u16) -> String {
        let (answered, row) = self.send(Request::post(path).json(body));
        assert_eq!(answered, status, "{path}: {row}");
        row["id"].as_str().unwrap().to_owned()
    }

    fn send(&self, request: Request) -> (u16, Value) {
        let answer = self.server.send(&request.bearer(self.token));
        let body = if answer.status == 204 {
            Value::Null
        } else {
            answer.json()
        };
        (answer.status, body)
    }
}

fn new_department(server: &Server, token: &str) {
    let body = json!({"name": "The last", "color": "#000000"});
    let request = Request::post("/data/departments").bearer(token).json(&body);
    assert_eq!(server.send(&request).status, 201);
}

/// Resident memory of the server, in bytes.
fn resident(server: &Server) -> u64 {
    let path = format!("/proc/{}/status", server.process_id());
    let status = std::fs::read_to_string(path).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.unwrap().trim().trim_end_matches(" kB");
    kibibytes.parse::<u64>().unwrap() << 10
}

/// How many connections to the server are open on its side.
fn connections(server: &Server) -> usize {
    let (_, port) = server.url.rsplit_once(':').unwrap();
    let local = format!("0100007F:{:04X}", port.parse::<u16>().unwrap());
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let is_open = |line: &&str| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        columns.get(1) == Some(&local.as_str()) && columns.get(3) == Some(&"01")
    };
    table.lines().filter(is_open).count()
}
