//! Several statements that happen together or not at all.

use super::{Announcement, Bus, Connection, Row, postgres, sqlite};
use crate::Result;
use crate::dialect::{Dialect, Query};

/// A transaction; dropped without [`commit`](Self::commit) it changes nothing
/// and tells nobody.
#[derive(Debug)]
pub struct Transaction {
    session: Session,
    announcements: Vec<Announcement>,
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
    pub fn announce(&mut self, announcement: Announcement) {
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
            // Its statements have no limit.
            Session::Sqlite(_) => Ok(()),
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

    /// Makes the changes last, then tells of them.
    pub async fn commit(self) -> Result<()> {
        match self.session {
            Session::Postgres(session) => session.commit().await?,
            Session::Sqlite(session) => session.commit().await?,
        }
        self.bus.publish(self.announcements);
        Ok(())
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
        match &mut self.session {
            Session::Postgres(session) => session.fetch_all(query).await,
            Session::Sqlite(session) => session.fetch_all(query).await,
        }
    }

    async fn execute(self, query: Query) -> Result<u64> {
        match &mut self.session {
            Session::Postgres(session) => session.execute(query).await,
            Session::Sqlite(session) => session.execute(query).await,
        }
    }
}
