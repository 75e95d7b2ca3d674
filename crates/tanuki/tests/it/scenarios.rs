//! What the reference answered, answered again.

use std::path::Path;

use tanuki_testkit::{Backend, scenario};

use crate::on_both;

on_both! { auth bots seeds settings }

fn auth(backend: Backend) {
    replay("auth", backend, false);
}

fn bots(backend: Backend) {
    replay("bots", backend, false);
}

fn seeds(backend: Backend) {
    replay("seeds", backend, true);
}

fn settings(backend: Backend) {
    replay("settings", backend, false);
}

fn replay(name: &str, backend: Backend, with_fixture: bool) {
    let Some(server) = crate::server(backend) else {
        return;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    if with_fixture {
        let fixture = std::fs::read_to_string(folder.join(name).with_extension("sql")).unwrap();
        server.load_fixture(&fixture).unwrap();
    }
    let path = folder.join(name).with_extension("jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let answers = scenario::play(&server.url, &text).unwrap();
    let differences = scenario::differences(&scenario::expected(&path).unwrap(), &answers);
    assert!(
        differences.is_empty(),
        "{} answers differ from the reference's:\n{}",
        differences.len(),
        differences.join("\n")
    );
}
