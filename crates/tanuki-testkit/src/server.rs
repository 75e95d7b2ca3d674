//! A server process: the real binary with its own database.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::MYPASSWORD_HASH;
use crate::http::{Request, Response};
use crate::postgres::Cluster;

/// The email of the admin that a server starts with.
pub const ADMIN_EMAIL: &str = "admin@example.com";
/// The admin's password.
pub const ADMIN_PASSWORD: &str = "mysecretpassword";

/// The secret key, with which scenarios forge tokens.
pub const SECRET_KEY: &str = "peer-secret-key-of-at-least-32-bytes";

/// The database of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// A builder for a [`Server`].
#[derive(Debug, Clone)]
pub struct Setup {
    binary: PathBuf,
    backend: Backend,
    variables: Vec<(String, String)>,
    with_admin: bool,
    database_url: Option<String>,
    log: Option<PathBuf>,
    /// Arguments of `ulimit`, which runs before the server.
    limit: Option<String>,
}

impl Setup {
    /// `binary` is the path of the built `tanuki`.
    pub fn new(binary: &str, backend: Backend) -> Self {
        Self {
            binary: binary.into(),
            backend,
            variables: Vec::new(),
            with_admin: true,
            database_url: None,
            log: None,
            limit: None,
        }
    }

    /// Writes the server's log to a file.
    pub fn log_to(mut self, path: &Path) -> Self {
        self.log = Some(path.to_owned());
        self
    }

    /// Limits the server's file descriptors, soft and hard limit.
    pub fn descriptors(mut self, most: u32) -> Self {
        self.limit = Some(format!("-n {most}"));
        self
    }

    /// Sets the soft limit of file descriptors only, which the server may
    /// raise.
    pub fn soft_descriptors(mut self, most: u32) -> Self {
        self.limit = Some(format!("-S -n {most}"));
        self
    }

    /// Limits the size of each file that the server writes, in MiB, as if the disk
    /// was full.
    pub fn file_size(mut self, mebibytes: u32) -> Self {
        // In blocks of 512 bytes.
        self.limit = Some(format!("-f {}", mebibytes * 2048));
        self
    }

    /// Sets an environment variable of the server.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// Creates no admin, so that the server requires setup.
    pub fn without_admin(mut self) -> Self {
        self.with_admin = false;
        self
    }

    /// Uses an existing database.
    pub fn database(mut self, url: &str) -> Self {
        self.database_url = Some(url.into());
        self
    }

    /// Starts the server; `None` if its database is not available.
    pub fn start(self) -> Option<Server> {
        let database_url = match (&self.database_url, self.backend) {
            (Some(url), _) => Some(url.clone()),
            (None, Backend::Sqlite) => None,
            (None, Backend::Postgres) => {
                Some(Cluster::get()?.create_database().expect("a new database"))
            }
        };
        Some(Server::start(self, database_url).expect("the server starts"))
    }
}

/// A running server; on drop it is killed and its data removed.
#[derive(Debug)]
pub struct Server {
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    /// The lines that the server printed when it started.
    pub greeting: Vec<String>,
    pub data: TempDir,
    pub database_url: String,
    pub backend: Backend,
    setup: Setup,
    child: Child,
}

impl Server {
    fn start(setup: Setup, database_url: Option<String>) -> Result<Self> {
        let data = tempfile::Builder::new().prefix("tanuki-test-").tempdir()?;
        let database_url = database_url
            .unwrap_or_else(|| format!("sqlite:{}", data.path().join("tanuki.sqlite").display()));
        if setup.with_admin && setup.database_url.is_none() {
            let made = command(&setup, data.path(), &database_url)
                .args(["create-admin", ADMIN_EMAIL, "--password", ADMIN_PASSWORD])
                .output()?;
            if !made.status.success() {
                bail!("create-admin: {}", String::from_utf8_lossy(&made.stderr));
            }
        }
        let (child, greeting) = serve(&setup, data.path(), &database_url, "127.0.0.1:0")?;
        let url = greeting
            .first()
            .and_then(|line| line.split_once("listens on "))
            .map(|(_, url)| url.trim().to_owned())
            .context("the greeting names no address")?;
        Ok(Self {
            url,
            greeting,
            data,
            database_url,
            backend: setup.backend,
            setup,
            child,
        })
    }

    /// Returns the binary with this server's configuration, to add the
    /// arguments of a command.
    pub fn command(&self) -> Command {
        command(&self.setup, self.data.path(), &self.database_url)
    }

    /// Sends a request to the server.
    pub fn send(&self, request: &Request) -> Response {
        request.send(&self.url).expect("the server answers")
    }

    /// Returns the id of the server's process.
    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Stops the server with SIGTERM, as systemd does. Returns its exit code.
    pub fn stop(&mut self) -> Result<Option<i32>> {
        Command::new("kill")
            .args(["-TERM", &self.process_id().to_string()])
            .status()?;
        self.wait()
    }

    /// Restarts a server that has ended, with its data and on its port.
    pub fn start_again(&mut self) -> Result<()> {
        let address = self.url.trim_start_matches("http://");
        let (child, greeting) = serve(&self.setup, self.data.path(), &self.database_url, address)?;
        self.child = child;
        self.greeting = greeting;
        Ok(())
    }

    /// Waits for the server to end; returns its exit code.
    pub fn wait(&mut self) -> Result<Option<i32>> {
        let deadline = Instant::now() + Duration::from_secs(20);
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status.code());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("the server does not end")
    }

    /// Logs in and returns the access token.
    pub fn log_in(&self, email: &str, password: &str) -> String {
        let body = json!({"email": email, "password": password});
        let answer = self.send(&Request::post("/auth/login").json(&body));
        assert_eq!(answer.status, 200, "login of {email}: {}", answer.text());
        text(&answer.json(), "access_token")
    }

    /// Logs the admin in and returns the access token.
    pub fn admin_token(&self) -> String {
        self.log_in(ADMIN_EMAIL, ADMIN_PASSWORD)
    }

    /// Runs statements on the server's database directly.
    pub fn sql(&self, sql: &str) -> Result<()> {
        match self.backend {
            Backend::Postgres => {
                let cluster = Cluster::get().context("no PostgreSQL")?;
                let name = self.database_url.rsplit('/').next().unwrap_or_default();
                cluster.psql(name, sql)?;
            }
            Backend::Sqlite => {
                let path = self.database_url.trim_start_matches("sqlite:");
                let connection = rusqlite::Connection::open(path)?;
                connection.busy_timeout(Duration::from_secs(10))?;
                connection.execute_batch(&format!("PRAGMA foreign_keys = ON;\n{sql}"))?;
            }
        }
        Ok(())
    }

    /// Inserts fixture rows, and sets the password of every person without one
    /// to "mypassword".
    pub fn load_fixture(&self, sql: &str) -> Result<()> {
        self.sql(sql)?;
        let bytes = match self.backend {
            Backend::Postgres => format!("convert_to('{MYPASSWORD_HASH}', 'UTF8')"),
            Backend::Sqlite => format!("CAST('{MYPASSWORD_HASH}' AS BLOB)"),
        };
        self.sql(&format!(
            "UPDATE person SET password = {bytes} WHERE password IS NULL AND is_bot = false"
        ))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn command(setup: &Setup, data: &Path, database_url: &str) -> Command {
    let mut command = match &setup.limit {
        None => Command::new(&setup.binary),
        Some(limit) => {
            let mut shell = Command::new("sh");
            let start = format!("trap '' XFSZ; ulimit {limit} && exec \"$0\" \"$@\"");
            shell.arg("-c").arg(start).arg(&setup.binary);
            shell
        }
    };
    command
        .current_dir(data)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("TANUKI_LOG", "warn")
        .env("SECRET_KEY", SECRET_KEY)
        .env("TANUKI_DATA", data)
        .env("DATABASE_URL", database_url)
        .env("BCRYPT_LOG_ROUNDS", "4")
        .env("MAIL_ENABLED", "false")
        .env("MAIL_CHECK_DELIVERABILITY", "false")
        .envs(setup.variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null());
    command
}

/// Starts `tanuki serve` on an address and reads its start-up message.
fn serve(
    setup: &Setup,
    data: &Path,
    database_url: &str,
    address: &str,
) -> Result<(Child, Vec<String>)> {
    let mut command = command(setup, data, database_url);
    command
        .args(["serve", "--listen", address])
        .stdout(Stdio::piped());
    if let Some(log) = &setup.log {
        command.stderr(std::fs::File::create(log)?);
    }
    let mut child = command.spawn()?;
    let output = child.stdout.take().context("no output")?;
    let mut lines = BufReader::new(output).lines();
    let mut greeting = Vec::new();
    for line in lines.by_ref() {
        let line = line?;
        // The last line is the next step for the user.
        let last = line.contains("point gazu at") || line.contains("tanuki create-admin");
        greeting.push(line);
        if last {
            std::thread::spawn(move || lines.for_each(drop));
            return Ok((child, greeting));
        }
    }
    bail!("the server ended before it listened: {greeting:?}")
}

/// Returns a string of a JSON object; panics if there is none.
pub(crate) fn text(value: &Value, key: &str) -> String {
    value[key]
        .as_str()
        .unwrap_or_else(|| panic!("no text `{key}` in {value}"))
        .to_owned()
}
