//! SQLite: connections that are used on blocking threads.
//!
//! There is one connection that writes, so that writes queue here and never
//! fail with a busy database, and a few that read. A statement moves its
//! connection to a blocking thread and back.

mod batch;
mod bound;
mod functions;
mod pool;
mod record;
mod row;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt as _, TryStreamExt as _};
use rusqlite::{Connection, Statement};

pub(super) use batch::BatchReceiver;
pub(super) use pool::{Pool, PooledConnection};
pub(super) use row::Row;

use row::Heading;

use super::PREPARED_VALUES;
use super::options::Options;
use crate::dialect::Query;
use crate::{Error, Result};

/// How many instructions of SQLite's virtual machine run between two checks of
/// the statement time-out: a fraction of a millisecond.
const INSTRUCTIONS: i32 = 10_000;

/// The connections to an SQLite file; clones share them.
#[derive(Debug, Clone)]
pub(super) struct Sqlite {
    readers: Arc<Pool>,
    writer: Arc<Pool>,
    /// Statement time-out; `None` for no limit.
    limit: Option<Duration>,
}

impl Sqlite {
    /// Opens the file, which must exist.
    pub fn open(path: &Path, options: &Options) -> Result<Self> {
        let readers = options.connections.div_ceil(2).max(1);
        Ok(Self {
            writer: Pool::open(path, 1, options)?,
            readers: Pool::open(path, readers, options)?,
            limit: options.statement,
        })
    }

    /// Maximum number of concurrent reads.
    pub fn readers(&self) -> u32 {
        self.readers.max_size()
    }

    pub async fn fetch_all(&self, query: Query) -> Result<Vec<super::Row>> {
        let lent = self.readers.acquire().await?;
        let limit = self.limit;
        let fetch = move |connection: &mut Connection| {
            with_limit(connection, limit, |connection| fetch(connection, query))
        };
        let (mut lent, rows) = lent.run(fetch).await?;
        if matches!(rows, Err(Error::Unavailable(_))) {
            lent.mark_locked_out();
        }
        rows
    }

    pub async fn execute(&self, query: Query) -> Result<u64> {
        let lent = self.writer.acquire().await?;
        let limit = self.limit;
        let execute = move |connection: &mut Connection| {
            with_limit(connection, limit, |connection| execute(connection, query))
        };
        let (mut lent, changed) = lent.run(execute).await?;
        if matches!(changed, Err(Error::Unavailable(_))) {
            lent.mark_locked_out();
        }
        changed
    }

    /// Reads the rows of a query in batches, on a blocking thread. There is no
    /// time-out, because it may wait for slow readers.
    pub fn batches(&self, query: Query) -> BatchReceiver {
        let (filling, batches) = batch::channel();
        let readers = Arc::clone(&self.readers);
        tokio::spawn(async move {
            let failing = filling.to_reader();
            let sql = Arc::clone(&query.sql);
            let read = move |connection: &mut Connection| {
                prepared(connection, query, |statement, values| {
                    let heading = Heading::of(statement, &sql)?;
                    filling.fill(statement.query(values)?, &heading)
                })
            };
            let read = match readers.acquire().await {
                Ok(lent) => lent.run(read).await,
                Err(error) => Err(error),
            };
            if let Err(error) | Ok((_, Err(error))) = read {
                failing.fail(error).await;
            }
        });
        batches
    }

    /// Streams rows one by one.
    pub fn stream(&self, query: Query) -> BoxStream<'static, Result<super::Row>> {
        let batches = stream::unfold(self.batches(query), |mut batches| async {
            let batch = batches.next().await?;
            Some((batch, batches))
        });
        let rows = |batch: batch::Batch| stream::iter(batch.into_rows().map(Ok));
        batches.map_ok(rows).try_flatten().boxed()
    }

    /// Takes the writing connection and begins a transaction with the write
    /// lock.
    pub async fn begin(&self) -> Result<Session> {
        Session::begin(&self.writer, "BEGIN IMMEDIATE", self.limit).await
    }

    /// Takes a reading connection and begins a transaction. The query in it
    /// makes SQLite take the snapshot now instead of at the first query of the
    /// caller.
    pub async fn begin_reading(&self) -> Result<Session> {
        let begin = "BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1";
        Session::begin(&self.readers, begin, self.limit).await
    }

    /// Waits until all connections are returned, then closes them.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// The connection of a transaction. Dropped while the transaction is open, it
/// is rolled back.
#[derive(Debug)]
pub(super) struct Session {
    /// `None` while a statement runs.
    lent: Option<PooledConnection>,
    /// Statement time-out; `None` for no limit.
    limit: Option<Duration>,
}

impl Session {
    async fn begin(of: &Arc<Pool>, begin: &'static str, limit: Option<Duration>) -> Result<Self> {
        let lent = of.acquire().await?;
        let begin = |connection: &mut Connection| connection.execute_batch(begin);
        let (mut lent, begun) = lent.run(begin).await?;
        if let Err(error) = begun {
            lent.mark_locked_out();
            return Err(error.into());
        }
        Ok(Self {
            lent: Some(lent),
            limit,
        })
    }

    /// Removes the statement time-out for the rest of the transaction.
    pub fn lift_limit(&mut self) {
        self.limit = None;
    }

    pub async fn fetch_all(&mut self, query: Query) -> Result<Vec<super::Row>> {
        self.run(move |connection| fetch(connection, query)).await
    }

    pub async fn execute(&mut self, query: Query) -> Result<u64> {
        self.run(move |connection| execute(connection, query)).await
    }

    pub async fn commit(mut self) -> Result<()> {
        self.run(|connection| Ok(connection.execute_batch("COMMIT")?))
            .await
    }

    async fn run<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        // A statement whose future was dropped took the connection with it.
        let ended = || Error::Unavailable("the transaction has ended".into());
        let lent = self.lent.take().ok_or_else(ended)?;
        let limit = self.limit;
        let run = move |connection: &mut Connection| {
            let outcome = with_limit(connection, limit, work);
            (outcome, connection.is_autocommit())
        };
        let (lent, (outcome, is_over)) = lent.run(run).await?;
        // SQLite rolls back the transaction when it interrupts a write or the
        // disk fails: no later statement may run outside of it.
        self.lent = (!is_over).then_some(lent);
        outcome
    }
}

/// Runs `work` on a connection whose statements are interrupted after `limit`.
fn with_limit<T>(
    connection: &mut Connection,
    limit: Option<Duration>,
    work: impl FnOnce(&mut Connection) -> Result<T>,
) -> Result<T> {
    let Some(end) = limit.and_then(|limit| Instant::now().checked_add(limit)) else {
        return work(connection);
    };
    connection.progress_handler(INSTRUCTIONS, Some(move || Instant::now() >= end))?;
    let outcome = work(connection);
    connection.progress_handler(0, None::<fn() -> bool>)?;
    outcome
}

fn fetch(connection: &mut Connection, query: Query) -> Result<Vec<super::Row>> {
    let sql = Arc::clone(&query.sql);
    prepared(connection, query, |statement, values| {
        let heading = Heading::of(statement, &sql)?;
        let mut rows = statement.query(values)?;
        let mut found = Vec::new();
        while let Some(next) = rows.next()? {
            found.push(super::Row::of(next, &heading)?);
        }
        Ok(found)
    })
}

fn execute(connection: &mut Connection, query: Query) -> Result<u64> {
    prepared(connection, query, |statement, values| {
        Ok(statement.execute(values)? as u64)
    })
}

impl super::Row {
    fn of(row: &rusqlite::Row<'_>, heading: &Arc<Heading>) -> Result<Self> {
        let mut own = Row::of(heading);
        own.fill(row)?;
        Ok(Self::Sqlite(own))
    }
}

type Bound = rusqlite::ParamsFromIter<Vec<rusqlite::types::Value>>;

/// Runs `work` with a prepared statement, which is cached unless it has many
/// parameters: such SQL is hardly ever the same.
fn prepared<T>(
    connection: &mut Connection,
    query: Query,
    work: impl FnOnce(&mut Statement<'_>, Bound) -> Result<T>,
) -> Result<T> {
    let is_kept = query.values.len() <= PREPARED_VALUES;
    let values = rusqlite::params_from_iter(bound::all(query.values)?);
    let mut statement = connection.prepare_cached(&query.sql)?;
    let outcome = work(&mut statement, values);
    if !is_kept {
        statement.discard();
    }
    outcome
}
