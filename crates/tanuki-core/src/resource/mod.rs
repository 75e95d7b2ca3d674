//! Resources as data: one engine lists, reads, creates, updates and deletes
//! the rows of any table; a [`Resource`] says where a table differs.
//!
//! A resource without oddities names its table and nothing else. The order of
//! checks is the reference's: who may, then whether the values may, then
//! whether the database takes them.

mod filter;
mod read;
mod write;

use futures_util::future::BoxFuture;
use sea_query::{Condition, SelectStatement};
use serde_json::{Map, Value};
use tanuki_store::Transaction;
use tanuki_store::schema::Table;
use tanuki_store::shape::Shape;
use tanuki_store::write::Values;
use uuid::Uuid;

use crate::{Caller, Core, Error, Result};

pub use crate::fields::is_hyphenated_id;
pub use read::{Listing, Page};
pub(crate) use read::{first, is_true};

/// How a table is served under `/data/…`.
#[derive(Debug)]
pub struct Resource {
    pub table: &'static Table,
    /// JSON of a row in a list, where callers do not all see `shape`.
    pub list_shape: Option<fn(&Caller, Relations, &Parameters) -> &'static Shape>,
    /// JSON of a row read by its id, where callers do not all see `shape`.
    pub read_shape: Option<fn(&Caller, Relations) -> &'static Shape>,
    /// JSON of a row in full; creations and updates answer it.
    pub shape: fn(Relations) -> &'static Shape,
    /// Which rows the caller may list.
    pub scope: fn(&Caller) -> Condition,
    /// Which columns and links the caller may filter by.
    pub may_filter: fn(&Caller, &str) -> bool,
    pub may_list: fn(&Caller) -> Result<()>,
    pub may_create: fn(&Caller) -> Result<()>,
    /// An id that is none is answered as one that is not there.
    pub any_id_is_read: bool,
    pub may_read: for<'a> fn(Reading<'a>) -> BoxFuture<'a, Result<()>>,
    pub may_delete: fn(&Caller, Uuid) -> Result<()>,
    pub may_update: fn(&Caller, Uuid) -> Result<()>,
    /// Fields of a body that are dropped on creation, besides id and times.
    pub protected_on_create: &'static [&'static str],
    /// Fields of a body that are dropped on update, besides id and times.
    pub protected_on_update: &'static [&'static str],
    /// Checks and completes what a client sends to create a row.
    pub before_create: for<'a> fn(Creating<'a>) -> BoxFuture<'a, Result<()>>,
    /// What follows in the same transaction; may add to the answer.
    pub after_create: for<'a> fn(Written<'a>) -> BoxFuture<'a, Result<()>>,
    pub before_update: for<'a> fn(Updating<'a>) -> BoxFuture<'a, Result<()>>,
    pub after_update: for<'a> fn(Written<'a>) -> BoxFuture<'a, Result<()>>,
    /// What goes before a row can go, in the same transaction.
    pub before_delete: for<'a> fn(Deleting<'a>) -> BoxFuture<'a, Result<()>>,
    /// Why a row that others need cannot be deleted.
    pub in_use: Option<&'static str>,
}

/// The pairs of a query string, in their order.
pub type Parameters = [(String, String)];

/// Whether lists of linked ids are part of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relations {
    With,
    Without,
}

/// A row that the caller asks for.
#[derive(Debug)]
pub struct Reading<'a> {
    pub core: &'a Core,
    pub caller: &'a Caller,
    pub id: Uuid,
}

/// A row about to be created.
#[derive(Debug)]
pub struct Creating<'a> {
    pub core: &'a Core,
    pub caller: &'a Caller,
    /// The client's fields; hooks may change them.
    pub data: &'a mut Map<String, Value>,
    /// Values that do not come from `data`.
    pub values: &'a mut Values,
}

/// A row about to be updated.
#[derive(Debug)]
pub struct Updating<'a> {
    pub core: &'a Core,
    pub caller: &'a Caller,
    pub transaction: &'a mut Transaction,
    pub id: Uuid,
    pub data: &'a mut Map<String, Value>,
}

/// A row that was created or updated, not committed yet.
#[derive(Debug)]
pub struct Written<'a> {
    pub core: &'a Core,
    pub caller: &'a Caller,
    pub transaction: &'a mut Transaction,
    pub id: Uuid,
    /// The fields that were sent.
    pub data: &'a Map<String, Value>,
    /// The answer so far.
    pub answer: &'a mut Map<String, Value>,
}

/// A row about to be deleted.
#[derive(Debug)]
pub struct Deleting<'a> {
    pub core: &'a Core,
    pub caller: &'a Caller,
    pub transaction: &'a mut Transaction,
    pub id: Uuid,
    /// `force=true`: take along what the row owns.
    pub force: bool,
}

impl Resource {
    /// A table that admins manage and that has no rules of its own.
    pub const fn plain(table: &'static Table, shape: fn(Relations) -> &'static Shape) -> Self {
        Self {
            table,
            list_shape: None,
            read_shape: None,
            shape,
            scope: |_| Condition::all(),
            may_filter: |_, _| true,
            may_list: Caller::require_admin,
            may_create: Caller::require_admin,
            any_id_is_read: false,
            may_read: |reading| Box::pin(async move { reading.caller.require_admin() }),
            may_update: |caller, _| caller.require_admin(),
            may_delete: |caller, _| caller.require_admin(),
            protected_on_create: &[],
            protected_on_update: &[],
            before_create: |_| Box::pin(async { Ok(()) }),
            after_create: |_| Box::pin(async { Ok(()) }),
            before_update: |_| Box::pin(async { Ok(()) }),
            after_update: |_| Box::pin(async { Ok(()) }),
            before_delete: |_| Box::pin(async { Ok(()) }),
            in_use: None,
        }
    }
}

/// The shapes of a table whose rows are shown whole: with and without links.
macro_rules! whole {
    ($table:expr) => {
        |relations| {
            use std::sync::LazyLock;
            static LINKED: LazyLock<Shape> = LazyLock::new(|| Shape::linked($table, &[]));
            static PLAIN: LazyLock<Shape> = LazyLock::new(|| Shape::of($table, &[]));
            match relations {
                Relations::With => &LINKED,
                Relations::Without => &PLAIN,
            }
        }
    };
}
pub(crate) use whole;

/// Reads an id of a path.
fn parse_id(text: &str) -> Result<Uuid> {
    if !is_hyphenated_id(text) {
        return Err(Error::invalid("Malformed ID."));
    }
    Uuid::try_parse(text).map_err(|_| Error::invalid("Malformed ID."))
}

/// A list's query before it is run.
type Select = SelectStatement;
