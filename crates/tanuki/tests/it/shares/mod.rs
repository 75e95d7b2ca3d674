//! Shared links: what a guest can do through one, and what nobody can.

mod burnt_films;
mod events;
mod links;
mod refusals;
mod walk;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tanuki_testkit::Backend;
use tanuki_testkit::http::{Request, Response};

use crate::films;
use crate::studio::id;

/// Rows of `communication.sql`: a shot, two tasks of it, an asset and its task.
const SHOT: &str = "cccccccc-0000-4000-8000-000000000002";
const TASK: &str = films::TASK;
const LIGHTING: &str = "dddddddd-0000-4000-8000-000000000005";
const HERO: &str = "cccccccc-0000-4000-8000-000000000003";
const MODELING: &str = "dddddddd-0000-4000-8000-000000000002";
const ELSEWHERE: &str = "dddddddd-0000-4000-8000-000000000003";
const PROJECT: &str = "bbbbbbbb-0000-4000-8000-000000000001";
const ARTIST: &str = "aaaaaaaa-0000-4000-8000-000000000007";

/// A production with a playlist of one film that is shared by a link.
struct Review {
    studio: films::Studio,
    playlist: String,
    /// The token of the link.
    token: String,
    /// The film that is shared: the first revision of the task.
    film: String,
}

/// A browser, or a program, of somebody without an account.
#[derive(Default, Clone)]
struct Visitor {
    cookies: BTreeMap<String, String>,
    /// The id of the guest.
    guest: String,
}

impl Review {
    fn open(backend: Backend) -> Option<Self> {
        let studio = films::Studio::open(backend, &[])?;
        let file = studio.film("shot.mp4", "-pix_fmt yuv420p");
        let film = studio.upload(&file, "");
        studio.wait_for_status(&film, "ready");
        let mut review = Self {
            studio,
            playlist: String::new(),
            token: String::new(),
            film,
        };
        let entries = json!([{"entity_id": SHOT, "preview_file_id": review.film}]);
        review.playlist = review.new_playlist("Review", &entries);
        review.token = review.link(&review.playlist, &json!({}));
        Some(review)
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let answer = self.studio.send(Request::post(path).json(body));
        assert!(answer.status < 300, "{}: {}", answer.status, answer.text());
        answer.json()
    }

    fn new_playlist(&self, name: &str, entries: &Value) -> String {
        let body = json!({
            "name": name, "project_id": PROJECT, "for_entity": "shot", "shots": entries,
        });
        id(&self.post("/data/playlists", &body))
    }

    /// Makes a link and returns its token.
    fn link(&self, playlist: &str, body: &Value) -> String {
        let link = self.post(&format!("/data/playlists/{playlist}/share"), body);
        link["token"].as_str().unwrap().to_owned()
    }

    fn revoke(&self, token: &str) {
        let path = format!("/data/playlists/{}/share/{token}", self.playlist);
        assert_eq!(self.studio.send(Request::delete(&path)).status, 200);
    }

    /// Makes a preview without a file.
    fn preview(&self, task: &str, revision: i64, position: i64) -> String {
        let body = json!({
            "name": "preview", "revision": revision, "position": position, "task_id": task,
            "extension": "png", "status": "ready",
        });
        id(&self.post("/data/preview-files", &body))
    }

    /// A status that clients of the production may set, or one that they may
    /// not.
    fn status(&self, allowed: bool) -> String {
        let name = if allowed { "Retake" } else { "Done" };
        let statuses = self.studio.get(&format!("/data/task-status?name={name}"));
        id(&statuses[0])
    }

    /// Comments on a task as the admin, for clients or for the team.
    fn comment(&self, task: &str, for_client: bool) -> String {
        let body = json!({
            "task_status_id": self.status(true), "comment": "by the studio",
            "for_client": for_client,
        });
        id(&self.post(&format!("/actions/tasks/{task}/comment"), &body))
    }

    /// A path below the link.
    fn path(&self, rest: &str) -> String {
        format!("/shared/playlists/{}{rest}", self.token)
    }
}

impl Visitor {
    /// Names themselves at a link.
    fn enter(review: &Review, token: &str, name: &str) -> Self {
        let mut visitor = Self::default();
        let path = format!("/shared/playlists/{token}/guest");
        let request = Request::post(&path).json(&json!({"first_name": name}));
        let answer = visitor.send(review, request);
        assert_eq!(answer.status, 201, "{}", answer.text());
        visitor.guest = id(&answer.json());
        visitor
    }

    /// Sends a request with the cookies, and keeps those of the response.
    fn send(&mut self, review: &Review, request: Request) -> Response {
        let answer = review.studio.server.send(&self.with_cookies(request));
        for (name, value) in &answer.headers {
            if name == "set-cookie" {
                let pair = value.split(';').next().unwrap();
                let (name, value) = pair.split_once('=').unwrap();
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    fn with_cookies(&self, request: Request) -> Request {
        if self.cookies.is_empty() {
            return request;
        }
        let pairs = self.cookies.iter();
        let pairs: Vec<String> = pairs
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        request.header("Cookie", &pairs.join("; "))
    }

    fn get(&mut self, review: &Review, path: &str) -> Response {
        self.send(review, Request::get(path))
    }

    /// A form with a file and the id of the guest.
    fn attach(&mut self, review: &Review, comment: &str, text: &str) -> Response {
        let form = format!(
            "--end\r\nContent-Disposition: form-data; name=\"guest_id\"\r\n\r\n{}\r\n\
             --end\r\nContent-Disposition: form-data; name=\"file\"; filename=\"note.txt\"\r\n\
             Content-Type: text/plain\r\n\r\n{text}\r\n--end--\r\n",
            self.guest
        );
        let request = Request::post(&review.path(&format!("/comments/{comment}/attachments")))
            .header("Content-Type", "multipart/form-data; boundary=end")
            .body(form.into_bytes());
        self.send(review, request)
    }

    /// Writes a comment at the link of the review.
    fn comment(&mut self, review: &Review, text: &str) -> Response {
        let body = json!({
            "guest_id": self.guest, "task_id": TASK, "task_status_id": review.status(true),
            "text": text, "checklist": [{"text": "the hand", "checked": false}],
        });
        let request = Request::post(&review.path("/comments")).json(&body);
        self.send(review, request)
    }
}
