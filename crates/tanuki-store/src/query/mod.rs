//! Hand-written queries, a file per area.

pub mod access;
pub mod auth;
pub mod breakdown;
pub mod comments;
pub mod context;
pub mod entities;
pub mod events;
pub mod files;
pub mod fingerprint;
pub mod list_filters;
pub mod locks;
pub mod masking;
pub mod names;
pub mod people;
pub mod planning;
pub mod playlists;
pub mod projects;
pub mod removal;
pub mod rows;
pub mod scopes;
pub mod studio;
pub mod task_types;
pub mod tasks;
pub mod uniqueness;
pub mod visibility;
pub mod work;
