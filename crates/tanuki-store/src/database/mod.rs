//! Connections, transactions and rows of either database.

mod bus;
mod connect;
mod row;
mod stream;
mod transaction;
mod value;

use std::future::Future;
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream::BoxStream};
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};
use tokio::sync::Semaphore;

pub use bus::{Announcement, Bus};
pub use connect::{Options, PostgresParts, Target};
pub use row::{Get, Row};
pub use stream::JsonChunks;
pub use transaction::Transaction;

use transaction::Inner;

use crate::Result;
use crate::dialect::{Dialect, Query, bind};

/// The studio's database. Cloning it is cheap: clones share the connections.
#[derive(Debug, Clone)]
pub struct Database {
    pools: Pools,
    /// Lists are streamed on half of the connections at most: readers that
    /// are slow leave the other half to the rest.
    streams: Arc<Semaphore>,
    bus: Bus,
}

#[derive(Debug, Clone)]
enum Pools {
    Postgres(PgPool),
    /// SQLite allows one writer: it has a connection of its own, so that a
    /// write waits for its turn in the pool and never for a busy database.
    Sqlite {
        readers: SqlitePool,
        writer: SqlitePool,
    },
}

/// What a query can run on: the database itself, or a transaction of it.
pub trait Connection: Send {
    fn dialect(&self) -> Dialect;

    fn fetch_all(self, query: Query) -> impl Future<Output = Result<Vec<Row>>> + Send;

    fn fetch_optional(self, query: Query) -> impl Future<Output = Result<Option<Row>>> + Send
    where
        Self: Sized,
    {
        async { Ok(self.fetch_all(query).await?.into_iter().next()) }
    }

    /// Runs a statement and returns how many rows it changed.
    fn execute(self, query: Query) -> impl Future<Output = Result<u64>> + Send;
}

/// A database or a transaction of it, for rules of several queries that serve
/// both. Inside a transaction nothing may wait for a second connection: with
/// all of them taken so, everybody would wait.
#[derive(Debug)]
pub enum Borrowed<'a> {
    Database(&'a Database),
    Transaction(&'a mut Transaction),
}

impl Borrowed<'_> {
    /// The same again, for one more query.
    pub fn again(&mut self) -> Borrowed<'_> {
        match self {
            Self::Database(database) => Borrowed::Database(database),
            Self::Transaction(transaction) => Borrowed::Transaction(transaction),
        }
    }
}

impl<'a> From<&'a Database> for Borrowed<'a> {
    fn from(database: &'a Database) -> Self {
        Self::Database(database)
    }
}

impl<'a> From<&'a mut Transaction> for Borrowed<'a> {
    fn from(transaction: &'a mut Transaction) -> Self {
        Self::Transaction(transaction)
    }
}

impl Connection for Borrowed<'_> {
    fn dialect(&self) -> Dialect {
        match self {
            Self::Database(database) => database.dialect(),
            Self::Transaction(transaction) => Connection::dialect(transaction),
        }
    }

    async fn fetch_all(self, query: Query) -> Result<Vec<Row>> {
        match self {
            Self::Database(database) => database.fetch_all(query).await,
            Self::Transaction(transaction) => transaction.fetch_all(query).await,
        }
    }

    async fn execute(self, query: Query) -> Result<u64> {
        match self {
            Self::Database(database) => database.execute(query).await,
            Self::Transaction(transaction) => transaction.execute(query).await,
        }
    }
}

impl Connection for &Database {
    fn dialect(&self) -> Dialect {
        match self.pools {
            Pools::Postgres(_) => Dialect::Postgres,
            Pools::Sqlite { .. } => Dialect::Sqlite,
        }
    }

    async fn fetch_all(self, query: Query) -> Result<Vec<Row>> {
        self.fetch(query).try_collect().await
    }

    async fn execute(self, query: Query) -> Result<u64> {
        let sql = AssertSqlSafe(query.sql);
        Ok(match &self.pools {
            Pools::Postgres(pool) => sqlx::query_with(sql, bind::postgres(query.values)?)
                .execute(pool)
                .await?
                .rows_affected(),
            Pools::Sqlite { writer, .. } => sqlx::query_with(sql, bind::sqlite(query.values)?)
                .execute(writer)
                .await?
                .rows_affected(),
        })
    }
}

impl Database {
    /// The dialect that this database speaks.
    pub fn dialect(&self) -> Dialect {
        Connection::dialect(&self)
    }

    /// Rows one by one, as the database sends them.
    pub fn fetch(&self, query: Query) -> BoxStream<'_, Result<Row>> {
        let sql = AssertSqlSafe(query.sql);
        match &self.pools {
            Pools::Postgres(pool) => match bind::postgres(query.values) {
                Ok(arguments) => sqlx::query_with(sql, arguments)
                    .fetch(pool)
                    .map(|row| Ok(Row::Postgres(row?)))
                    .boxed(),
                Err(error) => failed(error),
            },
            Pools::Sqlite { readers, .. } => match bind::sqlite(query.values) {
                Ok(arguments) => sqlx::query_with(sql, arguments)
                    .fetch(readers)
                    .map(|row| Ok(Row::Sqlite(row?)))
                    .boxed(),
                Err(error) => failed(error),
            },
        }
    }

    /// Starts a transaction. On SQLite it holds the writer from the start, so
    /// that what it reads cannot change under it.
    pub async fn begin(&self) -> Result<Transaction> {
        let inner = match &self.pools {
            Pools::Postgres(pool) => Inner::Postgres(pool.begin().await?),
            Pools::Sqlite { writer, .. } => {
                Inner::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?)
            }
        };
        Ok(Transaction::new(inner, self.bus.clone()))
    }

    /// What is told of the changes made through this database.
    pub fn bus(&self) -> &Bus {
        &self.bus
    }

    /// Waits until running statements have ended and closes the connections.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Postgres(pool) => pool.close().await,
            Pools::Sqlite { readers, writer } => {
                readers.close().await;
                writer.close().await;
            }
        }
    }
}

fn failed<'a>(error: crate::Error) -> BoxStream<'a, Result<Row>> {
    futures_util::stream::once(async { Err(error) }).boxed()
}
