//! Pictures of previews: where they are kept, and uploads at the same moment.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tanuki_testkit::http::{Request, Response};
use tanuki_testkit::{Backend, Server, Setup};
use tempfile::TempDir;

use crate::films::wait_for;
use crate::stored_files::{COMMENT, PNG, TASK, form, server};
use crate::{BINARY, on_both};

on_both! {
    a_picture_is_kept_where_zou_looks_for_it
    of_two_uploads_at_once_one_wins
    a_client_that_leaves_leaves_nothing_behind
    files_of_deleted_previews_go_as_the_studio_wants
    thumbnails_and_rows_are_mended_from_the_command_line
}

/// Creates a preview without a file. Returns its id.
fn preview(server: &Server, admin: &str) -> String {
    let path = format!("/actions/tasks/{TASK}/comments/{COMMENT}/add-preview");
    let request = Request::post(&path).bearer(admin).json(&json!({}));
    let answer = server.send(&request);
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["id"].as_str().unwrap().to_owned()
}

fn upload(server: &Server, admin: &str, id: &str, (name, bytes): (&str, &[u8])) -> Response {
    let path = format!("/pictures/preview-files/{id}?no_job=true");
    let request = Request::post(&path)
        .bearer(admin)
        .header("Content-Type", "multipart/form-data; boundary=end")
        .body(form(name, bytes));
    server.send(&request)
}

/// The files of a preview.
fn kept(folder: &Path, id: &str) -> Vec<PathBuf> {
    let (first, second) = (&id[..3], &id[3..6]);
    let usual = ["original", "thumbnails", "previews", "source"];
    let usual = usual.iter().map(|prefix| {
        folder
            .join("pictures")
            .join(prefix)
            .join(first)
            .join(second)
            .join(id)
    });
    let square = folder.join(format!("pictures/thumbnails/squ/are/square-{id}"));
    usual.chain([square]).collect()
}

fn get(server: &Server, admin: &str, path: &str) -> Value {
    server.send(&Request::get(path).bearer(admin)).json()
}

fn a_picture_is_kept_where_zou_looks_for_it(backend: Backend) {
    let folder = TempDir::new().unwrap();
    let Some(server) = server(backend, folder.path()) else {
        return;
    };
    let admin = server.admin_token();
    let id = preview(&server, &admin);
    let answer = upload(&server, &admin, &id, ("shot.png", PNG));
    assert_eq!(answer.status, 201, "{}", answer.text());
    let row = answer.json();
    assert_eq!(row["status"], "ready");
    for path in kept(folder.path(), &id) {
        assert!(path.exists(), "{}", path.display());
    }
    let [original, .., source, _] = &kept(folder.path(), &id)[..] else {
        panic!();
    };
    assert_eq!(std::fs::read(source).unwrap(), PNG);
    // Zou serves no original whose size is not that of the row.
    let size = original.metadata().unwrap().len();
    assert_eq!(row["file_size"], json!(size));
    let events = get(&server, &admin, "/data/events/last?limit=20");
    let names: Vec<&str> = events
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|event| event["name"].as_str())
        .collect();
    for name in [
        "preview-file:update",
        "preview-file:add-file",
        "comment:update",
    ] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
}

fn of_two_uploads_at_once_one_wins(backend: Backend) {
    let folder = TempDir::new().unwrap();
    let Some(server) = server(backend, folder.path()) else {
        return;
    };
    let admin = server.admin_token();
    let id = preview(&server, &admin);
    let statuses: Vec<u16> = thread::scope(|scope| {
        let uploads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| upload(&server, &admin, &id, ("shot.png", PNG)).status))
            .collect();
        uploads.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let won = statuses.iter().filter(|status| **status == 201).count();
    assert_eq!(won, 1, "{statuses:?}");
    let refused = statuses.iter().filter(|status| **status == 400).count();
    assert_eq!(refused, 3, "{statuses:?}");
}

fn a_client_that_leaves_leaves_nothing_behind(backend: Backend) {
    use std::io::Write as _;
    let folder = TempDir::new().unwrap();
    let Some(server) = server(backend, folder.path()) else {
        return;
    };
    let admin = server.admin_token();
    let id = preview(&server, &admin);
    let address = server.url.trim_start_matches("http://");
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST /pictures/preview-files/{id} HTTP/1.1\r\nHost: here\r\n\
         Authorization: Bearer {admin}\r\nContent-Length: 1000000\r\n\
         Content-Type: multipart/form-data; boundary=end\r\n\r\n--end\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"film.zip\"\r\n\r\n"
    )
    .unwrap();
    stream.write_all(&vec![b'x'; 900_000]).unwrap();
    stream.flush().unwrap();
    drop(stream);
    let deadline = Instant::now() + Duration::from_secs(20);
    while !crate::stored_files::temporary(folder.path()).is_empty() {
        assert!(Instant::now() < deadline, "the part that came stays");
        thread::sleep(Duration::from_millis(50));
    }
    let row = get(&server, &admin, &format!("/data/preview-files/{id}"));
    assert_eq!(row["status"], "processing");
    assert_eq!(row["original_name"], Value::Null);
    // It can be sent again.
    let answer = upload(&server, &admin, &id, ("film.zip", b"zip"));
    assert_eq!(answer.status, 201, "{}", answer.text());
}

fn files_of_deleted_previews_go_as_the_studio_wants(backend: Backend) {
    let folder = TempDir::new().unwrap();
    let Some(server) = server(backend, folder.path()) else {
        return;
    };
    let admin = server.admin_token();
    let id = preview(&server, &admin);
    let answer = upload(&server, &admin, &id, ("shot.png", PNG));
    assert_eq!(answer.status, 201, "{}", answer.text());
    let path = format!("/data/preview-files/{id}");
    let answer = server.send(&Request::delete(&path).bearer(&admin));
    assert_eq!(answer.status, 204, "{}", answer.text());
    let again = Setup::new(BINARY, backend)
        .variable("PREVIEW_FOLDER", &folder.path().display().to_string())
        .variable("REMOVE_FILES", "true")
        .database(&server.database_url)
        .start()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while kept(folder.path(), &id).iter().any(|path| path.exists()) {
        assert!(Instant::now() < deadline, "a file stays");
        thread::sleep(Duration::from_millis(50));
    }
    drop(again);
}

fn thumbnails_and_rows_are_mended_from_the_command_line(backend: Backend) {
    let folder = TempDir::new().unwrap();
    let Some(server) = server(backend, folder.path()) else {
        return;
    };
    let admin = server.admin_token();
    let id = preview(&server, &admin);
    let uploaded = upload(&server, &admin, &id, ("shot.png", PNG)).json();
    let run = |arguments: &[&str]| {
        let command = server
            .command()
            .env("PREVIEW_FOLDER", folder.path())
            .args(arguments)
            .output();
        let output = command.unwrap();
        let shown = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{shown}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let made = "The thumbnails of 1 previews are to be made.";
    let none = "The thumbnails of 0 previews are to be made.";

    assert_eq!(run(&["pictures", "make", &id]).trim(), none);
    let [original, thumbnail, ..] = &kept(folder.path(), &id)[..] else {
        panic!();
    };
    let before = std::fs::read(original).unwrap();
    std::fs::remove_file(thumbnail).unwrap();
    assert_eq!(run(&["pictures", "make", &id]).trim(), made);
    wait_for("the thumbnail", || thumbnail.exists());
    assert_eq!(std::fs::read(original).unwrap(), before);
    assert_eq!(run(&["pictures", "make", "--all", &id]).trim(), made);

    assert_eq!(run(&["pictures", "probe", &id]), "");
    server
        .sql("UPDATE preview_file SET width = 7, file_size = NULL")
        .unwrap();
    let row = || get(&server, &admin, &format!("/data/preview-files/{id}"));
    for arguments in [
        &["pictures", "probe", "--dry-run", &id][..],
        &["pictures", "probe", &id],
    ] {
        assert_eq!(row()["width"], 7);
        assert!(run(arguments).contains(&id), "{arguments:?}");
    }
    for key in ["width", "height", "file_size"] {
        assert_eq!(row()[key], uploaded[key], "{key}");
    }
}
