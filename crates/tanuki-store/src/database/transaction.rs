//! Several statements that happen together or not at all.

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Postgres, Sqlite};

use super::{Announcement, Bus, Connection, Row};
use crate::Result;
use crate::dialect::{Dialect, Query, bind};

/// A transaction; dropped without [`commit`](Self::commit) it changes nothing
/// and tells nobody.
#[derive(Debug)]
pub struct Transaction {
    inner: Inner,
    announcements: Vec<Announcement>,
    bus: Bus,
}

#[derive(Debug)]
pub(super) enum Inner {
    Postgres(sqlx::Transaction<'static, Postgres>),
    Sqlite(sqlx::Transaction<'static, Sqlite>),
}

impl Transaction {
    pub(super) fn new(inner: Inner, bus: Bus) -> Self {
        Self {
            inner,
            announcements: Vec::new(),
            bus,
        }
    }

    /// Tells those who listen to the database of something, once this
    /// transaction is committed.
    pub fn announce(&mut self, announcement: Announcement) {
        self.announcements.push(announcement);
    }

    /// Makes the changes last, then tells of them.
    pub async fn commit(self) -> Result<()> {
        match self.inner {
            Inner::Postgres(transaction) => transaction.commit().await?,
            Inner::Sqlite(transaction) => transaction.commit().await?,
        }
        self.bus.publish(self.announcements);
        Ok(())
    }
}

impl Connection for &mut Transaction {
    fn dialect(&self) -> Dialect {
        match self.inner {
            Inner::Postgres(_) => Dialect::Postgres,
            Inner::Sqlite(_) => Dialect::Sqlite,
        }
    }

    async fn fetch_all(self, query: Query) -> Result<Vec<Row>> {
        let sql = AssertSqlSafe(query.sql);
        Ok(match &mut self.inner {
            Inner::Postgres(transaction) => {
                sqlx::query_with(sql, bind::postgres(query.values)?)
                    .fetch(&mut **transaction)
                    .map_ok(Row::Postgres)
                    .try_collect()
                    .await?
            }
            Inner::Sqlite(transaction) => {
                sqlx::query_with(sql, bind::sqlite(query.values)?)
                    .fetch(&mut **transaction)
                    .map_ok(Row::Sqlite)
                    .try_collect()
                    .await?
            }
        })
    }

    async fn execute(self, query: Query) -> Result<u64> {
        let sql = AssertSqlSafe(query.sql);
        Ok(match &mut self.inner {
            Inner::Postgres(transaction) => sqlx::query_with(sql, bind::postgres(query.values)?)
                .execute(&mut **transaction)
                .await?
                .rows_affected(),
            Inner::Sqlite(transaction) => sqlx::query_with(sql, bind::sqlite(query.values)?)
                .execute(&mut **transaction)
                .await?
                .rows_affected(),
        })
    }
}
