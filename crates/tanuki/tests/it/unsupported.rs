//! Operations of the reference that are not supported yet say so.

use tanuki_testkit::Backend;
use tanuki_testkit::http::Request;

use crate::console_bots::Console;
use crate::on_both;
use crate::studio::Studio;

on_both! { the_console_counts_what_is_not_supported }

const OPERATIONS: &str = include_str!("../../../tanuki-api/src/unsupported.txt");
const HEADER: &str = "x-tanuki-unsupported";
const ID: &str = "00000000-0000-4000-8000-000000000000";

/// The first and the last operation that is not supported, if there are two:
/// method and path.
fn two_operations() -> Option<[(&'static str, &'static str); 2]> {
    let mut operations = OPERATIONS.lines();
    let (first, last) = (operations.next()?, operations.next_back()?);
    Some([first, last].map(|line| line.split_once(' ').unwrap()))
}

/// A path with something in place of its parameters.
fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| match part.split_once('}') {
        Some((_, behind)) => format!("{ID}{behind}"),
        None => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

#[test]
fn every_unsupported_operation_is_told_from_a_row_that_is_not_there() {
    let studio = Studio::open(Backend::Sqlite).unwrap();
    for operation in OPERATIONS.lines() {
        let (method, path) = operation.split_once(' ').unwrap();
        for prefix in ["", "/api"] {
            let path = format!("{prefix}{}", filled(path));
            let answer = studio.answer(Request::new(method, &path));
            assert_eq!(answer.status, 404, "{operation}");
            let named = answer.header(HEADER).unwrap_or_default();
            assert_eq!(
                named.split(' ').next(),
                Some(method),
                "{operation}: {named}"
            );
            let body = answer.json();
            let message = body["message"].as_str().unwrap();
            assert!(message.contains("not supported"), "{operation}: {message}");
            assert!(message.contains(named), "{operation}: {message}");
            assert_eq!(body["error"], true);
        }
    }
    // What is not there for another reason does not say so.
    for path in [
        format!("/data/departments/{ID}"),
        "/data/nowhere".to_owned(),
        format!("/data/projects/{ID}"),
    ] {
        let answer = studio.answer(Request::get(&path));
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.header(HEADER), None, "{path}");
        assert!(!answer.text().contains("not supported"), "{path}");
    }
    // Another method of such a path is none of the reference's either.
    if let Some([(_, path), _]) = two_operations() {
        let answer = studio.answer(Request::delete(&filled(path)));
        assert_ne!(answer.status, 200);
    }
}

fn the_console_counts_what_is_not_supported(backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let Some(server) = tanuki_testkit::Setup::new(crate::BINARY, backend)
        .log_to(&log)
        .start()
    else {
        return;
    };
    let console = Console::open(&server);
    let page = console.get("/console/unsupported");
    assert!(page.contains("Nothing was missed"), "{page}");
    let refused = server.send(&Request::get("/console/unsupported"));
    assert_ne!(refused.status, 200, "the page is for admins");
    let Some([often, once]) = two_operations() else {
        return;
    };
    for _ in 0..12 {
        // Nobody has to be logged in to be told.
        server.send(&Request::new(often.0, &filled(often.1)));
    }
    let with_prefix = format!("/api{}", filled(once.1));
    server.send(&Request::new(once.0, &with_prefix));
    let page = console.get("/console/unsupported").replace("&#x2f;", "/");
    let row = |path: &str| {
        let rows = page.split("<tr").find(|row| row.contains(path));
        rows.unwrap_or_else(|| panic!("{path}: {page}")).to_owned()
    };
    assert!(row(often.1).contains(">12<"));
    assert!(row(once.1).contains(">1<"));
    assert!(!page.contains("Nothing was missed"));

    // The log tells of the first and the tenth.
    let log = std::fs::read_to_string(&log).unwrap();
    let told = log
        .lines()
        .filter(|line| line.contains(&format!("{} {}", often.0, often.1)))
        .count();
    assert_eq!(told, 2, "{log}");
}
