//! PostgreSQL: a few connections that all short statements share, and a pool
//! of connections that a transaction or a stream has alone.
//!
//! Statements on a shared connection are sent without waiting for the answers
//! of those before (pipelining): of many requests at once, the server reads
//! and answers several at a time, which is most of what a short query costs.
//! A statement waits for the slower one in front of it, so the emptiest
//! connection is taken.

mod bound;
mod connect;
mod health;
mod record;
mod row;
mod tls;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
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

use super::limiter::{Limiter, Permit};
use crate::dialect::Query;
use crate::{Error, Result};

/// Statements with more values than this are not kept prepared: their texts
/// differ with the number of values.
const PREPARED_VALUES: usize = 32;

/// How long a transaction may take to be rolled back before its connection is
/// closed instead.
const ROLLBACK: Duration = Duration::from_secs(5);

/// How many statements a connection keeps prepared before it starts again.
const PREPARED: usize = 512;

/// The connections to a PostgreSQL database; clones share them.
#[derive(Clone)]
pub(super) struct Postgres {
    /// Opens the shared connections.
    opened: Pool,
    shared: Arc<[Shared]>,
    /// Opens those that one has alone.
    pool: Pool,
    /// Who may have one of these.
    limiter: Limiter,
    health: Health,
    /// How long a statement is waited for; without end if none.
    limit: Option<Duration>,
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres").finish_non_exhaustive()
    }
}

/// A connection that statements share, once it is open. A statement holds the
/// client while it runs, so the count of its owners is its load.
#[derive(Default)]
struct Shared(Mutex<Option<Arc<Client>>>);

impl Shared {
    fn load(&self) -> usize {
        let client = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        client.as_ref().map_or(0, Arc::strong_count)
    }

    fn client(&self) -> Option<Arc<Client>> {
        let client = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        client.clone().filter(|client| client.is_usable())
    }

    fn replace(&self, client: Option<Arc<Client>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = client;
    }
}

/// An open connection of a pool. Dropped, it goes back, unless it is broken.
struct Client {
    /// There until it is dropped.
    object: Option<Object>,
    /// A statement was not answered, so none after it would be.
    broken: AtomicBool,
    /// Of one that is not shared.
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

    /// Whether the server, or something on the way to it, has closed it.
    fn is_closed(&self) -> bool {
        self.get().is_ok_and(|client| client.is_closed())
    }

    /// Has the connection closed when it is dropped.
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
    /// Rows of a query that reads; it is sent once more if the connection
    /// turns out to be gone.
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

    /// How many transactions and streams there may be at once.
    pub fn own_connections(&self) -> u32 {
        self.limiter.max_size()
    }

    /// Whether the server answers a new connection.
    pub async fn responds(&self) -> bool {
        self.health.ask().await
    }

    async fn on<T>(&self, client: &Client, answer: impl Future<Output = Result<T>>) -> Result<T> {
        wait_for(&self.health, self.limit, client, answer).await
    }

    /// The emptiest shared connection.
    async fn client(&self) -> Result<Arc<Client>> {
        let Some(emptiest) = self.shared.iter().min_by_key(|shared| shared.load()) else {
            return Err(Error::Unavailable("no connection is open".into()));
        };
        if let Some(client) = emptiest.client() {
            return Ok(client);
        }
        let client = Arc::new(Client::new(self.open(&self.opened).await?, None));
        emptiest.replace(Some(Arc::clone(&client)));
        Ok(client)
    }

    /// A connection that nobody else uses.
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

    /// Rows one by one, on a connection of their own, as they are sent. A
    /// stream that is dropped before its end closes the connection, which
    /// ends the query.
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

    /// A connection for a transaction, which has begun.
    pub async fn begin(&self) -> Result<Session> {
        self.session("BEGIN").await
    }

    /// A connection for a transaction that only reads, and has seen the
    /// database: what it sees is settled by its first query.
    pub async fn begin_reading(&self) -> Result<Session> {
        self.session("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1")
            .await
    }

    /// Begins on another connection if the first turns out to be gone.
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

    /// Closes the connections that nobody uses; others when they are free.
    pub fn close(&self) {
        self.pool.close();
        self.opened.close();
        self.health.close();
        self.shared.iter().for_each(|shared| shared.replace(None));
    }
}

/// Waits for an answer on a connection, which is not used any more if there is
/// none.
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
                // Read to its end: others may use it.
                client.broken.store(false, Ordering::Relaxed);
                Ok(None)
            }
        }
    })
    .boxed()
}

/// The connection of a transaction. Dropped while the transaction is open, it
/// is rolled back before anybody else gets it.
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

    /// Runs what lifts a limit of the server's for this transaction, whose
    /// answers are then waited for without end.
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

/// The statement, prepared on this connection.
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
    // Definitions of tables have no values, and happen once.
    if values.is_empty() || values.len() > PREPARED_VALUES {
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
