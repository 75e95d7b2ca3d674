//! Uploads by the tus protocol, in the place of files that are sent in a form.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tanuki_testkit::http::{Request, Response};
use tanuki_testkit::{Backend, Server};

use crate::on_both;
use crate::resumable_uploads::{BYTES, UPLOADS, created, offset, patch, stored, tus};
use crate::stored_files::{PNG, Studio, TASK, temporary};

on_both! {
    a_preview_takes_an_upload_once
    an_upload_that_cannot_be_used_is_refused_and_stays
    of_two_requests_with_one_upload_one_gets_it
    wherever_a_file_is_sent_an_upload_may_be_named
    a_request_that_hangs_is_ended_by_the_next
}

/// A picture of one pixel.
const HDR: &[u8] = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X 1\n\x80\x40\x20\x80";

/// Sends a whole upload. Returns its id.
fn uploaded(server: &Server, token: &str, (name, bytes): (&str, &[u8])) -> String {
    let metadata = format!("filename {}", BASE64_STANDARD.encode(name));
    let request = tus("POST", UPLOADS, token)
        .header("Upload-Length", &bytes.len().to_string())
        .header("Upload-Metadata", &metadata);
    let answer = server.send(&request);
    assert_eq!(answer.status, 201, "{}", answer.text());
    let path = answer.header("location").unwrap().to_owned();
    let answer = server.send(&patch(&path, token, "0", bytes));
    assert_eq!(answer.status, 204, "{}", answer.text());
    path.rsplit('/').next().unwrap().to_owned()
}

impl Studio {
    fn post(&self, path: &str, body: &Value) -> Response {
        let request = Request::post(path).bearer(&self.admin);
        self.server.send(&request.json(body))
    }

    fn made(&self, path: &str, body: &Value) -> Value {
        let answer = self.post(path, body);
        assert_eq!(answer.status, 201, "{path}: {}", answer.text());
        answer.json()
    }

    /// Creates a preview without a file. Returns the path to upload it to.
    fn upload_path(&self) -> String {
        format!("/pictures/preview-files/{}", self.preview())
    }

    fn uploaded(&self, file: (&str, &[u8])) -> String {
        uploaded(&self.server, &self.admin, file)
    }

    /// How many uploads there are, and files that are not stored.
    fn left(&self) -> (usize, usize) {
        let uploads = std::fs::read_dir(self.folder.path().join(".uploads"));
        let uploads = uploads.map_or(0, |entries| entries.count());
        (uploads, temporary(self.folder.path()).len())
    }
}

fn a_preview_takes_an_upload_once(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let path = studio.upload_path();
    let upload = studio.uploaded(("shot é.v1.png", PNG));
    let row = studio.made(&path, &json!({"upload_id": upload}));
    assert_eq!(
        (&row["status"], &row["width"]),
        (&json!("ready"), &json!(7))
    );
    assert_eq!(row["original_name"], "shot é.v1");
    assert_eq!(studio.left(), (0, 0));
    // It is gone, for this preview and for another.
    for path in [studio.upload_path(), studio.upload_path()] {
        let again = studio.post(&path, &json!({"upload_id": upload}));
        let message = "upload_id: you have no upload with this id.";
        assert_eq!(
            (again.status, &again.json()["message"]),
            (400, &json!(message))
        );
    }
    // In a form, and in the query string.
    let upload = studio.uploaded(("shot.png", PNG));
    let form = format!(
        "--end\r\nContent-Disposition: form-data; name=\"upload_id\"\r\n\r\n{upload}\r\n--end--\r\n"
    );
    let request = Request::post(&studio.upload_path())
        .bearer(&studio.admin)
        .header("Content-Type", "multipart/form-data; boundary=end")
        .body(form.into_bytes());
    assert_eq!(studio.server.send(&request).status, 201);
    let upload = studio.uploaded(("scene.blend", b"a scene"));
    let path = format!("{}?upload_id={upload}", studio.upload_path());
    let row = studio.made(&path, &json!(null));
    assert_eq!(
        (&row["extension"], &row["file_size"]),
        (&json!("blend"), &json!(7))
    );
    assert_eq!(studio.left(), (0, 0));
}

fn an_upload_that_cannot_be_used_is_refused_and_stays(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let path = studio.upload_path();
    let refused = |body: Value| -> String {
        let answer = studio.post(&path, &body);
        assert_eq!(answer.status, 400, "{body}: {}", answer.text());
        answer.json()["message"].as_str().unwrap().to_owned()
    };
    let nobody = "00000000-0000-4000-8000-000000000000";
    for (id, message) in [
        (json!("x"), "upload_id: this is not the id of an upload."),
        (json!(5), "upload_id: each file needs an upload of its own."),
        (json!(nobody), "upload_id: you have no upload with this id."),
    ] {
        assert_eq!(refused(json!({"upload_id": id})), message);
    }
    assert_eq!(refused(json!({"upload_id": null})), "File not provided.");
    // One of somebody else, one that is not complete, and one without a name.
    let other = studio.server.log_in("artist@comm.test", "mypassword");
    let theirs = uploaded(&studio.server, &other, ("shot.png", PNG));
    assert_eq!(
        refused(json!({"upload_id": theirs})),
        "upload_id: you have no upload with this id."
    );
    let unfinished = created(&studio.server, &studio.admin, "10");
    studio
        .server
        .send(&patch(&unfinished, &studio.admin, "0", b"abc"));
    let unfinished = unfinished.rsplit('/').next().unwrap();
    assert_eq!(
        refused(json!({"upload_id": unfinished})),
        "upload_id: the upload has 3 of 10 bytes."
    );
    let nameless = created(&studio.server, &studio.admin, "0");
    let nameless = nameless.rsplit('/').next().unwrap();
    assert!(refused(json!({"upload_id": nameless})).contains("`filename`"));
    // What is no picture leaves the upload there.
    let text = studio.uploaded(("shot.png", b"no picture"));
    let message = "Uploaded file is not a readable picture.";
    assert_eq!(refused(json!({"upload_id": text})), message);
    assert_eq!(refused(json!({"upload_id": text})), message);
    assert_eq!(studio.left(), (4, 0));
    // One upload is no two files.
    let comment = json!({"comments": [{"task_status_id": nobody, "text": ""}],
        "upload_ids": {"attachment_file-0": text, "preview_file-0": text}});
    let batch = format!("/actions/tasks/{TASK}/batch-comment");
    assert_eq!(studio.post(&batch, &comment).status, 400);
}

fn of_two_requests_with_one_upload_one_gets_it(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let upload = studio.uploaded(("shot.png", PNG));
    let paths: Vec<String> = (0..4).map(|_| studio.upload_path()).collect();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let send = |path| studio.post(path, &json!({"upload_id": upload})).status;
        let sent: Vec<_> = paths
            .iter()
            .map(|path| scope.spawn(move || send(path)))
            .collect();
        sent.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let got = statuses.iter().filter(|status| **status == 201).count();
    let refused = statuses.iter().filter(|status| **status == 400).count();
    assert_eq!((got, refused), (1, 3), "{statuses:?}");
    assert_eq!(studio.left(), (0, 0));
}

fn wherever_a_file_is_sent_an_upload_may_be_named(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let statuses = Request::get("/data/task-status").bearer(&studio.admin);
    let status = studio.server.send(&statuses).json()[0]["id"].clone();
    // A comment, a reply, and an attachment of it.
    let upload = || studio.uploaded(("notes.txt", b"some notes"));
    let body = json!({"task_status_id": status, "comment": "With notes", "upload_id": upload()});
    let comment = studio.made(&format!("/actions/tasks/{TASK}/comment"), &body);
    let attached = &comment["attachment_files"][0];
    assert_eq!(
        (&attached["name"], &attached["size"]),
        (&json!("notes.txt"), &json!(10))
    );
    let id = comment["id"].as_str().unwrap();
    let body = json!({"upload_ids": {"one": upload(), "two": upload()}});
    let path = format!("/actions/tasks/{TASK}/comments/{id}/add-attachment");
    assert_eq!(studio.made(&path, &body).as_array().unwrap().len(), 2);
    let path = format!("/data/tasks/{TASK}/comments/{id}/reply");
    let reply = studio.post(&path, &json!({"text": "See there", "upload_id": upload()}));
    assert_eq!(reply.status, 200, "{}", reply.text());
    // A message in a chat.
    let task = Request::get(&format!("/data/tasks/{TASK}")).bearer(&studio.admin);
    let task = studio.server.send(&task).json();
    let entity = task["entity_id"].as_str().unwrap();
    let joined = studio.post(&format!("/actions/user/chats/{entity}/join"), &json!({}));
    assert_eq!(joined.status, 200, "{}", joined.text());
    let path = format!("/data/entities/{entity}/chat/messages");
    let body = json!({"message": "See there", "upload_id": upload()});
    let message = studio.made(&path, &body);
    assert_eq!(
        message["attachment_files"][0]["name"], "notes.txt",
        "{message}"
    );
    // A working file, and a background.
    let project = task["project_id"].as_str().unwrap();
    let paths = json!({
        "mountpoint": "/studio", "root": "work", "folder_path": {"shot": "<Project>/<Shot>"},
        "file_name": {"shot": "<Shot>_<Name>_v<Version>"},
    });
    let tree = json!({"file_tree": {"working": paths, "output": paths}});
    let set = Request::put(&format!("/data/projects/{project}")).bearer(&studio.admin);
    assert_eq!(studio.server.send(&set.json(&tree)).status, 200);
    let path = format!("/data/tasks/{TASK}/working-files/new");
    let file = studio.made(&path, &json!({"name": "scene"}));
    let path = format!("/data/working-files/{}/file", file["id"].as_str().unwrap());
    studio.made(&path, &json!({"upload_id": upload()}));
    let content = Request::get(&path).bearer(&studio.admin);
    assert_eq!(studio.server.send(&content).body, b"some notes");
    let body = json!({"name": "Sky", "extension": "hdr"});
    let sky = studio.made("/data/preview-background-files", &body);
    let path = format!(
        "/pictures/preview-background-files/{}",
        sky["id"].as_str().unwrap()
    );
    studio.made(
        &path,
        &json!({"upload_id": studio.uploaded(("sky.hdr", HDR))}),
    );
    // A batch with an attachment and a preview.
    let body = json!({
        "comments": [{"task_status_id": status, "text": "Batch"}],
        "upload_ids": {"attachment_file-0": upload(), "preview_file-0": studio.uploaded(("a.png", PNG))},
    });
    let made = studio.made(&format!("/actions/tasks/{TASK}/batch-comment"), &body);
    assert_eq!(made[0]["attachment_files"][0]["name"], "notes.txt");
    let comments = Request::get(&format!("/data/tasks/{TASK}/comments")).bearer(&studio.admin);
    let comments = studio.server.send(&comments).json();
    let mut comments = comments.as_array().unwrap().iter();
    let comment = comments.find(|comment| comment["id"] == made[0]["id"]);
    assert_eq!(comment.unwrap()["previews"][0]["status"], "ready");
    // The picture of a person.
    let person = Request::get("/auth/authenticated").bearer(&studio.admin);
    let person = studio.server.send(&person).json()["user"]["id"].clone();
    let path = format!("/pictures/thumbnails/persons/{}", person.as_str().unwrap());
    let body = json!({"upload_id": studio.uploaded(("me.png", PNG))});
    studio.made(&path, &body);
    assert_eq!(studio.left(), (0, 0));
}

fn a_request_that_hangs_is_ended_by_the_next(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let path = created(&studio.server, &studio.admin, "10");
    let address = studio.server.url.trim_start_matches("http://");
    let mut hanging = TcpStream::connect(address).unwrap();
    write!(
        hanging,
        "PATCH {path} HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {}\r\n\
         Tus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nContent-Type: {BYTES}\r\n\
         Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        studio.admin
    )
    .unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while offset(&studio.server, &path, &studio.admin) < 3 {
        assert!(Instant::now() < deadline, "the bytes do not arrive");
        std::thread::sleep(Duration::from_millis(20));
    }
    let answer = studio
        .server
        .send(&patch(&path, &studio.admin, "3", b"defghij"));
    assert_eq!(answer.status, 204, "{}", answer.text());
    let whole = std::fs::read(stored(studio.folder.path(), &path)).unwrap();
    assert_eq!(whole, b"abcdefghij");
    let mut told = [0; 12];
    hanging.read_exact(&mut told).unwrap();
    assert_eq!(&told, b"HTTP/1.1 423");
}
