//! Resources under `/data/…`: one engine lists, reads, creates, updates and
//! deletes the rows of any table; a [`Resource`] configures where a table
//! differs.
//!
//! A resource without special rules names only its table and projection. Checks
//! are in Zou's order: permission, validation of the values, constraints of the
//! database.

mod filter;
mod permissions;
mod read;
mod references;
mod unique;
mod write;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use tanuki_store::projection::Projection;
use tanuki_store::schema::Table;
use tanuki_store::write::Values;
use tanuki_store::{Filter, Shape, Transaction};
use uuid::Uuid;

use crate::events::Event;
use crate::fields::{hyphenated_id, id_of};
use crate::masking::Mask;
use crate::parameters::first;
use crate::{Caller, Core, Error, MalformedId, MaybeId, Result};

pub use crate::fields::is_hyphenated_id;
pub use crate::parameters::Parameters;
pub(crate) use filter::{condition as filters, sorted_by_name_match};
pub(crate) use permissions::{
    managers_create, managers_delete, managers_update, managers_update_own,
};
pub(crate) use read::PAGE_PREFIX;
pub(crate) use references::require_in_project;
pub use tanuki_store::projection::Relations;
pub(crate) use unique::refuse_duplicate;

/// How a table is served under `/data/…`: projections, permission checks,
/// hooks.
#[derive(Debug)]
pub struct Resource {
    pub table: &'static Table,
    /// Projection of a row in a list, if it depends on the caller; else
    /// `projection`.
    pub list_projection: Option<fn(&Caller, Relations, &Parameters) -> &'static Projection>,
    /// Projection of a row read by id, if it depends on the caller; else
    /// `projection`.
    pub read_projection: Option<fn(&Caller, Relations) -> &'static Projection>,
    /// Full projection of a row, with or without links; responses to creations
    /// and updates use it.
    pub projection: fn(Relations) -> &'static Projection,
    /// Whether the response to a creation has lists of linked ids.
    pub relations_on_create: Relations,
    /// Whether the response to an update has lists of linked ids.
    pub relations_on_update: Relations,
    /// The rows that the caller may list.
    pub scope: fn(&Caller) -> Filter,
    /// Hides values of a row from clients and vendors.
    pub(crate) mask: Option<MaskRow>,
    /// Lists ignore the query string: no filters, no pagination.
    pub ignores_paging: bool,
    /// Filters from query parameters that are specific to the resource.
    pub list_params: fn(&Parameters) -> Result<Filter>,
    /// Maximum number of rows of a list without pagination.
    pub max_rows: Option<u64>,
    /// Whether the caller may filter lists by a column or link.
    pub may_filter: fn(&Caller, &str) -> bool,
    /// Permission check of a list.
    pub may_list: for<'a> fn(ListContext<'a>) -> HookFuture<'a>,
    /// Permission check of a creation.
    pub may_create: for<'a> fn(CreateContext<'a>) -> HookFuture<'a>,
    /// Reading with a malformed id gives [`Error::NotFound`], not
    /// [`Error::Invalid`].
    pub lenient_id_on_read: bool,
    /// Updating with a malformed id gives [`not_found`](Self::not_found), not
    /// [`Error::Invalid`].
    pub lenient_id_on_update: bool,
    /// Deleting with a malformed id gives [`not_found`](Self::not_found), not
    /// [`Error::Invalid`].
    pub lenient_id_on_delete: bool,
    /// Permission check of a read, with the row that was found. May also add to
    /// the response, or remove what the caller may not see.
    pub may_read: for<'a> fn(ReadContext<'a>) -> HookFuture<'a>,
    /// Locks rows that precede the row in the lock order, before the row of an
    /// update or deletion is read and locked; prevents deadlocks. The last
    /// argument is the body of an update.
    pub lock_before:
        for<'a> fn(&'a mut Transaction, Action, Uuid, &'a Map<String, Value>) -> HookFuture<'a>,
    /// Columns that the hooks keep unique, beyond the constraints of the
    /// database. Creations, and updates that send one of these, first lock the
    /// row's project, or the table if its rows belong to none
    /// ([`uniqueness`](tanuki_store::query::uniqueness)). What the hooks check
    /// within the transaction therefore holds until its commit.
    pub unique_columns: &'static [&'static str],
    /// Permission check of an update, with the locked row.
    pub may_update: for<'a> fn(UpdateContext<'a>) -> HookFuture<'a>,
    /// Permission check of a deletion, with the locked row.
    pub may_delete: for<'a> fn(DeleteContext<'a>) -> HookFuture<'a>,
    /// Permission check of updates and deletions that runs before the row is
    /// looked up.
    pub pre_authorize: fn(&Caller) -> Result<()>,
    /// The error for updating or deleting a row that does not exist.
    pub not_found: fn() -> Error,
    /// Fields of a body that are ignored on creation, besides the id and
    /// timestamps.
    pub protected_on_create: &'static [&'static str],
    /// Fields of a body that are ignored on update, besides the id, timestamps
    /// and `project_id`.
    pub protected_on_update: &'static [&'static str],
    /// Fields with the author of a row and what it is about: ignored on update
    /// unless the caller is an admin. Permission to change a row does not
    /// include moving it or changing its author; if a field is null, the caller
    /// may set it to their own id.
    pub ownership_fields: &'static [&'static str],
    /// Required columns that a body may leave out, because a creation fills
    /// them in.
    pub defaults_on_create: &'static [&'static str],
    /// Keys of a row's JSON that its columns and links do not describe: they
    /// are added when a single row is read or written, have another form then,
    /// or are null for some callers.
    pub undescribed_keys: &'static [&'static str],
    /// Fields of a body that are not columns but are read by the hooks of a
    /// creation.
    pub virtual_fields: &'static [&'static str],
    /// Validates and completes the body of a creation.
    pub before_create: for<'a> fn(CreateContext<'a>) -> HookFuture<'a>,
    /// Side effects of a creation in the same transaction; may add to the
    /// response.
    pub after_create: for<'a> fn(ChangeContext<'a>) -> HookFuture<'a>,
    /// Validates and completes the body of an update.
    pub before_update: for<'a> fn(UpdateContext<'a>) -> HookFuture<'a>,
    /// Side effects of an update in the same transaction; may add to the
    /// response.
    pub after_update: for<'a> fn(ChangeContext<'a>) -> HookFuture<'a>,
    /// Cascade: deletes or refuses dependent rows before the row is deleted, in
    /// the same transaction.
    pub before_delete: for<'a> fn(DeleteContext<'a>) -> HookFuture<'a>,
    /// Side effects after the row was deleted, in the same transaction.
    pub after_delete: for<'a> fn(DeleteContext<'a>) -> HookFuture<'a>,
    /// The event of a change; by default `table:new`, `:update` or `:delete`
    /// with the row's id.
    pub event: for<'a> fn(EventContext<'a>) -> HookFuture<'a, Event>,
    /// Maps the error of a change, such as a violated constraint, to another.
    pub map_error: fn(Action, Error) -> Error,
}

/// Hides values of a row from clients and vendors.
pub(crate) type MaskRow = fn(&Mask, &mut Map<String, Value>);

/// The future that a hook returns.
pub type HookFuture<'a, T = ()> = BoxFuture<'a, Result<T>>;

/// The body of a creation or an update.
#[derive(Debug)]
pub enum RequestBody {
    Object(Map<String, Value>),
    /// JSON that is not an object, described for the error message. It is
    /// refused after the permission check, with [`Error::Invalid`].
    Other(&'static str),
}

/// Arguments of the hooks of a list.
#[derive(Debug)]
pub struct ListContext<'a> {
    pub core: &'a Core,
    pub caller: &'a Caller,
    pub parameters: &'a Parameters,
}

/// Arguments of the hooks of a read.
#[derive(Debug)]
pub struct ReadContext<'a> {
    pub core: &'a Core,
    pub caller: &'a Caller,
    pub id: Uuid,
    pub relations: Relations,
    pub parameters: &'a Parameters,
    /// The response; hooks may change it.
    pub row: &'a mut Map<String, Value>,
}

/// Arguments of the hooks before a creation.
#[derive(Debug)]
pub struct CreateContext<'a> {
    pub core: &'a Core,
    pub caller: &'a Caller,
    /// The fields of the body; hooks may change them.
    pub data: &'a mut Map<String, Value>,
    /// Column values set by hooks; they take precedence over `data`.
    pub values: &'a mut Values,
}

/// Arguments of the hooks before an update.
#[derive(Debug)]
pub struct UpdateContext<'a> {
    pub core: &'a Core,
    pub caller: &'a Caller,
    pub transaction: &'a mut Transaction,
    pub id: Uuid,
    /// The current row, locked, with its links.
    pub row: &'a Map<String, Value>,
    pub data: &'a mut Map<String, Value>,
}

/// Arguments of the hooks after a creation or update, before the commit.
#[derive(Debug)]
pub struct ChangeContext<'a> {
    pub core: &'a Core,
    pub caller: &'a Caller,
    pub transaction: &'a mut Transaction,
    pub id: Uuid,
    /// The row before an update, with its links; empty for a creation.
    pub before: &'a Map<String, Value>,
    /// The fields of the body.
    pub data: &'a Map<String, Value>,
    /// The response; hooks may change it.
    pub answer: &'a mut Map<String, Value>,
}

/// Arguments of the hooks before and after a deletion.
#[derive(Debug)]
pub struct DeleteContext<'a> {
    pub core: &'a Core,
    pub caller: &'a Caller,
    pub transaction: &'a mut Transaction,
    pub id: Uuid,
    /// The row before the deletion, without links.
    pub row: &'a Map<String, Value>,
    /// `force=true`: cascade to the rows that the row owns.
    pub force: bool,
}

impl DeleteContext<'_> {
    /// Returns the context for one of several hooks.
    fn reborrow(&mut self) -> DeleteContext<'_> {
        DeleteContext {
            core: self.core,
            caller: self.caller,
            transaction: self.transaction,
            id: self.id,
            row: self.row,
            force: self.force,
        }
    }
}

/// Arguments of the hook that makes the event of a change.
#[derive(Debug)]
pub struct EventContext<'a> {
    pub transaction: &'a mut Transaction,
    pub table: &'static Table,
    pub action: Action,
    pub id: Uuid,
    pub row: &'a Map<String, Value>,
}

impl EventContext<'_> {
    /// Returns the default event of the change: about the row, in the row's
    /// project.
    pub fn event(&self) -> Event {
        Event::about(self.table.name, self.action.as_str(), self.id)
            .in_project(id_of(self.row, "project_id"))
    }
}

/// The kind of change of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    New,
    Update,
    Delete,
}

impl Action {
    /// The action in the names of events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

impl Resource {
    /// A table that only admins read and change, without further rules.
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
            scope: |_| Filter::all(),
            mask: None,
            ignores_paging: false,
            list_params: |_| Ok(Filter::all()),
            max_rows: None,
            may_filter: |_, _| true,
            may_list: |asking| ready(asking.caller.require_admin()),
            may_create: |creating| ready(creating.caller.require_admin()),
            lenient_id_on_read: false,
            lenient_id_on_update: false,
            lenient_id_on_delete: false,
            may_read: |reading| ready(reading.caller.require_admin()),
            lock_before: |_, _, _, _| ready(Ok(())),
            unique_columns: &[],
            may_update: |updating| ready(updating.caller.require_admin()),
            may_delete: |deleting| ready(deleting.caller.require_admin()),
            pre_authorize: |_| Ok(()),
            not_found: || Error::NotFound,
            protected_on_create: &[],
            virtual_fields: &[],
            protected_on_update: &[],
            ownership_fields: &[],
            defaults_on_create: &[],
            undescribed_keys: &[],
            before_create: |_| ready(Ok(())),
            after_create: |_| ready(Ok(())),
            before_update: |_| ready(Ok(())),
            after_update: |_| ready(Ok(())),
            before_delete: |_| ready(Ok(())),
            after_delete: |_| ready(Ok(())),
            event: |happened| ready(Ok(happened.event())),
            map_error: |_, error| error,
        }
    }

    /// Returns the shape of a row, with all keys that any response has.
    pub fn shape(&self) -> Shape {
        let row = (self.projection)(Relations::With).shape();
        let keys = self.undescribed_keys.iter();
        keys.fold(row, |row, key| row.with(key, Shape::any()))
    }

    /// Returns the shape of a row without its lists of linked ids.
    pub fn shape_without_links(&self) -> Shape {
        (self.projection)(Relations::Without).shape()
    }

    /// A table that everybody may read and admins may change.
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

/// Wraps the result of a hook without `await` in a future.
pub(crate) fn ready<'a, T: Send + 'a>(outcome: Result<T>) -> HookFuture<'a, T> {
    Box::pin(std::future::ready(outcome))
}

/// The projections of a table whose rows are shown with all columns, with and
/// without links.
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

/// Returns the id in the path of a resource. `any`: a UUID in any form, else the error
/// `missing`; otherwise only the hyphenated form.
///
/// # Errors
/// [`Error::Invalid`] for a malformed id unless `any`.
fn id_in_path(id: &MaybeId, any: bool, missing: fn() -> Error) -> Result<Uuid> {
    if any {
        return id.id().ok_or_else(missing);
    }
    id.hyphenated(MalformedId::OfResource)
}

/// Returns the query parameter `project_id`, for lists whose rows have no such
/// column to filter by.
///
/// # Errors
/// [`Error::Invalid`] if it is not a hyphenated UUID.
pub(crate) fn project_id_parameter(parameters: &Parameters) -> Result<Option<Uuid>> {
    first(parameters, "project_id")
        .map(|text| hyphenated_id(text).ok_or_else(|| MalformedId::Project.into()))
        .transpose()
}
