//! Resources as data: one engine lists, reads, creates, updates and deletes
//! the rows of any table; a [`Resource`] says where a table differs.
//!
//! A resource without oddities names its table and nothing else. The order of
//! checks is the reference's: who may, then whether the values may, then
//! whether the database takes them.

mod filter;
mod read;
mod references;
mod unique;
mod write;

use futures_util::future::BoxFuture;
use sea_query::{Condition, SelectStatement};
use serde_json::{Map, Value};
use tanuki_store::Transaction;
use tanuki_store::projection::Projection;
use tanuki_store::schema::Table;
use tanuki_store::write::Values;
use uuid::Uuid;

use crate::events::Event;
use crate::fields::hyphenated_id;
use crate::masking::Mask;
use crate::{Caller, Core, Error, Result};

pub use crate::fields::is_hyphenated_id;
pub(crate) use filter::{condition as filters, exact_name_first};
pub(crate) use read::{Ordering, PAGE_PREFIX, first, in_order, integer, is_true};
pub(crate) use references::require_in_project;
pub(crate) use unique::refuse_duplicate;

/// How a table is served under `/data/…`.
#[derive(Debug)]
pub struct Resource {
    pub table: &'static Table,
    /// JSON of a row in a list, where callers do not all see `shape`.
    pub list_projection: Option<fn(&Caller, Relations, &Parameters) -> &'static Projection>,
    /// JSON of a row read by its id, where callers do not all see `shape`.
    pub read_projection: Option<fn(&Caller, Relations) -> &'static Projection>,
    /// JSON of a row in full; creations and updates answer it.
    pub projection: fn(Relations) -> &'static Projection,
    /// Whether a creation answers lists of linked ids.
    pub relations_on_create: Relations,
    /// Whether an update answers lists of linked ids.
    pub relations_on_update: Relations,
    /// Which rows the caller may list.
    pub scope: fn(&Caller) -> Condition,
    /// Hides from a client or a vendor what a row holds that is not for them.
    pub(crate) mask: Option<MaskRow>,
    /// The list is always the whole one, whatever the query string says.
    pub ignores_paging: bool,
    /// Conditions that the list has parameters of its own for.
    pub list_params: fn(&Parameters) -> Result<Condition>,
    /// How many rows a list that is not paged has at most.
    pub max_rows: Option<u64>,
    /// Which columns and links the caller may filter by.
    pub may_filter: fn(&Caller, &str) -> bool,
    pub may_list: for<'a> fn(ListContext<'a>) -> HookFuture<'a>,
    pub may_create: for<'a> fn(CreateContext<'a>) -> HookFuture<'a>,
    /// An id that is none is read as one that is not there.
    pub lenient_id_on_read: bool,
    /// An id that is none is updated as one that is not there.
    pub lenient_id_on_update: bool,
    /// An id that is none is deleted as one that is not there.
    pub lenient_id_on_delete: bool,
    /// May also complete the answer, or take away what the caller may not see.
    pub may_read: for<'a> fn(ReadContext<'a>) -> HookFuture<'a>,
    /// Locks what comes before the row in the order of locks, before the row
    /// of an update or deletion is read and locked.
    pub lock_before: for<'a> fn(&'a mut Transaction, Action, Uuid) -> HookFuture<'a>,
    pub may_update: for<'a> fn(UpdateContext<'a>) -> HookFuture<'a>,
    pub may_delete: for<'a> fn(DeleteContext<'a>) -> HookFuture<'a>,
    /// What is asked before the row of an update or deletion is looked up.
    pub pre_authorize: fn(&Caller) -> Result<()>,
    /// What a row that is not there is told as to who wants to change it.
    pub not_found: fn() -> Error,
    /// Fields of a body that are dropped on creation, besides id and times.
    pub protected_on_create: &'static [&'static str],
    /// Fields of a body that are dropped on update, besides id, times and the
    /// production.
    pub protected_on_update: &'static [&'static str],
    /// Fields that say who made a row and what it is about: dropped on update
    /// unless an admin sends them. Who may change a row does not thereby move
    /// it elsewhere or put somebody else's name to it; to one that names nobody
    /// they may put their own.
    pub ownership_fields: &'static [&'static str],
    /// Fields of a body that are no columns, for the hooks of a creation.
    pub virtual_fields: &'static [&'static str],
    /// Checks and completes what a client sends to create a row.
    pub before_create: for<'a> fn(CreateContext<'a>) -> HookFuture<'a>,
    /// What follows in the same transaction; may add to the answer.
    pub after_create: for<'a> fn(ChangeContext<'a>) -> HookFuture<'a>,
    pub before_update: for<'a> fn(UpdateContext<'a>) -> HookFuture<'a>,
    pub after_update: for<'a> fn(ChangeContext<'a>) -> HookFuture<'a>,
    /// What goes before a row can go, in the same transaction.
    pub before_delete: for<'a> fn(DeleteContext<'a>) -> HookFuture<'a>,
    /// What follows when the row is gone.
    pub after_delete: for<'a> fn(DeleteContext<'a>) -> HookFuture<'a>,
    /// What a change is told as, where that is not `table:new`, `:update` and
    /// `:delete` with the row's id.
    pub event: for<'a> fn(EventContext<'a>) -> HookFuture<'a, Event>,
    /// How the database's refusal of a change is told.
    pub map_error: fn(Action, Error) -> Error,
}

/// Hides from a client or a vendor what a row holds that is not for them.
pub(crate) type MaskRow = fn(&Mask, &mut Map<String, Value>);

/// What a hook comes to.
pub type HookFuture<'a, T = ()> = BoxFuture<'a, Result<T>>;

/// The pairs of a query string, in their order.
pub type Parameters = [(String, String)];

/// Whether lists of linked ids are part of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relations {
    With,
    Without,
}

/// The body of a creation or an update.
#[derive(Debug)]
pub enum RequestBody {
    Object(Map<String, Value>),
    /// JSON of another kind; who may not write is told that first.
    Other(&'static str),
}

/// A list that the caller asks for.
#[derive(Debug)]
pub struct ListContext<'a> {
    pub core: &'a Core,
    pub caller: &'a Caller,
    pub parameters: &'a Parameters,
}

/// A row that the caller asks for.
#[derive(Debug)]
pub struct ReadContext<'a> {
    pub core: &'a Core,
    pub caller: &'a Caller,
    pub id: Uuid,
    pub relations: Relations,
    pub parameters: &'a Parameters,
    /// The answer so far.
    pub row: &'a mut Map<String, Value>,
}

/// A row about to be created.
#[derive(Debug)]
pub struct CreateContext<'a> {
    pub core: &'a Core,
    pub caller: &'a Caller,
    /// The client's fields; hooks may change them.
    pub data: &'a mut Map<String, Value>,
    /// Values that do not come from `data`.
    pub values: &'a mut Values,
}

/// A row about to be updated.
#[derive(Debug)]
pub struct UpdateContext<'a> {
    pub core: &'a Core,
    pub caller: &'a Caller,
    pub transaction: &'a mut Transaction,
    pub id: Uuid,
    /// The row as it is, with its links.
    pub row: &'a Map<String, Value>,
    pub data: &'a mut Map<String, Value>,
}

/// A row that was created or updated, not committed yet.
#[derive(Debug)]
pub struct ChangeContext<'a> {
    pub core: &'a Core,
    pub caller: &'a Caller,
    pub transaction: &'a mut Transaction,
    pub id: Uuid,
    /// The row before an update, with its links; a row that is created had
    /// none.
    pub before: &'a Map<String, Value>,
    /// The fields that were sent.
    pub data: &'a Map<String, Value>,
    /// The answer so far.
    pub answer: &'a mut Map<String, Value>,
}

/// A row about to be deleted, or just deleted.
#[derive(Debug)]
pub struct DeleteContext<'a> {
    pub core: &'a Core,
    pub caller: &'a Caller,
    pub transaction: &'a mut Transaction,
    pub id: Uuid,
    /// The row as it was, without links.
    pub row: &'a Map<String, Value>,
    /// `force=true`: take along what the row owns.
    pub force: bool,
}

/// A change that is to be told.
#[derive(Debug)]
pub struct EventContext<'a> {
    pub transaction: &'a mut Transaction,
    pub table: &'static Table,
    pub action: Action,
    pub id: Uuid,
    pub row: &'a Map<String, Value>,
}

/// What happened to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    New,
    Update,
    Delete,
}

impl Action {
    /// As events are named.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

impl Resource {
    /// A table that admins manage and that has no rules of its own.
    pub const fn plain(
        table: &'static Table,
        projection: fn(Relations) -> &'static Projection,
    ) -> Self {
        Self {
            table,
            list_projection: None,
            read_projection: None,
            projection,
            relations_on_create: Relations::With,
            relations_on_update: Relations::Without,
            scope: |_| Condition::all(),
            mask: None,
            ignores_paging: false,
            list_params: |_| Ok(Condition::all()),
            max_rows: None,
            may_filter: |_, _| true,
            may_list: |asking| ready(asking.caller.require_admin()),
            may_create: |creating| ready(creating.caller.require_admin()),
            lenient_id_on_read: false,
            lenient_id_on_update: false,
            lenient_id_on_delete: false,
            may_read: |reading| ready(reading.caller.require_admin()),
            lock_before: |_, _, _| ready(Ok(())),
            may_update: |updating| ready(updating.caller.require_admin()),
            may_delete: |deleting| ready(deleting.caller.require_admin()),
            pre_authorize: |_| Ok(()),
            not_found: || Error::NotFound,
            protected_on_create: &[],
            virtual_fields: &[],
            protected_on_update: &[],
            ownership_fields: &[],
            before_create: |_| ready(Ok(())),
            after_create: |_| ready(Ok(())),
            before_update: |_| ready(Ok(())),
            after_update: |_| ready(Ok(())),
            before_delete: |_| ready(Ok(())),
            after_delete: |_| ready(Ok(())),
            event: |happened| ready(Ok(Event::of(&happened))),
            map_error: |_, error| error,
        }
    }

    /// A table that everybody reads and admins change.
    pub const fn open_to_all(
        table: &'static Table,
        projection: fn(Relations) -> &'static Projection,
    ) -> Self {
        Self {
            may_list: |_| ready(Ok(())),
            may_read: |_| ready(Ok(())),
            ..Self::plain(table, projection)
        }
    }
}

/// The outcome of a hook that waits for nothing.
pub(crate) fn ready<'a, T: Send + 'a>(outcome: Result<T>) -> HookFuture<'a, T> {
    Box::pin(std::future::ready(outcome))
}

/// The shapes of a table whose rows are shown whole: with and without links.
macro_rules! full_projection {
    ($table:expr) => {
        |relations| {
            use std::sync::LazyLock;
            use tanuki_store::projection::Projection;
            use $crate::resource::Relations;
            static LINKED: LazyLock<Projection> =
                LazyLock::new(|| Projection::with_links($table, &[]));
            static PLAIN: LazyLock<Projection> =
                LazyLock::new(|| Projection::all_columns($table, &[]));
            match relations {
                Relations::With => &LINKED,
                Relations::Without => &PLAIN,
            }
        }
    };
}
pub(crate) use full_projection;

/// The id in a path. Where any text passes for one, it may be written in any
/// form, and one that cannot be read is `missing`.
fn id_in_path(text: &str, any: bool, missing: fn() -> Error) -> Result<Uuid> {
    if any {
        return Uuid::try_parse(text).map_err(|_| missing());
    }
    hyphenated_id(text).ok_or_else(|| Error::invalid("Malformed ID."))
}

/// The production that a list is asked of, where the rows have none of their
/// own to filter by.
pub(crate) fn project_id_parameter(parameters: &Parameters) -> Result<Option<Uuid>> {
    let malformed = || Error::invalid("Invalid project_id.");
    first(parameters, "project_id")
        .map(|text| hyphenated_id(text).ok_or_else(malformed))
        .transpose()
}

/// The condition that a query string puts on the rows of a resource, for
/// routes that take its filters along with others.
pub(crate) fn filter_condition(
    resource: &Resource,
    caller: &Caller,
    parameters: &Parameters,
) -> Result<Condition> {
    filter::condition(resource, caller, parameters)
}

/// A list's query before it is run.
pub(crate) type Select = SelectStatement;
