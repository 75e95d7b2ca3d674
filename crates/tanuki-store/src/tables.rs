//! Tanuki's own tables, in addition to Zou's schema; Zou ignores them.
//!
//! They hold state that all processes share: revoked tokens, the token
//! generation of each account, one-time secrets, sessions of the console,
//! the job queue, uploads that may continue, used codes of second factors, copies of
//! films for links, sessions of the API, metadata of the identity provider, and
//! passkeys.
//! They have no foreign keys to tables of Zou, so that Zou can delete its rows
//! without knowing of them.

use crate::page_indexes::PAGE_INDEXES;
use crate::schema::{Table, own_tables::*};

/// The prefix of their names.
pub const PREFIX: &str = "tanuki_";

/// A migration of Tanuki's own tables to the next version.
#[derive(Debug)]
pub struct Migration {
    /// The tables that it creates.
    pub tables: &'static [&'static Table],
    /// Statements for SQLite only. There Zou's tables are created by Tanuki
    /// too, while on PostgreSQL they are left as Zou made them.
    pub on_sqlite: &'static [&'static str],
}

/// The migrations in order; the first one creates version 1.
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
        // The ETag of a board depends on when each task of a project was last
        // updated. This index has both columns, so the table is not read.
        on_sqlite: &[
            "CREATE INDEX tanuki_task_changes ON \"task\" (\"project_id\", \"updated_at\")",
        ],
    },
    Migration {
        tables: &[&TANUKI_TOKEN_GENERATION],
        on_sqlite: &[],
    },
    Migration {
        tables: &[&TANUKI_JOB],
        on_sqlite: &[],
    },
    Migration {
        tables: &[&TANUKI_UPLOAD],
        on_sqlite: &[],
    },
    Migration {
        tables: &[&TANUKI_SECOND_FACTOR],
        on_sqlite: &[],
    },
    Migration {
        tables: &[&TANUKI_BURN_IN, &TANUKI_SHARED_FILM],
        on_sqlite: &[],
    },
    Migration {
        tables: &[&TANUKI_SESSION],
        on_sqlite: &[],
    },
    Migration {
        tables: &[],
        on_sqlite: &[
            PAGE_INDEXES[0].create,
            PAGE_INDEXES[1].create,
            PAGE_INDEXES[2].create,
            PAGE_INDEXES[3].create,
            PAGE_INDEXES[4].create,
            PAGE_INDEXES[5].create,
        ],
    },
    Migration {
        tables: &[&TANUKI_SAML_METADATA],
        on_sqlite: &[],
    },
    Migration {
        tables: &[&TANUKI_PASSKEY],
        on_sqlite: &[],
    },
];
