//! Connections, transactions and rows of PostgreSQL and SQLite.

mod attempt;
mod bus;
mod coalesce;
mod connect;
mod json_rows;
mod limiter;
mod options;
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
use sea_query::SelectStatement;
use uuid::Uuid;

pub use attempt::Attempt;
pub use bus::{Audience, Batch, Bus, EventMessage};
pub use connect::Target;
pub use json_rows::SHORT_LIST;
pub use options::{Options, PostgresParts};
pub use row::{Get, Row, RowIndex};
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
use crate::dialect::{Dialect, Query, Statement};

/// Statements with more parameters than this are not cached as prepared
/// statements: their SQL differs with the lengths of lists of ids, up to 16 of
/// which are parameters of their own. A board whose values are masked has 42
/// parameters.
const PREPARED_VALUES: usize = 64;

/// The studio's database. Cheap to clone: clones share the connection pool.
#[derive(Debug, Clone)]
pub struct Database {
    driver: Driver,
    /// Limits the connections on which lists are streamed, so that some are
    /// left for other queries.
    streams: Limiter,
    /// Limits the other connections on which short lists are read while all of
    /// `streams` are taken.
    short: Limiter,
    spool: Spool,
    reads: Reads,
    bus: Bus,
}

/// Reads that identical concurrent queries share.
#[derive(Debug, Clone, Default)]
struct Reads {
    rows: Coalescer<Vec<Row>>,
    /// Serialized lists.
    lists: Coalescer<Bytes>,
    /// Rows, each with its JSON.
    written: Coalescer<Option<RowWithJson>>,
}

#[derive(Debug, Clone)]
enum Driver {
    Postgres(Postgres),
    Sqlite(Sqlite),
}

/// What a query can run on: the [`Database`] itself or a [`Transaction`].
pub trait Connection: Send {
    /// The dialect in which queries must be rendered.
    fn dialect(&self) -> Dialect;

    /// Runs a query and returns all its rows.
    fn fetch_all(self, query: Query) -> impl Future<Output = Result<Vec<Row>>> + Send;

    /// Runs a query and returns its first row; `None` if there is none.
    fn fetch_optional(self, query: Query) -> impl Future<Output = Result<Option<Row>>> + Send
    where
        Self: Sized,
    {
        async { Ok(self.fetch_all(query).await?.into_iter().next()) }
    }

    /// Runs a statement and returns the number of rows that it changed.
    fn execute(self, query: Query) -> impl Future<Output = Result<u64>> + Send;

    /// Runs a statement, and returns what `read` makes of each of its rows.
    fn fetch<T: Send>(
        self,
        statement: &impl Statement,
        mut read: impl FnMut(&Row) -> Result<T> + Send,
    ) -> impl Future<Output = Result<Vec<T>>> + Send
    where
        Self: Sized,
    {
        let query = self.dialect().build(statement);
        async move { self.fetch_all(query).await?.iter().map(&mut read).collect() }
    }

    /// Runs a statement, and returns what `read` makes of its first row; `None`
    /// if there is no row.
    fn fetch_one<T: Send>(
        self,
        statement: &impl Statement,
        read: impl FnOnce(&Row) -> Result<T> + Send,
    ) -> impl Future<Output = Result<Option<T>>> + Send
    where
        Self: Sized,
    {
        let query = self.dialect().build(statement);
        async move {
            let row = self.fetch_optional(query).await?;
            row.as_ref().map(read).transpose()
        }
    }

    /// Runs a statement, and returns the first column of its first row; `None`
    /// if there is no row.
    fn scalar<T: Get + Send>(
        self,
        statement: &impl Statement,
    ) -> impl Future<Output = Result<Option<T>>> + Send
    where
        Self: Sized,
    {
        self.fetch_one(statement, |row| row.get(0))
    }

    /// Runs a statement, and returns the first column of each of its rows.
    fn scalars<T: Get + Send>(
        self,
        statement: &impl Statement,
    ) -> impl Future<Output = Result<Vec<T>>> + Send
    where
        Self: Sized,
    {
        self.fetch(statement, |row| row.get(0))
    }

    /// Runs a statement whose first column is an id, and returns that of each
    /// row.
    fn ids(self, statement: &impl Statement) -> impl Future<Output = Result<Vec<Uuid>>> + Send
    where
        Self: Sized,
    {
        self.scalars(statement)
    }

    /// Returns whether a query has any row. At most one is read.
    fn exists(self, mut select: SelectStatement) -> impl Future<Output = Result<bool>> + Send
    where
        Self: Sized,
    {
        let query = self.dialect().build(select.limit(1));
        async move { Ok(self.fetch_optional(query).await?.is_some()) }
    }
}

/// A database or a transaction, for functions that run several queries on
/// either. Code in a transaction must not wait for a second connection: if
/// transactions had taken all of the pool, it would deadlock.
#[derive(Debug)]
pub enum Executor<'a> {
    Database(&'a Database),
    Transaction(&'a mut Transaction),
}

/// Maximum number of ids in one statement, well below the parameter limit of
/// either database.
pub(crate) const BATCH_SIZE: usize = 10_000;

impl Executor<'_> {
    /// Runs a query for many ids, of which each statement gets a part, and
    /// returns what `read` makes of each row.
    pub(crate) async fn fetch_in_batches<T: Send>(
        mut self,
        ids: &[Uuid],
        select: impl Fn(&[Uuid]) -> SelectStatement + Send,
        mut read: impl FnMut(&Row) -> Result<T> + Send,
    ) -> Result<Vec<T>> {
        let mut found = Vec::with_capacity(ids.len());
        for some in ids.chunks(BATCH_SIZE) {
            let statement = select(some);
            found.extend(self.reborrow().fetch(&statement, &mut read).await?);
        }
        Ok(found)
    }

    /// Borrows it for one more query.
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
    /// The SQL dialect of this database.
    pub fn dialect(&self) -> Dialect {
        Connection::dialect(&self)
    }

    /// Streams rows one by one, as the database sends them.
    pub fn stream_rows(&self, query: Query) -> BoxStream<'static, Result<Row>> {
        match &self.driver {
            Driver::Postgres(postgres) => postgres.stream(query),
            Driver::Sqlite(sqlite) => sqlite.stream(query),
        }
    }

    /// Begins a transaction. On SQLite it takes the write lock at once, so that
    /// what it reads cannot change before it writes.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`](crate::Error::Unavailable) if no connection
    /// becomes free or the database does not respond.
    pub async fn begin(&self) -> Result<Transaction> {
        let session = match &self.driver {
            Driver::Postgres(postgres) => postgres.begin().await.map(Session::Postgres),
            Driver::Sqlite(sqlite) => sqlite.begin().await.map(Session::Sqlite),
        };
        attempt::note_statement(&session);
        Ok(Transaction::new(session?, self.bus.clone()))
    }

    /// Begins a read-only transaction on a snapshot of the database as it is
    /// now. Queries that are run after this call, on any connection, see that
    /// state or a later one.
    pub async fn begin_reading(&self) -> Result<Transaction> {
        let session = match &self.driver {
            Driver::Postgres(postgres) => Session::Postgres(postgres.begin_reading().await?),
            Driver::Sqlite(sqlite) => Session::Sqlite(sqlite.begin_reading().await?),
        };
        Ok(Transaction::new(session, self.bus.clone()))
    }

    /// The bus that publishes the events of changes made through this database.
    pub fn bus(&self) -> &Bus {
        &self.bus
    }

    /// Returns whether the database is up, even if all connections are busy: on
    /// PostgreSQL by opening a new connection. On SQLite the future never
    /// completes, because only its queries can tell.
    pub async fn responds(&self) -> bool {
        match &self.driver {
            Driver::Postgres(postgres) => postgres.responds().await,
            Driver::Sqlite(_) => std::future::pending().await,
        }
    }

    /// Closes the connections; on SQLite, after running statements have ended.
    pub async fn close(&self) {
        match &self.driver {
            Driver::Postgres(postgres) => postgres.close(),
            Driver::Sqlite(sqlite) => sqlite.close().await,
        }
    }
}
