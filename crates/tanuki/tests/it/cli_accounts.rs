//! Commands that manage accounts: set-up links, admins, password resets, bots.

use serde_json::json;
use tanuki_testkit::http::Request;
use tanuki_testkit::{ADMIN_EMAIL, Backend, Server, Setup};

use crate::BINARY;
use crate::cli::{refusal, text};

/// Returns the admin's link to a new password.
fn reset_link(server: &Server) -> String {
    let output = server
        .command()
        .args(["reset-password", ADMIN_EMAIL])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn an_empty_studio_prints_a_set_up_link_that_works_once() {
    let server = Setup::new(BINARY, Backend::Sqlite)
        .without_admin()
        .start()
        .unwrap();
    let link = server
        .greeting
        .iter()
        .find_map(|line| line.split_once("/console/setup").map(|(_, rest)| rest))
        .expect("a set-up link in the greeting");
    let page = server.send(&Request::get(&format!("/console/setup{link}")));
    assert_eq!(page.status, 200);
    assert!(page.text().contains("name=\"password_2\""));
    let wrong = server.send(&Request::get("/console/setup?token=guessed"));
    assert_ne!(wrong.status, 200);
    let made = server
        .command()
        .args([
            "create-admin",
            ADMIN_EMAIL,
            "--password",
            "mysecretpassword",
        ])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", text(&made.stderr));
    let closed = server.send(&Request::get(&format!("/console/setup{link}")));
    assert_ne!(closed.status, 200, "there is an admin now");
}

#[test]
fn passwords_of_admins_can_come_from_standard_input() {
    let server = Setup::new(BINARY, Backend::Sqlite)
        .without_admin()
        .start()
        .unwrap();
    let file = server.data.path().join("password");
    std::fs::write(&file, "from a pipe\n").unwrap();
    let made = server
        .command()
        .args(["create-admin", "jane@studio.com", "--password-stdin"])
        .stdin(std::fs::File::open(&file).unwrap())
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", text(&made.stderr));
    server.log_in("jane@studio.com", "from a pipe");
}

#[test]
fn create_admin_lifts_a_person_who_is_there() {
    let server = crate::server(Backend::Sqlite).unwrap();
    let person = json!({
        "first_name": "Jane", "last_name": "Doe", "email": "jane@studio.com",
        "password": "mypassword",
    });
    let created = server.send(
        &Request::post("/data/persons")
            .bearer(&server.admin_token())
            .json(&person),
    );
    assert_eq!(created.status, 201);
    let lifted = server
        .command()
        .args([
            "create-admin",
            "Jane@Studio.com",
            "--password",
            "not used at all",
        ])
        .output()
        .unwrap();
    assert!(lifted.status.success(), "{}", text(&lifted.stderr));
    let token = server.log_in("jane@studio.com", "mypassword");
    let answer = server.send(&Request::get("/auth/authenticated").bearer(&token));
    assert_eq!(answer.json()["user"]["role"], "admin");
}

#[test]
fn a_reset_link_chooses_a_new_password_once() {
    let server = crate::server(Backend::Sqlite).unwrap();
    let link = reset_link(&server);
    assert!(link.starts_with("http://127.0.0.1:8000/reset-change-password?email=admin%40"));
    let token = link.trim().split_once("token=").unwrap().1;
    let reset = |password: &str| {
        server.send(&Request::put("/auth/reset-password").json(&json!({
            "email": ADMIN_EMAIL, "token": token,
            "password": password, "password2": password,
        })))
    };
    assert_eq!(reset("another password").status, 200);
    assert_eq!(reset("yet another one").status, 400);
    server.log_in(ADMIN_EMAIL, "another password");
    let unknown = server
        .command()
        .args(["reset-password", "nobody@studio.com"])
        .output()
        .unwrap();
    assert!(refusal(&unknown).contains("no person with the address"));
}

#[test]
fn bots_are_managed_from_the_command_line() {
    let server = crate::server(Backend::Sqlite).unwrap();
    let run = |arguments: &[&str]| server.command().args(arguments).output().unwrap();
    let status = |token: &str| {
        let token = token.trim();
        server
            .send(&Request::get("/auth/authenticated").bearer(token))
            .status
    };
    let created = run(&[
        "create-bot",
        "Render Farm",
        "--role",
        "manager",
        "--expires",
        "2099-12-31",
        "--department",
        "animation",
    ]);
    assert!(created.status.success(), "{}", text(&created.stderr));
    let first = text(&created.stdout);
    assert_eq!(first.lines().count(), 1, "the token alone: {first}");
    assert_eq!(status(&first), 200);

    let second = text(&run(&["rotate-bot", "Render Farm"]).stdout);
    assert_eq!((status(&first), status(&second)), (401, 200));

    let listed = text(&run(&["list-bots"]).stdout);
    assert!(listed.contains("Render Farm"), "{listed}");
    assert!(listed.contains("2099-12-31"), "{listed}");
    let json: serde_json::Value =
        serde_json::from_slice(&run(&["list-bots", "--json"]).stdout).unwrap();
    assert_eq!(json[0]["role"], "manager");
    assert_eq!(json[0]["departments"].as_array().unwrap().len(), 1);

    for (arguments, reason) in [
        (
            &["create-bot", "X", "--role", "root"][..],
            "one of the roles",
        ),
        (&["create-bot", "X", "--expires", "soon"], "YYYY-MM-DD"),
        (
            &["create-bot", "X", "--expires", "2001-01-01"],
            "has passed",
        ),
        (
            &["create-bot", "X", "--department", "Wine"],
            "there is no department `Wine`",
        ),
        (
            &["create-bot", "X", "--project", "Nowhere"],
            "there is no production `Nowhere`",
        ),
        (&["rotate-bot", "Nobody"], "there is no bot `Nobody`"),
    ] {
        let said = refusal(&run(arguments));
        assert!(said.contains(reason), "{arguments:?}: {said}");
    }
}

#[test]
fn a_new_bot_is_told_what_it_hears() {
    let server = crate::server_with("seeds", Backend::Sqlite).unwrap();
    let run = |arguments: &[&str]| {
        let output = server.command().args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        (text(&output.stdout), text(&output.stderr))
    };
    let (token, told) = run(&[
        "create-bot",
        "Ears",
        "--project",
        "myproduction",
        "--project",
        "bbbbbbbb-0000-4000-8000-000000000002",
    ]);
    assert_eq!(token.lines().count(), 1, "the token alone: {token}");
    assert!(told.contains("and of no others: MyProduction, "), "{told}");
    let projects = server.send(&Request::get("/data/projects").bearer(token.trim()));
    assert_eq!(projects.json().as_array().unwrap().len(), 2);
    let (token, told) = run(&["create-bot", "Deaf"]);
    assert!(told.contains("in the team of no production"), "{told}");
    assert!(told.contains("--project NAME"), "{told}");
    let projects = server.send(&Request::get("/data/projects").bearer(token.trim()));
    assert_eq!(projects.json(), serde_json::json!([]));
    let (_, told) = run(&["create-bot", "Boss", "--role", "admin"]);
    assert!(told.contains("the events of every production"), "{told}");
}

#[test]
fn a_reset_link_leads_to_a_page() {
    let server = crate::server(Backend::Sqlite).unwrap();
    let link = reset_link(&server);
    let (_, path) = link.trim().split_once("8000").unwrap();
    let sent_on = server.send(&Request::get(path));
    let target = sent_on.header("location").unwrap();
    let page = server.send(&Request::get(target));
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Choose a new password"));
    let wrong = server.send(&Request::get(&format!("{target}x")));
    assert_eq!(wrong.status, 410);
}
