//! The schema, existing databases, and copies between the two kinds.

use std::process::Output;

use tanuki_testkit::http::Request;
use tanuki_testkit::postgres::Cluster;
use tanuki_testkit::{Backend, Server, Setup};

use crate::BINARY;

const CATALOG_QUERY: &str = include_str!("catalog.sql");

/// Recorded from the reference's schema with that query.
const CATALOG: &str = include_str!("catalog.txt");

fn database_name(server: &Server) -> String {
    server.database_url.rsplit('/').next().unwrap().to_owned()
}

fn succeeded(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    text
}

fn failed(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(text.lines().count(), 1, "one clear line: {text}");
    text
}

#[test]
fn the_schema_it_creates_has_the_catalog_of_the_reference() {
    let Some(cluster) = Cluster::get() else {
        return;
    };
    let server = crate::server(Backend::Postgres).unwrap();
    let catalog = cluster
        .psql(&database_name(&server), CATALOG_QUERY)
        .unwrap();
    let differing: Vec<String> = CATALOG
        .lines()
        .filter(|line| !catalog.lines().any(|other| other == *line))
        .map(|line| format!("missing: {line}"))
        .chain(
            catalog
                .lines()
                .filter(|line| !CATALOG.lines().any(|other| other == *line))
                .map(|line| format!("extra: {line}")),
        )
        .collect();
    assert!(differing.is_empty(), "{}", differing.join("\n"));
    assert_eq!(catalog, CATALOG, "same lines in another order");
    let revision = cluster
        .psql(
            &database_name(&server),
            "SELECT version_num FROM alembic_version",
        )
        .unwrap();
    assert_eq!(revision.trim(), "b8e3d1f6a2c9");
}

#[test]
fn a_database_of_another_revision_is_refused() {
    let Some(cluster) = Cluster::get() else {
        return;
    };
    let server = crate::server(Backend::Postgres).unwrap();
    cluster
        .psql(
            &database_name(&server),
            "UPDATE alembic_version SET version_num = '0123456789ab'",
        )
        .unwrap();
    let message = failed(&server.command().args(["db", "check"]).output().unwrap());
    assert!(message.contains("revision 0123456789ab"), "{message}");
    assert!(message.contains("zou upgrade-db"), "{message}");
}

#[test]
fn a_database_that_is_not_zous_is_refused_and_left_alone() {
    let Some(cluster) = Cluster::get() else {
        return;
    };
    let url = cluster.create_database().unwrap();
    let name = url.rsplit('/').next().unwrap();
    cluster
        .psql(name, "CREATE TABLE invoices (id integer)")
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(BINARY)
        .args(["serve", "--listen", "127.0.0.1:0", "--database-url", &url])
        .arg("--data")
        .arg(folder.path())
        .output()
        .unwrap();
    let message = failed(&output);
    assert!(message.contains("not one of Zou"), "{message}");
    let tables = cluster
        .psql(
            name,
            "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'",
        )
        .unwrap();
    assert_eq!(tables.trim(), "1");
}

#[test]
fn two_servers_that_start_at_once_on_an_empty_database_both_run() {
    let Some(cluster) = Cluster::get() else {
        return;
    };
    let url = cluster.create_database().unwrap();
    let starts: Vec<_> = (0..2)
        .map(|_| {
            let url = url.clone();
            std::thread::spawn(move || {
                Setup::new(BINARY, Backend::Postgres)
                    .database(&url)
                    .start()
                    .unwrap()
            })
        })
        .collect();
    for start in starts {
        let server = start.join().unwrap();
        assert_eq!(server.send(&Request::get("/api/")).status, 200);
    }
}

#[test]
fn a_database_can_be_copied_to_postgres_and_back_without_loss() {
    let Some(cluster) = Cluster::get() else {
        return;
    };
    let source = crate::server_with("seeds", Backend::Sqlite).unwrap();
    let answer = |server: &Server| {
        let token = server.log_in("artist@studio.test", "mypassword");
        let context = server.send(&Request::get("/data/user/context").bearer(&token));
        assert_eq!(context.status, 200);
        sorted(context.json())
    };
    let before = answer(&source);

    let postgres = cluster.create_database().unwrap();
    let copy = |from: &str, to: &str| {
        source
            .command()
            .args(["db", "copy", "--from", from, "--to", to])
            .output()
            .unwrap()
    };
    let said = succeeded(&copy(&source.database_url, &postgres));
    assert!(said.starts_with("Copied "), "{said}");
    let on_postgres = Setup::new(BINARY, Backend::Postgres)
        .database(&postgres)
        .start()
        .unwrap();
    assert_eq!(answer(&on_postgres), before);
    // Its keys are back in place.
    let catalog = cluster
        .psql(&database_name(&on_postgres), CATALOG_QUERY)
        .unwrap();
    assert_eq!(catalog, CATALOG);

    let file = source.data.path().join("back.sqlite");
    let back = format!("sqlite:{}", file.display());
    succeeded(&copy(&postgres, &back));
    let again = Setup::new(BINARY, Backend::Sqlite)
        .database(&back)
        .start()
        .unwrap();
    assert_eq!(answer(&again), before);

    let message = failed(&copy(&source.database_url, &back));
    assert!(message.contains("already holds rows"), "{message}");
}

#[test]
fn a_check_reports_counts_and_orphans() {
    let server = crate::server_with("seeds", Backend::Sqlite).unwrap();
    let report = succeeded(&server.command().args(["db", "check"]).output().unwrap());
    assert!(report.contains("revision b8e3d1f6a2c9"), "{report}");
    assert!(
        report.contains("every reference leads to a row"),
        "{report}"
    );

    server
        .sql(
            "PRAGMA foreign_keys = OFF; \
             DELETE FROM project WHERE name = 'MyProduction'",
        )
        .unwrap();
    let output = server.command().args(["db", "check"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let report = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        report.contains("task.project_id point at rows of project"),
        "{report}"
    );
}

#[test]
fn sqlite_is_set_up_to_lose_nothing() {
    let server = crate::server(Backend::Sqlite).unwrap();
    let file = server.data.path().join("tanuki.sqlite");
    assert!(file.exists());
    assert!(
        file.with_extension("sqlite-wal").exists(),
        "a write-ahead log stands beside the database"
    );
}

/// JSON with every list in one order: the databases keep none.
fn sorted(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(sorted).collect();
            items.sort_by_key(Value::to_string);
            items.into()
        }
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| (key, sorted(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other,
    }
}
