//! The documents' own scripts, with unmodified gazu 1.3.1.

use std::process::Command;

use tanuki_testkit::{ADMIN_EMAIL, ADMIN_PASSWORD, Backend, SECRET_KEY, tools};

use crate::on_both;

on_both! { the_documents_scripts_run the_resources_live events_are_heard }

fn the_documents_scripts_run(backend: Backend) {
    run("seeds.py", 100, backend);
}

fn the_resources_live(backend: Backend) {
    run("resources.py", 250, backend);
}

fn events_are_heard(backend: Backend) {
    run("events.py", 11, backend);
}

/// Runs a script against a server of its own; it says `ok` at least so often.
fn run(script: &str, checks: usize, backend: Backend) {
    let found = tools::python_with_gazu();
    let Some(python) = tools::or_skip(found, "the gazu suite", "Python with gazu 1.3.1") else {
        return;
    };
    let Some(server) = crate::server_with_seeds(backend) else {
        return;
    };
    let folder = env!("CARGO_MANIFEST_DIR");
    let output = Command::new(python)
        .arg(format!("{folder}/tests/gazu/{script}"))
        .args([&server.url, ADMIN_EMAIL, ADMIN_PASSWORD])
        .env("SECRET_KEY", SECRET_KEY)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(said.contains(" 0 skipped"), "{said}");
    let made = said.lines().filter(|line| line.starts_with("ok ")).count();
    assert!(made >= checks, "only {made} checks ran");
}
