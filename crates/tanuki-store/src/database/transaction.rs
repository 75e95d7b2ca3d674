//! Several statements that happen together or not at all.

use super::{Bus, Connection, EventMessage, Row, attempt, postgres, sqlite};
use crate::dialect::{Dialect, Query};
use crate::{Error, Result};

/// A transaction; dropped without [`commit`](Self::commit) it changes nothing
/// and tells nobody.
#[derive(Debug)]
pub struct Transaction {
    session: Session,
    announcements: Vec<EventMessage>,
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
            bus,
        }
    }

    /// Tells those who listen to the database of something, once this
    /// transaction is committed.
    pub fn publish(&mut self, announcement: EventMessage) {
        self.announcements.push(announcement);
    }

    /// Lets the statements that follow take as long as they do: for work that
    /// grows with the studio, such as deleting a production. Locks are still
    /// waited for no longer than by others.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`](crate::Error::Unavailable) if the connection is gone.
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

    /// Lets the statements that follow wait for locks as long as it takes.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`](crate::Error::Unavailable) if the connection is gone.
    pub async fn lift_lock_limit(&mut self) -> Result<()> {
        match &mut self.session {
            Session::Postgres(session) => session.lift_limit("SET LOCAL lock_timeout = 0").await,
            // It has the writer.
            Session::Sqlite(_) => Ok(()),
        }
    }

    /// Commits, then publishes what was announced. Both happen in a task of
    /// their own: a caller that is dropped meanwhile, because its client went
    /// away, cannot leave a committed change unpublished.
    pub async fn commit(self) -> Result<()> {
        let committing = tokio::spawn(async move {
            match self.session {
                Session::Postgres(session) => session.commit().await?,
                Session::Sqlite(session) => session.commit().await?,
            }
            self.bus.publish(self.announcements);
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
