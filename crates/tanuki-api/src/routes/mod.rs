//! Handlers, a file per area.

pub(crate) mod auth;
pub(crate) mod context;
pub(crate) mod index;
pub(crate) mod projects;
pub(crate) mod resources;
pub(crate) mod work;
