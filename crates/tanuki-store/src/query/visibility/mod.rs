//! Conditions on rows: which of them a person may see. All of these conditions
//! are here, a file for each kind of row.
//!
//! Lists filter in SQL; a single row is checked by a function of core. Each
//! condition names that function, and the function names the condition: who
//! changes one changes the other. The test `roles::visibility` compares what is
//! listed with what can be read by id, for each role.
//!
//! The role that counts is the one in the project of the row; see
//! [`access::projects_with_role`](crate::query::access::projects_with_role).
//! Admins see every row: core leaves the conditions out for them. Which *values*
//! of a row are hidden is decided by [`masking`](crate::query::masking).

pub mod boards;
pub mod comments;
pub mod descriptors;
pub mod entities;
pub mod events;
pub mod files;
pub mod news;
pub mod people;
pub mod playlists;
pub mod projects;
pub mod tasks;
pub mod time;
