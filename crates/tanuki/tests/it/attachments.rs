//! Files that are attached to comments: where they are kept, and for how long.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tanuki_testkit::http::Request;
use tanuki_testkit::{Backend, Server, Setup};
use tempfile::TempDir;

use crate::stored_files::{form, server};
use crate::{BINARY, on_both};

on_both! {
    a_file_is_kept_where_zou_looks_for_it
    files_of_what_is_deleted_stay_or_go_as_the_studio_wants
    files_of_deleted_messages_go_and_avatars_as_the_studio_wants
}

/// Attaches a file to the fixture's comment.
fn attach(server: &Server, admin: &str, bytes: &[u8]) -> tanuki_testkit::http::Response {
    let task = "dddddddd-0000-4000-8000-000000000001";
    let comment = "eeeeeeee-0000-4000-8000-000000000001";
    let path = format!("/actions/tasks/{task}/comments/{comment}/add-attachment");
    let request = Request::post(&path)
        .bearer(admin)
        .header("Content-Type", "multipart/form-data; boundary=end")
        .body(form("film.mov", bytes));
    server.send(&request)
}

fn attached(server: &Server, admin: &str, bytes: &[u8]) -> String {
    let answer = attach(server, admin, bytes);
    assert_eq!(answer.status, 201, "{}", answer.text());
    let answer: Value = answer.json();
    answer[0]["id"].as_str().unwrap().to_owned()
}

fn kept(folder: &Path, id: &str) -> PathBuf {
    let place = folder.join("files/attachments");
    place.join(&id[..3]).join(&id[3..6]).join(id)
}

fn a_file_is_kept_where_zou_looks_for_it(backend: Backend) {
    let folder = TempDir::new().unwrap();
    let Some(server) = server(backend, folder.path()) else {
        return;
    };
    let admin = server.admin_token();
    // More than is held at once anywhere on its way.
    let film: Vec<u8> = (0..5_000_000_u32).map(|byte| byte as u8).collect();
    let id = attached(&server, &admin, &film);
    assert_eq!(std::fs::read(kept(folder.path(), &id)).unwrap(), film);
    let path = format!("/data/attachment-files/{id}/file/film.mov");
    let answer = server.send(&Request::get(&path).bearer(&admin));
    assert_eq!(answer.body, film);
    let request = Request::get(&path).bearer(&admin);
    let answer = server.send(&request.header("Range", "bytes=4000000-4000003"));
    assert_eq!(answer.status, 206);
    assert_eq!(answer.body, film[4_000_000..=4_000_003]);
    // What was cut short is not shown as if it were the file.
    std::fs::write(kept(folder.path(), &id), "half").unwrap();
    let answer = server.send(&Request::get(&path).bearer(&admin));
    assert_eq!(answer.status, 404);
}

fn files_of_what_is_deleted_stay_or_go_as_the_studio_wants(backend: Backend) {
    let folder = TempDir::new().unwrap();
    let Some(server) = server(backend, folder.path()) else {
        return;
    };
    let admin = server.admin_token();
    let gone = kept(folder.path(), &attached(&server, &admin, b"gone"));
    let path = "/data/comments/eeeeeeee-0000-4000-8000-000000000001";
    let answer = server.send(&Request::delete(path).bearer(&admin));
    assert_eq!(answer.status, 204);
    let again = |remove: &str| {
        Setup::new(BINARY, backend)
            .variable("PREVIEW_FOLDER", &folder.path().display().to_string())
            .variable("REMOVE_FILES", remove)
            .database(&server.database_url)
            .start()
            .unwrap()
    };
    let keeping = again("false");
    std::thread::sleep(Duration::from_millis(500));
    assert!(gone.exists());
    drop(keeping);
    let _removing = again("true");
    let deadline = Instant::now() + Duration::from_secs(20);
    while gone.exists() {
        assert!(Instant::now() < deadline, "the file stays");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn files_of_deleted_messages_go_and_avatars_as_the_studio_wants(backend: Backend) {
    let folder = TempDir::new().unwrap();
    let Some(server) = server(backend, folder.path()) else {
        return;
    };
    let admin = server.admin_token();
    let shot = "cccccccc-0000-4000-8000-000000000002";
    let join = format!("/actions/user/chats/{shot}/join");
    assert_eq!(
        server.send(&Request::post(&join).bearer(&admin)).status,
        200
    );
    let messages = format!("/data/entities/{shot}/chat/messages?message=with%20a%20film");
    let request = Request::post(&messages)
        .bearer(&admin)
        .header("Content-Type", "multipart/form-data; boundary=end")
        .body(form("film.mov", b"film"));
    let message = server.send(&request).json();
    let file = kept(
        folder.path(),
        message["attachment_files"][0]["id"].as_str().unwrap(),
    );
    assert!(file.exists());
    let path = format!(
        "/data/entities/{shot}/chat/messages/{}",
        message["id"].as_str().unwrap()
    );
    assert_eq!(
        server.send(&Request::delete(&path).bearer(&admin)).status,
        204
    );
    // As Zou registers an avatar.
    let artist = "aaaaaaaa-0000-4000-8000-000000000007";
    let avatar = folder
        .path()
        .join("pictures/thumbnails/aaa/aaa")
        .join(artist);
    std::fs::create_dir_all(avatar.parent().unwrap()).unwrap();
    std::fs::write(&avatar, "picture").unwrap();
    let row = format!(
        "INSERT INTO stored_file (id, bucket, prefix, key, file_id, size, \
         purge_attempts, purge_forced, journal, created_at, updated_at) VALUES \
         ('{artist}', 'pictures', 'thumbnails', 'thumbnails-{artist}', '{artist}', 7, 0, \
         false, '[]', '2025-01-06T09:00:00.000000', '2025-01-06T09:00:00.000000')"
    );
    server.sql(&row).unwrap();
    let path = format!("/actions/persons/{artist}/clear-avatar");
    assert_eq!(
        server.send(&Request::delete(&path).bearer(&admin)).status,
        204
    );
    let again = |remove: &str| {
        Setup::new(BINARY, backend)
            .variable("PREVIEW_FOLDER", &folder.path().display().to_string())
            .variable("REMOVE_FILES", remove)
            .database(&server.database_url)
            .start()
            .unwrap()
    };
    let wait_for = |path: &Path| {
        let deadline = Instant::now() + Duration::from_secs(20);
        while path.exists() {
            assert!(Instant::now() < deadline, "{} stays", path.display());
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    let keeping = again("false");
    wait_for(&file);
    assert!(avatar.exists());
    drop(keeping);
    let _removing = again("true");
    wait_for(&avatar);
}

#[test]
fn a_file_over_the_limit_is_refused_and_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let server = Setup::new(BINARY, Backend::Sqlite)
        .variable("PREVIEW_FOLDER", &folder.path().display().to_string())
        .variable("MAX_CONTENT_LENGTH", "200000")
        .start()
        .unwrap();
    server
        .load_fixture(&crate::rows_of("communication"))
        .unwrap();
    let answer = attach(&server, &server.admin_token(), &[b'x'; 300_000]);
    assert_eq!(answer.status, 413);
    assert_eq!(answer.json()["error"], json!(true));
    assert!(crate::stored_files::temporary(folder.path()).is_empty());
}
