//! What a database says of itself.

use super::{Dialect, Query};

impl Dialect {
    /// One column: the names of the tables that are there.
    pub(crate) fn table_names(self) -> Query {
        Query::plain(match self {
            Self::Postgres => {
                "SELECT table_name::text FROM information_schema.tables \
                 WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
            }
            Self::Sqlite => {
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            }
        })
    }

    /// One column: the server's version as a person reads it.
    pub(crate) fn version(self) -> Query {
        Query::plain(match self {
            Self::Postgres => "SELECT 'PostgreSQL ' || current_setting('server_version')",
            Self::Sqlite => "SELECT 'SQLite ' || sqlite_version()",
        })
    }

    /// Keeps every other process from changing the schema until the
    /// transaction ends. SQLite's writer is alone already.
    pub(crate) fn lock_schema(self) -> Option<Query> {
        match self {
            // "tanu" as a number; advisory locks are named by numbers.
            Self::Postgres => Some(Query::plain(
                "SELECT pg_advisory_xact_lock(1952542325)::text",
            )),
            Self::Sqlite => None,
        }
    }

    /// Lets rows be copied in any order: foreign keys are checked (or, on
    /// PostgreSQL, created) when the copy ends.
    pub(crate) fn defer_foreign_keys(self) -> Query {
        Query::plain(match self {
            Self::Postgres => "SET CONSTRAINTS ALL DEFERRED",
            Self::Sqlite => "PRAGMA defer_foreign_keys = ON",
        })
    }
}
