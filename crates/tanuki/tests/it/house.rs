//! Rules of the house that the compiler does not keep.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Every Rust file of the crates' sources.
pub(crate) fn sources() -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    for entry in std::fs::read_dir(crates).unwrap() {
        let source = entry.unwrap().path().join("src");
        if source.is_dir() {
            walk(&source, &mut found);
        }
    }
    assert!(found.len() > 50);
    found
}

fn offenders(marks: &[&str], allowed: &[&str]) -> Vec<String> {
    sources()
        .into_iter()
        .filter(|path| {
            let path = path.to_string_lossy();
            !allowed.iter().any(|part| path.contains(part))
        })
        .filter(|path| {
            let text = std::fs::read_to_string(path).unwrap();
            marks.iter().any(|mark| text.contains(mark))
        })
        .map(|path| path.display().to_string())
        .collect()
}

#[test]
fn only_the_dialect_asks_which_database_it_is_on() {
    let found = offenders(
        &[
            "Dialect::Postgres",
            "Dialect::Sqlite",
            "Row::Postgres",
            "Row::Sqlite",
        ],
        &["tanuki-store/src/dialect", "tanuki-store/src/database"],
    );
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn sql_and_drivers_stay_in_the_store() {
    let drivers = ["tokio_postgres", "deadpool", "rusqlite"];
    let found = offenders(&drivers, &["tanuki-store", "tanuki-testkit"]);
    assert!(found.is_empty(), "{found:?}");
    let found = offenders(
        &["SELECT ", "INSERT INTO"],
        &["tanuki-store", "tanuki-testkit"],
    );
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn queries_read_columns_by_name() {
    let is_positional = |text: &str| {
        text.split("row.").skip(1).any(|call| {
            let call = call
                .strip_prefix("get")
                .or_else(|| call.strip_prefix("is_null"));
            let argument = call.and_then(|rest| rest.split_once('('));
            argument.is_some_and(|(_, rest)| rest.starts_with(|first: char| first.is_ascii_digit()))
        })
    };
    assert!(is_positional("row.get::<Option<i64>>(7)?") && !is_positional("row.get(\"7\")?"));
    let found: Vec<String> = sources()
        .into_iter()
        .filter(|path| path.to_string_lossy().contains("tanuki-store/src/query"))
        .filter(|path| is_positional(&std::fs::read_to_string(path).unwrap()))
        .map(|path| path.display().to_string())
        .collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn conditions_on_rows_by_role_stand_in_one_place() {
    let found = offenders(
        &["projects_with_role(", "not_in_project_as("],
        &[
            "tanuki-store/src/query/visibility",
            "tanuki-store/src/query/access.rs",
        ],
    );
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn the_rules_know_nothing_of_http() {
    let manifest = |name: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        std::fs::read_to_string(folder.join(name).join("Cargo.toml")).unwrap()
    };
    // The client of S3 speaks HTTP.
    assert!(!manifest("tanuki-files").contains("axum"));
    for name in [
        "tanuki-core",
        "tanuki-store",
        "tanuki-media",
        "tanuki-domain",
    ] {
        for http in ["axum", "hyper", "http.workspace", "tower"] {
            assert!(!manifest(name).contains(http), "{name} depends on {http}");
        }
    }
}

#[test]
fn media_know_no_database() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let manifest = std::fs::read_to_string(folder.join("tanuki-media/Cargo.toml")).unwrap();
    assert!(!manifest.contains("tanuki-store") && !manifest.contains("sea-query"));
}

#[test]
fn the_rules_write_no_queries() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for name in ["tanuki-core", "tanuki-api", "tanuki-console"] {
        let manifest = std::fs::read_to_string(folder.join(name).join("Cargo.toml")).unwrap();
        assert!(
            !manifest.contains("sea-query"),
            "{name} depends on sea-query"
        );
    }
}

#[test]
fn files_stay_short_enough_to_read() {
    let long: Vec<String> = sources()
        .into_iter()
        .filter(|path| std::fs::read_to_string(path).unwrap().lines().count() > 500)
        .map(|path| path.display().to_string())
        .collect();
    assert!(long.is_empty(), "{long:?}");
}

#[test]
fn the_readme_says_how_to_remove_every_table() {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let (_, statement) = readme.split_once("DROP TABLE").unwrap();
    let (statement, _) = statement.split_once(';').unwrap();
    let named: BTreeSet<&str> = statement.split(',').map(str::trim).collect();
    let migrations = tanuki_store::tables::MIGRATIONS.iter();
    let tables = migrations.flat_map(|migration| migration.tables);
    let tables: BTreeSet<&str> = tables.map(|table| table.name).collect();
    assert_eq!(named, tables);
}
