//! PostgreSQL: a few connections shared by all short statements, and a pool of
//! connections for transactions and streams.
//!
//! Statements on a shared connection are pipelined: they are sent without
//! waiting for the results of those before. Of many concurrent requests, the
//! server reads and answers several at a time, which is most of the cost of a
//! short query. A slow statement delays those behind it, so the connection with
//! the fewest statements is taken.

mod bound;
mod connect;
mod health;
mod raw;
mod record;
mod row;
mod tls;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deadpool_postgres::{ClientWrapper, Object, Pool, PoolError, TimeoutType};
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{RowStream, Statement};

pub(super) use bound::Bound;
pub use connect::Endpoint;
pub(super) use row::Row;

use health::Health;

use super::PREPARED_VALUES;
use super::limiter::{Limiter, Permit};
use crate::dialect::Query;
use crate::{Error, Result};

/// The same for statements that write: the SQL of one that inserts rows differs
/// with their number.
const PREPARED_VALUES_WRITTEN: usize = 32;

/// Time-out for a rollback, after which the connection is closed instead.
const ROLLBACK: Duration = Duration::from_secs(5);

/// How many prepared statements a connection caches before the cache is
/// cleared.
const PREPARED: usize = 512;

/// The connections to a PostgreSQL database; clones share them.
#[derive(Clone)]
pub(super) struct Postgres {
    /// Opens the shared connections.
    opened: Pool,
    shared: Arc<[Shared]>,
    /// The connections for transactions and streams.
    pool: Pool,
    /// The queue for a connection of `pool`.
    limiter: Limiter,
    health: Health,
    /// How long the result of a statement is awaited; `None` for no limit.
    limit: Option<Duration>,
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres").finish_non_exhaustive()
    }
}

/// A shared connection, opened on demand. A statement clones the `Arc` while it
/// runs, so the reference count is the connection's load.
#[derive(Default)]
struct Shared {
    client: Mutex<Option<Arc<Client>>>,
    /// Locked while the connection is opened, so that statements which arrive
    /// meanwhile wait for it instead of opening more.
    opening: tokio::sync::Mutex<()>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Option<Arc<Client>>> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn load(&self) -> usize {
        self.lock().as_ref().map_or(0, Arc::strong_count)
    }

    fn client(&self) -> Option<Arc<Client>> {
        self.lock().clone().filter(|client| client.is_usable())
    }

    fn replace(&self, client: Option<Arc<Client>>) {
        *self.lock() = client;
    }
}

/// An open connection. Dropped, it is returned to its pool, or closed if it is
/// broken.
struct Client {
    /// `Some` until it is dropped.
    object: Option<Object>,
    /// A statement had no response, so later ones would have none either.
    broken: AtomicBool,
    /// The permit of a connection that is not shared.
    permit: Option<Permit>,
}

impl Client {
    fn new(object: Object, permit: Option<Permit>) -> Self {
        Self {
            object: Some(object),
            broken: AtomicBool::new(false),
            permit,
        }
    }

    fn get(&self) -> Result<&ClientWrapper> {
        let gone = || Error::Unavailable("no connection is open".into());
        self.object.as_deref().ok_or_else(gone)
    }

    fn is_usable(&self) -> bool {
        !self.broken.load(Ordering::Relaxed) && !self.is_closed()
    }

    /// Returns whether the server, or a proxy in between, has closed the
    /// connection.
    fn is_closed(&self) -> bool {
        self.get().is_ok_and(|client| client.is_closed())
    }

    /// Marks the connection to be closed instead of returned when it is
    /// dropped.
    fn close_later(&self) {
        self.broken.store(true, Ordering::Relaxed);
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Some(object) = self.object.take()
            && self.broken.load(Ordering::Relaxed)
        {
            drop(Object::take(object));
        }
        drop(self.permit.take());
    }
}

impl Postgres {
    /// Runs a read query on a shared connection. It is retried once if the
    /// connection turns out to be closed.
    pub async fn fetch_all(&self, query: Query) -> Result<Vec<super::Row>> {
        let values = Bound::all(query.values)?;
        let client = self.client().await?;
        let fetched = self.on(&client, fetch(client.get()?, &query.sql, &values));
        match fetched.await {
            Err(Error::Unavailable(_)) if client.is_closed() => {
                let client = self.client().await?;
                let fetched = fetch(client.get()?, &query.sql, &values);
                self.on(&client, fetched).await
            }
            rows => rows,
        }
    }

    pub async fn execute(&self, query: Query) -> Result<u64> {
        let client = self.client().await?;
        self.on(&client, execute(client.get()?, query)).await
    }

    /// Maximum number of concurrent transactions and streams.
    pub fn own_connections(&self) -> u32 {
        self.limiter.max_size()
    }

    /// Returns whether the server responds to a new connection.
    pub async fn responds(&self) -> bool {
        self.health.ask().await
    }

    async fn on<T>(&self, client: &Client, answer: impl Future<Output = Result<T>>) -> Result<T> {
        wait_for(&self.health, self.limit, client, answer).await
    }

    /// Returns the shared connection with the lowest load.
    async fn client(&self) -> Result<Arc<Client>> {
        let Some(emptiest) = self.shared.iter().min_by_key(|shared| shared.load()) else {
            return Err(Error::Unavailable("no connection is open".into()));
        };
        if let Some(client) = emptiest.client() {
            return Ok(client);
        }
        let _opening = emptiest.opening.lock().await;
        if let Some(client) = emptiest.client() {
            return Ok(client);
        }
        let client = Arc::new(Client::new(self.open(&self.opened).await?, None));
        emptiest.replace(Some(Arc::clone(&client)));
        Ok(client)
    }

    /// Takes a connection from the pool.
    async fn own(&self) -> Result<Client> {
        self.health.check()?;
        let permit = self.limiter.acquire().await?;
        Ok(Client::new(self.open(&self.pool).await?, Some(permit)))
    }

    async fn open(&self, pool: &Pool) -> Result<Object> {
        let opening = async {
            let opened = pool.get().await;
            if let Err(PoolError::Timeout(TimeoutType::Create)) = opened {
                self.health.went_down();
            }
            opened
        };
        Ok(self.health.watch(None, opening).await??)
    }

    /// Streams rows as they are received, on a connection of its own. If the
    /// stream is dropped before its end, the connection is closed, which
    /// cancels the query.
    pub fn stream(&self, query: Query) -> BoxStream<'static, Result<super::Row>> {
        let postgres = self.clone();
        let opened = async move {
            let client = postgres.own().await?;
            client.close_later();
            let sql = Arc::clone(&query.sql);
            let rows = postgres.on(&client, stream(client.get()?, query)).await?;
            Ok::<_, Error>(async_rows(rows, sql, postgres, client))
        };
        futures_util::stream::once(opened).try_flatten().boxed()
    }

    /// Takes a connection and begins a transaction.
    pub async fn begin(&self) -> Result<Session> {
        self.session("BEGIN").await
    }

    /// Begins a read-only transaction. The query in it makes PostgreSQL take
    /// the snapshot now instead of at the first query of the caller.
    pub async fn begin_reading(&self) -> Result<Session> {
        self.session("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1")
            .await
    }

    /// Begins a transaction; retried on another connection if the first turns
    /// out to be closed.
    async fn session(&self, begin: &str) -> Result<Session> {
        let session = self.own_session().await?;
        match session.run(begin).await {
            Err(Error::Unavailable(_)) if session.client()?.is_closed() => {
                drop(session);
                let session = self.own_session().await?;
                session.run(begin).await?;
                Ok(session)
            }
            begun => begun.map(|()| session),
        }
    }

    async fn own_session(&self) -> Result<Session> {
        Ok(Session {
            client: Some(self.own().await?),
            health: self.health.clone(),
            limit: self.limit,
        })
    }

    /// Closes idle connections at once, and others when they are returned.
    pub fn close(&self) {
        self.pool.close();
        self.opened.close();
        self.health.close();
        self.shared.iter().for_each(|shared| shared.replace(None));
    }
}

/// Awaits a result on a connection, which is closed if there is none in time.
async fn wait_for<T>(
    health: &Health,
    limit: Option<Duration>,
    client: &Client,
    answer: impl Future<Output = Result<T>>,
) -> Result<T> {
    let watched = health.watch(limit, answer).await;
    watched.unwrap_or_else(|unanswered| {
        client.close_later();
        Err(unanswered.into())
    })
}

fn async_rows(
    rows: RowStream,
    sql: Arc<str>,
    postgres: Postgres,
    client: Client,
) -> BoxStream<'static, Result<super::Row>> {
    let state = (Box::pin(rows), sql, postgres, client);
    futures_util::stream::try_unfold(state, |(mut rows, sql, postgres, client)| async move {
        let next = postgres.health.watch(postgres.limit, rows.try_next());
        match next.await?? {
            Some(row) => Ok(Some((sent(row, &sql), (rows, sql, postgres, client)))),
            None => {
                // Read to the end: the connection can be reused.
                client.broken.store(false, Ordering::Relaxed);
                Ok(None)
            }
        }
    })
    .boxed()
}

/// The connection of a transaction. Dropped while the transaction is open, it
/// rolls back before the connection is reused.
pub(super) struct Session {
    client: Option<Client>,
    health: Health,
    limit: Option<Duration>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

impl Session {
    fn client(&self) -> Result<&Client> {
        let gone = || Error::Unavailable("the transaction has ended".into());
        self.client.as_ref().ok_or_else(gone)
    }

    /// Runs a statement that removes a time-out of this transaction on the
    /// server, and removes that for awaiting results too.
    pub async fn lift_limit(&mut self, sql: &str) -> Result<()> {
        self.run(sql).await?;
        self.limit = None;
        Ok(())
    }

    pub async fn fetch_all(&self, query: Query) -> Result<Vec<super::Row>> {
        let values = Bound::all(query.values)?;
        let client = self.client()?;
        let fetched = fetch(client.get()?, &query.sql, &values);
        wait_for(&self.health, self.limit, client, fetched).await
    }

    pub async fn execute(&self, query: Query) -> Result<u64> {
        let client = self.client()?;
        let executed = execute(client.get()?, query);
        wait_for(&self.health, self.limit, client, executed).await
    }

    pub async fn commit(mut self) -> Result<()> {
        self.run("COMMIT").await?;
        drop(self.client.take());
        Ok(())
    }

    async fn run(&self, sql: &str) -> Result<()> {
        let client = self.client()?;
        let run = async { Ok(client.get()?.batch_execute(sql).await?) };
        wait_for(&self.health, self.limit, client, run).await
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(client) = self.client.take() else {
            return;
        };
        client.close_later();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let Ok(own) = client.get() else { return };
                let rolled_back = own.batch_execute("ROLLBACK");
                if let Ok(Ok(())) = tokio::time::timeout(ROLLBACK, rolled_back).await {
                    client.broken.store(false, Ordering::Relaxed);
                }
            });
        }
    }
}

type Outcome<T> = Result<T, tokio_postgres::Error>;

/// Prepares a statement on this connection, or takes it from the cache.
async fn prepared(client: &ClientWrapper, sql: &str, values: &[Bound]) -> Outcome<Statement> {
    if client.statement_cache.size() > PREPARED {
        client.statement_cache.clear();
    }
    let types: Vec<Type> = values.iter().map(Bound::kind).collect();
    client.prepare_typed_cached(sql, &types).await
}

fn sent(row: tokio_postgres::Row, sql: &Arc<str>) -> super::Row {
    super::Row::Postgres(Row::sent(row, sql))
}

async fn fetch(
    client: &ClientWrapper,
    sql: &Arc<str>,
    values: &[Bound],
) -> Result<Vec<super::Row>> {
    let rows = if values.len() > PREPARED_VALUES {
        client.query_typed(sql, &typed(values)).await?
    } else {
        let statement = prepared(client, sql, values).await?;
        client.query(&statement, &untyped(values)).await?
    };
    Ok(rows.into_iter().map(|row| sent(row, sql)).collect())
}

async fn execute(client: &ClientWrapper, query: Query) -> Result<u64> {
    let values = Bound::all(query.values)?;
    // DDL has no parameters and runs once.
    if values.is_empty() || values.len() > PREPARED_VALUES_WRITTEN {
        return Ok(client.execute_typed(&query.sql, &typed(&values)).await?);
    }
    let statement = prepared(client, &query.sql, &values).await?;
    Ok(client.execute(&statement, &untyped(&values)).await?)
}

async fn stream(client: &ClientWrapper, query: Query) -> Result<RowStream> {
    let values = Bound::all(query.values)?;
    if values.len() > PREPARED_VALUES {
        let typed = values.iter().map(|value| (value, value.kind()));
        return Ok(client.query_typed_raw(&query.sql, typed).await?);
    }
    let statement = prepared(client, &query.sql, &values).await?;
    Ok(client.query_raw(&statement, &values).await?)
}

fn typed(values: &[Bound]) -> Vec<(&(dyn ToSql + Sync), Type)> {
    let with_type = |value: &Bound| value.kind();
    untyped(values)
        .into_iter()
        .zip(values.iter().map(with_type))
        .collect()
}

fn untyped(values: &[Bound]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|value| value as _).collect()
}
