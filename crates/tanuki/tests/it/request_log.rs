//! Request ids: the same one in the response and in the log.

use tanuki_testkit::http::Request;
use tanuki_testkit::{Backend, Setup};

use crate::BINARY;

#[test]
fn a_response_and_its_log_lines_have_the_id_of_the_request() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let server = Setup::new(BINARY, Backend::Sqlite)
        .variable("TANUKI_LOG", "debug")
        .log_to(&log)
        .start()
        .unwrap();
    let id = |sent: Option<&str>| {
        let mut request = Request::get("/data/persons");
        if let Some(sent) = sent {
            request = request.header("X-Request-Id", sent);
        }
        let response = server.send(&request);
        assert_eq!(response.status, 401);
        response.header("x-request-id").unwrap().to_owned()
    };
    assert_eq!(id(Some("from-a-proxy-1")), "from-a-proxy-1");
    let forged = "spaced out";
    let made = [id(Some(forged)), id(None), id(None)];
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(!text.contains(forged), "{text}");
    for id in made.iter().map(String::as_str).chain(["from-a-proxy-1"]) {
        let mut lines = text.lines().filter(|line| line.contains(id));
        let line = lines.next().unwrap();
        assert!(
            line.contains("/data/persons") && line.contains("401"),
            "{line}"
        );
    }
    assert_ne!(made[1], made[2]);
}
