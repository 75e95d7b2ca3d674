//! Commands that look after accounts and old rows: `tanuki person` and
//! `tanuki clean`.

use std::process::{Output, Stdio};

use serde_json::json;
use tanuki_testkit::http::Request;
use tanuki_testkit::{ADMIN_EMAIL, ADMIN_PASSWORD, Backend, Server, Setup};

use crate::cli::{refusal, text};
use crate::{BINARY, on_both};

on_both! {
    people_are_managed_from_the_command_line
    old_rows_are_removed_and_new_ones_stay
    what_is_stored_of_tasks_and_castings_is_recomputed
}

const JANE: &str = "jane@studio.com";

fn run(server: &Server, arguments: &[&str]) -> Output {
    server.command().args(arguments).output().unwrap()
}

fn succeed(server: &Server, arguments: &[&str]) -> String {
    let output = run(server, arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// Sets a password that is read from standard input.
fn set_password(server: &Server, login: &str, password: &str) -> Output {
    let file = server.data.path().join("password");
    std::fs::write(&file, format!("{password}\n")).unwrap();
    server
        .command()
        .args(["person", "set-password", login, "--password-stdin"])
        .stdin(std::fs::File::open(&file).unwrap())
        .output()
        .unwrap()
}

fn add_jane(server: &Server) {
    let jane = json!({
        "first_name": "Jane", "last_name": "Doe", "email": JANE,
        "password": "mypassword", "desktop_login": "jdoe",
    });
    let request = Request::post("/data/persons").bearer(&server.admin_token());
    assert_eq!(server.send(&request.json(&jane)).status, 201);
}

fn status(server: &Server, token: &str) -> u16 {
    let request = Request::get("/auth/authenticated").bearer(token);
    server.send(&request).status
}

fn log_in(server: &Server, email: &str, password: &str) -> u16 {
    let body = json!({"email": email, "password": password});
    let request = Request::post("/auth/login").json(&body);
    server.send(&request).status
}

fn people_are_managed_from_the_command_line(backend: Backend) {
    let Some(server) = Setup::new(BINARY, backend)
        .variable("PROTECTED_ACCOUNTS", ADMIN_EMAIL)
        .variable("USER_LIMIT", "2")
        .start()
    else {
        return;
    };
    add_jane(&server);
    let token = server.log_in(JANE, "mypassword");

    let changed = set_password(&server, "Jane@Studio.com", "another password");
    assert!(changed.status.success(), "{}", text(&changed.stderr));
    assert_eq!(status(&server, &token), 401, "her sessions end");
    assert_eq!(log_in(&server, JANE, "mypassword"), 400);
    let token = server.log_in(JANE, "another password");

    let said = succeed(&server, &["person", "deactivate", "jdoe"]);
    assert_eq!(said, "jdoe is inactive and logged out.\n");
    assert_eq!(status(&server, &token), 401);
    assert_ne!(log_in(&server, JANE, "another password"), 200);
    succeed(&server, &["person", "activate", JANE]);
    succeed(&server, &["person", "activate", JANE]);
    let token = server.log_in(JANE, "another password");

    succeed(&server, &["person", "set-role", JANE, "manager"]);
    let user = server.send(&Request::get("/auth/authenticated").bearer(&token));
    assert_eq!(user.json()["user"]["role"], "manager");

    server
        .sql("UPDATE person SET totp_enabled = true, totp_secret = 'JBSWY3DPEHPK3PXP'")
        .unwrap();
    assert_eq!(log_in(&server, JANE, "another password"), 400);
    succeed(&server, &["person", "disable-two-factor", JANE]);
    assert_eq!(log_in(&server, JANE, "another password"), 200);

    // Neither protected accounts nor admins are out of the operator's reach.
    succeed(&server, &["person", "disable-two-factor", ADMIN_EMAIL]);
    let changed = set_password(&server, ADMIN_EMAIL, "a new password");
    assert!(changed.status.success(), "{}", text(&changed.stderr));
    assert_eq!(log_in(&server, ADMIN_EMAIL, ADMIN_PASSWORD), 400);
    succeed(&server, &["person", "deactivate", ADMIN_EMAIL]);
    succeed(&server, &["person", "activate", ADMIN_EMAIL]);
    server.log_in(ADMIN_EMAIL, "a new password");
    refusals(&server);
}

/// What is refused with one clear line, and changes nothing.
fn refusals(server: &Server) {
    let short = set_password(server, JANE, "short");
    assert!(refusal(&short).contains("at least 8 characters"));
    let empty = set_password(server, JANE, "");
    assert!(refusal(&empty).contains("standard input holds no password"));
    let unknown = set_password(server, "nobody@studio.com", "another password");
    assert!(refusal(&unknown).contains("no person with the address or desktop login nobody@"));
    assert_eq!(log_in(server, JANE, "another password"), 200);

    // A third active person is over USER_LIMIT.
    succeed(server, &["person", "deactivate", JANE]);
    let admin = server.log_in(ADMIN_EMAIL, "a new password");
    let third = json!({"first_name": "Joe", "last_name": "", "email": "joe@studio.com"});
    let request = Request::post("/data/persons").bearer(&admin).json(&third);
    assert_eq!(server.send(&request).status, 201);

    for (arguments, reason) in [
        (&["person", "activate", JANE][..], "User limit reached"),
        (
            &["person", "activate", "nobody"],
            "no person with the address or desktop login nobody",
        ),
        (&["person", "deactivate", ""], "no person with the address"),
        (
            &["person", "disable-two-factor", JANE],
            "jane@studio.com has no second factor",
        ),
        (&["person", "set-password", JANE], "--password-stdin"),
        (&["create-admin", "new@studio.com"], "--password-stdin"),
    ] {
        let mut command = server.command();
        let output = command.args(arguments).stdin(Stdio::null()).output();
        let said = refusal(&output.unwrap());
        assert!(said.contains(reason), "{arguments:?}: {said}");
    }
    let wrong = run(server, &["person", "set-role", JANE, "root"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        text(&wrong.stderr).contains("supervisor"),
        "names the roles"
    );
    let argument = run(server, &["person", "set-password", JANE, "secret word"]);
    assert_eq!(argument.status.code(), Some(2), "never as an argument");
}

/// Inserts that many events, notifications and logins, which were created at a
/// time.
fn insert_rows(server: &Server, number: u32, first: u64, created_at: &str) {
    let id = match server.backend {
        Backend::Postgres => format!("CAST('00000000-0000-4000-8000-' || ({first} + i) AS uuid)"),
        Backend::Sqlite => format!("'00000000-0000-4000-8000-' || ({first} + i)"),
    };
    let rows = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {number})"
    );
    let times = format!("'{created_at}', '{created_at}'");
    let person = format!("(SELECT id FROM person WHERE email = '{ADMIN_EMAIL}')");
    server
        .sql(&format!(
            "INSERT INTO api_event (id, name, created_at, updated_at) \
             {rows} SELECT {id}, 'asset:update', {times} FROM n;\n\
             INSERT INTO notification (id, person_id, author_id, type, read, change, created_at, \
             updated_at) \
             {rows} SELECT {id}, {person}, {person}, 'comment', false, false, {times} FROM n;\n\
             INSERT INTO login_log (id, person_id, origin, created_at, updated_at) \
             {rows} SELECT {id}, {person}, 'web', {times} FROM n;"
        ))
        .unwrap();
}

fn old_rows_are_removed_and_new_ones_stay(backend: Backend) {
    let Some(server) = crate::server(backend) else {
        return;
    };
    let old = 100_000_000_000;
    insert_rows(&server, 2500, old, "2020-02-03T10:00:00.000000");
    insert_rows(&server, 10, old + 50_000, "2999-02-03T10:00:00.000000");
    let token = server.admin_token();
    let newest = || {
        let path = "/data/events/last?limit=1000&name=asset:update";
        let events = server.send(&Request::get(path).bearer(&token)).json();
        events.as_array().unwrap().len()
    };
    assert_eq!(newest(), 1000);

    let dry = succeed(&server, &["clean", "all", "--dry-run"]);
    let lines: Vec<&str> = dry.lines().collect();
    assert!(lines[0].starts_with("2500 events from before 20"), "{dry}");
    assert!(
        lines[1].starts_with("2500 notifications from before"),
        "{dry}"
    );
    assert!(lines[2].starts_with("2500 logins from before"), "{dry}");
    assert!(lines.iter().all(|line| line.ends_with("would be removed.")));
    assert_eq!(newest(), 1000, "a dry run removes nothing");

    // They are younger than that.
    let said = succeed(&server, &["clean", "events", "--older-than", "36500"]);
    assert!(
        said.starts_with("Removed 0 events from before 19"),
        "{said}"
    );
    let said = succeed(&server, &["clean", "events", "--older-than", "1"]);
    assert!(
        said.starts_with("Removed 2500 events from before"),
        "{said}"
    );
    assert_eq!(newest(), 10);
    let said = succeed(&server, &["clean", "notifications"]);
    assert!(
        said.starts_with("Removed 2500 notifications from"),
        "{said}"
    );
    let said = succeed(&server, &["clean", "login-logs"]);
    assert!(said.starts_with("Removed 2500 logins from"), "{said}");
    let said = succeed(&server, &["clean", "all"]);
    assert_eq!(said.matches("Removed 0 ").count(), 3, "{said}");
    let logins = Request::get("/data/events/login-logs/last?limit=100").bearer(&token);
    let logins = server.send(&logins).json();
    assert!(logins.as_array().unwrap().len() >= 10, "new ones stay");

    for days in ["0", "-1", "soon", "99999"] {
        let wrong = run(&server, &["clean", "events", "--older-than", days]);
        assert_eq!(wrong.status.code(), Some(2), "{days}");
        assert!(text(&wrong.stderr).contains("older-than") || days == "-1");
    }
}

const OPEN: &str = "SELECT project.id FROM project JOIN project_status s \
     ON s.id = project.project_status_id WHERE s.name = 'Open'";

fn what_is_stored_of_tasks_and_castings_is_recomputed(backend: Backend) {
    let Some(server) = crate::server_with("seeds", backend) else {
        return;
    };
    let token = server.admin_token();
    let read = |path: &str| {
        let answer = server.send(&Request::get(path).bearer(&token));
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let mut rows = answer.json().as_array().unwrap().clone();
        for row in &mut rows {
            row.as_object_mut().unwrap().remove("updated_at");
        }
        rows.sort_by_key(|row| row["id"].to_string());
        rows
    };
    succeed(&server, &["project", "recount", "--all"]);
    let (tasks, entities) = (read("/data/tasks"), read("/data/entities"));
    let said = succeed(&server, &["project", "recount", "--all"]);
    assert!(said.lines().count() > 0, "{said}");
    for line in said.lines() {
        assert!(line.contains(": 0 tasks were wrong"), "{said}");
    }
    server
        .sql(&format!(
            "UPDATE task SET retake_count = 9, duration = 5, done_date = created_at \
             WHERE project_id IN ({OPEN});\n\
             UPDATE task SET nb_assets_ready = 7 WHERE entity_id IN (SELECT e.id FROM entity e \
             JOIN entity_type t ON t.id = e.entity_type_id WHERE t.name = 'Shot' \
             AND e.project_id IN ({OPEN}));\n\
             UPDATE entity SET nb_entities_out = 9 WHERE project_id IN ({OPEN}) \
             AND id IN (SELECT entity_in_id FROM entity_link);"
        ))
        .unwrap();
    assert_ne!(read("/data/tasks"), tasks);
    succeed(&server, &["project", "recount", "--all"]);
    assert_eq!(read("/data/tasks"), tasks);
    assert_eq!(read("/data/entities"), entities);
    let unknown = run(&server, &["project", "recount", "Nowhere"]);
    assert!(refusal(&unknown).contains("there is no production `Nowhere`"));
    let none = run(&server, &["project", "recount"]);
    assert_eq!(none.status.code(), Some(2));
}
