//! The server behind nginx, which compresses what it passes on.

use serde_json::json;
use tanuki_testkit::Backend;
use tanuki_testkit::http::Request;
use tanuki_testkit::nginx::Nginx;

use crate::on_both;

on_both! { responses_are_not_sent_again_behind_a_proxy_that_compresses }

/// Of `communication.sql`: a production, and a task of a shot in it.
const PROJECT: &str = "bbbbbbbb-0000-4000-8000-000000000001";
const TASK: &str = "dddddddd-0000-4000-8000-000000000001";

/// nginx makes an ETag weak when it compresses, and the client sends it back
/// so.
fn responses_are_not_sent_again_behind_a_proxy_that_compresses(backend: Backend) {
    let Some(server) = crate::server_with("communication", backend) else {
        return;
    };
    let Some(nginx) = Nginx::start(&server.url).unwrap() else {
        return;
    };
    let admin = server.admin_token();
    let get = |path: &str, etag: Option<&str>| {
        let request = Request::get(path)
            .bearer(&admin)
            .header("Accept-Encoding", "gzip");
        let request = match etag {
            Some(etag) => request.header("If-None-Match", etag),
            None => request,
        };
        nginx.send(&request).unwrap()
    };
    for path in [
        format!("/data/shots/with-tasks?project_id={PROJECT}"),
        format!("/data/projects/{PROJECT}/tasks"),
    ] {
        let first = get(&path, None);
        assert_eq!(first.header("content-encoding"), Some("gzip"), "{path}");
        let etag = first.header("etag").unwrap().to_owned();
        assert!(etag.starts_with("W/"), "{path}: {etag}");
        assert_eq!(get(&path, Some(&etag)).status, 304, "{path}");
        let change = Request::put(&format!("/data/tasks/{TASK}")).bearer(&admin);
        let change = change.json(&json!({"estimation": path.len()}));
        assert_eq!(nginx.send(&change).unwrap().status, 200);
        assert_eq!(get(&path, Some(&etag)).status, 200, "{path}: changed");
    }
}
