//! Review rooms over Socket.IO.

use std::time::Duration;

use serde_json::{Value, json};
use tanuki_testkit::http::Request;
use tanuki_testkit::{ADMIN_EMAIL, ADMIN_PASSWORD, Backend, Server};

use crate::event_socket::EventSocket;
use crate::on_both;

on_both! {
    people_in_a_room_follow_each_other
    who_may_not_read_the_playlist_is_in_no_room
    a_connection_that_ends_leaves_the_room
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
