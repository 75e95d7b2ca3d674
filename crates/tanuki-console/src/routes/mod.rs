//! The handlers, in one file per area.

pub(crate) mod bots;
pub(crate) mod jobs;
pub(crate) mod login;
pub(crate) mod passkeys;
pub(crate) mod reset;
pub(crate) mod second_factors;
pub(crate) mod sessions;
pub(crate) mod setup;
pub(crate) mod sign_on;
