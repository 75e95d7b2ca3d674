//! The functions of gazu 1.3.1, one by one: each answers what the reference answered.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tanuki_testkit::http::Request;
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
    check_examples(&said);
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

/// The functions of gazu in the examples of the API's description.
const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tanuki-api/src/gazu.txt");

/// Compares the functions in the examples with what the calls sent. With
/// `TANUKI_RECORD=1` they are written.
fn check_examples(said: &str) {
    let Some(server) = crate::server(Backend::Sqlite) else {
        return;
    };
    let described = server.send(&Request::get("/openapi.json")).json();
    let paths = described["paths"].as_object().unwrap();
    let paths: Vec<&str> = paths.keys().map(String::as_str).collect();
    // By function, the operations that its calls sent a single request to.
    let mut sent: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for line in said.lines() {
        let Some((function, request)) = line
            .strip_prefix("request  ")
            .and_then(|call| call.split_once(" of 1: "))
        else {
            continue;
        };
        let (method, path) = request.split_once(' ').unwrap();
        // The event stream is not of the API, and functions for any path are no
        // examples of one.
        let Some(path) = path.strip_prefix("/api") else {
            continue;
        };
        if ["(path", "(model_name", "(url"]
            .iter()
            .any(|any| function.contains(any))
        {
            continue;
        }
        if let Some(path) = route(&paths, path) {
            let operation = format!("{method} {path}");
            sent.entry(function).or_default().insert(operation);
        }
    }
    let mut functions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (function, operations) in &sent {
        for operation in operations {
            functions.entry(operation).or_default().push(function);
        }
    }
    let best = |functions: &[&str]| {
        let rank = |function: &&str| (sent[*function].len(), function.matches(',').count());
        functions
            .iter()
            .min_by_key(|function| rank(function))
            .map(|function| (*function).to_owned())
    };
    let lines = functions
        .iter()
        .map(|(operation, functions)| format!("{operation} {}\n", best(functions).unwrap()));
    let lines: String = lines.collect();
    if std::env::var_os("TANUKI_RECORD").is_some() {
        std::fs::write(EXAMPLES, &lines).unwrap();
    }
    let written = std::fs::read_to_string(EXAMPLES).unwrap();
    assert!(
        written == lines,
        "{EXAMPLES} is old; this test writes it with TANUKI_RECORD=1"
    );
}

/// Returns the path of the route that answers a request, with the fewest
/// parameters.
fn route<'a>(paths: &[&'a str], sent: &str) -> Option<&'a str> {
    let sent: Vec<&str> = sent.trim_end_matches('/').split('/').collect();
    let fits = |path: &&&str| {
        let parts: Vec<&str> = path.split('/').collect();
        let mut pairs = parts.iter().zip(&sent);
        parts.len() == sent.len() && pairs.all(|(part, sent)| part.starts_with('{') || part == sent)
    };
    let parameters = |path: &&&str| path.matches('{').count();
    paths.iter().filter(fits).min_by_key(parameters).copied()
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
    let called = entries.filter(|(_, reason)| *reason != "file" && !reason.starts_with("later: "));
    called.map(|(name, _)| name.to_owned()).collect()
}

fn without_successes(said: &str) -> String {
    let lines = said.lines().filter(|line| !line.starts_with("ok "));
    lines.collect::<Vec<_>>().join("\n")
}
