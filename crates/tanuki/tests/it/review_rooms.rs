//! Review rooms over Socket.IO.

use std::time::Duration;

use serde_json::{Value, json};
use tanuki_testkit::browser::{Browser, Options};
use tanuki_testkit::http::Request;
use tanuki_testkit::{ADMIN_EMAIL, ADMIN_PASSWORD, Backend, Server};

use crate::event_socket::EventSocket;
use crate::on_both;

on_both! {
    people_in_a_room_follow_each_other
    who_may_not_read_the_playlist_is_in_no_room
    a_connection_that_ends_leaves_the_room
    two_windows_of_a_browser_follow_each_other
}

const PROJECT: &str = "bbbbbbbb-0000-4000-8000-000000000001";

/// The longest time until a message arrives.
const SOON: Duration = Duration::from_secs(10);

/// Long enough for a message that must not arrive.
const A_WHILE: Duration = Duration::from_millis(700);

const OPEN: &str = "preview-room:open-playlist";
const JOIN: &str = "preview-room:join";
const UPDATE: &str = "preview-room:room-updated";
const ANNOTATE: &str = "preview-room:add-annotation";

struct Review {
    server: Server,
    playlist: String,
}

impl Review {
    fn open(backend: Backend) -> Option<Self> {
        let server = crate::server(backend)?;
        server
            .load_fixture(&crate::rows_of("communication"))
            .unwrap();
        let body = json!({"name": "Daily", "project_id": PROJECT, "for_entity": "shot"});
        let request = Request::post("/data/playlists").json(&body);
        let made = server.send(&request.bearer(&server.admin_token()));
        let playlist = made.json()["id"].as_str().unwrap().to_owned();
        Some(Self { server, playlist })
    }

    fn connect(&self, name: &str) -> EventSocket {
        let token = match name {
            "admin" => self.server.log_in(ADMIN_EMAIL, ADMIN_PASSWORD),
            name => self
                .server
                .log_in(&format!("{name}@comm.test"), "mypassword"),
        };
        let socket = EventSocket::connect(&self.server, &token);
        assert!(socket.read_until("40/events", SOON), "{name}");
        socket
    }

    /// The data of a message about the playlist.
    fn about(&self, data: Value) -> Value {
        let mut about = json!({"playlist_id": self.playlist});
        about
            .as_object_mut()
            .unwrap()
            .extend(data.as_object().unwrap().clone());
        about
    }
}

fn people_in_a_room_follow_each_other(backend: Backend) {
    let Some(review) = Review::open(backend) else {
        return;
    };
    let (one, other) = (review.connect("admin"), review.connect("artist"));
    for socket in [&one, &other] {
        socket.emit(OPEN, &review.about(json!({})));
        assert!(socket.read_until("room-people-updated", SOON));
    }
    one.emit(JOIN, &review.about(json!({"current_frame": 7})));
    assert!(
        other.read_until("\"current_frame\":7", SOON),
        "who drives first sets the player"
    );
    other.emit(JOIN, &review.about(json!({"current_frame": 99})));
    assert!(
        one.read_until("\"current_frame\":7", SOON),
        "who comes later gets its state"
    );
    let playing = json!({"is_playing": true, "current_frame": 12, "speed": 2});
    one.emit(UPDATE, &review.about(playing));
    assert!(other.read_until("\"is_playing\":true,", SOON));
    let drawing = json!({"drawing": {"objects": [{"id": "a line"}]}});
    other.emit(ANNOTATE, &review.about(drawing));
    assert!(
        one.read_until("a line", SOON),
        "what is drawn is seen at once"
    );
    other.emit("preview-room:leave", &review.about(json!({})));
    assert!(one.read_until("room-people-updated", SOON));
}

fn who_may_not_read_the_playlist_is_in_no_room(backend: Backend) {
    let Some(review) = Review::open(backend) else {
        return;
    };
    let one = review.connect("admin");
    one.emit(OPEN, &review.about(json!({})));
    assert!(one.read_until("room-people-updated", SOON));
    // A vendor, a client of a playlist that is not shared, and people of other
    // teams.
    for name in ["vendor", "client", "managerout", "artistout"] {
        let intruder = review.connect(name);
        intruder.emit(OPEN, &review.about(json!({})));
        intruder.emit(JOIN, &review.about(json!({})));
        intruder.emit(ANNOTATE, &review.about(json!({"drawing": name})));
        one.emit(UPDATE, &review.about(json!({"is_playing": true})));
        assert!(!intruder.read_until("preview-room", A_WHILE), "{name}");
    }
    // Nobody draws in a room whose playlist they have not opened.
    let member = review.connect("artist");
    member.emit(ANNOTATE, &review.about(json!({"drawing": "from outside"})));
    for wrong in [
        json!({}),
        json!({"playlist_id": "x"}),
        json!([]),
        json!(null),
        json!("x"),
    ] {
        member.emit(OPEN, &wrong);
        member.emit(ANNOTATE, &wrong);
    }
    assert!(!one.read_until("from outside", A_WHILE));
    member.emit(OPEN, &review.about(json!({})));
    member.emit(ANNOTATE, &review.about(json!({"drawing": "from within"})));
    assert!(one.read_until("from within", SOON));
}

fn a_connection_that_ends_leaves_the_room(backend: Backend) {
    let Some(review) = Review::open(backend) else {
        return;
    };
    let one = review.connect("admin");
    one.emit(OPEN, &review.about(json!({})));
    let person = "aaaaaaaa-0000-4000-8000-000000000001";
    let tabs = [review.connect("manager"), review.connect("manager")];
    for tab in &tabs {
        tab.emit(OPEN, &review.about(json!({})));
        tab.emit(JOIN, &review.about(json!({})));
        assert!(tab.read_until(UPDATE, SOON));
    }
    let [first, second] = tabs;
    drop(first);
    assert!(one.read_until(&format!("\"people\":[\"{person}\"]"), SOON));
    drop(second);
    assert!(
        one.read_until("\"people\":[]", SOON),
        "nobody is in it any more"
    );
}

/// A window of a browser that shows what a room sends, signed in.
struct Window(Browser);

/// What makes a page such a window.
const SCRIPT: &str = include_str!("../review_room.js");

impl Window {
    fn open(review: &Review, email: &str, password: &str) -> Option<Self> {
        let window = Self(Options::default().start()?);
        // A page of the API, whose policy forbids no connections.
        let page = format!("{}/status", review.server.url);
        window.0.goto(&page).unwrap();
        let sign_in = "return fetch('/api/auth/login', {method: 'POST', \
            headers: {'Content-Type': 'application/json'}, \
            body: JSON.stringify({email: arguments[0], password: arguments[1]})})\
            .then((answer) => answer.status)";
        let signed_in = window.0.execute(sign_in, &[json!(email), json!(password)]);
        assert_eq!(signed_in.unwrap(), json!(200));
        window.0.execute(SCRIPT, &[]).unwrap();
        window.0.execute("listen()", &[]).unwrap();
        window.shows("connected", "yes");
        Some(window)
    }

    fn emit(&self, name: &str, data: &Value) {
        let script = "emit(arguments[0], arguments[1])";
        self.0
            .execute(script, &[json!(name), data.clone()])
            .unwrap();
    }

    fn shows(&self, id: &str, text: &str) {
        let selector = format!("#{id}");
        let shown = self.0.wait(&selector, || {
            let shown = self.0.find(&selector)?.text()?;
            anyhow::ensure!(shown == text, "`{selector}` shows `{shown}`, not `{text}`");
            Ok(true)
        });
        if let Err(error) = shown {
            panic!("{error:#}");
        }
    }
}

fn two_windows_of_a_browser_follow_each_other(backend: Backend) {
    let Some(review) = Review::open(backend) else {
        return;
    };
    let Some(one) = Window::open(&review, ADMIN_EMAIL, ADMIN_PASSWORD) else {
        return;
    };
    let Some(other) = Window::open(&review, "artist@comm.test", "mypassword") else {
        return;
    };
    for window in [&one, &other] {
        window.emit(OPEN, &review.about(json!({})));
        window.shows("people", "0");
    }
    one.emit(JOIN, &review.about(json!({"current_frame": 5})));
    other.shows("frame", "5");
    other.emit(JOIN, &review.about(json!({})));
    for window in [&one, &other] {
        window.shows("people", "2");
    }
    one.emit(
        UPDATE,
        &review.about(json!({"is_playing": true, "current_frame": 31})),
    );
    other.shows("playing", "true");
    other.shows("frame", "31");
    other.emit(
        UPDATE,
        &review.about(json!({"is_playing": false, "current_frame": 44})),
    );
    one.shows("playing", "false");
    one.shows("frame", "44");
    let drawing = json!({"drawing": {"objects": [{"id": "arrow"}]}});
    other.emit(ANNOTATE, &review.about(drawing));
    one.shows("drawing", "arrow");
    drop(other);
    one.shows("people", "1");
}
