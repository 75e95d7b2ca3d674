//! Core as a client that is no HTTP handler uses it, on an SQLite database.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should fail loudly"
)]

mod studio;
mod writes;
