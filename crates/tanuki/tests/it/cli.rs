//! The command line, as an administrator and a script use it.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

use serde_json::json;
use tanuki_testkit::http::Request;
use tanuki_testkit::{ADMIN_EMAIL, Backend, Setup};

use crate::BINARY;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The one line that a command says before it ends with 1.
fn refusal(output: &Output) -> String {
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(said.lines().count(), 1, "one clear line: {said}");
    assert!(said.starts_with("tanuki: "), "{said}");
    said
}

/// The binary in an empty folder without any setting.
fn bare(folder: &std::path::Path) -> Command {
    let mut command = Command::new(BINARY);
    command
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

#[test]
fn help_is_complete_for_every_command() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["--help"][..],
        &["serve", "--help"],
        &["create-admin", "--help"],
        &["reset-password", "--help"],
        &["create-bot", "--help"],
        &["list-bots", "--help"],
        &["rotate-bot", "--help"],
        &["db", "copy", "--help"],
        &["db", "check", "--help"],
        &["completions", "--help"],
        &["man", "--help"],
    ] {
        let output = bare(folder.path()).args(arguments).output().unwrap();
        let help = text(&output.stdout);
        assert!(output.status.success(), "{arguments:?}");
        for flag in ["--data", "--database-url", "--env-file", "--config"] {
            assert!(help.contains(flag), "{arguments:?} does not tell of {flag}");
        }
    }
}

#[test]
fn completions_and_manual_pages_name_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let commands = ["serve", "create-admin", "create-bot", "rotate-bot", "db"];
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = bare(folder.path()).args(["completions", shell]).output();
        let script = text(&output.unwrap().stdout);
        for command in commands {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
    let output = bare(folder.path()).arg("man").output().unwrap();
    let page = text(&output.stdout);
    assert!(page.contains(".TH tanuki 1"), "{page}");
    let pages = folder.path().join("pages");
    let output = bare(folder.path()).arg("man").arg(&pages).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    for command in commands {
        assert!(
            page.contains(&format!("tanuki\\-{}", command.replace('-', "\\-"))),
            "{command}"
        );
        assert!(
            pages.join(format!("tanuki-{command}.1")).is_file(),
            "{command}"
        );
    }
    let refused = bare(folder.path()).args(["completions", "cmd"]).output();
    assert_eq!(refused.unwrap().status.code(), Some(2));
}

#[test]
fn a_taken_port_is_one_clear_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let output = bare(folder.path())
        .args(["serve", "--listen", &address])
        .output()
        .unwrap();
    let said = refusal(&output);
    assert!(
        said.contains(&format!("cannot listen on {address}")),
        "{said}"
    );
}

#[test]
fn an_address_that_is_none_is_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    let output = bare(folder.path())
        .args(["serve", "--listen", "8000"])
        .output()
        .unwrap();
    assert!(refusal(&output).contains("as 127.0.0.1:8000"));
}

#[test]
fn a_wrong_database_url_is_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    for (url, reason) in [
        (
            "mysql://localhost/zou",
            "`mysql://` is not a database it knows",
        ),
        ("zoudb", "begins with neither"),
        (
            "postgresql://zou:secret-word@127.0.0.1:9/zou",
            "cannot open the database postgresql://127.0.0.1:9/zou",
        ),
        ("sqlite:/proc/nowhere/x.sqlite", "cannot open the database"),
        (
            "postgresql://zou:secret-word@x@127.0.0.1/zou",
            "write `@` in a user or password as %40",
        ),
    ] {
        let output = bare(folder.path())
            .args(["serve", "--listen", "127.0.0.1:0", "--database-url", url])
            .env("DB_START_TIMEOUT", "0")
            .output()
            .unwrap();
        let said = refusal(&output);
        assert!(said.contains(reason), "{url}: {said}");
        assert!(!said.contains("secret-word"), "{said}");
    }
}

#[test]
fn a_data_folder_that_is_a_file_is_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("data"), "").unwrap();
    let output = bare(folder.path())
        .args(["serve", "--listen", "127.0.0.1:0"])
        .output()
        .unwrap();
    assert!(refusal(&output).contains("cannot use the data folder data"));
}

#[test]
fn a_setting_that_makes_no_sense_is_named_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("tanuki.toml"), "mail_port = \"smtp\"\n").unwrap();
    let output = bare(folder.path()).arg("list-bots").output().unwrap();
    let said = refusal(&output);
    assert!(
        said.contains("MAIL_PORT in tanuki.toml is `smtp`"),
        "{said}"
    );
}

#[test]
fn the_secret_key_is_made_once_and_readable_by_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let list = || {
        let output = bare(folder.path()).arg("list-bots").output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        std::fs::read_to_string(folder.path().join("data/secret_key")).unwrap()
    };
    let key = list();
    assert!(key.len() >= 64);
    assert_eq!(list(), key);
    let mode = |name: &str| {
        let path = folder.path().join(name);
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode("data/secret_key"), 0o600);
    assert_eq!(mode("data/tanuki.sqlite"), 0o600);
    assert_eq!(mode("data"), 0o700);
}

#[test]
fn settings_come_from_flags_over_environment_over_files() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("zou.env"),
        "# a Zou installation\nexport MIN_PASSWORD_LENGTH=\"20\"\nUSER_LIMIT=3\n",
    )
    .unwrap();
    std::fs::write(
        folder.path().join("tanuki.toml"),
        "min_password_length = 30\nbcrypt_log_rounds = 4\n",
    )
    .unwrap();
    let create = |environment: Option<&str>| {
        let mut command = bare(folder.path());
        command.args(["create-admin", ADMIN_EMAIL, "--password", "twelve chars"]);
        command.args(["--env-file", "zou.env", "--data", "studio"]);
        if let Some(value) = environment {
            command.env("MIN_PASSWORD_LENGTH", value);
        }
        command.output().unwrap()
    };
    assert!(refusal(&create(None)).contains("at least 20 characters"));
    assert!(create(Some("12")).status.success());
    assert!(folder.path().join("studio/tanuki.sqlite").exists());
    assert!(!folder.path().join("data").exists());
}

#[test]
fn sigterm_ends_it_with_0() {
    let mut server = crate::server(Backend::Sqlite).unwrap();
    assert_eq!(server.send(&Request::get("/api")).status, 200);
    let killed = Command::new("kill")
        .args(["-TERM", &server.process_id().to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
    assert_eq!(server.wait().unwrap(), Some(0));
}

#[test]
fn sigterm_lets_running_requests_end() {
    let mut server = Setup::new(BINARY, Backend::Sqlite)
        .variable("BCRYPT_LOG_ROUNDS", "12")
        .start()
        .unwrap();
    let url = server.url.clone();
    let (begun, has_begun) = std::sync::mpsc::channel();
    let login = std::thread::spawn(move || {
        let body = json!({"email": "nobody@studio.com", "password": "x"});
        begun.send(()).unwrap();
        // Takes two hashes of 12 rounds: the one that nobody has is made first.
        Request::post("/auth/login").json(&body).send(&url).unwrap()
    });
    has_begun.recv().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(100));
    let killed = Command::new("kill")
        .args(["-TERM", &server.process_id().to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
    assert_eq!(login.join().unwrap().status, 400);
    assert_eq!(server.wait().unwrap(), Some(0));
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
    let output = server
        .command()
        .args(["reset-password", ADMIN_EMAIL])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let link = text(&output.stdout);
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
    let output = server
        .command()
        .args(["reset-password", ADMIN_EMAIL])
        .output()
        .unwrap();
    let link = text(&output.stdout);
    let (_, path) = link.trim().split_once("8000").unwrap();
    let sent_on = server.send(&Request::get(path));
    let target = sent_on.header("location").unwrap();
    let page = server.send(&Request::get(target));
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Choose a new password"));
    let wrong = server.send(&Request::get(&format!("{target}x")));
    assert_eq!(wrong.status, 410);
}

#[test]
fn a_misspelt_setting_is_told() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("tanuki.toml"),
        "data = \"studio\"\nuser_limt = 5\n",
    )
    .unwrap();
    let output = bare(folder.path()).arg("list-bots").output().unwrap();
    assert!(output.status.success());
    let said = text(&output.stderr);
    assert!(
        said.contains("`user_limt` in tanuki.toml is not a setting"),
        "{said}"
    );
    assert!(!said.contains("`tanuki_data`"), "{said}");
    assert!(folder.path().join("studio/tanuki.sqlite").exists());
}

#[test]
fn a_check_of_nothing_creates_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let output = bare(folder.path()).args(["db", "check"]).output().unwrap();
    assert!(refusal(&output).contains("there is no database"));
    assert!(!folder.path().join("data").exists());
}

#[test]
fn commands_leave_one_file_behind() {
    let folder = tempfile::tempdir().unwrap();
    let output = bare(folder.path())
        .args([
            "create-admin",
            "jane@studio.com",
            "--password",
            "mypassword",
        ])
        .env("BCRYPT_LOG_ROUNDS", "4")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let wal = folder.path().join("data/tanuki.sqlite-wal");
    assert!(!wal.exists(), "the log is written back when a command ends");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new("sh")
        .arg("-c")
        .arg("\"$0\" list-bots --json | true; exit \"${PIPESTATUS:-0}\"")
        .arg(BINARY)
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = text(&output.stderr);
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn flags_may_stand_before_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let output = bare(folder.path())
        .args(["--data", "studio", "list-bots"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(folder.path().join("studio/tanuki.sqlite").exists());
    let output = bare(folder.path())
        .args(["--listen", "127.0.0.1:0", "list-bots"])
        .output()
        .unwrap();
    assert!(refusal(&output).contains("--listen is a flag of serve alone"));
}

#[test]
fn an_origin_that_is_none_is_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    for origin in ["*", "kitsu.studio.com", "https://a b"] {
        let output = bare(folder.path())
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env("CORS_ALLOWED_ORIGINS", origin)
            .output()
            .unwrap();
        assert!(refusal(&output).contains("CORS_ALLOWED_ORIGINS"));
    }
}
