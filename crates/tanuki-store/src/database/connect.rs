//! Opens a database from its URL.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use super::options::{Options, PostgresParts};
use super::postgres::{Endpoint, Postgres};
use super::sqlite::Sqlite;
use super::{Bus, Database, Driver, Limiter, Reads, Spool};
use crate::{Error, Result};

/// Pause between two attempts to connect at start-up.
const RETRY: Duration = Duration::from_secs(1);

/// The location of a database.
#[derive(Debug, Clone)]
pub enum Target {
    Postgres(Box<Endpoint>),
    /// Path of a file, created if it does not exist.
    Sqlite(PathBuf),
}

impl FromStr for Target {
    type Err = Error;

    /// Parses `sqlite:PATH`, `sqlite://PATH`, `postgres://…`, `postgresql://…`
    /// and the driver-qualified form of Zou's configuration
    /// (`postgresql+psycopg://…`).
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with the reason, for any other URL.
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

impl Target {
    /// Builds the target from its parts, which need no escaping as in a URL.
    pub fn postgres(parts: &PostgresParts<'_>) -> Self {
        Self::Postgres(Box::new(Endpoint::of(parts)))
    }
}

impl std::fmt::Display for Target {
    /// The address without user and password, safe to log.
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
    /// The error of the last attempt.
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

    /// Connects, and opens one connection to check that the database can be
    /// used.
    ///
    /// # Errors
    ///
    /// [`Error::AccessDenied`] if the login or the database's name is wrong,
    /// [`Error::Unavailable`] for every other failure.
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
        // Lists are streamed on some of the connections only.
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

/// Creates the file of a new database with mode 0600, because it contains
/// password hashes. SQLite creates its log with the same mode.
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
