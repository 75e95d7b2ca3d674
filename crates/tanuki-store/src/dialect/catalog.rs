//! Queries of the database's catalog, and locks of it.

use super::ddl::foreign_keys;
use super::{Dialect, Query};
use crate::schema::Table;

impl Dialect {
    /// Selects the names of the tables that exist. One column, text.
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

    /// Selects the server's name and version, for people. One column, text.
    pub(crate) fn version(self) -> Query {
        Query::plain(match self {
            Self::Postgres => "SELECT 'PostgreSQL ' || current_setting('server_version')",
            Self::Sqlite => "SELECT 'SQLite ' || sqlite_version()",
        })
    }

    /// Selects the tables with their estimated numbers of rows (text, number),
    /// and Tanuki's own indexes with their sizes in bytes and whether they are
    /// complete (text, number, boolean). `None` on SQLite, whose indexes are
    /// those of the migrations.
    pub(crate) fn own_indexes(self) -> Option<(Query, Query)> {
        match self {
            Self::Postgres => Some((
                Query::plain(
                    "SELECT relname::text, greatest(reltuples, 0)::bigint FROM pg_class \
                     WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace",
                ),
                Query::plain(
                    "SELECT relname::text, pg_relation_size(pg_class.oid), indisvalid \
                     FROM pg_index INNER JOIN pg_class ON pg_class.oid = indexrelid \
                     WHERE relnamespace = current_schema()::regnamespace \
                     AND relname LIKE 'tanuki\\_%'",
                ),
            )),
            Self::Sqlite => None,
        }
    }

    /// Locks the schema against other processes until the transaction ends.
    /// `None` on SQLite, where the transaction has the write lock already.
    pub(crate) fn lock_schema(self) -> Option<Query> {
        match self {
            // The key of an advisory lock is a number: "tanu" in ASCII.
            Self::Postgres => Some(Query::plain(
                "SELECT pg_advisory_xact_lock(1952542325)::text",
            )),
            Self::Sqlite => None,
        }
    }

    /// Takes the advisory lock of that name until the transaction ends, and
    /// waits while another transaction holds it. `None` on SQLite, where the
    /// transaction has the write lock already.
    pub(crate) fn lock_named(self, name: &str) -> Option<Query> {
        match self {
            Self::Postgres => Some(Query {
                sql: "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))::text".into(),
                values: vec![name.into()],
            }),
            Self::Sqlite => None,
        }
    }

    /// Allows rows to be inserted in any order until
    /// [`restore_foreign_keys`](Self::restore_foreign_keys): SQLite defers the
    /// checks to the commit, PostgreSQL drops the foreign keys meanwhile.
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

    /// Restores the foreign keys, which checks every row.
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
