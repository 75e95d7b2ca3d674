//! What is refused through a link.

use serde_json::{Value, json};
use tanuki_testkit::Backend;
use tanuki_testkit::http::Request;

use super::{ARTIST, ELSEWHERE, HERO, LIGHTING, MODELING, Review, SHOT, TASK, Visitor};
use crate::on_both;
use crate::studio::id;

on_both! {
    nothing_but_what_is_in_the_playlist_is_reached
    nobody_writes_in_the_name_of_another
    a_link_without_comments_takes_none
}

fn get(path: String) -> Request {
    Request::get(&path)
}

/// Every route that serves a preview.
fn routes_of(preview: &str) -> Vec<String> {
    [
        "preview-files/ID",
        "preview-files/ID/download",
        "movies/originals/preview-files/ID.mp4",
        "movies/low/preview-files/ID.mp4",
        "movies/tiles/preview-files/ID.png",
        "pictures/thumbnails/preview-files/ID.png",
        "pictures/originals/preview-files/ID.png",
        "pictures/originals/preview-files/ID.jpg",
    ]
    .iter()
    .map(|route| format!("/{}", route.replace("ID", preview)))
    .collect()
}

fn nothing_but_what_is_in_the_playlist_is_reached(backend: Backend) {
    let Some(review) = Review::open(backend) else {
        return;
    };
    let mut guest = Visitor::enter(&review, &review.token, "Gina");
    // A wrong pairing shares nothing either.
    let hero = review.preview(MODELING, 1, 1);
    let others = [
        review.preview(TASK, 2, 1),
        review.preview(LIGHTING, 1, 1),
        review.preview(ELSEWHERE, 1, 1),
        hero.clone(),
    ];
    let mut wrong = Vec::new();
    let mut refuse = |guest: &mut Visitor, request: Request, expected: u16| {
        let shown = request.to_string();
        let answer = guest.send(&review, request);
        if answer.status != expected {
            wrong.push(format!("{shown}: {} {}", answer.status, answer.text()));
        }
    };
    for preview in &others {
        for route in routes_of(preview) {
            refuse(&mut guest, get(review.path(&route)), 403);
        }
        let head = Request::new(
            "HEAD",
            &review.path(&format!("/movies/originals/preview-files/{preview}.mp4")),
        );
        refuse(&mut guest, head, 403);
        let range = get(review.path(&format!("/preview-files/{preview}/download")));
        refuse(&mut guest, range.header("Range", "bytes=0-1"), 403);
    }
    // The other positions of the revision are shared.
    let beside = review.preview(TASK, 1, 2);
    refuse(
        &mut guest,
        get(review.path(&format!("/preview-files/{beside}"))),
        200,
    );

    // Comments of the team, of other tasks, and what is attached to them.
    let internal = review.comment(TASK, false);
    let elsewhere = review.comment(LIGHTING, true);
    for comment in [&internal, &elsewhere] {
        let task = if *comment == internal { TASK } else { LIGHTING };
        let form = crate::stored_files::form("note.txt", b"inside");
        let request = Request::post(&format!(
            "/actions/tasks/{task}/comments/{comment}/add-attachment"
        ))
        .header("Content-Type", "multipart/form-data; boundary=end")
        .body(form);
        let file = id(&review.studio.send(request).json()[0]);
        let path = format!("/attachment-files/{file}/file/note.txt");
        refuse(&mut guest, get(review.path(&path)), 404);
    }
    let listed = guest.get(&review, &review.path("/comments")).json();
    assert_eq!(listed, json!([]));
    for person in [ARTIST, guest.guest.clone().as_str()] {
        let path = format!("/pictures/thumbnails/persons/{person}.png");
        refuse(&mut guest, get(review.path(&path)), 404);
    }

    // The cookies open nothing of the rest of the API.
    for path in [
        "/data/user/context".to_owned(),
        "/data/persons".to_owned(),
        format!("/data/preview-files/{}", review.film),
        format!("/movies/originals/preview-files/{}.mp4", review.film),
        format!("/pictures/thumbnails/preview-files/{}.png", review.film),
        format!("/data/tasks/{TASK}/comments"),
        format!("/data/playlists/{}", review.playlist),
        format!("/data/playlists/{}/share", review.playlist),
    ] {
        refuse(&mut guest, get(path), 401);
    }
    let secret = guest.cookies.values().next().unwrap().clone();
    let bearer = Request::get("/data/persons").bearer(&secret);
    refuse(&mut Visitor::default(), bearer, 422);
    for path in [
        "/data/tasks/ID/comments",
        "/preview-files",
        "/../../data/persons",
    ] {
        refuse(&mut guest, get(review.path(path)), 404);
    }

    // What is deleted, and entries that name a preview of another entity.
    let mixed = review.new_playlist(
        "Mixed",
        &json!([{"entity_id": HERO, "preview_file_id": hero}]),
    );
    let token = review.link(&mixed, &json!({}));
    let path = format!("/shared/playlists/{token}/preview-files/{hero}");
    refuse(&mut guest, get(path.clone()), 200);
    let deleted = format!("/data/preview-files/{hero}");
    assert_eq!(review.studio.send(Request::delete(&deleted)).status, 204);
    refuse(&mut guest, get(path), 404);
    let shown = guest
        .get(&review, &format!("/shared/playlists/{token}"))
        .json();
    assert_eq!(shown["shots"][0]["preview_file_id"], Value::Null);
    assert_eq!(shown["shots"][0]["name"], "Hero");

    // After the revocation nothing is left.
    review.revoke(&review.token);
    for route in routes_of(&review.film) {
        refuse(&mut guest, get(review.path(&route)), 404);
    }
    for route in ["", "/context", "/comments"] {
        refuse(&mut guest, get(review.path(route)), 404);
    }
    let body = json!({"first_name": "Late"});
    refuse(
        &mut guest,
        Request::post(&review.path("/guest")).json(&body),
        404,
    );
    assert_eq!(wrong, [""; 0], "{}", wrong.join("\n"));
}

fn nobody_writes_in_the_name_of_another(backend: Backend) {
    let Some(review) = Review::open(backend) else {
        return;
    };
    let mut guest = Visitor::enter(&review, &review.token, "Gina");
    let comment = guest.comment(&review, "Mine");
    assert_eq!(comment.status, 201, "{}", comment.text());
    let comment = id(&comment.json());
    let attached = guest.attach(&review, &comment, "mine").json();
    let file = id(&attached["attachment_files"][0]);
    let other = review.preview(TASK, 2, 1);
    let second = review.new_playlist(
        "Second",
        &json!([{"entity_id": SHOT, "preview_file_id": other}]),
    );
    let second = review.link(&second, &json!({}));
    let status = review.status(true);

    let writes = |id: &str| {
        let path = review.path(&format!("/comments/{comment}"));
        let new = json!({
            "guest_id": id, "task_id": TASK, "task_status_id": status, "text": "forged",
        });
        let drawing = json!({"guest_id": id, "preview_file_id": review.film});
        let edit = json!({"guest_id": id, "text": "forged"});
        let own = json!({"guest_id": id});
        vec![
            Request::post(&review.path("/comments")).json(&new),
            Request::put(&review.path("/annotations")).json(&drawing),
            Request::put(&path).json(&edit),
            Request::delete(&path).json(&own),
            Request::delete(&format!("{path}/attachments/{file}")).json(&own),
        ]
    };
    let mut wrong = Vec::new();
    let mut refuse = |who: &str, visitor: &mut Visitor, request: Request, expected: u16| {
        let shown = request.to_string();
        let answer = visitor.send(&review, request);
        if answer.status != expected {
            wrong.push(format!(
                "{who} {shown}: {} {}",
                answer.status,
                answer.text()
            ));
        }
    };
    // Without the secret, with that of another guest or of another link, with
    // one that is made up, and from a page of another site.
    let mut strangers = vec![("nobody", Visitor::default())];
    strangers.push(("a guest", Visitor::enter(&review, &review.token, "Hans")));
    strangers.push((
        "a guest elsewhere",
        Visitor::enter(&review, &second, "Gina"),
    ));
    let mut forged = Visitor::default();
    let name = format!("shared_playlist_guest_{}", review.token);
    let of_second = strangers[2].1.cookies.values().next().unwrap().clone();
    let (_, signature) = of_second.split_once('.').unwrap();
    let made_up = format!("{}.{signature}", guest.guest);
    forged.cookies.insert(name, made_up);
    strangers.push(("a forger", forged));
    for (who, stranger) in &mut strangers {
        for request in writes(&guest.guest) {
            refuse(who, stranger, request, 403);
        }
        let mut impostor = stranger.clone();
        impostor.guest.clone_from(&guest.guest);
        assert_eq!(
            impostor.attach(&review, &comment, "forged").status,
            403,
            "{who}"
        );
    }
    for request in writes(&guest.guest) {
        let request = request.header("Origin", "https://elsewhere.example");
        refuse("another site", &mut guest.clone(), request, 403);
    }
    // Of an account, which is no guest, and of nobody.
    for request in writes(ARTIST) {
        refuse("as an artist", &mut guest, request, 403);
    }
    // Where the guest may not write.
    for (task, status, expected) in [
        (LIGHTING, &status, 403),
        (ELSEWHERE, &status, 403),
        (TASK, &review.status(false), 400),
    ] {
        let body = json!({
            "guest_id": guest.guest, "task_id": task, "task_status_id": status, "text": "x",
        });
        let request = Request::post(&review.path("/comments")).json(&body);
        refuse("elsewhere", &mut guest, request, expected);
    }
    let of_team = review.comment(TASK, true);
    let edit = json!({"guest_id": guest.guest, "text": "forged"});
    let path = review.path(&format!("/comments/{of_team}"));
    refuse(
        "the team's",
        &mut guest,
        Request::put(&path).json(&edit),
        403,
    );
    refuse(
        "the team's",
        &mut guest,
        Request::delete(&path).json(&edit),
        403,
    );
    let drawing = json!({"guest_id": guest.guest, "preview_file_id": other});
    let request = Request::put(&review.path("/annotations")).json(&drawing);
    refuse("another revision", &mut guest, request, 403);
    // Nothing of that was done.
    let listed = guest.get(&review, &review.path("/comments")).json();
    let texts: Vec<&Value> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["text"])
        .collect();
    assert_eq!(texts, ["by the studio", "Mine"]);
    assert_eq!(wrong, [""; 0], "{}", wrong.join("\n"));
}

fn a_link_without_comments_takes_none(backend: Backend) {
    let Some(mut review) = Review::open(backend) else {
        return;
    };
    review.token = review.link(&review.playlist, &json!({"can_comment": false}));
    let mut guest = Visitor::enter(&review, &review.token, "Gina");
    assert_eq!(guest.comment(&review, "x").status, 403);
    assert_eq!(guest.attach(&review, TASK, "x").status, 403);
    let drawing = json!({"guest_id": guest.guest, "preview_file_id": review.film});
    let request = Request::put(&review.path("/annotations")).json(&drawing);
    assert_eq!(guest.send(&review, request).status, 403);
    let path = review.path(&format!(
        "/movies/originals/preview-files/{}.mp4",
        review.film
    ));
    assert_eq!(guest.get(&review, &path).status, 200);
}
