//! What is interrupted: uploads and encodes by a server that is killed, by a
//! full disk, by an ffmpeg that dies or hangs.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tanuki_testkit::http::Request;
use tanuki_testkit::{Backend, Server, Setup};
use tempfile::TempDir;

use crate::films::{Studio, TASK, script, wait_for};
use crate::storage::check;
use crate::stored_files::{form, temporary};
use crate::{BINARY, on_both};

on_both! {
    after_a_kill_every_answered_upload_is_whole_and_every_job_ends
    the_same_preview_sent_twice_at_once_has_one_file
}

const COMMENT: &str = "eeeeeeee-0000-4000-8000-000000000001";

/// How many requests are under way at the same time.
const CLIENTS: usize = 8;

/// A number from the environment: CI does with less than a thorough run.
fn count(variable: &str, default: usize) -> usize {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}

/// An upload that was answered.
struct Answered {
    /// Where its content is served.
    path: String,
    content: Vec<u8>,
}

/// Content that no other upload has, of a third of a megabyte.
fn content(number: usize) -> Vec<u8> {
    let bytes = format!("{number:08} of what was sent. ");
    bytes.as_bytes().repeat(10_000)
}

fn multipart(path: &str, token: &str, file: (&str, &[u8])) -> Request {
    Request::post(path)
        .bearer(token)
        .header("Content-Type", "multipart/form-data; boundary=end")
        .body(form(file.0, file.1))
}

/// Sends an attachment, or the file of a new preview. `None` if the server is
/// gone before it has answered.
fn send_upload(url: &str, token: &str, number: usize) -> Option<Answered> {
    let content = content(number);
    if number.is_multiple_of(2) {
        let path = format!("/actions/tasks/{TASK}/comments/{COMMENT}/add-attachment");
        let sent = multipart(&path, token, ("film.mov", &content)).send(url);
        let answer = sent.ok().filter(|answer| answer.status == 201)?;
        let id = answer.json()[0]["id"].as_str()?.to_owned();
        let path = format!("/data/attachment-files/{id}/file/film.mov");
        return Some(Answered { path, content });
    }
    let row = json!({"name": number.to_string(), "revision": number, "task_id": TASK});
    let made = Request::post("/data/preview-files")
        .bearer(token)
        .json(&row);
    let made = made.send(url).ok().filter(|answer| answer.status == 201)?;
    let id = made.json()["id"].as_str()?.to_owned();
    let path = format!("/pictures/preview-files/{id}");
    let sent = multipart(&path, token, ("scene.zip", &content)).send(url);
    sent.ok().filter(|answer| answer.status == 201)?;
    let path = format!("/pictures/originals/preview-files/{id}.zip");
    Some(Answered { path, content })
}

fn after_a_kill_every_answered_upload_is_whole_and_every_job_ends(backend: Backend) {
    let (uploads, encodes) = (
        count("TANUKI_TEST_UPLOADS", 24),
        count("TANUKI_TEST_ENCODES", 3),
    );
    let Some(mut studio) = Studio::open(backend, &[("TANUKI_FILMS_AT_ONCE", "2")]) else {
        return;
    };
    let film = studio.film("shot.mp4", "-frames:v 12 -c:v libx264 -pix_fmt yuv420p");
    let films: Vec<String> = (0..encodes)
        .map(|number| {
            let named = film.with_file_name(format!("shot-{number}.mp4"));
            std::fs::copy(&film, &named).unwrap();
            studio.upload(&named, "")
        })
        .collect();
    wait_for("the first encode", || {
        studio.get("/tanuki/jobs?state=running&kind=film")[0].is_object()
    });
    let (next, answered) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let (url, token) = (studio.server.url.clone(), studio.token.clone());
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= uploads {
                        break;
                    }
                    match send_upload(&url, &token, number) {
                        Some(upload) => answered.lock().unwrap().push(upload),
                        None => break,
                    }
                }
            });
        }
        wait_for("half of the uploads", || {
            answered.lock().unwrap().len() >= uploads / 2
        });
        crate::jobs::kill(&mut studio.server);
    });
    let kept = studio.folder.path().join("kept");
    wait_for("the end of ffmpeg", || !is_in_use(&kept));
    studio.server.start_again().unwrap();
    for upload in answered.into_inner().unwrap() {
        let answer = studio.send(Request::get(&upload.path));
        assert_eq!(answer.status, 200, "{}", upload.path);
        assert!(
            answer.body == upload.content,
            "{} is not whole",
            upload.path
        );
    }
    let left = Duration::from_secs(60 + 5 * encodes as u64);
    crate::films::wait_at_most(left, "the end of all jobs", || {
        ["waiting", "running"]
            .iter()
            .all(|state| studio.get(&format!("/tanuki/jobs?state={state}")) == json!([]))
    });
    for id in films {
        let preview = studio.preview(&id);
        assert_eq!(preview["status"], "ready", "{preview}");
    }
    wait_for("an empty temporary folder", || temporary(&kept).is_empty());
    let (output, report) = check(&studio.server);
    assert!(output.status.success(), "{report:?}");
}

/// Whether a process has a path below the folder among its arguments.
fn is_in_use(folder: &Path) -> bool {
    let folder = folder.to_str().unwrap();
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let arguments = processes.filter_map(|process| {
        let arguments = std::fs::read(process.path().join("cmdline")).ok()?;
        Some(String::from_utf8_lossy(&arguments).into_owned())
    });
    arguments
        .into_iter()
        .any(|arguments| arguments.contains(folder))
}

fn server(setup: Setup, folder: &TempDir) -> Option<Server> {
    let folder = folder.path().display().to_string();
    let server = setup.variable("PREVIEW_FOLDER", &folder).start()?;
    server
        .load_fixture(&crate::rows_of("communication"))
        .unwrap();
    Some(server)
}

fn the_same_preview_sent_twice_at_once_has_one_file(backend: Backend) {
    let folder = TempDir::new().unwrap();
    let Some(server) = server(Setup::new(BINARY, backend), &folder) else {
        return;
    };
    let token = server.admin_token();
    for round in 0..5 {
        let row = json!({"name": round.to_string(), "revision": round, "task_id": TASK});
        let made = Request::post("/data/preview-files")
            .bearer(&token)
            .json(&row);
        let id = server.send(&made).json()["id"].as_str().unwrap().to_owned();
        let path = format!("/pictures/preview-files/{id}");
        let barrier = Barrier::new(2);
        let send = |number: usize| {
            let content = content(number);
            barrier.wait();
            let answer = server.send(&multipart(&path, &token, ("scene.zip", &content)));
            (answer.status, content)
        };
        let answers = std::thread::scope(|scope| {
            let sent = [1, 2].map(|number| scope.spawn(move || send(number)));
            sent.map(|sent| sent.join().unwrap())
        });
        let (kept, refused): (Vec<_>, Vec<_>) =
            answers.into_iter().partition(|(status, _)| *status == 201);
        assert_eq!((kept.len(), refused[0].0), (1, 400));
        let path = format!("/pictures/originals/preview-files/{id}.zip");
        let answer = server.send(&Request::get(&path).bearer(&token));
        assert!(answer.body == kept[0].1);
    }
    assert!(temporary(folder.path()).is_empty());
    let (output, report) = check(&server);
    assert!(output.status.success(), "{report:?}");
}

#[test]
fn a_full_disk_is_told_and_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let setup = Setup::new(BINARY, Backend::Sqlite).file_size(16);
    let server = server(setup, &folder).unwrap();
    let token = server.admin_token();
    let path = format!("/actions/tasks/{TASK}/comments/{COMMENT}/add-attachment");
    let send = |size: usize| {
        let content = vec![b'x'; size];
        server.send(&multipart(&path, &token, ("film.mov", &content)))
    };
    let answer = send(24 << 20);
    assert_eq!(answer.status, 502, "{}", answer.text());
    assert!(answer.header("retry-after").is_some());
    let message = answer.json()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("storage of files is full"), "{message}");
    assert!(temporary(folder.path()).is_empty());
    assert_eq!(send(1 << 20).status, 201);
    let (output, report) = check(&server);
    assert!(output.status.success(), "{report:?}");
}

#[test]
fn an_ffmpeg_that_is_killed_is_run_again() {
    let folder = TempDir::new().unwrap();
    let dies = "[ -e \"$0.died\" ] || { touch \"$0.died\"; kill -KILL $$; }";
    let program = script(folder.path(), dies).display().to_string();
    let Some(studio) = Studio::open(Backend::Sqlite, &[("TANUKI_FFMPEG", &program)]) else {
        return;
    };
    let film = studio.film("shot.mp4", "-frames:v 12 -c:v libx264 -pix_fmt yuv420p");
    let id = studio.upload(&film, "");
    studio.wait_for_status(&id, "ready");
    assert_eq!(studio.get("/tanuki/jobs?kind=film")[0]["tries"], 2);
}

#[test]
fn an_ffmpeg_that_hangs_is_ended_and_its_film_is_broken_with_the_reason() {
    let folder = TempDir::new().unwrap();
    let program = script(folder.path(), "sleep 100").display().to_string();
    let variables = [("TANUKI_FFMPEG", &*program), ("JOB_QUEUE_TIMEOUT", "1")];
    let Some(studio) = Studio::open(Backend::Sqlite, &variables) else {
        return;
    };
    let film = studio.film("shot.mp4", "-frames:v 12 -c:v libx264 -pix_fmt yuv420p");
    let id = studio.upload(&film, "");
    let preview: Value = studio.wait_for_status(&id, "broken");
    let reason = preview["data"]["tanuki_reason"].as_str().unwrap();
    assert!(reason.contains("longer than 1 second"), "{reason}");
    let kept = studio.folder.path().join("kept");
    assert!(temporary(&kept).is_empty());
    assert!(!is_in_use(&kept));
}
