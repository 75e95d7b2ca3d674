//! Uploads by the tus protocol.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;
use tanuki_testkit::http::{Request, Response};
use tanuki_testkit::{Backend, Server, Setup, tools};
use tempfile::TempDir;

use crate::stored_files::limited_server;
use crate::{BINARY, on_both};

on_both! {
    an_unmodified_client_continues_after_the_server_was_killed
    the_protocol_is_followed
    uploads_are_of_their_account_and_bounded
}

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tus/upload.py");
pub(crate) const UPLOADS: &str = "/api/tanuki/uploads";
pub(crate) const BYTES: &str = "application/offset+octet-stream";

/// Returns the path of the file of an upload.
pub(crate) fn stored(folder: &Path, upload: &str) -> PathBuf {
    let id = upload.rsplit('/').next().unwrap();
    folder.join(".uploads").join(id)
}

pub(crate) fn tus(method: &str, path: &str, token: &str) -> Request {
    let request = Request::new(method, path).bearer(token);
    request.header("Tus-Resumable", "1.0.0")
}

pub(crate) fn patch(path: &str, token: &str, offset: &str, bytes: &[u8]) -> Request {
    let request = tus("PATCH", path, token).header("Upload-Offset", offset);
    request.header("Content-Type", BYTES).body(bytes.to_vec())
}

/// Creates an upload. Returns its path.
pub(crate) fn created(server: &Server, token: &str, length: &str) -> String {
    let request = tus("POST", UPLOADS, token).header("Upload-Length", length);
    let answer = server.send(&request);
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.header("location").unwrap().to_owned()
}

pub(crate) fn offset(server: &Server, path: &str, token: &str) -> u64 {
    let answer = server.send(&tus("HEAD", path, token));
    assert_eq!(answer.status, 200);
    answer.header("upload-offset").unwrap().parse().unwrap()
}

fn an_unmodified_client_continues_after_the_server_was_killed(backend: Backend) {
    let Some(python) = tools::or_skip(
        tools::python_with_tuspy(),
        "uploads with tuspy",
        "Python with tuspy",
    ) else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let Some(mut server) = limited_server(backend, folder.path()) else {
        return;
    };
    let token = server.admin_token();
    let film: Vec<u8> = (0..10_000_000_u32)
        .map(|byte| (byte * 7 + 3) as u8)
        .collect();
    let file = folder.path().join("film.mov");
    std::fs::write(&file, &film).unwrap();
    let url = format!("{}{UPLOADS}/", server.url);
    let mut client = Command::new(&python)
        .args([SCRIPT, &url, &token])
        .arg(&file)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(client.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    let upload = first.split_once(' ').unwrap().0.to_owned();
    // In the middle of what follows.
    let mut answered = lines.nth(9).unwrap().unwrap();
    let killed = Command::new("kill")
        .args(["-9", &server.process_id().to_string()])
        .status();
    assert!(killed.unwrap().success());
    for line in lines {
        answered = line.unwrap();
    }
    assert!(!client.wait().unwrap().success());
    let answered: u64 = answered.parse().unwrap();
    assert!((2_000_000..10_000_000).contains(&answered), "{answered}");
    server.wait().unwrap();
    server.start_again().unwrap();
    let path = upload.strip_prefix(&server.url).unwrap();
    let real = offset(&server, path, &token);
    assert!(
        real >= answered,
        "{answered} were answered, {real} are there"
    );
    let again = Command::new(&python)
        .args([SCRIPT, &url, &token])
        .args([file.as_os_str(), upload.as_ref()])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&again.stderr);
    assert!(again.status.success(), "{told}");
    let begun = String::from_utf8(again.stdout).unwrap();
    let begun = begun.lines().next().unwrap();
    assert_eq!(begun, format!("{upload} {real}"));
    assert_eq!(offset(&server, path, &token), 10_000_000);
    let whole = std::fs::read(stored(folder.path(), &upload)).unwrap();
    assert!(whole == film, "the upload is not the file");
}

fn the_protocol_is_followed(backend: Backend) {
    let folder = TempDir::new().unwrap();
    let Some(server) = &limited_server(backend, folder.path()) else {
        return;
    };
    let token = &server.admin_token();
    let answer = server.send(&Request::new("OPTIONS", UPLOADS));
    let header = |name: &str| answer.header(name).unwrap_or_default().to_owned();
    assert_eq!(
        (answer.status, header("tus-version")),
        (204, "1.0.0".into())
    );
    assert_eq!(header("tus-extension"), "creation,termination,expiration");
    assert_eq!(header("tus-max-size"), "20000000");
    // What the client says of the file comes back; the address is below the one
    // that was asked.
    let request = tus("POST", &format!("{UPLOADS}/"), token)
        .header("Upload-Length", "10")
        .header("Upload-Metadata", "filename d29ybGQ=,draft");
    let answer = server.send(&request);
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.header("tus-resumable"), Some("1.0.0"));
    let path = answer.header("location").unwrap();
    assert!(path.starts_with("/api/tanuki/uploads/"), "{path}");
    assert!(answer.header("upload-expires").unwrap().ends_with(" GMT"));
    let head = || server.send(&tus("HEAD", path, token));
    let shown = head();
    assert_eq!(shown.header("upload-length"), Some("10"));
    assert_eq!(
        shown.header("upload-metadata"),
        Some("filename d29ybGQ=,draft")
    );
    assert_eq!(shown.header("cache-control"), Some("no-store"));
    let send = |request: &Request| -> Response { server.send(request) };
    let statuses = |answers: &[Response]| -> Vec<u16> {
        assert!(
            answers
                .iter()
                .all(|answer| answer.header("tus-resumable") == Some("1.0.0"))
        );
        answers.iter().map(|answer| answer.status).collect()
    };
    let wrong = [
        send(&patch(path, token, "3", b"abc")),
        send(&patch(path, token, "x", b"abc")),
        send(&patch(path, token, "-1", b"abc")),
        send(
            &tus("PATCH", path, token)
                .header("Upload-Offset", "0")
                .body(b"abc".to_vec()),
        ),
        send(&Request::new("HEAD", path).bearer(token)),
        send(
            &Request::new("HEAD", path)
                .bearer(token)
                .header("Tus-Resumable", "0.2.2"),
        ),
        send(&patch(path, token, "0", b"more than ten bytes")),
        send(&tus("POST", path, token)),
    ];
    assert_eq!(statuses(&wrong), [409, 400, 400, 415, 412, 412, 400, 405]);
    assert_eq!(offset(server, path, token), 0);
    let answer = send(&patch(path, token, "0", b"01234"));
    assert_eq!(
        (answer.status, answer.header("upload-offset")),
        (204, Some("5"))
    );
    let over = tus("POST", path, token)
        .header("X-HTTP-Method-Override", "PATCH")
        .header("Upload-Offset", "5")
        .header("Content-Type", BYTES)
        .body(b"56789".to_vec());
    let answer = send(&over);
    assert_eq!(
        (answer.status, answer.header("upload-offset")),
        (204, Some("10"))
    );
    assert_eq!(
        std::fs::read(stored(folder.path(), path)).unwrap(),
        b"0123456789"
    );
    let gone = [
        send(&tus("DELETE", path, token)),
        head(),
        send(&patch(path, token, "10", b"")),
        send(&tus("DELETE", path, token)),
    ];
    assert_eq!(statuses(&gone), [204, 404, 404, 404]);
    assert!(!stored(folder.path(), path).exists());
    let lengths = ["20000001", "-1", "x", ""]
        .map(|length| send(&tus("POST", UPLOADS, token).header("Upload-Length", length)));
    assert_eq!(statuses(&lengths), [413, 400, 400, 400]);
    let metadata = ["filename w.rld", "a b c", ","].map(|metadata| {
        let request = tus("POST", UPLOADS, token).header("Upload-Length", "1");
        send(&request.header("Upload-Metadata", metadata))
    });
    assert_eq!(statuses(&metadata), [400, 400, 400]);
}

fn uploads_are_of_their_account_and_bounded(backend: Backend) {
    let folder = TempDir::new().unwrap();
    let Some(server) = &limited_server(backend, folder.path()) else {
        return;
    };
    let admin = &server.admin_token();
    let person = json!({
        "first_name": "Ada", "last_name": "X", "email": "ada@animfilms.com", "role": "user",
        "password": "mypassword",
    });
    let request = Request::post("/data/persons").json(&person);
    assert_eq!(server.send(&request.bearer(admin)).status, 201);
    let ada = &server.log_in("ada@animfilms.com", "mypassword");
    let path = &created(server, admin, "5");
    assert_eq!(server.send(&Request::post(UPLOADS)).status, 401);
    let others = [
        server.send(&tus("HEAD", path, ada)),
        server.send(&patch(path, ada, "0", b"abc")),
        server.send(&tus("DELETE", path, ada)),
    ];
    assert_eq!(others.map(|answer| answer.status), [404; 3]);
    let made: Vec<String> = (0..50).map(|_| created(server, ada, "5")).collect();
    let more = tus("POST", UPLOADS, ada).header("Upload-Length", "5");
    assert_eq!(server.send(&more).status, 403);
    assert_eq!(server.send(&tus("DELETE", &made[0], ada)).status, 204);
    assert_eq!(server.send(&more).status, 201);
    // The old ones go when a server starts.
    let old = "UPDATE tanuki_upload SET changed_at = '2026-01-01T00:00:00'";
    server.sql(old).unwrap();
    let _sweeping = Setup::new(BINARY, backend)
        .variable("PREVIEW_FOLDER", &folder.path().display().to_string())
        .database(&server.database_url)
        .start()
        .unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while server.send(&tus("HEAD", path, admin)).status != 404 {
        assert!(std::time::Instant::now() < deadline, "the upload stays");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let left = std::fs::read_dir(folder.path().join(".uploads")).unwrap();
    assert!(left.count() < 51);
}
