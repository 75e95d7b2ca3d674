//! How a database is connected to.

use std::path::PathBuf;
use std::time::Duration;

/// Sizes and time-outs of the connection pool.
#[derive(Debug, Clone)]
pub struct Options {
    /// Maximum number of open connections. SQLite has half as many for reading:
    /// they use this machine's processors, and each has a cache.
    pub connections: u32,
    /// Acquire time-out: callers that wait for a connection are refused if none
    /// was returned to the pool for this long.
    pub wait: Duration,
    /// Time-out for opening a connection.
    pub connect: Duration,
    /// How long the server retries at start-up while PostgreSQL is unavailable;
    /// zero for a single attempt.
    pub start: Duration,
    /// Statement time-out; `None` for no limit. On SQLite streamed lists are
    /// exempt.
    pub statement: Option<Duration>,
    /// Lock time-out: how long a statement may wait for a lock of another
    /// transaction. With `None`, PostgreSQL waits without limit and SQLite for
    /// ten seconds.
    pub lock: Option<Duration>,
    /// Directory for the part of streamed lists that slow readers have not read
    /// yet, and the most bytes that all its files may have together.
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
    /// Returns the same options without time-outs for statements and locks, and
    /// without retries: for commands that may run for any time.
    pub fn without_limits(self) -> Self {
        Self {
            start: Duration::ZERO,
            statement: None,
            lock: None,
            ..self
        }
    }
}

/// Address and login of a PostgreSQL database.
#[derive(Debug)]
pub struct PostgresParts<'a> {
    pub host: &'a str,
    pub port: u16,
    pub username: &'a str,
    pub password: &'a str,
    pub database: &'a str,
}
