//! Files that are not what they should be: each is refused with a reason, and
//! nothing of it stays.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use tanuki_testkit::Backend;
use tanuki_testkit::http::Request;

use crate::on_both;
use crate::stored_files::{COMMENT, LIMIT, PNG, Studio, TASK, temporary};

on_both! {
    names_are_kept_and_never_used_as_paths
    what_is_no_picture_or_film_is_refused_with_a_reason
    what_is_too_large_is_refused_before_it_is_sent
    drawings_that_are_too_large_or_without_a_time_are_refused
}

impl Studio {
    /// Sends the head of a request whose body is too long. Returns the response.
    fn begin(&self, path: &str) -> String {
        let address = self.server.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).unwrap();
        let wait = Some(Duration::from_secs(60));
        stream.set_read_timeout(wait).unwrap();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {}\r\n\
             Content-Type: multipart/form-data; boundary=end\r\nContent-Length: {}\r\n\r\n",
            self.admin,
            LIMIT + 1
        )
        .unwrap();
        let mut told = String::new();
        while !told.ends_with('}') {
            let mut piece = [0; 1024];
            let count = stream.read(&mut piece).unwrap();
            assert!(count > 0, "{told}");
            told.push_str(&String::from_utf8_lossy(&piece[..count]));
        }
        told
    }
}

fn names_are_kept_and_never_used_as_paths(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let long = "n".repeat(300);
    for (name, kept) in [
        (format!("{long}.png"), &long[..250]),
        ("../../../etc/passwd.png".to_owned(), "../../../etc/passwd"),
        ("/root/shot.png".to_owned(), "/root/shot"),
        ("\u{202e}gnp.shot.png".to_owned(), "\u{202e}gnp.shot"),
        (" .png".to_owned(), " "),
    ] {
        let answer = studio.upload(&studio.preview(), (&name, PNG));
        assert_eq!(answer.status, 201, "{name}: {}", answer.text());
        assert_eq!(answer.json()["original_name"], kept, "{name}");
    }
    // Without a dot the name is the extension.
    for (name, extension) in [("shot", "shot"), ("", ""), ("shot.", "")] {
        let id = studio.preview();
        let answer = studio.upload(&id, (name, PNG));
        let message = format!("Wrong file format, extension: {extension}");
        let told = answer.json()["message"].clone();
        assert_eq!((answer.status, told), (400, json!(message)), "{name}");
    }
    let names = std::fs::read_dir(studio.folder.path()).unwrap();
    let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, [".incoming", "pictures"]);
}

/// The beginning of a PNG of 60,000 x 60,000 pixels.
fn enormous() -> Vec<u8> {
    let mut png = PNG.to_vec();
    png[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
    png[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
    png
}

fn what_is_no_picture_or_film_is_refused_with_a_reason(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let enormous = enormous();
    let zip: &[u8] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    for file in [
        ("zip.png", zip),
        ("empty.png", b"".as_slice()),
        ("head.png", &PNG[..20]),
        ("enormous.png", enormous.as_slice()),
        ("empty.mov", b"".as_slice()),
    ] {
        let id = studio.preview();
        let answer = studio.upload(&id, file);
        assert_eq!(answer.status, 400, "{}: {}", file.0, answer.text());
        let told = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(told.contains("picture") || told.contains("empty"), "{told}");
        // Another may be sent.
        let answer = studio.upload(&id, ("shot.png", PNG));
        assert_eq!(answer.status, 201, "{}: {}", file.0, answer.text());
    }
    assert_eq!(temporary(studio.folder.path()).len(), 0);
}

fn what_is_too_large_is_refused_before_it_is_sent(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let person = Request::get("/auth/authenticated").bearer(&studio.admin);
    let person = studio.server.send(&person).json()["user"]["id"].clone();
    for path in [
        format!("/pictures/preview-files/{}", studio.preview()),
        format!("/pictures/thumbnails/persons/{}", person.as_str().unwrap()),
        format!("/actions/tasks/{TASK}/comment"),
        format!("/actions/tasks/{TASK}/batch-comment"),
        format!("/actions/tasks/{TASK}/comments/{COMMENT}/add-attachment"),
        format!("/data/tasks/{TASK}/comments/{COMMENT}/reply"),
    ] {
        let told = studio.begin(&path);
        assert!(told.starts_with("HTTP/1.1 413"), "{path}: {told}");
        assert!(told.contains(&LIMIT.to_string()), "{path}: {told}");
    }
    assert_eq!(temporary(studio.folder.path()).len(), 0);
}

fn drawings_that_are_too_large_or_without_a_time_are_refused(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let path = format!(
        "/actions/preview-files/{}/update-annotations",
        studio.preview()
    );
    let put = |body: Vec<u8>| {
        let request = Request::put(&path).bearer(&studio.admin);
        let request = request.header("Content-Type", "application/json");
        studio.server.send(&request.body(body)).status
    };
    let entry = |time: &Value| {
        json!({"additions": [{"time": time, "drawing": {"objects": [{"id": "stroke"}]}}]})
            .to_string()
            .into_bytes()
    };
    let stroke = "x".repeat(10_000_000);
    assert_eq!(put(entry(&json!(stroke))), 413);
    let not_a_number = br#"{"additions": [{"time": NaN, "drawing": {"objects": []}}]}"#;
    assert_eq!(put(not_a_number.to_vec()), 400);
    for time in [json!(null), json!("soon"), json!([]), json!({})] {
        assert_eq!(put(entry(&time)), 400, "{time}");
    }
    assert_eq!(put(entry(&json!(1.2))), 200);
}
