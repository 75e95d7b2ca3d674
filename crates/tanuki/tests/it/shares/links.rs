//! Links with a password or an end, and invitations.

use serde_json::json;
use tanuki_testkit::http::Request;
use tanuki_testkit::{ADMIN_EMAIL, ADMIN_PASSWORD, Backend};

use super::{PROJECT, Review, Visitor};
use crate::mail::MailServer;
use crate::on_both;
use crate::studio::id;

on_both! {
    a_password_is_shown_once
    passwords_cannot_be_guessed
    a_link_works_until_the_end_of_its_day
    people_are_invited_by_mail
}

fn a_password_is_shown_once(backend: Backend) {
    let Some(mut review) = Review::open(backend) else {
        return;
    };
    review.token = review.link(&review.playlist, &json!({"password": "open sesame"}));
    let film = review.path(&format!(
        "/movies/originals/preview-files/{}.mp4",
        review.film
    ));
    let mut visitor = Visitor::default();
    for path in ["", "/context", "/comments"] {
        assert_eq!(
            visitor.get(&review, &review.path(path)).status,
            404,
            "{path}"
        );
    }
    assert_eq!(visitor.get(&review, &film).status, 404);
    // Each route takes it, as the web client sends it.
    let with = |path: &str| format!("{path}?password=open%20sesame");
    for path in [&film, &review.path("/comments"), &review.path("/context")] {
        let answer = Visitor::default().get(&review, &with(path));
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    }
    let opened = visitor.get(&review, &with(&review.path("")));
    assert_eq!(opened.status, 200);
    let cookie = opened.header("set-cookie").unwrap();
    assert!(
        cookie.contains("HttpOnly; Path=/; SameSite=Lax"),
        "{cookie}"
    );
    assert!(!cookie.contains("sesame"), "{cookie}");
    // From then on the cookie does, for pictures and films as well.
    let thumbnail = format!("/pictures/thumbnails/preview-files/{}.png", review.film);
    for path in [&film, &review.path(&thumbnail), &review.path("/comments")] {
        let answer = visitor.get(&review, path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_eq!(answer.header("set-cookie"), None, "{path}");
    }
    // It is good for this link only.
    let other = review.link(&review.playlist, &json!({"password": "open sesame"}));
    let (name, value) = visitor.cookies.iter().next().unwrap();
    let name = name.replace(&review.token, &other);
    let mut elsewhere = Visitor::default();
    elsewhere.cookies.insert(name, value.clone());
    let path = format!("/shared/playlists/{other}");
    assert_eq!(elsewhere.get(&review, &path).status, 404);
    review.revoke(&review.token);
    assert_eq!(visitor.get(&review, &film).status, 404);
}

fn passwords_cannot_be_guessed(backend: Backend) {
    let Some(mut review) = Review::open(backend) else {
        return;
    };
    review.token = review.link(&review.playlist, &json!({"password": "secret"}));
    let path = review.path("");
    let guess = |word: &str, address: &str| {
        let request = Request::get(&format!("{path}?password={word}"));
        let request = request.header("X-Real-IP", address);
        Visitor::default().send(&review, request)
    };
    for word in ["a", "b", "c", "d", "e"] {
        assert_eq!(guess(word, "192.0.2.1").status, 404, "{word}");
    }
    // Not even the right one is looked at now.
    let refused = guess("secret", "192.0.2.1");
    assert_eq!(refused.status, 429);
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    // Others are not held up, and who is right is not counted.
    for _ in 0..10 {
        assert_eq!(guess("secret", "192.0.2.2").status, 200);
    }
    // The open link is none of it.
    let open = review.link(&review.playlist, &json!({}));
    let request = Request::get(&format!("/shared/playlists/{open}"));
    let request = request.header("X-Real-IP", "192.0.2.1");
    assert_eq!(Visitor::default().send(&review, request).status, 200);
}

fn a_link_works_until_the_end_of_its_day(backend: Backend) {
    let Some(review) = Review::open(backend) else {
        return;
    };
    let status = |expires: &str| {
        let token = review.link(&review.playlist, &json!({"expiration_date": expires}));
        let path = format!("/shared/playlists/{token}");
        Visitor::default().get(&review, &path).status
    };
    let now = review.studio.get("/data/events/last?limit=1")[0]["created_at"].clone();
    let now = now.as_str().unwrap().to_owned();
    assert_eq!(status(&now[..10]), 200, "today");
    assert_eq!(status("2099-01-01T08:00:00+01:00"), 200);
    assert_eq!(status(&now), 404, "a moment ago");
    assert_eq!(status("2020-02-29"), 404);
    // It is listed all the same, until it is revoked.
    let links = review
        .studio
        .get(&format!("/data/playlists/{}/share", review.playlist));
    assert_eq!(links.as_array().unwrap().len(), 5);
}

fn people_are_invited_by_mail(backend: Backend) {
    let mails = MailServer::start();
    let Some(server) = mails.setup(backend).start() else {
        return;
    };
    server
        .load_fixture(&crate::rows_of("communication"))
        .unwrap();
    let admin = server.log_in(ADMIN_EMAIL, ADMIN_PASSWORD);
    let post = |path: &str, body: serde_json::Value| {
        let request = Request::post(path).bearer(&admin).json(&body);
        let answer = server.send(&request);
        assert!(answer.status < 300, "{}", answer.text());
        answer.json()
    };
    let playlist = json!({"name": "Dailies", "project_id": PROJECT, "for_entity": "shot"});
    let playlist = id(&post("/data/playlists", playlist));
    let link = post(&format!("/data/playlists/{playlist}/share"), json!({}));
    let token = link["token"].as_str().unwrap();
    let path = format!("/data/playlists/{playlist}/share/{token}/invite");
    let body = json!({"emails": ["eve@client.com"], "message": "Have a <b>look</b>"});
    assert_eq!(post(&path, body), json!({"sent": ["eve@client.com"]}));
    let mail = mails.next();
    for part in [
        "eve@client.com",
        "Dailies",
        &format!("kitsu.studio.com/playlists/shared/{token}"),
        "&lt;b&gt;look",
    ] {
        assert!(mail.contains(part), "{part}: {mail}");
    }
}
