//! Tanuki's own tables, beside those of the schema; Zou ignores them.
//!
//! They hold what must be true for every process at once: which tokens are
//! revoked, which generation of tokens an account accepts, which one-time secrets are out, who is signed in to the console.
//! Nothing in them refers to a Zou table by key, so that Zou can delete its
//! rows without knowing of these.

use crate::schema::{Table, own_tables::*};

/// Prefix that all of them have.
pub const PREFIX: &str = "tanuki_";

/// A step from one version of what is Tanuki's own to the next.
#[derive(Debug)]
pub struct Migration {
    /// The tables that it adds.
    pub tables: &'static [&'static Table],
    /// Statements for SQLite alone. There the schema is Tanuki's as well,
    /// while that of PostgreSQL stays what Zou made it.
    pub on_sqlite: &'static [&'static str],
}

/// The migrations in order; the first leads to version 1.
pub static MIGRATIONS: &[Migration] = &[
    Migration {
        tables: &[
            &TANUKI_MIGRATION,
            &TANUKI_REVOKED_TOKEN,
            &TANUKI_ONE_TIME_SECRET,
            &TANUKI_CONSOLE_SESSION,
        ],
        on_sqlite: &[],
    },
    Migration {
        tables: &[],
        // An edition takes when each task of a production was changed, which
        // this has without the tasks.
        on_sqlite: &[
            "CREATE INDEX tanuki_task_changes ON \"task\" (\"project_id\", \"updated_at\")",
        ],
    },
    Migration {
        tables: &[&TANUKI_TOKEN_GENERATION],
        on_sqlite: &[],
    },
];
