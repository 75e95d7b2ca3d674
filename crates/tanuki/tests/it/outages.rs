//! The database away, hanging, locked, or busy: requests are refused in time,
//! and served again once it is back.

use std::time::{Duration, Instant};

use serde_json::json;
use tanuki_testkit::http::{Request, Response};
use tanuki_testkit::postgres::Cluster;
use tanuki_testkit::proxy::{Fault, Proxy};
use tanuki_testkit::{ADMIN_EMAIL, ADMIN_PASSWORD, Backend, Server, Setup};

use crate::BINARY;

/// "At once", on a machine that does much else.
const AT_ONCE: Duration = Duration::from_millis(1500);

/// A server that reaches its PostgreSQL, with the rows of a scenario, through
/// a proxy.
fn server_behind_proxy(variables: &[(&str, &str)]) -> Option<(Server, Proxy)> {
    let first = crate::server_with("seeds", Backend::Postgres)?;
    let cluster = Cluster::get()?;
    let proxy = Proxy::start(cluster.port()).unwrap();
    let port = format!(":{}/", cluster.port());
    let url = first
        .database_url
        .replace(&port, &format!(":{}/", proxy.port));
    let mut setup = Setup::new(BINARY, Backend::Postgres).database(&url);
    for (name, value) in variables {
        setup = setup.variable(name, value);
    }
    Some((setup.start()?, proxy))
}

fn timed(server: &Server, request: &Request) -> (Response, Duration) {
    let begun = Instant::now();
    let answer = server.send(request);
    (answer, begun.elapsed())
}

fn assert_unavailable(answer: &Response, what: &str) {
    assert_eq!(answer.status, 502, "{what}: {}", answer.text());
    let retry_after = answer.header("retry-after").unwrap_or_default();
    assert!(retry_after.parse::<u32>().is_ok(), "{what}: {retry_after}");
    assert_eq!(answer.json()["error"], true, "{what}: {}", answer.text());
    assert!(answer.json()["message"].is_string(), "{what}");
}

/// Reads, lists, writes, logins: each takes another way to the database.
fn requests(token: &str) -> Vec<Request> {
    let login = json!({"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD});
    let department = json!({"name": "Late", "color": "#000000"});
    vec![
        Request::get("/auth/authenticated").bearer(token),
        Request::get("/data/persons?page=1").bearer(token),
        Request::get("/data/tasks").bearer(token),
        Request::get("/data/assets/with-tasks").bearer(token),
        Request::get("/data/user/context").bearer(token),
        Request::get("/config"),
        Request::post("/auth/login").json(&login),
        Request::post("/data/departments")
            .bearer(token)
            .json(&department),
        Request::delete("/data/departments/00000000-0000-4000-8000-000000000000").bearer(token),
    ]
}

fn assert_status_is_down(server: &Server) {
    let (answer, took) = timed(server, &Request::get("/status"));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["database-up"], false);
    assert!(took < Duration::from_secs(3), "{took:?}");
}

fn assert_recovers(server: &Server, token: &str) {
    let deadline = Instant::now() + Duration::from_secs(8);
    while server
        .send(&Request::get("/data/tasks").bearer(token))
        .status
        != 200
    {
        assert!(Instant::now() < deadline, "the server does not go on");
        std::thread::sleep(Duration::from_millis(100));
    }
    for request in requests(token) {
        let answer = server.send(&request);
        assert!(answer.status < 500, "{request:?}: {}", answer.text());
    }
    let status = server.send(&Request::get("/status")).json();
    assert_eq!(status["database-up"], true);
}

#[test]
fn a_database_that_is_gone_is_told_at_once() {
    let Some((server, proxy)) = server_behind_proxy(&[]) else {
        return;
    };
    let token = server.admin_token();
    proxy.set(Fault::Close);
    std::thread::sleep(Duration::from_millis(200));
    for request in requests(&token) {
        let (answer, took) = timed(&server, &request);
        assert_unavailable(&answer, &format!("{request:?}"));
        assert!(took < AT_ONCE, "{request:?} took {took:?}");
    }
    assert_status_is_down(&server);
    let page = server.send(&Request::get("/console/login"));
    assert_eq!(page.status, 502);
    assert!(page.header("retry-after").is_some());
    assert!(page.text().contains("<html"), "{}", page.text());
    proxy.set(Fault::None);
    assert_recovers(&server, &token);
}

#[test]
fn a_database_that_hangs_is_found_out_and_told() {
    let Some((server, proxy)) = server_behind_proxy(&[]) else {
        return;
    };
    let token = server.admin_token();
    proxy.set(Fault::Hang);
    assert_status_is_down(&server);
    std::thread::scope(|scope| {
        for request in requests(&token) {
            let server = &server;
            scope.spawn(move || {
                let (answer, took) = timed(server, &request);
                assert_unavailable(&answer, &format!("{request:?}"));
                assert!(took < Duration::from_secs(15), "{request:?} took {took:?}");
            });
        }
    });
    for request in requests(&token) {
        let (answer, took) = timed(&server, &request);
        assert_unavailable(&answer, &format!("{request:?}"));
        assert!(took < AT_ONCE, "{request:?} took {took:?}");
    }
    assert_status_is_down(&server);
    proxy.set(Fault::None);
    assert_recovers(&server, &token);
}

#[test]
fn connections_that_were_closed_in_between_are_opened_anew() {
    let Some((server, proxy)) = server_behind_proxy(&[]) else {
        return;
    };
    let token = server.admin_token();
    for _ in 0..3 {
        for request in requests(&token) {
            assert!(server.send(&request).status < 500);
        }
        proxy.close_open_connections();
    }
    for request in requests(&token) {
        let answer = server.send(&request);
        assert!(answer.status < 500, "{request:?}: {}", answer.text());
    }
}

/// What a change of a department waits for.
const SLOW_DEPARTMENTS: &str = "
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_sleep(1.5); RETURN coalesce(NEW, OLD); END $$;
    CREATE TRIGGER slow_insert BEFORE INSERT ON department
    FOR EACH ROW EXECUTE FUNCTION slow();
    CREATE TRIGGER slow_delete BEFORE DELETE ON project
    FOR EACH ROW EXECUTE FUNCTION slow();
    CREATE TRIGGER slow_person BEFORE INSERT ON person
    FOR EACH ROW EXECUTE FUNCTION slow();
";

#[test]
fn statements_of_requests_have_a_limit_and_long_work_has_none() {
    let variables = [("DB_STATEMENT_TIMEOUT", "1")];
    let Some((server, _proxy)) = server_behind_proxy(&variables) else {
        return;
    };
    server.sql(SLOW_DEPARTMENTS).unwrap();
    assert_statements_are_limited(&server);
}

/// The same on SQLite, where whatever reads this view takes seconds.
const SLOW_ON_SQLITE: &str = "
    CREATE VIEW slow AS WITH RECURSIVE counted(n) AS
    (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 7000000) SELECT n FROM counted;
    CREATE TRIGGER slow_insert BEFORE INSERT ON department
    BEGIN SELECT count(*) FROM slow; END;
    CREATE TRIGGER slow_delete BEFORE DELETE ON project
    BEGIN SELECT count(*) FROM slow; END;
    CREATE TRIGGER slow_person BEFORE INSERT ON person
    BEGIN SELECT count(*) FROM slow; END;
";

#[test]
fn statements_on_sqlite_have_a_limit_and_long_work_has_none() {
    let server = Setup::new(BINARY, Backend::Sqlite)
        .variable("DB_STATEMENT_TIMEOUT", "1")
        .start()
        .unwrap();
    server.load_fixture(&crate::rows_of("seeds")).unwrap();
    server.sql(SLOW_ON_SQLITE).unwrap();
    assert_statements_are_limited(&server);
}

/// Inserting a department or a person and deleting a production take longer
/// than statements of this server may.
fn assert_statements_are_limited(server: &Server) {
    let token = server.admin_token();
    let department = json!({"name": "Slow", "color": "#000000"});
    let write = Request::post("/data/departments").bearer(&token);
    let (answer, took) = timed(server, &write.json(&department));
    assert_unavailable(&answer, "a slow write");
    assert!(took < Duration::from_secs(10), "{took:?}");
    let departments = server.send(&Request::get("/data/departments").bearer(&token));
    assert!(
        !departments.text().contains("\"Slow\""),
        "nothing is written"
    );
    let path = format!(
        "/data/departments/{}",
        departments.json()[0]["id"].as_str().unwrap()
    );
    let quick = Request::put(&path).bearer(&token);
    let changed = server.send(&quick.json(&json!({"color": "#123456"})));
    assert_eq!(changed.status, 200, "{}", changed.text());
    server
        .sql(
            "UPDATE project SET project_status_id = \
             (SELECT id FROM project_status WHERE name = 'Closed')",
        )
        .unwrap();
    let projects = server
        .send(&Request::get("/data/projects").bearer(&token))
        .json();
    let path = format!("/data/projects/{}", projects[0]["id"].as_str().unwrap());
    let deleted = server.send(&Request::delete(&format!("{path}?force=true")).bearer(&token));
    assert_eq!(deleted.status, 204, "{}", deleted.text());
    let command = server
        .command()
        .args(["create-bot", "Patient"])
        .output()
        .unwrap();
    assert!(command.status.success(), "{command:?}");
}

#[test]
fn a_database_that_is_merely_busy_is_not_called_down() {
    let Some((server, _proxy)) = server_behind_proxy(&[("DB_POOL_SIZE", "2")]) else {
        return;
    };
    let token = server.admin_token();
    let name = server.database_url.rsplit('/').next().unwrap();
    let cluster = Cluster::get().unwrap();
    std::thread::scope(|scope| {
        let lock = "BEGIN; LOCK TABLE person; SELECT pg_sleep(4); COMMIT;";
        scope.spawn(move || cluster.psql(name, lock).unwrap());
        let is_locked = "SELECT count(*) FROM pg_locks WHERE granted AND \
                         mode = 'AccessExclusiveLock' AND relation = 'person'::regclass";
        while cluster.psql(name, is_locked).unwrap().trim() == "0" {
            std::thread::sleep(Duration::from_millis(50));
        }
        for _ in 0..3 {
            let (answer, took) = timed(&server, &Request::get("/status"));
            assert_eq!(answer.json()["database-up"], true);
            assert!(took < Duration::from_secs(3), "{took:?}");
        }
        // It is waited for, and served when the lock is gone.
        let read = Request::get("/data/persons").bearer(&token);
        assert_eq!(server.send(&read).status, 200);
    });
}

/// Changes of one row wait for each other, and take every connection.
#[test]
fn a_pool_whose_connections_are_all_in_use_refuses_in_time() {
    let variables = [
        ("DB_POOL_SIZE", "4"),
        ("DB_POOL_TIMEOUT", "1"),
        ("DB_LOCK_TIMEOUT", "2"),
    ];
    let Some((server, _proxy)) = server_behind_proxy(&variables) else {
        return;
    };
    let token = server.admin_token();
    let read = Request::get("/data/departments").bearer(&token);
    let path = format!(
        "/data/departments/{}",
        server.send(&read).json()[0]["id"].as_str().unwrap()
    );
    let name = server.database_url.rsplit('/').next().unwrap();
    let cluster = Cluster::get().unwrap();
    std::thread::scope(|scope| {
        let lock = "BEGIN; SELECT id FROM department FOR UPDATE; SELECT pg_sleep(8); COMMIT;";
        scope.spawn(move || cluster.psql(name, lock).unwrap());
        let is_locked = "SELECT count(*) FROM pg_locks WHERE granted AND mode = 'RowShareLock' \
                         AND relation = 'department'::regclass";
        while cluster.psql(name, is_locked).unwrap().trim() == "0" {
            std::thread::sleep(Duration::from_millis(50));
        }
        for number in 0..8 {
            let change = json!({"color": format!("#00000{number}")});
            let write = Request::put(&path).bearer(&token).json(&change);
            let server = &server;
            scope.spawn(move || {
                let (answer, took) = timed(server, &write);
                assert_unavailable(&answer, "a write of a locked row");
                // PostgreSQL takes two locks for a row, one after the other.
                assert!(took < Duration::from_secs(12), "{took:?}");
            });
        }
        std::thread::sleep(Duration::from_millis(1600));
        // By now it is known that nothing moves.
        let other = Request::post("/data/departments")
            .bearer(&token)
            .json(&json!({"name": "Other", "color": "#000000"}));
        let (answer, took) = timed(&server, &other);
        assert_unavailable(&answer, "another write");
        assert!(took < AT_ONCE, "{took:?}");
        let (answer, took) = timed(&server, &read);
        assert_eq!(answer.status, 200);
        assert!(took < AT_ONCE, "reading waits for nobody: {took:?}");
    });
    assert_recovers(&server, &token);
}

#[test]
fn an_sqlite_file_that_another_process_has_locked_is_told_in_time() {
    let server = Setup::new(BINARY, Backend::Sqlite)
        .variable("DB_LOCK_TIMEOUT", "1")
        .start()
        .unwrap();
    let token = server.admin_token();
    let path = server.database_url.trim_start_matches("sqlite:");
    let other = rusqlite::Connection::open(path).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    std::thread::scope(|scope| {
        for number in 0..5 {
            let department = json!({"name": format!("Late {number}"), "color": "#000000"});
            let write = Request::post("/data/departments").bearer(&token);
            let (write, server) = (write.json(&department), &server);
            scope.spawn(move || {
                let (answer, took) = timed(server, &write);
                assert_unavailable(&answer, "a write");
                assert!(took < Duration::from_secs(15), "{took:?}");
            });
        }
    });
    let login = json!({"email": ADMIN_EMAIL, "password": "wrong"});
    let (answer, took) = timed(&server, &Request::post("/auth/login").json(&login));
    assert_unavailable(&answer, "a login that is counted");
    assert!(took < Duration::from_secs(10), "{took:?}");
    let read = Request::get("/data/departments").bearer(&token);
    assert_eq!(server.send(&read).status, 200);
    let status = server.send(&Request::get("/status")).json();
    assert_eq!(status["database-up"], true, "it can be read");
    other.execute_batch("ROLLBACK").unwrap();
    let department = json!({"name": "In time", "color": "#000000"});
    let write = Request::post("/data/departments").bearer(&token);
    assert_eq!(server.send(&write.json(&department)).status, 201);
}

#[test]
fn a_server_that_starts_retries_to_reach_postgres_for_a_bounded_time() {
    // Nobody listens on a port that was just given back.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .unwrap()
        .port();
    for (seconds, retries) in [("0", 0), ("3", 2)] {
        let started = std::time::Instant::now();
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_tanuki"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env(
                "DATABASE_URL",
                format!("postgresql://u:p@127.0.0.1:{port}/d"),
            )
            .env("DB_START_TIMEOUT", seconds)
            .env(
                "TANUKI_DATA",
                std::env::temp_dir().join("tanuki-start-timeout"),
            )
            .output()
            .unwrap();
        assert!(!output.status.success());
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(said.contains("cannot open the database"), "{said}");
        let retried = said.matches("unavailable, retrying").count();
        assert!((retries..=retries + 1).contains(&retried), "{said}");
        assert!(started.elapsed() < Duration::from_secs(10), "{said}");
    }
}

#[test]
fn a_server_that_starts_before_postgres_comes_up_with_it() {
    let Some(cluster) = Cluster::get() else {
        return;
    };
    let proxy = Proxy::start(cluster.port()).unwrap();
    proxy.set(Fault::Close);
    let url = cluster.create_database().unwrap().replace(
        &format!(":{}/", cluster.port()),
        &format!(":{}/", proxy.port),
    );
    let away = Duration::from_millis(2500);
    let begun = Instant::now();
    let server = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(away);
            proxy.set(Fault::None);
        });
        Setup::new(BINARY, Backend::Postgres).database(&url).start()
    });
    assert!(begun.elapsed() >= away, "it needs the database");
    let status = server.unwrap().send(&Request::get("/status")).json();
    assert_eq!(status["database-up"], true);
}

#[test]
fn a_refused_login_or_a_missing_database_ends_the_start_at_once() {
    let Some(cluster) = Cluster::get() else {
        return;
    };
    for (url, reason) in [
        (cluster.url("tanuki_is_not_here"), "does not exist"),
        (
            cluster.url("postgres").replace("postgres@", "nobody_here@"),
            "does not exist",
        ),
    ] {
        let data = tempfile::tempdir().unwrap();
        let begun = Instant::now();
        let output = std::process::Command::new(BINARY)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env("DATABASE_URL", &url)
            .env("DB_START_TIMEOUT", "30")
            .env("TANUKI_DATA", data.path())
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(!output.status.success(), "{said}");
        assert!(said.contains(reason), "{said}");
        assert!(!said.contains("retrying"), "{said}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{said}");
    }
}
