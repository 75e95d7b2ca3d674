//! The schema, existing databases, and copies between the two kinds.

use std::process::Output;

use tanuki_testkit::http::Request;
use tanuki_testkit::postgres::Cluster;
use tanuki_testkit::{Backend, Server, Setup};

use crate::{BINARY, on_both};

on_both! { indexes_of_pages_are_offered_created_and_dropped }

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

fn indexes_of_pages_are_offered_created_and_dropped(backend: Backend) {
    let Some(server) = crate::server(backend) else {
        return;
    };
    server
        .load_fixture(&crate::rows_of("communication"))
        .unwrap();
    let tune = |arguments: &[&str]| {
        let output = server
            .command()
            .args(["db", "tune"])
            .args(arguments)
            .output();
        succeeded(&output.unwrap())
    };
    if backend == Backend::Sqlite {
        assert!(tune(&["--create"]).contains("SQLite has all indexes"));
        return;
    }
    let token = server.admin_token();
    let pages = || {
        let paths = [
            "comments",
            "news",
            "notifications",
            "tasks",
            "preview-files",
        ];
        paths.map(|table| {
            let path = format!("/data/{table}?page=1&limit=3");
            let answer = server.send(&Request::get(&path).bearer(&token));
            assert_eq!(answer.status, 200, "{path}");
            answer.json()
        })
    };
    let before = pages();
    let offered = tune(&[]);
    assert_eq!(offered.matches("missing, about").count(), 6, "{offered}");
    assert!(offered.contains("tune --create"), "{offered}");

    let created = tune(&["--create"]);
    assert!(!created.contains("missing"), "{created}");
    assert!(created.contains("creating tanuki_news_page"), "{created}");
    assert_eq!(pages(), before);
    assert!(
        !tune(&["--create"]).contains("creating"),
        "nothing is missing"
    );

    // As an interrupted CREATE INDEX CONCURRENTLY leaves it.
    let cluster = Cluster::get().unwrap();
    let interrupt = "UPDATE pg_index SET indisvalid = false \
                     WHERE indexrelid = 'tanuki_news_page'::regclass";
    cluster.psql(&database_name(&server), interrupt).unwrap();
    assert_eq!(tune(&[]).matches("interrupted").count(), 1);
    let created = tune(&["--create"]);
    assert_eq!(created.matches("creating").count(), 1, "{created}");
    assert!(!created.contains("interrupted"), "{created}");

    let dropped = tune(&["--drop"]);
    assert_eq!(dropped.matches("missing").count(), 6, "{dropped}");
    assert_eq!(pages(), before);
    let mut both = server.command();
    let both = both.args(["db", "tune", "--create", "--drop"]).output();
    assert!(!both.unwrap().status.success());
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

/// A security key as the reference stores it, with coordinates of 256 bits.
const KEY: &str = r#"{"id": "k", "public_key": {"-2": 95331257393209811229014163520614213562373095048801688724209698078569671875376, "1": 2}}"#;
const NUMBERS: &str =
    r#"{"a": 1.10, "b": 123456789012345678901234567890, "c": 0.1234567890123456789}"#;

#[test]
fn a_copy_keeps_every_digit_of_a_number() {
    let Some(cluster) = Cluster::get() else {
        return;
    };
    let source = crate::server_with("seeds", Backend::Postgres).unwrap();
    source
        .sql(&format!(
            "UPDATE person SET fido_credentials = ARRAY['{KEY}'::jsonb] \
             WHERE email = 'artist@studio.test'; \
             UPDATE entity SET data = '{NUMBERS}'"
        ))
        .unwrap();
    let keys = "SELECT fido_credentials::text FROM person WHERE email = 'artist@studio.test'; \
                SELECT DISTINCT data::text FROM entity";
    let before = cluster.psql(&database_name(&source), keys).unwrap();
    assert!(before.contains("9533125739320981122901416352061421356237309504880168872420"));

    let copy = |from: &str, to: &str| {
        let command = source
            .command()
            .args(["db", "copy", "--from", from, "--to", to])
            .output();
        succeeded(&command.unwrap());
    };
    let file = source.data.path().join("copy.sqlite");
    let sqlite = format!("sqlite:{}", file.display());
    copy(&source.database_url, &sqlite);
    let back = cluster.create_database().unwrap();
    copy(&sqlite, &back);
    let name = back.rsplit('/').next().unwrap();
    assert_eq!(cluster.psql(name, keys).unwrap(), before);
}

#[test]
fn a_copy_that_fails_names_the_row() {
    let Some(cluster) = Cluster::get() else {
        return;
    };
    let source = crate::server_with("seeds", Backend::Sqlite).unwrap();
    let shot = "cccccccc-0000-4000-8000-000000000013";
    let task = "dddddddd-0000-4000-8000-000000000001";
    let text = "UPDATE task SET description = 'a' || char(0) || 'b'";
    for (spoilt, table, id, column) in [
        (
            r#"UPDATE entity SET data = '{"a": ["\u0000"]}'"#,
            "entity",
            shot,
            "data",
        ),
        ("UPDATE entity SET data = '{broken'", "entity", shot, "data"),
        (text, "task", task, "description"),
        (
            "UPDATE task SET due_date = 'soon'",
            "task",
            task,
            "due_date",
        ),
    ] {
        source.sql(&format!("{spoilt} WHERE id = '{id}'")).unwrap();
        let target = cluster.create_database().unwrap();
        let copied = source
            .command()
            .args([
                "db",
                "copy",
                "--from",
                &source.database_url,
                "--to",
                &target,
            ])
            .output()
            .unwrap();
        let message = failed(&copied);
        for part in [table, id, column] {
            assert!(message.contains(part), "{part}: {message}");
        }
        let name = target.rsplit('/').next().unwrap();
        let rows = cluster.psql(name, "SELECT count(*) FROM person").unwrap();
        assert_eq!(rows.trim(), "0", "nothing is copied");
        source
            .sql(&format!(
                "UPDATE {table} SET {column} = NULL WHERE id = '{id}'"
            ))
            .unwrap();
    }
}

#[test]
fn dates_of_other_years_are_copied_as_the_first_or_last_day() {
    let Some(cluster) = Cluster::get() else {
        return;
    };
    let source = crate::server_with("seeds", Backend::Postgres).unwrap();
    source
        .sql("UPDATE project SET start_date = '0044-03-15 BC', end_date = 'infinity'")
        .unwrap();
    let file = source.data.path().join("copy.sqlite");
    let sqlite = format!("sqlite:{}", file.display());
    let back = cluster.create_database().unwrap();
    for (from, to) in [(&source.database_url, &sqlite), (&sqlite, &back)] {
        let command = source
            .command()
            .args(["db", "copy", "--from", from, "--to", to])
            .output();
        succeeded(&command.unwrap());
    }
    let dates = "SELECT DISTINCT start_date, end_date FROM project";
    let name = back.rsplit('/').next().unwrap();
    let read = cluster.psql(name, dates).unwrap();
    assert!(
        read.contains("0001-01-01") && read.contains("9999-12-31"),
        "{read}"
    );
}

#[test]
fn a_check_reports_values_that_clients_cannot_read() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let Some(server) = crate::server_with("seeds", backend) else {
            continue;
        };
        let check = || succeeded(&server.command().args(["db", "check"]).output().unwrap());
        assert!(!check().contains("odd values"), "{}", check());
        let (year, number) = match backend {
            Backend::Sqlite => ("'+10000-01-01'", "9e999"),
            Backend::Postgres => ("'infinity'", "'NaN'"),
        };
        server
            .sql(&format!(
                "UPDATE project SET start_date = {year} WHERE name = 'MyProduction'; \
                 UPDATE task SET due_date = {year}, estimation = {number}, data = '[1]'; \
                 UPDATE entity SET data = '\"text\"'"
            ))
            .unwrap();
        let report = check();
        for place in [
            "1 rows of project.start_date",
            "task.due_date",
            "task.estimation",
            "task.data",
            "entity.data",
        ] {
            assert!(report.contains(place), "{place}: {report}");
        }
    }
}
