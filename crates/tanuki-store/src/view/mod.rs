//! Projections whose values are made with SQL expressions, joins or embedded
//! rows, a file per area. Which caller gets which of them is a rule of core.

pub mod boards;
pub mod breakdown;
pub mod chats;
pub mod comments;
pub mod entities;
pub mod news;
pub mod notifications;
pub mod people;
pub mod planning;
pub mod playlists;
pub mod previews;
pub mod projects;
pub mod search;
pub mod shares;
pub mod tasks;
pub mod templates;
