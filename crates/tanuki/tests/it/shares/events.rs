//! What a guest hears on the event stream.

use std::time::Duration;

use serde_json::json;
use tanuki_testkit::Backend;
use tanuki_testkit::http::Request;

use super::{LIGHTING, Review, TASK, Visitor};
use crate::event_socket::EventSocket;
use crate::on_both;

on_both! {
    a_guest_hears_what_concerns_the_playlist
    a_link_that_is_over_is_not_listened_to
    a_password_is_needed_to_listen
}

/// The longest time until a message arrives.
const SOON: Duration = Duration::from_secs(12);

/// Long enough for a message that must not arrive.
const A_WHILE: Duration = Duration::from_millis(700);

impl Visitor {
    fn listen(&self, review: &Review) -> EventSocket {
        let pairs = self.cookies.iter();
        let pairs: Vec<String> = pairs
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let line = format!("Cookie: {}\r\n", pairs.join("; "));
        EventSocket::connect_with(&review.studio.server, &line, "")
    }
}

fn a_guest_hears_what_concerns_the_playlist(backend: Backend) {
    let Some(review) = Review::open(backend) else {
        return;
    };
    let mut guest = Visitor::enter(&review, &review.token.clone(), "Gina");
    let socket = guest.listen(&review);
    assert!(socket.read_until("40/events", SOON));

    let published = review.comment(TASK, true);
    assert!(socket.read_until(&published, SOON));
    let written = guest.comment(&review, "by a guest");
    assert_eq!(written.status, 201, "{}", written.text());
    assert!(socket.read_until("comment:new", SOON), "of a guest");
    let playlist = format!("/data/playlists/{}", review.playlist);
    let renamed = Request::put(&playlist).json(&json!({"name": "Renamed"}));
    assert_eq!(review.studio.send(renamed).status, 200);
    assert!(socket.read_until("playlist:update", SOON));

    // Of the team, of another task, of another playlist and of another preview.
    review.comment(TASK, false);
    review.comment(LIGHTING, true);
    review.new_playlist("Another", &json!([]));
    review.preview(TASK, 9, 1);
    assert!(!socket.read_until("42/events", A_WHILE));
}

fn a_link_that_is_over_is_not_listened_to(backend: Backend) {
    let Some(review) = Review::open(backend) else {
        return;
    };
    let guest = Visitor::enter(&review, &review.token.clone(), "Gina");
    let socket = guest.listen(&review);
    assert!(socket.read_until("40/events", SOON));
    review.revoke(&review.token);
    assert!(socket.read_until("41/events", SOON), "it is disconnected");
    assert!(guest.listen(&review).read_until("44/events", SOON));
    let nobody = Visitor::default().listen(&review);
    assert!(nobody.read_until("44/events", SOON));
}

fn a_password_is_needed_to_listen(backend: Backend) {
    let Some(review) = Review::open(backend) else {
        return;
    };
    let token = review.link(&review.playlist, &json!({"password": "a secret"}));
    let connect = |payload: serde_json::Value| {
        EventSocket::connect_with(&review.studio.server, "", &payload.to_string())
    };
    for payload in [
        json!({"shared_link": token}),
        json!({"shared_link": token, "password": "a guess"}),
        json!({"shared_link": "no-such-link-at-all"}),
    ] {
        let socket = connect(payload.clone());
        assert!(socket.read_until("44/events", SOON), "{payload}");
    }
    let socket = connect(json!({"shared_link": token, "password": "a secret"}));
    assert!(socket.read_until("40/events", SOON));
    let page = format!(
        "Referer: {}/shared/playlists/{}\r\n",
        review.studio.server.url, review.token
    );
    let socket = EventSocket::connect_with(&review.studio.server, &page, "");
    assert!(
        socket.read_until("40/events", SOON),
        "a page of a link without a password"
    );
    let published = review.comment(TASK, true);
    assert!(socket.read_until(&published, SOON));
}
