//! The command line, as an administrator and a script use it.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

use serde_json::json;
use tanuki_testkit::http::Request;
use tanuki_testkit::{ADMIN_EMAIL, Backend, Setup};

use crate::BINARY;

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The one line that a command says before it ends with 1.
pub(crate) fn refusal(output: &Output) -> String {
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
        &["person", "activate", "--help"],
        &["person", "deactivate", "--help"],
        &["person", "set-role", "--help"],
        &["person", "set-password", "--help"],
        &["person", "disable-two-factor", "--help"],
        &["sync-ldap", "--help"],
        &["project", "recount", "--help"],
        &["clean", "events", "--help"],
        &["clean", "notifications", "--help"],
        &["clean", "login-logs", "--help"],
        &["clean", "all", "--help"],
        &["db", "copy", "--help"],
        &["db", "check", "--help"],
        &["db", "tune", "--help"],
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
    let commands = [
        "serve",
        "create-admin",
        "create-bot",
        "rotate-bot",
        "person",
        "clean",
        "db",
    ];
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
