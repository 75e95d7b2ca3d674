//! A connection pool.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::functions;
use crate::database::limiter::{Limiter, Permit};
use crate::database::options::Options;
use crate::{Error, Result};

/// Default lock time-out: how long a write waits for another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Page cache of the first connections, in KiB. It is large because a long list
/// looks up rows through many indexes; under low load only these are used.
const CACHE_KIB: i32 = 8 * 1024;

/// How many connections have the large cache.
const LARGE_CACHE_CONNECTIONS: u32 = 2;

/// Page cache of the others, in KiB; SQLite's default.
const SMALL_CACHE_KIB: i32 = 2 * 1024;

/// How many prepared statements a connection caches.
const STATEMENT_CACHE: usize = 256;

/// The connections to one file, and the queue for them.
#[derive(Debug)]
pub struct Pool {
    path: PathBuf,
    free: Mutex<Slots>,
    limiter: Limiter,
    busy: Duration,
}

/// Free slots, each with its connection if that is open. The lowest is always
/// taken, so that the cache of the last query is reused.
type Slots = BTreeMap<u32, Option<Connection>>;

impl Pool {
    /// Creates a pool of `most` connections and opens the first, to check the
    /// file.
    pub fn open(path: &Path, most: u32, options: &Options) -> Result<Arc<Self>> {
        let busy = options.lock.unwrap_or(BUSY_TIMEOUT);
        let mut places: Slots = (0..most).map(|place| (place, None)).collect();
        places.insert(0, Some(open(path, CACHE_KIB, busy)?));
        Ok(Arc::new(Self {
            free: Mutex::new(places),
            path: path.to_owned(),
            limiter: Limiter::new(most, options.wait),
            busy,
        }))
    }

    /// Takes a connection, as soon as one is free.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] if none is returned in time.
    pub async fn acquire(self: &Arc<Self>) -> Result<PooledConnection> {
        let permit = self.limiter.acquire().await?;
        let full = || Error::Unavailable("every connection is in use".into());
        let (place, connection) = self.free().pop_first().ok_or_else(full)?;
        Ok(PooledConnection {
            connection,
            place,
            owner: Arc::clone(self),
            permit,
        })
    }

    /// The maximum number of open connections.
    pub fn max_size(&self) -> u32 {
        self.limiter.max_size()
    }

    fn free(&self) -> std::sync::MutexGuard<'_, Slots> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until all connections are returned, and closes them.
    pub async fn close(&self) {
        self.limiter.close().await;
        let places = std::mem::take(&mut *self.free());
        for connection in places.into_values().flatten() {
            if let Err(error) = connection.execute_batch("PRAGMA optimize") {
                tracing::debug!(%error, "SQLite was not optimized");
            }
        }
    }
}

/// A connection taken from the pool, returned when it is dropped.
#[derive(Debug)]
pub struct PooledConnection {
    connection: Option<Connection>,
    place: u32,
    owner: Arc<Pool>,
    permit: Permit,
}

impl PooledConnection {
    /// Records that the statement failed because another process held the lock.
    pub fn mark_locked_out(&mut self) {
        self.permit.mark_locked_out();
    }

    /// Runs `work` with the connection on a blocking thread, and returns both.
    pub async fn run<T: Send + 'static>(
        mut self,
        work: impl FnOnce(&mut Connection) -> T + Send + 'static,
    ) -> Result<(Self, T)> {
        let working = tokio::task::spawn_blocking(move || {
            let connection = self.opened()?;
            let outcome = work(connection);
            Ok((self, outcome))
        });
        let stopped = |_| Error::Unavailable("the statement was stopped".into());
        working.await.map_err(stopped)?
    }

    /// Returns the connection, which is opened on first use.
    fn opened(&mut self) -> Result<&mut Connection> {
        let cache = if self.place < LARGE_CACHE_CONNECTIONS {
            CACHE_KIB
        } else {
            SMALL_CACHE_KIB
        };
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => open(&self.owner.path, cache, self.owner.busy)?,
        };
        Ok(self.connection.insert(connection))
    }
}

impl Drop for PooledConnection {
    fn drop(&mut self) {
        // A connection is never reused with an open transaction.
        let is_clean = |connection: &Connection| {
            connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok()
        };
        let connection = self.connection.take().filter(is_clean);
        self.owner.free().insert(self.place, connection);
    }
}

/// Opens a connection with a page cache of `cache` KiB and a lock time-out of
/// `busy`.
fn open(path: &Path, cache: i32, busy: Duration) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(busy)?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    // Without this, SQLite prepares a statement again whenever a parameter
    // changes that its plan might depend on.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    functions::register(&connection)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
    )?;
    connection.pragma_update(None, "cache_size", -cache)?;
    Ok(connection)
}
