//! Several statements that happen together or not at all.

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Postgres, Sqlite};

use super::{Connection, Row};
use crate::Result;
use crate::dialect::{Dialect, Query, bind};

/// A transaction; dropped without [`commit`](Self::commit) it changes nothing.
#[derive(Debug)]
pub enum Transaction {
    Postgres(sqlx::Transaction<'static, Postgres>),
    Sqlite(sqlx::Transaction<'static, Sqlite>),
}

impl Transaction {
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Postgres(transaction) => transaction.commit().await?,
            Self::Sqlite(transaction) => transaction.commit().await?,
        }
        Ok(())
    }
}

impl Connection for &mut Transaction {
    fn dialect(&self) -> Dialect {
        match self {
            Transaction::Postgres(_) => Dialect::Postgres,
            Transaction::Sqlite(_) => Dialect::Sqlite,
        }
    }

    async fn fetch_all(self, query: Query) -> Result<Vec<Row>> {
        let sql = AssertSqlSafe(query.sql);
        Ok(match self {
            Transaction::Postgres(transaction) => {
                sqlx::query_with(sql, bind::postgres(query.values)?)
                    .fetch(&mut **transaction)
                    .map_ok(Row::Postgres)
                    .try_collect()
                    .await?
            }
            Transaction::Sqlite(transaction) => {
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
        Ok(match self {
            Transaction::Postgres(transaction) => {
                sqlx::query_with(sql, bind::postgres(query.values)?)
                    .execute(&mut **transaction)
                    .await?
                    .rows_affected()
            }
            Transaction::Sqlite(transaction) => sqlx::query_with(sql, bind::sqlite(query.values)?)
                .execute(&mut **transaction)
                .await?
                .rows_affected(),
        })
    }
}
