//! People of a directory (LDAP): their logins, and their accounts, which
//! `tanuki sync-ldap` keeps as the directory says.

mod active_directory;
mod broken;
mod encryption;
mod groups;
mod guards;
mod logins;
mod passwords;
mod photos;
mod sync;

use std::process::Output;

use serde_json::{Value, json};
use tanuki_testkit::http::{Request, Response};
use tanuki_testkit::ldap::{LdapServer, person};
use tanuki_testkit::{Backend, Server, Setup};

use crate::BINARY;
use crate::cli::text;
use crate::single_sign_on::{create, people};

/// How a server is set up to use a directory.
fn setup(directory: &LdapServer, backend: Backend) -> Setup {
    let variables = directory.variables().into_iter();
    variables.fold(Setup::new(BINARY, backend), |setup, (name, value)| {
        setup.variable(name, &value)
    })
}

/// A directory with Ada and Bob, and a server where they have accounts. `None`
/// where a tool is missing.
fn started(backend: Backend) -> Option<(LdapServer, Server)> {
    let directory = LdapServer::start("").unwrap()?;
    let ada = person("ada", "Ada", "Lovelace", "mail: Ada@Studio.com");
    let bob = person("bob", "Bob", "Builder", "");
    directory.change(&(ada + &bob)).unwrap();
    let server = setup(&directory, backend).start()?;
    assert_written(&sync(&server, &[]));
    Some((directory, server))
}

/// Runs `tanuki sync-ldap`.
fn sync(server: &Server, flags: &[&str]) -> Output {
    sync_with(server, flags, &[])
}

/// Runs `tanuki sync-ldap` with other settings than the server's.
fn sync_with(server: &Server, flags: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = server.command();
    command.envs(variables.iter().copied());
    command.arg("sync-ldap").args(flags).output().unwrap()
}

/// Requires that all entries were followed; returns the lines of the plan.
fn assert_written(output: &Output) -> Vec<String> {
    assert_code(output, 0)
}

/// Requires an exit code; returns the lines of the plan.
fn assert_code(output: &Output, code: i32) -> Vec<String> {
    let said = text(&output.stderr);
    let plan = text(&output.stdout);
    assert_eq!(output.status.code(), Some(code), "{plan}\n{said}");
    plan.lines().map(str::to_owned).collect()
}

/// Logs in; returns the answer.
fn log_in(server: &Server, email: &str, password: &str) -> Response {
    let body = json!({"email": email, "password": password});
    server.send(&Request::post("/auth/login").json(&body))
}

/// Returns the account with a desktop login.
fn account(server: &Server, login: &str) -> Value {
    let people = people(server).into_iter();
    let mut found = people.filter(|person| person["desktop_login"] == login);
    let account = found.next().unwrap_or_else(|| panic!("no account {login}"));
    assert!(found.next().is_none(), "several accounts {login}");
    account
}

const WRONG: &str = "Wrong email or password.";
const UNAVAILABLE: &str =
    "The studio's directory (LDAP) cannot be reached. Try again later, or tell an administrator.";

fn assert_refused(response: &Response, message: &str) {
    assert_eq!(response.status, 400, "{}", response.text());
    let answer = response.json();
    assert_eq!(
        (&answer["login"], &answer["message"]),
        (&json!(false), &json!(message))
    );
}
