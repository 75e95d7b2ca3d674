//! Tanuki's own tables, beside those of the schema; Zou ignores them.
//!
//! They hold what must be true for every process at once: which tokens are
//! revoked, which one-time secrets are out, who is signed in to the console.
//! Nothing in them refers to a Zou table by key, so that Zou can delete its
//! rows without knowing of these.

use crate::schema::{Table, own_tables::*};

/// Prefix that all of them have.
pub const PREFIX: &str = "tanuki_";

/// The tables that each migration adds, in order; the first is version 1.
pub static MIGRATIONS: &[&[&Table]] = &[&[
    &TANUKI_MIGRATION,
    &TANUKI_REVOKED_TOKEN,
    &TANUKI_ONE_TIME_SECRET,
    &TANUKI_CONSOLE_SESSION,
]];
