//! The search index of entities: created at start where it is missing.
//!
//! The search works without it, only slower. On PostgreSQL it consists of
//! indexes on `entity`, which Zou does not see and can drop with the table; the
//! database may refuse them, or the extension `pg_trgm` that one of them needs.

use std::collections::BTreeSet;

use crate::dialect::Query;
use crate::{Connection, Result, Transaction};

/// The search index, as [`check`](crate::check::check) finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchIndex {
    Complete,
    /// These parts are missing: searches read the whole table.
    Missing(Vec<&'static str>),
}

/// Returns whether the search index is complete.
pub(crate) async fn inspect(connection: impl Connection) -> Result<SearchIndex> {
    let dialect = connection.dialect();
    let rows = connection.fetch_all(dialect.search_index()).await?;
    let there: BTreeSet<String> = rows.iter().map(|row| row.get(0)).collect::<Result<_>>()?;
    let parts = dialect.create_search_index().into_iter();
    let missing: Vec<&'static str> = parts
        .map(|part| part.name)
        .filter(|name| !there.contains(*name))
        .collect();
    Ok(if missing.is_empty() {
        SearchIndex::Complete
    } else {
        SearchIndex::Missing(missing)
    })
}

/// Creates what is missing of the search index. What the database refuses is
/// logged and left out.
pub(crate) async fn create(transaction: &mut Transaction) -> Result<()> {
    let SearchIndex::Missing(missing) = inspect(&mut *transaction).await? else {
        return Ok(());
    };
    let parts = transaction.dialect().create_search_index().into_iter();
    for part in parts.filter(|part| missing.contains(&part.name)) {
        transaction
            .execute(Query::plain("SAVEPOINT search_index"))
            .await?;
        let mut outcome = Ok(0);
        for statement in part.statements {
            outcome = transaction.execute(Query::plain(statement)).await;
            if outcome.is_err() {
                break;
            }
        }
        let end = match outcome {
            Ok(_) => "RELEASE SAVEPOINT search_index",
            Err(error) => {
                let reason = error.to_string();
                tracing::warn!(
                    index = part.name,
                    reason,
                    "the search has no index, it is slower"
                );
                "ROLLBACK TO SAVEPOINT search_index"
            }
        };
        transaction.execute(Query::plain(end)).await?;
    }
    Ok(())
}
