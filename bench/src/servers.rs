//! The servers that are compared.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::json;
use tanuki_testkit::{ADMIN_EMAIL, ADMIN_PASSWORD, SECRET_KEY};

use crate::client::{Connection, Request};
use crate::process::{Process, free_address};

/// Workers of the reference, as its documentation suggests for a small
/// machine.
const WORKERS: &str = "3";

/// What is measured, in the order of the report's columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Reference,
    Postgres,
    Sqlite,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Reference => "Zou 1.0.97",
            Self::Postgres => "Tanuki, PostgreSQL",
            Self::Sqlite => "Tanuki, SQLite",
        }
    }
}

/// A started server.
#[derive(Debug)]
pub struct Server {
    pub kind: Kind,
    pub process: Process,
    /// Where its events are listened to.
    pub events: SocketAddr,
    /// Of an admin.
    pub token: String,
    pub memory_idle: u64,
    beside: Vec<Process>,
    _store: Option<Redis>,
}

impl Server {
    pub fn address(&self) -> SocketAddr {
        self.process.address
    }

    /// Ends all its processes but Redis, and starts them again.
    pub async fn restart(&mut self) -> Result<()> {
        for process in &mut self.beside {
            process.restart().await?;
        }
        self.process.restart().await
    }

    /// Resident memory of all its processes but Redis, in bytes.
    pub fn memory(&self) -> u64 {
        let beside = self.beside.iter().map(Process::memory);
        self.process.memory() + beside.sum::<u64>()
    }
}

/// Tanuki's program.
#[derive(Debug, Clone)]
pub struct Tanuki {
    pub program: PathBuf,
    /// Data and logs of the run.
    pub folder: PathBuf,
}

impl Tanuki {
    /// The program with a database, ready for a command's arguments.
    pub fn command(&self, database_url: &str) -> Command {
        let mut command = Command::new(&self.program);
        command
            .current_dir(&self.folder)
            .env_clear()
            .envs(common())
            .env("TANUKI_LOG", "warn")
            .env("TANUKI_DATA", &self.folder)
            .env("DATABASE_URL", database_url);
        command
    }

    /// Runs a command to its end; returns its output.
    pub fn run(&self, database_url: &str, arguments: &[&str]) -> Result<String> {
        let output = self.command(database_url).args(arguments).output()?;
        ensure!(
            output.status.success(),
            "tanuki {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    pub async fn start(&self, kind: Kind, database_url: &str) -> Result<Server> {
        let process = self.process(kind, database_url).await?;
        let address = process.address;
        finish(kind, process, address, Vec::new(), None).await
    }

    pub async fn process(&self, kind: Kind, database_url: &str) -> Result<Process> {
        let address = free_address()?;
        let mut command = self.command(database_url);
        command.args(["serve", "--listen", &address.to_string()]);
        let log = self.folder.join(format!("{kind:?}.log"));
        Process::start(command, address, &log).await
    }
}

/// The reference, from a virtual environment in which it is installed.
#[derive(Debug, Clone)]
pub struct Zou {
    /// The environment's `bin`.
    pub programs: PathBuf,
    pub folder: PathBuf,
}

impl Zou {
    /// Starts API, event stream and the Redis that they need, on a PostgreSQL
    /// database that Tanuki has made.
    pub async fn start(&self, database_url: &str) -> Result<Server> {
        let store = Redis::start()?;
        let process = self
            .gunicorn(database_url, &store, "zou.app:app", "gevent", WORKERS)
            .await?;
        let listening = self
            .gunicorn(
                database_url,
                &store,
                "zou.event_stream:app",
                "geventwebsocket.gunicorn.workers.GeventWebSocketWorker",
                "1",
            )
            .await?;
        let events = listening.address;
        finish(
            Kind::Reference,
            process,
            events,
            vec![listening],
            Some(store),
        )
        .await
    }

    async fn gunicorn(
        &self,
        database_url: &str,
        store: &Redis,
        application: &str,
        worker: &str,
        workers: &str,
    ) -> Result<Process> {
        let (place, database) = database_url.rsplit_once('/').context("a database URL")?;
        let place = place.rsplit(['/', '@']).next().unwrap_or_default();
        let (host, port) = place
            .split_once(':')
            .context("a port in the database URL")?;
        let address = free_address()?;
        let mut command = Command::new(self.programs.join("gunicorn"));
        command
            .args(["-k", worker, "-w", workers, "--log-level", "warning"])
            .args(["-b", &address.to_string(), application])
            .current_dir(&self.folder)
            .env_clear()
            .envs(common())
            .envs([
                ("DB_HOST", host),
                ("DB_PORT", port),
                ("DB_DATABASE", database),
            ])
            .envs([("DB_USERNAME", "postgres"), ("DB_PASSWORD", "postgres")])
            .envs([("KV_HOST", "127.0.0.1"), ("INDEXER_TIMEOUT", "1")])
            .env("KV_PORT", store.port.to_string())
            .env("PREVIEW_FOLDER", self.folder.join("previews"))
            .env("TMP_DIR", self.folder.join("tmp"));
        let log = self.folder.join(format!("{application}.log"));
        Process::start(command, address, &log).await
    }
}

fn common() -> Vec<(&'static str, String)> {
    vec![
        ("PATH", std::env::var("PATH").unwrap_or_default()),
        ("SECRET_KEY", SECRET_KEY.into()),
        ("BCRYPT_LOG_ROUNDS", "12".into()),
        ("MAIL_ENABLED", "false".into()),
        ("MAIL_CHECK_DELIVERABILITY", "false".into()),
    ]
}

async fn finish(
    kind: Kind,
    process: Process,
    events: SocketAddr,
    beside: Vec<Process>,
    store: Option<Redis>,
) -> Result<Server> {
    let token = log_in(process.address, ADMIN_EMAIL, ADMIN_PASSWORD)
        .await
        .with_context(|| kind.name())?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok(Server {
        kind,
        memory_idle: process.memory(),
        token,
        process,
        events,
        beside,
        _store: store,
    })
}

/// Logs somebody in; returns their access token.
pub async fn log_in(address: SocketAddr, email: &str, password: &str) -> Result<String> {
    let mut connection = Connection::open(address).await?;
    let login = json!({"email": email, "password": password});
    let request = Request::new("POST", "/auth/login", "", Some(&login));
    let (status, answer) = connection.json(&request).await?;
    match answer["access_token"].as_str() {
        Some(token) => Ok(token.to_owned()),
        None => bail!("{email}'s login was answered {status}"),
    }
}

/// A Redis for the reference, with nothing in it.
#[derive(Debug)]
struct Redis {
    child: Child,
    port: u16,
}

impl Redis {
    fn start() -> Result<Self> {
        let port = free_address()?.port();
        let child = Command::new("redis-server")
            .args([
                "--port",
                &port.to_string(),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .context("the reference needs redis-server (Debian: redis-server)")?;
        Ok(Self { child, port })
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Where Tanuki's program is built, after building it.
pub fn build() -> Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--locked", "-p", "tanuki"])
        .current_dir(&root)
        .status()?;
    ensure!(built.success(), "tanuki could not be built");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    Ok(target.join("release/tanuki").canonicalize()?)
}
