//! Files in S3, and the commands that check and copy files.

use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tanuki_testkit::http::Request;
use tanuki_testkit::proxy::{Fault, Proxy};
use tanuki_testkit::s3::S3Server;
use tanuki_testkit::{Backend, Server, Setup};
use tempfile::TempDir;

use crate::{BINARY, on_both};

on_both! {
    attachments_are_kept_in_s3
    a_store_that_hangs_slows_down_uploads_alone
    the_check_finds_what_is_missing_or_too_much
}

const COMMENT: &str = "eeeeeeee-0000-4000-8000-000000000001";

/// Attaches a file to the fixture's comment. Returns its id.
fn attach(server: &Server, admin: &str, bytes: &[u8]) -> String {
    let task = "dddddddd-0000-4000-8000-000000000001";
    let path = format!("/actions/tasks/{task}/comments/{COMMENT}/add-attachment");
    let head =
        "--end\r\nContent-Disposition: form-data; name=\"file\"; filename=\"film.mov\"\r\n\r\n";
    let request = Request::post(&path)
        .bearer(admin)
        .header("Content-Type", "multipart/form-data; boundary=end")
        .body([head.as_bytes(), bytes, b"\r\n--end--\r\n"].concat());
    let answer = server.send(&request);
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()[0]["id"].as_str().unwrap().to_owned()
}

fn download(server: &Server, admin: &str, id: &str) -> tanuki_testkit::http::Response {
    let path = format!("/data/attachment-files/{id}/file/film.mov");
    server.send(&Request::get(&path).bearer(admin))
}

fn on_s3(backend: Backend, store: &S3Server, more: &[(&str, &str)]) -> Setup {
    let setup = store
        .variables()
        .iter()
        .fold(Setup::new(BINARY, backend), |setup, (name, value)| {
            setup.variable(name, value)
        });
    more.iter()
        .fold(setup, |setup, (name, value)| setup.variable(name, value))
}

fn attachments_are_kept_in_s3(backend: Backend) {
    let Some(store) = S3Server::start().unwrap() else {
        return;
    };
    let key = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
    let encrypted = [
        ("FS_S3_AES256_ENCRYPTED", "true"),
        ("FS_S3_AES256_KEY", key),
        ("FS_BUCKET_PREFIX", "secret-"),
    ];
    for settings in [&[][..], &encrypted] {
        let Some(server) = on_s3(backend, &store, settings).start() else {
            return;
        };
        server
            .load_fixture(&crate::rows_of("communication"))
            .unwrap();
        let admin = server.admin_token();
        // More than one part.
        let film: Vec<u8> = (0..8_800_000_u32).map(|byte| byte as u8).collect();
        let id = attach(&server, &admin, &film);
        assert!(download(&server, &admin, &id).body == film);
        let path = format!("/data/attachment-files/{id}/file/film.mov");
        let request = Request::get(&path).bearer(&admin);
        let part = server.send(&request.header("Range", "bytes=8388600-8388619"));
        assert_eq!(part.status, 206);
        assert_eq!(part.body, film[8_388_600..8_388_620]);
        let (output, report) = check(&server);
        assert!(output.status.success(), "{report:?}");
        // Deleted with its comment.
        let path = format!("/data/comments/{COMMENT}");
        assert_eq!(
            server.send(&Request::delete(&path).bearer(&admin)).status,
            204
        );
        let removing = [settings, &[("REMOVE_FILES", "true")]].concat();
        let _removing = on_s3(backend, &store, &removing)
            .database(&server.database_url)
            .start()
            .unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while summary(&server)["files"] != json!(0) {
            assert!(Instant::now() < deadline, "the file stays");
            std::thread::sleep(Duration::from_millis(300));
        }
    }
}

/// Uploads wait for the store without a connection to the database, of which
/// there are two, and on SQLite without its write lock.
fn a_store_that_hangs_slows_down_uploads_alone(backend: Backend) {
    let Some(store) = S3Server::start().unwrap() else {
        return;
    };
    let proxy = Proxy::start(store.port()).unwrap();
    let endpoint = format!("http://127.0.0.1:{}", proxy.port);
    let settings = [("FS_S3_ENDPOINT", &*endpoint), ("DB_POOL_SIZE", "2")];
    let Some(server) = on_s3(backend, &store, &settings).start() else {
        return;
    };
    server
        .load_fixture(&crate::rows_of("communication"))
        .unwrap();
    let admin = server.admin_token();
    let film = vec![b'x'; 300_000];
    proxy.set(Fault::Hang);
    std::thread::scope(|scope| {
        let uploads: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| attach(&server, &admin, &film)))
            .collect();
        std::thread::sleep(Duration::from_secs(1));
        for round in 0..20 {
            let begun = Instant::now();
            let list = Request::get("/data/persons").bearer(&admin);
            assert_eq!(server.send(&list).status, 200);
            let name = json!({"name": format!("Department {round}"), "color": "#000000"});
            let write = Request::post("/data/departments")
                .bearer(&admin)
                .json(&name);
            assert_eq!(server.send(&write).status, 201);
            assert!(begun.elapsed() < Duration::from_secs(2));
        }
        assert!(uploads.iter().all(|upload| !upload.is_finished()));
        proxy.set(Fault::None);
        for upload in uploads {
            let id = upload.join().unwrap();
            assert!(download(&server, &admin, &id).body == film);
        }
    });
    let (output, report) = check(&server);
    assert!(output.status.success(), "{report:?}");
}

/// Runs `tanuki files check --json`. Returns its lines.
pub(crate) fn check(server: &Server) -> (Output, Vec<Value>) {
    let output = server
        .command()
        .args(["files", "check", "--json"])
        .output()
        .unwrap();
    let lines = String::from_utf8(output.stdout.clone()).unwrap();
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let lines = lines.collect();
    (output, lines)
}

fn summary(server: &Server) -> Value {
    let (_, report) = check(server);
    report.last().unwrap()["summary"].clone()
}

fn the_check_finds_what_is_missing_or_too_much(backend: Backend) {
    let folder = TempDir::new().unwrap();
    let setup = Setup::new(BINARY, backend);
    let setup = setup.variable("PREVIEW_FOLDER", &folder.path().display().to_string());
    let Some(server) = setup.start() else {
        return;
    };
    server
        .load_fixture(&crate::rows_of("communication"))
        .unwrap();
    let before = summary(&server);
    let admin = server.admin_token();
    let path = |id: &str| {
        let place = folder.path().join("files/attachments");
        place.join(&id[..3]).join(&id[3..6]).join(id)
    };
    let [whole, gone, cut] = ["whole", "gone", "cut off"].map(|text| {
        let id = attach(&server, &admin, text.as_bytes());
        assert!(path(&id).exists());
        id
    });
    std::fs::remove_file(path(&gone)).unwrap();
    std::fs::write(path(&cut), "cut").unwrap();
    let orphan = "63e453f1-9655-49ad-acba-ff7f27c49e9d";
    let square = format!("pictures/thumbnails/squ/are/square-{orphan}");
    for (place, text) in [(square.as_str(), "picture"), ("movies/notes.txt", "notes")] {
        let place = folder.path().join(place);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, text).unwrap();
    }
    let (output, report) = check(&server);
    assert!(!output.status.success());
    let problem = |problem: &str, bucket: &str, key: &str| {
        let expected = json!({"problem": problem, "bucket": bucket, "key": key});
        assert!(report.contains(&expected), "{expected} in {report:?}");
    };
    problem("missing", "files", &format!("attachments-{gone}"));
    problem("wrong_size", "files", &format!("attachments-{cut}"));
    problem(
        "orphaned",
        "pictures",
        &format!("thumbnails-square-{orphan}"),
    );
    problem("unknown", "movies", "notes.txt");
    let after = &report.last().unwrap()["summary"];
    assert_eq!(after["files"], json!(before["files"].as_u64().unwrap() + 4));
    assert!(!report.iter().any(|line| line.to_string().contains(&whole)));
    let text = server.command().args(["files", "check"]).output().unwrap();
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains(&format!("missing: files/attachments-{gone}")));
}

fn copy(server: &Server, from: &str, to: &str) -> Output {
    let arguments = ["files", "copy", "--from", from, "--to", to];
    server.command().args(arguments).output().unwrap()
}

fn write(folder: &Path, path: &str, bytes: &[u8]) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn files_are_copied_to_s3_and_back() {
    let Some(store) = S3Server::start().unwrap() else {
        return;
    };
    let server = on_s3(Backend::Sqlite, &store, &[]).start().unwrap();
    let (from, to) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let id = "63e453f1-9655-49ad-acba-ff7f27c49e9d";
    let film: Vec<u8> = (0..9_000_000_u32).map(|byte| byte as u8).collect();
    let files = [
        (
            format!("pictures/thumbnails/63e/453/{id}"),
            b"small".as_slice(),
        ),
        (
            format!("pictures/thumbnails/squ/are/square-{id}"),
            b"square",
        ),
        (format!("pictures/preview/bac/kgr/backgrounds-{id}"), b"hdr"),
        (format!("pictures/previews/63e/453/{id}"), b"preview"),
        (format!("movies/source/63e/453/{id}"), &film),
        ("files/dbbackup/2026-11-27.dump".to_owned(), b"dump"),
    ];
    for (path, bytes) in &files {
        write(from.path(), path, bytes);
    }
    let source = format!("folder:{}", from.path().display());
    let target = format!("folder:{}", to.path().display());
    let text = |output: Output| {
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(text(copy(&server, &source, "s3")).starts_with("Copied 6 files"));
    let again = text(copy(&server, &source, "s3"));
    assert!(again.contains("Copied 0 files") && again.contains("6 were there already"));
    // Another picture of the same size.
    write(from.path(), &files[0].0, b"SMALL");
    assert!(text(copy(&server, &source, "s3")).starts_with("Copied 1 files"));
    assert!(text(copy(&server, "s3", &target)).starts_with("Copied 6 files"));
    for (path, _) in &files {
        let read = |folder: &TempDir| std::fs::read(folder.path().join(path)).unwrap();
        assert!(read(&from) == read(&to), "{path}");
    }
    // What no store could have is left out, and said.
    write(from.path(), "movies/notes.txt", b"notes");
    let output = copy(&server, &source, &target);
    assert!(!output.status.success());
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("movies/notes.txt"), "{told}");
    let output = copy(&server, "cloud", "s3");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("folder:PATH, s3 or env:FILE"), "{told}");
}

#[test]
fn a_store_that_is_down_is_answered_at_once_and_logged_without_secrets() {
    let Some(store) = S3Server::start().unwrap() else {
        return;
    };
    let log = TempDir::new().unwrap();
    let log = log.path().join("log");
    let server = on_s3(Backend::Sqlite, &store, &[]).log_to(&log).start();
    let server = server.unwrap();
    server
        .load_fixture(&crate::rows_of("communication"))
        .unwrap();
    let admin = server.admin_token();
    let id = attach(&server, &admin, b"film");
    drop(store);
    let begun = Instant::now();
    let answer = download(&server, &admin, &id);
    assert_eq!(answer.status, 502, "{}", answer.text());
    assert!(answer.header("retry-after").is_some());
    assert!(begun.elapsed() < Duration::from_secs(10));
    let told = std::fs::read_to_string(log).unwrap();
    assert!(told.contains("S3"), "{told}");
    for secret in [
        tanuki_testkit::s3::SECRET_KEY,
        tanuki_testkit::s3::ACCESS_KEY,
    ] {
        assert!(!told.contains(secret));
    }
    assert_eq!(server.send(&Request::get("/status")).status, 200);
}

#[test]
fn settings_that_cannot_work_are_refused_at_start() {
    for (settings, reason) in [
        (&[("FS_BACKEND", "swift")][..], "does not serve"),
        (&[("FS_BACKEND", "ftp")], "local or s3"),
        (
            &[("FS_BACKEND", "s3"), ("FS_S3_ACCESS_KEY", "only this")],
            "both, or neither",
        ),
        (
            &[("FS_BACKEND", "s3"), ("FS_S3_ENDPOINT", "s3.studio.lan")],
            "must be an address",
        ),
        (
            &[
                ("FS_BACKEND", "s3"),
                ("FS_S3_AES256_ENCRYPTED", "true"),
                ("FS_S3_AES256_KEY", "a-secret-that-is-none"),
            ],
            "32 bytes",
        ),
    ] {
        let data = TempDir::new().unwrap();
        let output = std::process::Command::new(BINARY)
            .env("TANUKI_DATA", data.path())
            .envs(settings.iter().copied())
            .args(["serve", "--listen", "127.0.0.1:0"])
            .output()
            .unwrap();
        assert!(!output.status.success());
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains(reason), "{told}");
        assert!(!told.contains("a-secret"), "{told}");
    }
}
