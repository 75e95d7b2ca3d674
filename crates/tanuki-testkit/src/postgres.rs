//! A PostgreSQL server in a temporary folder, one per test program.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::programs::{Guard, feed, succeed};
use crate::tools;

/// A running server. It ends with the test program.
#[derive(Debug)]
pub struct Cluster {
    port: u16,
    programs: PathBuf,
    _guard: Guard,
}

/// The settings of the cluster for tests: it needs no durability.
const FOR_TESTS: &[&str] = &["fsync=off", "max_connections=400", "shared_buffers=64MB"];

static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

impl Cluster {
    /// Returns the program's server, starting it on first use; `None` if
    /// PostgreSQL is not installed.
    pub fn get() -> Option<&'static Self> {
        CLUSTER
            .get_or_init(|| {
                let programs = tools::or_skip(
                    tools::postgres_programs(),
                    "the PostgreSQL suite",
                    "PostgreSQL's server programs (Debian: postgresql)",
                )?;
                let started = start(&programs, FOR_TESTS);
                Some(started.expect("PostgreSQL starts in a temporary folder"))
            })
            .as_ref()
    }

    /// Starts a separate server with these settings (`NAME=VALUE`).
    pub fn start(settings: &[&str]) -> Result<Self> {
        let programs =
            tools::postgres_programs().context("no initdb and postgres on this machine")?;
        start(&programs, settings)
    }

    /// Creates an empty database; returns its URL.
    pub fn create_database(&self) -> Result<String> {
        let number = DATABASES.fetch_add(1, Ordering::Relaxed);
        let name = format!("tanuki_{}_{number}", std::process::id());
        self.psql("postgres", &format!("CREATE DATABASE {name}"))?;
        Ok(self.url(&name))
    }

    /// Returns the server's port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the URL of a database.
    pub fn url(&self, database: &str) -> String {
        format!("postgresql://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Runs SQL with psql and returns its output, unaligned.
    pub fn psql(&self, database: &str, sql: &str) -> Result<String> {
        let mut command = Command::new(self.programs.join("psql"));
        command
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d"])
            .arg(self.url(database))
            .args(["-f", "-"])
            .stdout(Stdio::piped());
        let output = feed(&mut command, sql)?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// Returns a command that runs a program as the user `postgres` if the tests
/// run as root: PostgreSQL refuses to run as root.
fn as_server_user(program: &Path) -> Command {
    if tools::is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    }
}

fn start(programs: &Path, settings: &[&str]) -> Result<Cluster> {
    let folder = tempfile::Builder::new()
        .prefix("tanuki-postgres-")
        .tempdir()?
        .keep();
    let data = folder.join("data");
    // The folder is created by this user and used by the server's user.
    succeed(Command::new("chmod").arg("0777").arg(&folder))?;
    succeed(
        as_server_user(&programs.join("initdb"))
            .arg("-D")
            .arg(&data)
            .args([
                "-U",
                "postgres",
                "--auth=trust",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            ])
            .current_dir("/"),
    )?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let postgres = as_server_user(&programs.join("postgres"))
        .arg("-D")
        .arg(&data)
        .args(["-p", &port.to_string(), "-k", ""])
        .args(["-c", "listen_addresses=127.0.0.1"])
        .args(settings.iter().flat_map(|setting| ["-c", setting]))
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let guard = Guard::of(&postgres, "INT", &folder)?;
    let cluster = Cluster {
        port,
        programs: programs.to_owned(),
        _guard: guard,
    };
    let deadline = Instant::now() + Duration::from_secs(30);
    while TcpStream::connect(("127.0.0.1", port)).is_err()
        || cluster.psql("postgres", "SELECT 1").is_err()
    {
        if Instant::now() > deadline {
            bail!("PostgreSQL does not answer on port {port}");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(cluster)
}
