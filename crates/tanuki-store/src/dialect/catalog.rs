//! What a database says of itself.

use super::ddl::foreign_keys;
use super::{Dialect, Query};
use crate::schema::Table;

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

    /// Waits until no other transaction holds the lock of that name, and holds
    /// it until the transaction ends. SQLite's writer is alone already.
    pub(crate) fn lock_named(self, name: &str) -> Option<Query> {
        match self {
            Self::Postgres => Some(Query {
                sql: "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))::text".into(),
                values: vec![name.into()],
            }),
            Self::Sqlite => None,
        }
    }

    /// Lets rows be inserted in any order until
    /// [`restore_foreign_keys`](Self::restore_foreign_keys): SQLite looks at
    /// keys when the transaction ends, PostgreSQL has none meanwhile.
    pub(crate) fn suspend_foreign_keys(self, tables: &[&Table]) -> Vec<Query> {
        match self {
            Self::Postgres => foreign_keys(tables)
                .map(|(table, column, reference)| {
                    Query::plain(format!(
                        "ALTER TABLE \"{}\" DROP CONSTRAINT \"{}\"",
                        table.name,
                        reference.constraint_name(table, column)
                    ))
                })
                .collect(),
            Self::Sqlite => vec![Query::plain("PRAGMA defer_foreign_keys = ON")],
        }
    }

    /// Puts the keys back, which checks every row.
    pub(crate) fn restore_foreign_keys(self, tables: &[&Table]) -> Vec<Query> {
        match self {
            Self::Postgres => self
                .add_foreign_keys(tables)
                .into_iter()
                .map(Query::plain)
                .collect(),
            Self::Sqlite => Vec::new(),
        }
    }
}
