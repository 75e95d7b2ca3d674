//! Hand-written queries, a file per area.

pub mod accounts;
pub mod context;
pub mod events;
pub mod people;
pub mod projects;
pub mod rows;
pub mod secrets;
pub mod sessions;
pub mod studio;
pub mod tokens;
pub mod work;
