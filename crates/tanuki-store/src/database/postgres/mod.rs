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
mod record;
mod row;
mod tls;

use std::sync::{Arc, Mutex, PoisonError};

use deadpool_postgres::{ClientWrapper, Object, Pool};
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{RowStream, Statement};

pub(super) use bound::Bound;
pub use connect::Place;
pub(super) use row::Row;

use crate::dialect::Query;
use crate::{Error, Result};

/// Statements with more values than this are not kept prepared: their texts
/// differ with the number of values.
const PREPARED_VALUES: usize = 32;

/// How many statements a connection keeps prepared before it starts again.
const PREPARED: usize = 512;

/// The connections to a PostgreSQL database; clones share them.
#[derive(Clone)]
pub(super) struct Postgres {
    /// Opens the shared connections.
    opened: Pool,
    shared: Arc<[Shared]>,
    pool: Pool,
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres").finish_non_exhaustive()
    }
}

/// A connection that statements share, once it is open. A statement holds the
/// client while it runs, so the count of its owners is its load.
#[derive(Default)]
struct Shared(Mutex<Option<Arc<Object>>>);

impl Shared {
    fn load(&self) -> usize {
        let client = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        client.as_ref().map_or(0, Arc::strong_count)
    }

    fn client(&self) -> Option<Arc<Object>> {
        let client = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        client.clone().filter(|client| !client.is_closed())
    }

    fn replace(&self, client: Option<Arc<Object>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = client;
    }
}

impl Postgres {
    /// Rows of a query that reads; it is sent once more if the connection
    /// turns out to be gone.
    pub async fn fetch_all(&self, query: Query) -> Result<Vec<super::Row>> {
        let values = Bound::all(query.values)?;
        let client = self.client().await?;
        match fetch(&client, &query.sql, &values).await {
            Err(error) if error.is_closed() => {
                let client = self.client().await?;
                Ok(fetch(&client, &query.sql, &values).await?)
            }
            rows => Ok(rows?),
        }
    }

    pub async fn execute(&self, query: Query) -> Result<u64> {
        let client = self.client().await?;
        execute(&client, query).await
    }

    /// The emptiest shared connection.
    async fn client(&self) -> Result<Arc<Object>> {
        let Some(emptiest) = self.shared.iter().min_by_key(|shared| shared.load()) else {
            return Err(Error::Unavailable("no connection is open".into()));
        };
        if let Some(client) = emptiest.client() {
            return Ok(client);
        }
        let client = Arc::new(self.opened.get().await?);
        emptiest.replace(Some(Arc::clone(&client)));
        Ok(client)
    }

    /// Rows one by one, on a connection of their own, as they are sent. A
    /// stream that is dropped before its end closes the connection, which
    /// ends the query.
    pub fn stream(&self, query: Query) -> BoxStream<'static, Result<super::Row>> {
        let pool = self.pool.clone();
        let opened = async move {
            let mut own = Own(Some(pool.get().await?));
            let rows = match &own.0 {
                Some(client) => stream(client, query).await?,
                None => return Err(Error::Unavailable("no connection is open".into())),
            };
            Ok(async_rows(rows, &mut own))
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

    async fn session(&self, begin: &str) -> Result<Session> {
        let session = Session {
            client: Some(self.pool.get().await?),
        };
        session.client()?.batch_execute(begin).await?;
        Ok(session)
    }

    /// Closes the connections that nobody uses; others when they are free.
    pub fn close(&self) {
        self.pool.close();
        self.opened.close();
        self.shared.iter().for_each(|shared| shared.replace(None));
    }
}

/// A connection that a stream has for itself.
struct Own(Option<Object>);

impl Drop for Own {
    fn drop(&mut self) {
        if let Some(client) = self.0.take() {
            drop(Object::take(client));
        }
    }
}

fn async_rows(rows: RowStream, own: &mut Own) -> BoxStream<'static, Result<super::Row>> {
    let own = Own(own.0.take());
    let state = (Box::pin(rows), own);
    futures_util::stream::try_unfold(state, |(mut rows, mut own)| async move {
        match rows.try_next().await? {
            Some(row) => Ok(Some((sent(row), (rows, own)))),
            None => {
                // Read to its end: others may use it.
                drop(own.0.take());
                Ok(None)
            }
        }
    })
    .boxed()
}

/// The connection of a transaction. Dropped while the transaction is open, it
/// is rolled back before anybody else gets it.
pub(super) struct Session {
    client: Option<Object>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

impl Session {
    fn client(&self) -> Result<&ClientWrapper> {
        let gone = || Error::Unavailable("the transaction has ended".into());
        self.client.as_deref().ok_or_else(gone)
    }

    pub async fn fetch_all(&self, query: Query) -> Result<Vec<super::Row>> {
        let values = Bound::all(query.values)?;
        Ok(fetch(self.client()?, &query.sql, &values).await?)
    }

    pub async fn execute(&self, query: Query) -> Result<u64> {
        execute(self.client()?, query).await
    }

    pub async fn commit(mut self) -> Result<()> {
        self.client()?.batch_execute("COMMIT").await?;
        drop(self.client.take());
        Ok(())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(client) = self.client.take() else {
            return;
        };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => {
                runtime.spawn(async move {
                    if client.batch_execute("ROLLBACK").await.is_err() {
                        drop(Object::take(client));
                    }
                });
            }
            Err(_) => drop(Object::take(client)),
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

fn sent(row: tokio_postgres::Row) -> super::Row {
    super::Row::Postgres(row.into())
}

async fn fetch(client: &ClientWrapper, sql: &str, values: &[Bound]) -> Outcome<Vec<super::Row>> {
    let rows = if values.len() > PREPARED_VALUES {
        client.query_typed(sql, &typed(values)).await?
    } else {
        let statement = prepared(client, sql, values).await?;
        client.query(&statement, &untyped(values)).await?
    };
    Ok(rows.into_iter().map(sent).collect())
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
