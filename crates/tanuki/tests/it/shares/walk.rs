//! What a guest does through a link: plays, draws, comments with a file.

use serde_json::json;
use tanuki_testkit::Backend;
use tanuki_testkit::http::Request;

use super::{Review, TASK, Visitor};
use crate::films::wait_for;
use crate::on_both;
use crate::studio::id;

on_both! {
    a_guest_plays_a_film
    a_guest_draws_and_comments_with_a_file
    a_guest_comes_back_with_the_secret_only
    guests_are_no_users
}

fn a_guest_plays_a_film(backend: Backend) {
    let Some(review) = Review::open(backend) else {
        return;
    };
    let mut visitor = Visitor::default();
    let shown = visitor.get(&review, &review.path(""));
    assert_eq!(shown.status, 200, "{}", shown.text());
    let shot = &shown.json()["shots"][0];
    assert_eq!(shot["preview_file_id"], json!(review.film));
    assert_eq!(shot["preview_files"], json!({}));
    assert_eq!(
        (&shot["name"], &shot["parent_name"]),
        (&json!("Shot"), &json!("Seq"))
    );
    let film = &review.film;
    let movie = review.path(&format!("/movies/originals/preview-files/{film}.mp4"));
    let whole = visitor.get(&review, &movie);
    assert_eq!(whole.status, 200, "{}", whole.text());
    assert_eq!(whole.header("content-type"), Some("video/mp4"));
    let part = visitor.send(&review, Request::get(&movie).header("Range", "bytes=4-7"));
    assert_eq!((part.status, &*part.body), (206, &b"ftyp"[..]));
    let head = visitor.send(&review, Request::new("HEAD", &movie));
    let length = head.header("content-length").map(str::to_owned);
    assert_eq!(
        (head.status, length),
        (200, Some(whole.body.len().to_string()))
    );
    let tag = whole.header("etag").unwrap();
    let known = visitor.send(&review, Request::get(&movie).header("If-None-Match", tag));
    assert_eq!(known.status, 304);
    let beyond = visitor.send(
        &review,
        Request::get(&movie).header("Range", "bytes=99999999-"),
    );
    assert_eq!(beyond.status, 416);
    for (path, kind) in [
        (format!("/movies/low/preview-files/{film}.mp4"), "video/mp4"),
        (
            format!("/pictures/thumbnails/preview-files/{film}.png"),
            "image/png",
        ),
        (
            format!("/pictures/originals/preview-files/{film}.png"),
            "image/png",
        ),
        (format!("/preview-files/{film}/download"), "video/mp4"),
        (format!("/preview-files/{film}"), "application/json"),
    ] {
        let answer = visitor.get(&review, &review.path(&path));
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), Some(kind), "{path}");
    }
    let tiles = review.path(&format!("/movies/tiles/preview-files/{film}.png"));
    wait_for("the tiles", || {
        Visitor::default().get(&review, &tiles).status == 200
    });
    let saved = visitor.get(
        &review,
        &review.path(&format!("/preview-files/{film}/download")),
    );
    let name = saved.header("content-disposition").unwrap();
    assert!(name.starts_with("attachment"), "{name}");
    let context = visitor.get(&review, &review.path("/context")).json();
    assert_eq!(context["project"]["team"], json!([]));
}

fn a_guest_draws_and_comments_with_a_file(backend: Backend) {
    let Some(review) = Review::open(backend) else {
        return;
    };
    let mut guest = Visitor::enter(&review, &review.token, "Gina");
    let drawing = json!({
        "guest_id": guest.guest, "preview_file_id": review.film,
        "additions": [{"time": 0, "drawing": {"objects": [{"id": "circle"}]}}],
    });
    let request = Request::put(&review.path("/annotations")).json(&drawing);
    let drawn = guest.send(&review, request);
    assert_eq!(drawn.status, 200, "{}", drawn.text());
    let stored = review.studio.preview(&review.film);
    let at = "/annotations/0/drawing/objects/0/id";
    assert_eq!(stored.pointer(at), Some(&json!("circle")));

    let comment = guest.comment(&review, "The hand is too low #Lighting");
    assert_eq!(comment.status, 201, "{}", comment.text());
    let comment = id(&comment.json());
    let attached = guest.attach(&review, &comment, "see here");
    assert_eq!(attached.status, 201, "{}", attached.text());
    let file = id(&attached.json()["attachment_files"][0]);
    let path = review.path(&format!("/attachment-files/{file}/file/note.txt"));
    let sent = guest.get(&review, &path);
    assert_eq!((sent.status, sent.text()), (200, "see here".to_owned()));

    let listed = guest.get(&review, &review.path("/comments")).json();
    assert_eq!(listed[0]["person"]["first_name"], "Gina");
    assert_eq!(listed[0]["person"]["is_guest"], true);
    assert_eq!(listed[0]["attachment_files"][0]["id"], json!(file));
    let of_team = review.studio.get(&format!("/data/tasks/{TASK}/comments"));
    let of_team = of_team.as_array().unwrap();
    assert!(of_team.iter().any(|row| row["id"] == json!(comment)));
    let task = review.studio.get(&format!("/data/tasks/{TASK}"));
    assert_eq!(task["task_status_id"], json!(review.status(true)));
    // Tags are not followed to tasks that are not shared.
    let elsewhere = review
        .studio
        .get(&format!("/data/tasks/{}/comments", super::LIGHTING));
    assert_eq!(elsewhere, json!([]));

    let path = review.path(&format!("/comments/{comment}"));
    let body = json!({"guest_id": guest.guest, "text": "Better now", "checklist": []});
    let edited = guest.send(&review, Request::put(&path).json(&body));
    assert_eq!(edited.status, 200, "{}", edited.text());
    assert_eq!(edited.json()["text"], "Better now");
    assert_eq!(edited.json()["editor_id"], json!(guest.guest));
    let own = json!({"guest_id": guest.guest});
    let attachment = format!("{path}/attachments/{file}");
    let gone = guest.send(&review, Request::delete(&attachment).json(&own));
    assert_eq!(gone.status, 204, "{}", gone.text());
    let gone = guest.send(&review, Request::delete(&path).json(&own));
    assert_eq!(gone.status, 204, "{}", gone.text());
    let listed = guest.get(&review, &review.path("/comments")).json();
    assert_eq!(listed, json!([]));
    let names = review.studio.get("/data/events/last?limit=50");
    let names: Vec<&str> = names
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|event| event["name"].as_str())
        .collect();
    for name in [
        "person:new",
        "preview-file:annotation-update",
        "comment:new",
        "comment:update",
        "comment:delete",
        "task:status-changed",
    ] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
}

fn a_guest_comes_back_with_the_secret_only(backend: Backend) {
    let Some(review) = Review::open(backend) else {
        return;
    };
    let path = review.path("/guest");
    let gina = json!({"first_name": "Gina"});
    let mut guest = Visitor::default();
    let entered = guest.send(&review, Request::post(&path).json(&gina));
    assert_eq!(entered.status, 201);
    let cookie = entered.header("set-cookie").unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    let entered = entered.json();
    let own = id(&entered);
    let secret = entered["guest_token"].as_str().unwrap().to_owned();
    let by_id = json!({"guest_id": own});
    let entry = |visitor: &mut Visitor, request: Request| {
        let answer = visitor.send(&review, request);
        (answer.status, id(&answer.json()))
    };
    // The browser, by the id that it has kept; with the names, too.
    let back = entry(&mut guest, Request::post(&path).json(&by_id));
    assert_eq!(back, (200, own.clone()));
    let back = entry(&mut guest, Request::post(&path).json(&gina));
    assert_eq!(back, (201, own.clone()));
    // A program, with the secret in the header or the body.
    let request = Request::post(&path).json(&by_id);
    let back = entry(
        &mut Visitor::default(),
        request.header("X-Guest-Token", &secret),
    );
    assert_eq!(back, (200, own.clone()));
    let body = json!({"guest_id": own, "guest_token": secret});
    let back = entry(&mut Visitor::default(), Request::post(&path).json(&body));
    assert_eq!(back, (200, own.clone()));
    // Somebody else who knows the id, or has the same name.
    for body in [&by_id, &gina] {
        let (status, other) = entry(&mut Visitor::default(), Request::post(&path).json(body));
        assert_eq!(status, 201);
        assert_ne!(other, own, "{body}");
    }
}

fn guests_are_no_users(backend: Backend) {
    let Some(review) = Review::open(backend) else {
        return;
    };
    let guest = Visitor::enter(&review, &review.token, "Gina");
    let row = review.studio.get(&format!("/data/persons/{}", guest.guest));
    assert_eq!(
        (&row["is_guest"], &row["role"]),
        (&json!(true), &json!("client"))
    );
    // As in Zou, the web client is not told of them, while programs read all rows.
    let context = review.studio.get("/data/user/context");
    let people = context["persons"].as_array().unwrap();
    assert!(
        people
            .iter()
            .all(|person| person["id"] != json!(guest.guest))
    );
    for password in ["", "default", "mypassword"] {
        let login = json!({"email": row["email"], "password": password});
        let request = Request::post("/auth/login").json(&login);
        let answer = review.studio.server.send(&request);
        assert_eq!(answer.status, 400, "{password}: {}", answer.text());
    }
}
