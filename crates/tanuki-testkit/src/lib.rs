//! What the integration tests stand on.
//!
//! Tests drive the real binary over HTTP. A [`Server`] is one process on a
//! database of its own; [`Backend`] says of which kind. Scenarios recorded
//! from the reference are replayed by [`scenario`].

#![expect(
    clippy::expect_used,
    reason = "a test that cannot be set up should fail loudly"
)]

pub mod browser;
pub mod http;
pub mod nginx;
pub mod postgres;
pub mod proxy;
mod random;
pub mod scenario;
mod server;
pub mod tools;

pub use random::Random;
pub use server::{ADMIN_EMAIL, ADMIN_PASSWORD, Backend, SECRET_KEY, Server, Setup};

/// What a bcrypt hash of 4 rounds of "mypassword" looks like; the fixtures'
/// people all have that password.
pub const MYPASSWORD_HASH: &str = "$2b$04$01mIThqQW10yWhvEEIAp8.08lrtP.BXYSxcJ3/yXiVfqIsL2.sAoq";
