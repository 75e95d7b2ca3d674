//! Links whose films have texts burnt in.

use serde_json::json;
use tanuki_testkit::Backend;
use tanuki_testkit::http::{Request, Response};

use super::{Review, Visitor};
use crate::films::wait_for;
use crate::on_both;
use crate::playlist_builds::decoded;

on_both! {
    each_viewer_has_a_copy_with_their_name
    a_copy_goes_with_its_link
    what_is_burnt_in_is_checked
}

impl Review {
    /// The path of the film of the link.
    fn film_path(&self) -> String {
        self.path(&format!(
            "/movies/originals/preview-files/{}.mp4",
            self.film
        ))
    }

    /// Asks for a film as a program, until it is there.
    fn burnt_film(&self, visitor: &mut Visitor, path: &str) -> Response {
        wait_for("the copy", || {
            let asked = Request::get(path).header("Accept", "application/json");
            let answer = visitor.clone().send(self, asked);
            assert!([200, 202].contains(&answer.status), "{}", answer.text());
            answer.status == 200
        });
        visitor.get(self, path)
    }

    /// The grey values of the first frame of a film, 320 x 192 pixels.
    fn first_frame(&self, film: &[u8]) -> Vec<u8> {
        let path = self.studio.folder.path().join("burnt.mp4");
        std::fs::write(&path, film).unwrap();
        let frames = decoded(&path, "-vf scale=320:192 -f rawvideo -pix_fmt gray");
        assert_eq!(frames.len(), 50 * 320 * 192, "no frame is lost");
        frames[..320 * 192].to_vec()
    }
}

/// Whether something bright is in a part of a frame that was black: from and to,
/// in shares of the width and the height.
fn is_bright(frame: &[u8], (left, right): (f64, f64), (top, bottom): (f64, f64)) -> bool {
    let within = |at: usize| {
        let (x, y) = ((at % 320) as f64 / 320.0, (at / 320) as f64 / 192.0);
        x >= left && x < right && y >= top && y < bottom
    };
    let pixels = frame.iter().enumerate();
    pixels
        .filter(|(at, _)| within(*at))
        .any(|(_, gray)| *gray > 35)
}

fn each_viewer_has_a_copy_with_their_name(backend: Backend) {
    let Some(mut review) = Review::open(backend) else {
        return;
    };
    let clean = Visitor::default().get(&review, &review.film_path());
    let body = json!({"burn_in": "name,version,watermark"});
    let share = format!("/data/playlists/{}/share", review.playlist);
    let made = review.post(&share, &body);
    assert_eq!(made["burn_in"], "name,version,watermark");
    review.token = made["token"].as_str().unwrap().to_owned();
    let listed = review.studio.get(&share);
    let burnt: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|link| &link["burn_in"])
        .collect();
    assert_eq!(burnt, [&json!(null), &json!("name,version,watermark")]);

    let mut unnamed = Visitor::default();
    let film = review.burnt_film(&mut unnamed, &review.film_path());
    assert_eq!(film.header("cache-control"), Some("private, no-cache"));
    let frame = review.first_frame(&film.body);
    assert!(
        is_bright(&frame, (0.0, 0.3), (0.0, 0.1)),
        "the name of the shot"
    );
    assert!(is_bright(&frame, (0.3, 0.7), (0.4, 0.6)), "the watermark");
    assert!(
        !is_bright(&frame, (0.7, 1.0), (0.8, 1.0)),
        "no frame number"
    );
    let before = review.first_frame(&clean.body);
    assert!(!is_bright(&before, (0.0, 1.0), (0.0, 1.0)));

    // Another copy once they have said who they are, which is not that of others.
    let token = review.token.clone();
    let mut jane = Visitor::enter(&review, &token, "Jane");
    let of_jane = review.burnt_film(&mut jane, &review.film_path()).body;
    let mut maximilian = Visitor::enter(&review, &token, "Maximilian Alexander");
    let of_maximilian = review.burnt_film(&mut maximilian, &review.film_path()).body;
    let wide = |film: &[u8]| is_bright(&review.first_frame(film), (0.25, 0.4), (0.4, 0.6));
    assert!(!wide(&of_jane), "a short name");
    assert!(wide(&of_maximilian), "a long name");
    assert!(of_jane != film.body && of_jane != of_maximilian);
    assert_eq!(
        review.burnt_film(&mut jane, &review.film_path()).body,
        of_jane
    );
    assert_eq!(review.studio.stored("movies/shared").len(), 3);

    // The film without the texts is not to be had, in no quality and in no way.
    for rest in [
        format!("/movies/low/preview-files/{}.mp4", review.film),
        format!("/preview-files/{}/download", review.film),
    ] {
        let sent = review.burnt_film(&mut jane, &review.path(&rest));
        assert_eq!(sent.status, 200, "{rest}");
        assert!(sent.body == of_jane, "{rest}");
    }
    let part = Request::get(&review.film_path()).header("Range", "bytes=0-99");
    let part = jane.send(&review, part);
    assert_eq!((part.status, part.body), (206, of_jane[..100].to_vec()));
    // Another link shares it as it is, as before.
    review.token = listed[0]["token"].as_str().unwrap().to_owned();
    let again = Visitor::default().get(&review, &review.film_path());
    assert!(again.body == clean.body);
}

fn a_copy_goes_with_its_link(backend: Backend) {
    let Some(mut review) = Review::open(backend) else {
        return;
    };
    review.token = review.link(&review.playlist, &json!({"burn_in": "frame"}));
    let film = review.burnt_film(&mut Visitor::default(), &review.film_path());
    let frame = review.first_frame(&film.body);
    assert!(
        is_bright(&frame, (0.9, 1.0), (0.9, 1.0)),
        "the frame number"
    );
    assert!(!is_bright(&frame, (0.0, 0.8), (0.0, 1.0)));
    assert_eq!(review.studio.stored("movies/shared").len(), 1);
    let token = review.token.clone();
    review.revoke(&token);
    assert_eq!(
        Visitor::default().get(&review, &review.film_path()).status,
        404
    );
    // It is swept when the server starts, and every five minutes.
    crate::jobs::kill(&mut review.studio.server);
    review.studio.server.start_again().unwrap();
    wait_for("the sweep", || {
        review.studio.stored("movies/shared").is_empty()
    });
}

fn what_is_burnt_in_is_checked(backend: Backend) {
    let Some(review) = Review::open(backend) else {
        return;
    };
    let share = format!("/data/playlists/{}/share", review.playlist);
    for (body, told) in [
        (json!({"burn_in": "name,shot"}), "shot"),
        (json!({"burn_in": 3}), "burn_in"),
    ] {
        let answer = review.studio.send(Request::post(&share).json(&body));
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.text().contains(told), "{}", answer.text());
    }
    assert_eq!(review.studio.get(&share).as_array().unwrap().len(), 1);
    // As without: the answer of the reference.
    for body in [json!({"burn_in": null}), json!({"burn_in": ""})] {
        let made = review.post(&share, &body);
        assert!(made.get("burn_in").is_none(), "{made}");
    }
}
