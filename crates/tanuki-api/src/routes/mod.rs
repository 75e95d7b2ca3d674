//! The handlers, in one file per area.

pub(crate) mod asset_instances;
pub(crate) mod assets;
pub(crate) mod auth;
pub(crate) mod breakdown;
pub(crate) mod chats;
pub(crate) mod comments;
pub(crate) mod context;
pub(crate) mod departments;
pub(crate) mod docs;
pub(crate) mod entities;
pub(crate) mod events;
pub(crate) mod index;
pub(crate) mod notifications;
pub(crate) mod order;
pub(crate) mod persons;
pub(crate) mod planning;
pub(crate) mod projects;
pub(crate) mod resources;
pub(crate) mod saved_searches;
pub(crate) mod search;
pub(crate) mod sharing;
pub(crate) mod subscriptions;
pub(crate) mod tasks;
pub(crate) mod templates;
pub(crate) mod with_tasks;
pub(crate) mod work;
