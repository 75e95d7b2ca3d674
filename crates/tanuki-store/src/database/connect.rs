//! Opening a database from its URL.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use tokio::sync::Semaphore;

use super::{Bus, Database, Pools};
use crate::{Error, Result};

/// Where a database is.
#[derive(Debug, Clone)]
pub enum Target {
    Postgres(Box<PgConnectOptions>),
    /// A file, created when it is not there.
    Sqlite(PathBuf),
}

/// Sizes and waits of the connection pool.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Most connections that are open at once (SQLite: readers).
    pub connections: u32,
    /// How long a request waits for a free connection.
    pub wait: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connections: 16,
            wait: Duration::from_secs(10),
        }
    }
}

impl FromStr for Target {
    type Err = Error;

    /// Reads `sqlite:PATH`, `sqlite://PATH`, `postgres://…`, `postgresql://…`
    /// and the driver-qualified form that Zou configurations hold
    /// (`postgresql+psycopg://…`).
    fn from_str(url: &str) -> Result<Self> {
        let wrong = |why: String| Error::Refused(format!("wrong database URL: {why}"));
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() {
                return Err(wrong("`sqlite:` is followed by no path".into()));
            }
            return Ok(Self::Sqlite(path.into()));
        }
        let Some((scheme, rest)) = url.split_once("://") else {
            return Err(wrong(
                "it begins with neither `sqlite:` nor `postgresql://`".into(),
            ));
        };
        if !matches!(
            scheme.split('+').next(),
            Some("postgres" | "postgresql" | "psql")
        ) {
            return Err(wrong(format!("`{scheme}://` is not a database it knows")));
        }
        let authority = rest.split('/').next().unwrap_or_default();
        if authority.matches('@').count() > 1 || rest.contains('#') {
            return Err(wrong(
                "write `@` in a user or password as %40, `#` as %23, `/` as %2F".into(),
            ));
        }
        PgConnectOptions::from_str(&format!("postgresql://{rest}"))
            .map(|options| Self::Postgres(Box::new(options)))
            .map_err(|error| wrong(error.to_string()))
    }
}

/// Login and place of a PostgreSQL database, in parts.
#[derive(Debug)]
pub struct PostgresParts<'a> {
    pub host: &'a str,
    pub port: u16,
    pub username: &'a str,
    pub password: &'a str,
    pub database: &'a str,
}

impl Target {
    pub fn postgres(parts: &PostgresParts<'_>) -> Self {
        Self::Postgres(Box::new(
            PgConnectOptions::new_without_pgpass()
                .host(parts.host)
                .port(parts.port)
                .username(parts.username)
                .password(parts.password)
                .database(parts.database),
        ))
    }
}

impl std::fmt::Display for Target {
    /// The place without user and password, fit for a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Postgres(options) => write!(
                f,
                "postgresql://{}:{}/{}",
                options.get_host(),
                options.get_port(),
                options.get_database().unwrap_or_default()
            ),
        }
    }
}

impl Database {
    /// Connects and proves that the database answers.
    pub async fn connect(target: &Target, options: Options) -> Result<Self> {
        let pools = match target {
            Target::Postgres(connect) => {
                let pool = PgPoolOptions::new()
                    .max_connections(options.connections)
                    .acquire_timeout(options.wait);
                // One connection by hand first: the pool retries a refused
                // one until its wait is over, where a person waits for an
                // answer.
                sqlx::Connection::close(
                    sqlx::ConnectOptions::connect(connect.as_ref())
                        .await
                        .map_err(|error| unreachable(target, &error))?,
                )
                .await?;
                Pools::Postgres(pool.connect_lazy_with(connect.as_ref().clone()))
            }
            Target::Sqlite(path) => {
                create_private(path)
                    .map_err(|error| unreachable(target, &sqlx::Error::Io(error)))?;
                let connect = sqlite_options(path);
                let open = |pool: SqlitePoolOptions| {
                    pool.acquire_timeout(options.wait)
                        .connect_with(connect.clone())
                };
                let writer = open(SqlitePoolOptions::new().max_connections(1))
                    .await
                    .map_err(|error| unreachable(target, &error))?;
                let readers =
                    open(SqlitePoolOptions::new().max_connections(options.connections)).await?;
                Pools::Sqlite { readers, writer }
            }
        };
        let streams = usize::try_from(options.connections / 2).unwrap_or(1).max(1);
        Ok(Self {
            pools,
            streams: Arc::new(Semaphore::new(streams)),
            bus: Bus::new(),
        })
    }
}

/// Creates the file of a new database readable by its owner alone; it holds
/// password hashes. SQLite gives its log beside it the same mode.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        created => created.map(drop),
    }
}

fn sqlite_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        .optimize_on_close(true, None)
}

fn unreachable(target: &Target, error: &sqlx::Error) -> Error {
    let reason = match error.as_database_error() {
        Some(database) => database.message().to_owned(),
        None => error.to_string(),
    };
    Error::Unavailable(format!("cannot open the database {target}: {reason}"))
}
