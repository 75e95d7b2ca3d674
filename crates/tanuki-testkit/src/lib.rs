//! The framework of the integration tests.
//!
//! Tests run the real binary and send it HTTP requests. A [`Server`] is a
//! process with its own database; [`Backend`] selects the kind of database.
//! Scenarios recorded from Zou are replayed by [`scenario`].

#![expect(
    clippy::expect_used,
    reason = "a test that cannot be set up should fail loudly"
)]

pub mod browser;
pub mod http;
pub mod ldap;
pub mod nginx;
pub mod oidc;
pub mod postgres;
pub mod programs;
pub mod proxy;
mod random;
pub mod s3;
pub mod samba;
pub mod scenario;
mod server;
pub mod tools;

pub use random::Random;
pub use server::{ADMIN_EMAIL, ADMIN_PASSWORD, Backend, SECRET_KEY, Server, Setup};

/// A bcrypt hash (4 rounds) of "mypassword", the password of all people in the
/// fixtures.
pub const MYPASSWORD_HASH: &str = "$2b$04$01mIThqQW10yWhvEEIAp8.08lrtP.BXYSxcJ3/yXiVfqIsL2.sAoq";
