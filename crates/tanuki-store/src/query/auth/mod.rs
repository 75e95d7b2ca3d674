//! Queries for auth.

pub mod accounts;
pub mod api_sessions;
pub mod factors;
pub mod identities;
pub mod passkeys;
pub mod provider_metadata;
pub mod secrets;
pub mod sessions;
pub mod tokens;
