//! The functions of gazu 1.3.1, one by one: each answers what the reference answered.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tanuki_testkit::{Backend, tools};

use crate::{gazu, on_both};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/gazu/coverage");

/// `module.function reason` a line, of functions that do not answer so yet.
const TO_COME: &str = include_str!("../gazu/coverage/to_come.txt");

on_both! { every_function_answers_as_the_reference_does }

fn every_function_answers_as_the_reference_does(backend: Backend) {
    let Some(python) = python() else { return };
    let scripts = scripts();
    assert!(scripts.len() > 10, "{scripts:?}");
    let said = std::thread::scope(|scope| {
        let running: Vec<_> = scripts
            .iter()
            .map(|script| scope.spawn(|| said_by(script, &python, backend)))
            .collect();
        let ended = running.into_iter().map(|thread| thread.join().unwrap());
        ended.collect::<Option<Vec<String>>>()
    });
    let Some(said) = said else { return };
    let said = said.concat();
    let failed = functions(&said, "FAILED  ");
    let listed = to_come();
    let forgotten: Vec<_> = failed.difference(&listed).collect();
    assert!(
        forgotten.is_empty(),
        "{forgotten:?} differ:\n{}",
        without_successes(&said)
    );
    let works: Vec<_> = listed.difference(&failed).collect();
    assert!(
        works.is_empty(),
        "listed as still to come, and right: {works:?}"
    );
}

#[test]
fn the_table_of_covered_functions_is_what_is_generated() {
    let Some(python) = python() else { return };
    let script = format!("{FOLDER}/table.py");
    let output = Command::new(python).arg(script).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/gazu-coverage.md");
    let written = std::fs::read_to_string(file).unwrap();
    assert!(
        written == String::from_utf8(output.stdout).unwrap(),
        "docs/gazu-coverage.md is old; its head says how it is made"
    );
}

fn python() -> Option<PathBuf> {
    tools::or_skip(
        tools::python_with_gazu(),
        "the coverage of gazu",
        "Python with gazu 1.3.1",
    )
}

/// Those that have recorded results beside them.
fn scripts() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(FOLDER).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|kind| kind == "json"))
        .map(|path| path.with_extension("py"))
        .collect()
}

/// What a script says on a server of its own; `None` where there is no such database.
fn said_by(script: &Path, python: &Path, backend: Backend) -> Option<String> {
    let server = crate::server(backend)?;
    let Output { stdout, stderr, .. } = gazu::output(python, script, &server);
    let said = String::from_utf8(stdout).unwrap();
    let ended = said
        .lines()
        .last()
        .is_some_and(|line| line.ends_with(" 0 skipped"));
    assert!(
        ended,
        "{}: {said}\n{}",
        script.display(),
        String::from_utf8_lossy(&stderr)
    );
    Some(said)
}

fn functions(said: &str, outcome: &str) -> BTreeSet<String> {
    let lines = said.lines().filter_map(|line| line.strip_prefix(outcome));
    lines.map(str::to_owned).collect()
}

fn to_come() -> BTreeSet<String> {
    let lines = TO_COME.lines().filter(|line| !line.starts_with('#'));
    let entries = lines.filter_map(|line| line.split_once(' '));
    let called = entries.filter(|(_, reason)| *reason != "file");
    called.map(|(name, _)| name.to_owned()).collect()
}

fn without_successes(said: &str) -> String {
    let lines = said.lines().filter(|line| !line.starts_with("ok "));
    lines.collect::<Vec<_>>().join("\n")
}
