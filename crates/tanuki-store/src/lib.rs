//! Tables, dialects, migrations and queries of the studio database.
//!
//! Two databases are served by the same code: PostgreSQL, in Zou's own schema,
//! and an embedded SQLite file. What differs between them is in [`dialect`] and
//! nowhere else.

mod board;
pub mod check;
pub mod copy;
pub mod database;
pub mod dialect;
mod error;
mod groups;
pub mod initial;
mod json;
mod json_rows;
pub mod migrate;
pub mod query;
pub mod schema;
pub mod shape;
mod storable;
pub mod tables;
pub mod write;

pub use board::{Board, BoardWriter, Form};
pub use database::{Borrowed, Connection, Database, Row, Transaction};
pub use error::{Error, Result};
pub use groups::Groups;
pub use json_rows::{JsonRows, RowChange};
pub use sea_query::Value;
