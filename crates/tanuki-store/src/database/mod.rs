//! Connections, transactions and rows of either database.

mod attempt;
mod bus;
mod coalesce;
mod connect;
mod json_rows;
mod limiter;
mod postgres;
mod row;
mod spool;
mod sqlite;
mod stream;
mod transaction;
mod value;
mod written;

use std::future::Future;

use bytes::Bytes;
use futures_util::stream::BoxStream;

pub use attempt::Attempt;
pub use bus::{Audience, Batch, Bus, EventMessage};
pub use connect::{Options, PostgresParts, Target};
pub use row::{Get, Row};
pub use stream::{JsonChunks, Writer};
pub use transaction::Transaction;
pub use written::RowWithJson;

use coalesce::Coalescer;
use limiter::Limiter;
use postgres::Postgres;
use spool::Spool;
use sqlite::Sqlite;
use transaction::Session;

use crate::Result;
use crate::dialect::{Dialect, Query};

/// The studio's database. Cloning it is cheap: clones share the connections.
#[derive(Debug, Clone)]
pub struct Database {
    driver: Driver,
    /// Lists are streamed on a part of the connections, which leaves the others
    /// to the rest.
    streams: Limiter,
    /// Those of the rest on which short lists are read past those that wait.
    short: Limiter,
    spool: Spool,
    reads: Reads,
    bus: Bus,
}

/// Reads that are shared by those who ask at the same moment.
#[derive(Debug, Clone, Default)]
struct Reads {
    rows: Coalescer<Vec<Row>>,
    /// Lists as JSON.
    lists: Coalescer<Bytes>,
    /// Rows with their JSON.
    written: Coalescer<Option<RowWithJson>>,
}

#[derive(Debug, Clone)]
enum Driver {
    Postgres(Postgres),
    Sqlite(Sqlite),
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
pub enum Executor<'a> {
    Database(&'a Database),
    Transaction(&'a mut Transaction),
}

impl Executor<'_> {
    /// The same again, for one more query.
    pub fn reborrow(&mut self) -> Executor<'_> {
        match self {
            Self::Database(database) => Executor::Database(database),
            Self::Transaction(transaction) => Executor::Transaction(transaction),
        }
    }
}

impl<'a> From<&'a Database> for Executor<'a> {
    fn from(database: &'a Database) -> Self {
        Self::Database(database)
    }
}

impl<'a> From<&'a mut Transaction> for Executor<'a> {
    fn from(transaction: &'a mut Transaction) -> Self {
        Self::Transaction(transaction)
    }
}

impl Connection for Executor<'_> {
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
        match self.driver {
            Driver::Postgres(_) => Dialect::Postgres,
            Driver::Sqlite(_) => Dialect::Sqlite,
        }
    }

    async fn fetch_all(self, query: Query) -> Result<Vec<Row>> {
        let driver = self.driver.clone();
        let read = |query| async move { driver.fetch_all(query).await };
        self.reads.rows.fetch(query, read).await
    }

    async fn execute(self, query: Query) -> Result<u64> {
        let changed = match &self.driver {
            Driver::Postgres(postgres) => postgres.execute(query).await,
            Driver::Sqlite(sqlite) => sqlite.execute(query).await,
        };
        attempt::note_commit(&changed);
        changed
    }
}

impl Driver {
    async fn fetch_all(&self, query: Query) -> Result<Vec<Row>> {
        match self {
            Self::Postgres(postgres) => postgres.fetch_all(query).await,
            Self::Sqlite(sqlite) => sqlite.fetch_all(query).await,
        }
    }
}

impl Database {
    /// The dialect that this database speaks.
    pub fn dialect(&self) -> Dialect {
        Connection::dialect(&self)
    }

    /// Rows one by one, as the database sends them.
    pub fn fetch(&self, query: Query) -> BoxStream<'static, Result<Row>> {
        match &self.driver {
            Driver::Postgres(postgres) => postgres.stream(query),
            Driver::Sqlite(sqlite) => sqlite.stream(query),
        }
    }

    /// Starts a transaction. On SQLite it holds the writer from the start, so
    /// that what it reads cannot change under it.
    pub async fn begin(&self) -> Result<Transaction> {
        let session = match &self.driver {
            Driver::Postgres(postgres) => postgres.begin().await.map(Session::Postgres),
            Driver::Sqlite(sqlite) => sqlite.begin().await.map(Session::Sqlite),
        };
        attempt::note_statement(&session);
        Ok(Transaction::new(session?, self.bus.clone()))
    }

    /// Starts a transaction that only reads, and sees the database as it is
    /// now until it is dropped. Nothing that is asked for after this can be
    /// older than what it sees.
    pub async fn begin_reading(&self) -> Result<Transaction> {
        let session = match &self.driver {
            Driver::Postgres(postgres) => Session::Postgres(postgres.begin_reading().await?),
            Driver::Sqlite(sqlite) => Session::Sqlite(sqlite.begin_reading().await?),
        };
        Ok(Transaction::new(session, self.bus.clone()))
    }

    /// What is told of the changes made through this database.
    pub fn bus(&self) -> &Bus {
        &self.bus
    }

    /// Whether the database is there, though a query of it may have to wait: on
    /// PostgreSQL a new connection is opened to ask. An SQLite file has nobody
    /// to ask but those who read it.
    pub async fn responds(&self) -> bool {
        match &self.driver {
            Driver::Postgres(postgres) => postgres.responds().await,
            Driver::Sqlite(_) => std::future::pending().await,
        }
    }

    /// Closes the connections, on SQLite after the statements that run.
    pub async fn close(&self) {
        match &self.driver {
            Driver::Postgres(postgres) => postgres.close(),
            Driver::Sqlite(sqlite) => sqlite.close().await,
        }
    }
}
