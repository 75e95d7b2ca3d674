//! Opening a database from its URL.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use super::postgres::{Endpoint, Postgres};
use super::sqlite::Sqlite;
use super::{Bus, Database, Driver, Limiter, Reads, Spool};
use crate::{Error, Result};

/// Pause between two tries to connect at the start.
const RETRY: Duration = Duration::from_secs(1);

/// Where a database is.
#[derive(Debug, Clone)]
pub enum Target {
    Postgres(Box<Endpoint>),
    /// A file, created when it is not there.
    Sqlite(PathBuf),
}

/// Sizes and waits of the connection pool.
#[derive(Debug, Clone)]
pub struct Options {
    /// Most connections that are open at once. Of SQLite, half as many read:
    /// they work on this machine's own processors, and each has a cache.
    pub connections: u32,
    /// How long no connection may be given back before those who wait for
    /// one are refused.
    pub wait: Duration,
    /// How long a connection may take to be opened.
    pub connect: Duration,
    /// How long a server that starts retries while PostgreSQL is unavailable;
    /// zero for a single try.
    pub start: Duration,
    /// How long a statement may take; without end if none. On SQLite the rows
    /// of a streamed list are exempt.
    pub statement: Option<Duration>,
    /// How long a statement may wait for a lock of somebody else; without end
    /// if none, which SQLite takes for ten seconds.
    pub lock: Option<Duration>,
    /// Where it is kept what slow readers of lists have not read, and how many
    /// bytes of it at most.
    pub spool: (PathBuf, u64),
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connections: 16,
            wait: Duration::from_secs(5),
            connect: Duration::from_secs(3),
            start: Duration::ZERO,
            statement: None,
            lock: None,
            spool: (std::env::temp_dir().join("tanuki-spool"), 1 << 30),
        }
    }
}

impl Options {
    /// The same for work that may take as long as it does.
    pub fn without_limits(self) -> Self {
        Self {
            start: Duration::ZERO,
            statement: None,
            lock: None,
            ..self
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
        Endpoint::parse(rest)
            .map(|place| Self::Postgres(Box::new(place)))
            .map_err(wrong)
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
        Self::Postgres(Box::new(Endpoint::of(parts)))
    }
}

impl std::fmt::Display for Target {
    /// The place without user and password, fit for a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Postgres(place) => write!(f, "{place}"),
        }
    }
}

impl Database {
    /// Connects like [`connect`](Self::connect), and retries each second for
    /// `options.start` while PostgreSQL is unavailable. A refused login or a
    /// missing database is not retried.
    ///
    /// # Errors
    ///
    /// The error of the last try.
    pub async fn connect_when_up(target: &Target, options: Options) -> Result<Self> {
        let begun = tokio::time::Instant::now();
        loop {
            let error = match Self::connect(target, options.clone()).await {
                Err(error @ Error::Unavailable(_)) if matches!(target, Target::Postgres(_)) => {
                    error
                }
                outcome => return outcome,
            };
            if begun.elapsed() + RETRY > options.start {
                return Err(error);
            }
            tracing::warn!(%error, "the database is unavailable, retrying");
            tokio::time::sleep(RETRY).await;
        }
    }

    /// Connects and proves that the database answers.
    pub async fn connect(target: &Target, options: Options) -> Result<Self> {
        let driver = match target {
            Target::Postgres(place) => Postgres::connect(place, &options)
                .await
                .map(Driver::Postgres),
            Target::Sqlite(path) => create_private(path)
                .map_err(|error| crate::Error::Unavailable(error.to_string()))
                .and_then(|()| Sqlite::open(path, &options))
                .map(Driver::Sqlite),
        };
        let driver = driver.map_err(|error| {
            let message = format!("cannot open the database {target}: {error}");
            match error {
                Error::AccessDenied(_) => Error::AccessDenied(message),
                _ => Error::Unavailable(message),
            }
        })?;
        // Of the connections that lists are read on.
        let (all, streams) = match &driver {
            Driver::Postgres(postgres) => {
                let own = postgres.own_connections();
                (own, own * 2 / 3)
            }
            Driver::Sqlite(sqlite) => (sqlite.readers(), sqlite.readers() / 2),
        };
        let streams = streams.max(1);
        let short = (all.saturating_sub(streams) / 2).max(1);
        Ok(Self {
            driver,
            streams: Limiter::new(streams, options.wait),
            short: Limiter::new(short, options.wait),
            spool: Spool::new(options.spool.0, options.spool.1),
            reads: Reads::default(),
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
