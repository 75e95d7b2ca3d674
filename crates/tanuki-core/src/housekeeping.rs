//! Deleting rows of tables that only grow, once they are old.

use std::time::Duration;

use chrono::NaiveDateTime;
use tanuki_store::query::housekeeping;
use tanuki_store::schema::{API_EVENT, LOGIN_LOG, NOTIFICATION, Table};

use crate::{Admin, Housekeeping, Result};

/// Rows per transaction: few enough that a server on the same database waits
/// for milliseconds only.
const BATCH_SIZE: u64 = 1000;

/// How long others have the database to themselves between two transactions.
/// SQLite has a single writer, and does not queue those who wait.
const PAUSE: Duration = Duration::from_millis(5);

/// Rows that nothing depends on, and that may be deleted when they are old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OldRows {
    /// The log of events (`/data/events/last`).
    Events,
    /// Notifications of people, read or not.
    Notifications,
    /// The log of logins (`/data/events/login-logs/last`).
    LoginLogs,
}

impl OldRows {
    fn table(self) -> &'static Table {
        match self {
            Self::Events => &API_EVENT,
            Self::Notifications => &NOTIFICATION,
            Self::LoginLogs => &LOGIN_LOG,
        }
    }
}

impl Housekeeping<'_> {
    /// Returns how many rows were created before a time. Requires an admin.
    ///
    /// # Errors
    /// Failures of the database only.
    pub async fn count_old(
        self,
        _: Admin<'_>,
        rows: OldRows,
        before: NaiveDateTime,
    ) -> Result<u64> {
        Ok(housekeeping::count_older(self.core.database(), rows.table(), before).await?)
    }

    /// Deletes the rows that were created before a time, a thousand in a
    /// transaction, without events. Calls `progress` with the number of those
    /// deleted so far, and returns how many they were. What was deleted before a
    /// failure stays deleted. Requires an admin.
    ///
    /// # Errors
    /// Failures of the database only.
    pub async fn remove_old(
        self,
        _: Admin<'_>,
        rows: OldRows,
        before: NaiveDateTime,
        mut progress: impl FnMut(u64),
    ) -> Result<u64> {
        let (database, table) = (self.core.database(), rows.table());
        let mut removed = 0;
        let mut last = None;
        loop {
            let old = housekeeping::older(database, table, before, last, BATCH_SIZE).await?;
            let Some(id) = old.last() else {
                return Ok(removed);
            };
            last = Some(*id);
            removed += housekeeping::remove(database, table, &old).await?;
            progress(removed);
            tokio::time::sleep(PAUSE).await;
        }
    }
}
