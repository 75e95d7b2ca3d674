//! Connections that are lent out one at a time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::functions;
use crate::database::connect::Options;
use crate::database::limiter::{Limiter, Permit};
use crate::{Error, Result};

/// How long a write waits for another process that writes, unless it is told.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// KiB of the file that the first connections remember, which are all that
/// are used while few ask: a large list looks up the rows of many indexes.
const CACHE_KIB: i32 = 8 * 1024;

/// How many these are.
const LARGE_CACHE_CONNECTIONS: u32 = 2;

/// KiB that the others remember; SQLite's own measure.
const SMALL_CACHE_KIB: i32 = 2 * 1024;

/// How many statements a connection keeps prepared.
const STATEMENT_CACHE: usize = 256;

/// Connections to one file, and who waits for one.
#[derive(Debug)]
pub struct Pool {
    path: PathBuf,
    free: Mutex<Slots>,
    limiter: Limiter,
    busy: Duration,
}

/// The places of connections, with those that are open. Of the free ones the
/// first is always taken, so that its memory is that of the last query.
type Slots = BTreeMap<u32, Option<Connection>>;

impl Pool {
    /// `most` connections at once; the first is opened now.
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

    /// A connection, when one is free.
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

    pub fn max_size(&self) -> u32 {
        self.limiter.max_size()
    }

    fn free(&self) -> std::sync::MutexGuard<'_, Slots> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until all are back and closes them.
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

/// A connection that somebody has; dropped, it goes back.
#[derive(Debug)]
pub struct PooledConnection {
    connection: Option<Connection>,
    place: u32,
    owner: Arc<Pool>,
    permit: Permit,
}

impl PooledConnection {
    /// Says that another process kept the file locked.
    pub fn mark_locked_out(&mut self) {
        self.permit.mark_locked_out();
    }

    /// Works on the connection, on a thread that may block.
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

    /// The connection, which is opened by whoever is the first to have it.
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
        // Nobody gets a connection with somebody else's open transaction.
        let is_clean = |connection: &Connection| {
            connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok()
        };
        let connection = self.connection.take().filter(is_clean);
        self.owner.free().insert(self.place, connection);
    }
}

/// A connection that remembers so many KiB of the file, and waits that long
/// for other processes.
fn open(path: &Path, cache: i32, busy: Duration) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(busy)?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    // Without this, SQLite plans a statement anew whenever a value is bound
    // that its plan might depend on.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    functions::register(&connection)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
    )?;
    connection.pragma_update(None, "cache_size", -cache)?;
    Ok(connection)
}
