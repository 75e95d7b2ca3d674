//! Hand-written queries, a file per area.

pub mod access;
pub mod accounts;
pub mod comments;
pub mod context;
pub mod descriptors;
pub mod entities;
pub mod events;
pub mod files;
pub mod notifications;
pub mod people;
pub mod planning;
pub mod playlists;
pub mod previews;
pub mod project_links;
pub mod project_templates;
pub mod projects;
pub mod removal;
pub mod rows;
pub mod secrets;
pub mod sessions;
pub mod studio;
pub mod task_types;
pub mod tasks;
pub mod time;
pub mod tokens;
pub mod work;
