//! Editions of answers while their rows are changed.

use serde_json::json;
use tanuki_testkit::Backend;
use tanuki_testkit::http::{Request, Response};

use crate::on_both;

on_both! { an_edition_is_never_newer_than_the_answer_it_comes_with }

/// Of `communication.sql`: a production, and a task of a shot in it.
const PROJECT: &str = "bbbbbbbb-0000-4000-8000-000000000001";
const TASK: &str = "dddddddd-0000-4000-8000-000000000001";

/// Each round has one change beside two readers. Whoever is told later that
/// what they have is still so must have the change.
fn an_edition_is_never_newer_than_the_answer_it_comes_with(backend: Backend) {
    let Some(server) = crate::server_with("communication", backend) else {
        return;
    };
    let admin = server.admin_token();
    let send = |request: Request| -> Response { server.send(&request.bearer(&admin)) };
    let paths = [
        format!("/data/shots/with-tasks?project_id={PROJECT}"),
        format!("/data/projects/{PROJECT}/tasks"),
    ];
    for round in 1..=60 {
        let answers = std::thread::scope(|scope| {
            let readers = paths.each_ref().map(|path| {
                let read = || send(Request::get(path));
                scope.spawn(read)
            });
            let change = Request::put(&format!("/data/tasks/{TASK}"));
            let changed = send(change.json(&json!({"estimation": round})));
            assert_eq!(changed.status, 200, "{}", changed.text());
            readers.map(|reader| reader.join().unwrap())
        });
        for (path, had) in paths.iter().zip(answers) {
            let edition = had.header("etag").unwrap();
            let again = send(Request::get(path).header("If-None-Match", edition));
            let is_old = !had.text().contains(&format!("\"estimation\":{round}.0"));
            assert!(
                !(is_old && again.status == 304),
                "round {round}: {path} was answered as it had been, with the edition of later"
            );
        }
    }
}
