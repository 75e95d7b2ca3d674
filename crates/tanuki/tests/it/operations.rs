//! `docs/operations.md`: the reference's operations, and the scenarios that have
//! them. `TANUKI_RECORD=1` writes it anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use tanuki_testkit::scenario;

/// The reference's operations, `METHOD path` a line.
const REFERENCE: &str = include_str!("operations.txt");

const HEAD: &str = "\
# Operations

What Zou 1.0.97 has, all of which Tanuki has, and in which [scenarios](../scenarios/README.md) the reference's
answers to an operation are replayed. An operation without a scenario is tested otherwise.

Made by the test `the_list_of_operations_is_what_is_generated` with `TANUKI_RECORD=1`.
";

#[test]
fn the_list_of_operations_is_what_is_generated() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operations.md");
    let made = document();
    if std::env::var_os("TANUKI_RECORD").is_some() {
        std::fs::write(file, &made).unwrap();
    }
    let written = std::fs::read_to_string(file).unwrap_or_default();
    assert!(
        written == made,
        "docs/operations.md is old; this test writes it with TANUKI_RECORD=1"
    );
}

fn document() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut scenarios: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for ((path, method), names) in scenario::endpoints(&folder).unwrap() {
        if let Some(operation) = operation_of(&method, &path) {
            scenarios.entry(operation).or_default().extend(names);
        }
    }
    let mut areas: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for operation in REFERENCE.lines() {
        areas.entry(area(operation)).or_default().push(operation);
    }
    let mut text = format!("{HEAD}\nThese are {}.\n", REFERENCE.lines().count());
    for (area, operations) in areas {
        writeln!(text, "\n## {area}: {}\n", operations.len()).unwrap();
        text.push_str("| operation | scenarios |\n|---|---|\n");
        for operation in operations {
            let names = scenarios.get(operation).cloned().unwrap_or_default();
            let names: Vec<String> = names.into_iter().collect();
            writeln!(text, "| `{operation}` | {} |", names.join(", ")).unwrap();
        }
    }
    text
}

/// What an operation is about: the part of its path after `/data` or `/actions`.
fn area(operation: &str) -> &str {
    let mut parts = operation.split('/').skip(1);
    match parts.next().unwrap_or_default() {
        "data" | "actions" => parts.next().unwrap_or_default(),
        "" => "index",
        other => other,
    }
}

/// Returns the operation that a request is. Of several whose parameters fit, the
/// one whose path has the fewest at its beginning.
fn operation_of(method: &str, path: &str) -> Option<&'static str> {
    let path = path.strip_prefix("/api").unwrap_or(path);
    let path: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    let is_parameter = |part: &str| part.starts_with('{');
    let fits = |operation: &&str| {
        let Some((of_method, template)) = operation.split_once(' ') else {
            return false;
        };
        let template: Vec<&str> = template.trim_end_matches('/').split('/').collect();
        of_method == method
            && template.len() == path.len()
            && template
                .iter()
                .zip(&path)
                .all(|(part, given)| part == given || is_parameter(part))
    };
    REFERENCE.lines().filter(fits).min_by_key(|operation| {
        let parts = operation.split('/');
        parts.map(is_parameter).collect::<Vec<bool>>()
    })
}

#[test]
fn requests_are_told_apart_by_the_fixed_parts_of_their_paths() {
    for (method, path, expected) in [
        ("GET", "/", Some("GET /")),
        (
            "GET",
            "/data/tasks/open-tasks",
            Some("GET /data/tasks/open-tasks"),
        ),
        (
            "GET",
            "/api/data/tasks/ID/",
            Some("GET /data/tasks/{instance_id}"),
        ),
        ("GET", "/nothing", None),
        ("PATCH", "/data/tasks/ID", None),
    ] {
        assert_eq!(operation_of(method, path), expected, "{method} {path}");
    }
}
