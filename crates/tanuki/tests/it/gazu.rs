//! The documents' own scripts, with unmodified gazu 1.3.1 and older versions that
//! studios pin.

use std::path::Path;
use std::process::{Command, Output};

use tanuki_testkit::{ADMIN_EMAIL, ADMIN_PASSWORD, Backend, SECRET_KEY, Server, tools};

use crate::on_both;

on_both! {
    the_documents_scripts_run
    the_documents_scripts_run_with_pinned_versions
    the_resources_live
    the_resources_live_with_pinned_versions
    events_are_heard
    events_are_heard_with_pinned_versions
    files_are_sent_and_fetched
    files_are_sent_and_fetched_with_pinned_versions
}

fn the_documents_scripts_run(backend: Backend) {
    run("seeds.py", 100, backend);
}

fn the_documents_scripts_run_with_pinned_versions(backend: Backend) {
    run_with_older("seeds.py", 100, backend);
}

fn the_resources_live(backend: Backend) {
    run("resources.py", 250, backend);
}

fn the_resources_live_with_pinned_versions(backend: Backend) {
    run_with_older("resources.py", 250, backend);
}

fn events_are_heard(backend: Backend) {
    run("events.py", 11, backend);
}

fn events_are_heard_with_pinned_versions(backend: Backend) {
    run_with_older("events.py", 11, backend);
}

fn files_are_sent_and_fetched(backend: Backend) {
    run("uploads.py", 30, backend);
}

fn files_are_sent_and_fetched_with_pinned_versions(backend: Backend) {
    run_with_older("uploads.py", 30, backend);
}

/// Runs a script with gazu 1.3.1; it says `ok` at least so often.
fn run(script: &str, checks: usize, backend: Backend) {
    let found = tools::python_with_gazu();
    if let Some(python) = tools::or_skip(found, "the gazu suite", "Python with gazu 1.3.1") {
        run_with(&python, script, checks, backend);
    }
}

/// Like [`run`], with each older version that studios pin. What these lack is
/// named in `kit.py` and checked to be absent.
fn run_with_older(script: &str, checks: usize, backend: Backend) {
    std::thread::scope(|scope| {
        for version in tools::OLDER_GAZU {
            scope.spawn(move || {
                let found = tools::python_with_older_gazu(version);
                let needs = format!("Python with gazu {version}");
                let found = tools::or_skip(found, "the suite of pinned gazu versions", &needs);
                if let Some(python) = found {
                    run_with(&python, script, checks, backend);
                }
            });
        }
    });
}

/// Runs a script against a server of its own.
fn run_with(python: &Path, script: &str, checks: usize, backend: Backend) {
    let Some(server) = crate::server_with("seeds", backend) else {
        return;
    };
    let script = format!("{}/tests/gazu/{script}", env!("CARGO_MANIFEST_DIR"));
    let output = output(python, Path::new(&script), &server);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{}: {said}\n{}",
        python.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(said.contains(" 0 skipped"), "{said}");
    let made = said.lines().filter(|line| line.starts_with("ok ")).count();
    assert!(made >= checks, "only {made} checks ran");
}

/// What a script of checks says of a server.
pub(crate) fn output(python: &Path, script: &Path, server: &Server) -> Output {
    Command::new(python)
        .arg(script)
        .args([&server.url, ADMIN_EMAIL, ADMIN_PASSWORD])
        .env("SECRET_KEY", SECRET_KEY)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap()
}
