//! Transactions.

use super::{Bus, Connection, EventMessage, Row, attempt, postgres, sqlite};
use crate::dialect::{Dialect, Query};
use crate::{Error, Result};

/// An open transaction. Dropped without [`commit`](Self::commit), it is rolled
/// back and none of its events are published.
#[derive(Debug)]
pub struct Transaction {
    session: Session,
    announcements: Vec<EventMessage>,
    has_jobs: bool,
    bus: Bus,
}

#[derive(Debug)]
pub(super) enum Session {
    Postgres(postgres::Session),
    Sqlite(sqlite::Session),
}

impl Transaction {
    pub(super) fn new(session: Session, bus: Bus) -> Self {
        Self {
            session,
            announcements: Vec::new(),
            has_jobs: false,
            bus,
        }
    }

    /// Publishes an event once this transaction is committed.
    pub fn publish(&mut self, announcement: EventMessage) {
        self.announcements.push(announcement);
    }

    /// Wakes the workers of this process once this transaction is committed.
    pub(crate) fn wake_workers(&mut self) {
        self.has_jobs = true;
    }

    /// Removes the statement time-out for the rest of the transaction: for work
    /// that grows with the studio, such as deleting a project. The lock
    /// time-out still applies.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`](crate::Error::Unavailable) if the connection is
    /// lost.
    pub async fn lift_statement_limit(&mut self) -> Result<()> {
        match &mut self.session {
            Session::Postgres(session) => {
                session.lift_limit("SET LOCAL statement_timeout = 0").await
            }
            Session::Sqlite(session) => {
                session.lift_limit();
                Ok(())
            }
        }
    }

    /// Removes the lock time-out for the rest of the transaction.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`](crate::Error::Unavailable) if the connection is
    /// lost.
    pub async fn lift_lock_limit(&mut self) -> Result<()> {
        match &mut self.session {
            Session::Postgres(session) => session.lift_limit("SET LOCAL lock_timeout = 0").await,
            // It has the write lock already.
            Session::Sqlite(_) => Ok(()),
        }
    }

    /// Commits, then publishes the recorded events. Both run in a spawned task:
    /// if the caller is dropped meanwhile, because its HTTP client
    /// disconnected, a committed change is still published.
    pub async fn commit(self) -> Result<()> {
        let committing = tokio::spawn(async move {
            match self.session {
                Session::Postgres(session) => session.commit().await?,
                Session::Sqlite(session) => session.commit().await?,
            }
            self.bus.publish(self.announcements);
            if self.has_jobs {
                self.bus.wake_workers();
            }
            Ok(())
        });
        let interrupted = |error| Err(Error::Database(format!("a commit was stopped: {error}")));
        let committed = committing.await.unwrap_or_else(interrupted);
        attempt::note_commit(&committed);
        committed
    }
}

impl Connection for &mut Transaction {
    fn dialect(&self) -> Dialect {
        match self.session {
            Session::Postgres(_) => Dialect::Postgres,
            Session::Sqlite(_) => Dialect::Sqlite,
        }
    }

    async fn fetch_all(self, query: Query) -> Result<Vec<Row>> {
        let rows = match &mut self.session {
            Session::Postgres(session) => session.fetch_all(query).await,
            Session::Sqlite(session) => session.fetch_all(query).await,
        };
        attempt::note_statement(&rows);
        rows
    }

    async fn execute(self, query: Query) -> Result<u64> {
        let changed = match &mut self.session {
            Session::Postgres(session) => session.execute(query).await,
            Session::Sqlite(session) => session.execute(query).await,
        };
        attempt::note_statement(&changed);
        changed
    }
}
