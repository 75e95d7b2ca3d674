//! Tables, SQL dialects, migrations and queries of the studio's database.
//!
//! The same code serves two databases: PostgreSQL with the schema of Zou, and
//! an embedded SQLite file. All differences between them are in [`dialect`].

mod board;
pub mod check;
pub mod copy;
pub mod database;
pub mod dialect;
mod error;
mod filter;
mod fk;
mod groups;
pub mod initial;
mod json;
mod json_rows;
mod kind;
mod list;
pub mod migrate;
pub mod page_indexes;
pub mod projection;
pub mod query;
pub mod schema;
mod search_index;
mod shape;
mod storable;
mod table_rows;
pub mod tables;
pub mod view;
pub mod write;

pub use board::{Board, BoardFormat, BoardWriter};
pub use database::{Connection, Database, Executor, Row, Transaction};
pub use error::{Error, Result};
pub use filter::Filter;
pub use json_rows::RowChange;
pub use kind::Kind;
pub use list::ListQuery;
pub use sea_query::Value;
pub use search_index::SearchIndex;
pub use shape::Shape;
pub use table_rows::{Cell, Columns, TableQuery};

use groups::{GroupWriter, NamedWriter};
use json_rows::JsonRows;
