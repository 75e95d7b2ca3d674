//! What bodies about files name and choose: rows, authors, revisions and parts
//! of paths.

use std::sync::LazyLock;

use tanuki_store::projection::Projection;
use tanuki_store::query::{access, rows};
use tanuki_store::schema::{OUTPUT_TYPE, PERSON, SOFTWARE, TASK_TYPE, Table};
use tanuki_store::{Connection, Executor};
use uuid::Uuid;

use crate::access::ProjectAccess;
use crate::parameters::{Parameters, first};
use crate::{Caller, Error, JsonRow, MalformedId, MaybeId, Result};

pub(super) static TASK_TYPES: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&TASK_TYPE, &[]));
pub(super) static SOFTWARES: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&SOFTWARE, &[]));
pub(super) static OUTPUT_TYPES: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&OUTPUT_TYPE, &[]));

/// Width of the column with the path of a file.
const PATH_LENGTH: usize = 400;

/// Returns the software that a body names.
///
/// # Errors
/// [`Error::Conflict`] if there is none.
pub(crate) async fn software(connection: impl Connection, id: &MaybeId) -> Result<JsonRow> {
    given(connection, (&SOFTWARES, "software"), id).await
}

/// Returns the output type that a body names.
///
/// # Errors
/// [`Error::Conflict`] if there is none.
pub(super) async fn output_type(connection: impl Connection, id: &MaybeId) -> Result<JsonRow> {
    given(connection, (&OUTPUT_TYPES, "output type"), id).await
}

/// Returns the task type that a body names.
///
/// # Errors
/// [`Error::Conflict`] if there is none.
pub(super) async fn task_type(connection: impl Connection, id: &MaybeId) -> Result<JsonRow> {
    given(connection, (&TASK_TYPES, "task type"), id).await
}

async fn given(
    connection: impl Connection,
    (projection, what): (&Projection, &str),
    id: &MaybeId,
) -> Result<JsonRow> {
    let row = match id.id() {
        Some(id) => rows::by_id(connection, projection, id).await?,
        None => None,
    };
    row.ok_or_else(|| unknown(what))
}

/// Returns the id that a body names, of a row of a table.
///
/// # Errors
/// [`Error::Conflict`] if there is none.
pub(crate) async fn given_id(
    connection: impl Connection,
    (table, what): (&'static Table, &str),
    id: &MaybeId,
) -> Result<Uuid> {
    let id = id.id().ok_or_else(|| unknown(what))?;
    let found = rows::existing_in(connection, table.name, &[id]).await?;
    found.first().copied().ok_or_else(|| unknown(what))
}

/// The error for an id of a body that is of no row.
fn unknown(what: &str) -> Error {
    Error::Conflict(format!("Cannot find given {what}.").into())
}

/// Returns the id in a query parameter; `None` if it is missing or empty.
///
/// # Errors
///
/// [`Error::Invalid`] if it is malformed.
pub(super) fn id_parameter(parameters: &Parameters, name: &str) -> Result<Option<Uuid>> {
    let Some(text) = first(parameters, name).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let malformed = MalformedId::Parameter { name, text };
    let id = MaybeId::from(text.to_owned()).id();
    Ok(Some(id.ok_or(malformed)?))
}

/// Returns the author of a new file: the person that the body names, or else
/// the caller. Who does not manage the project names people of its team only.
///
/// # Errors
///
/// [`Error::Conflict`] if there is no such person, [`Error::Invalid`] if they
/// are not in the team.
pub(crate) async fn author(
    mut connection: Executor<'_>,
    caller: &Caller,
    (project_id, access): (Uuid, ProjectAccess),
    person: Option<&MaybeId>,
) -> Result<Uuid> {
    let Some(person) = person else {
        return Ok(caller.id);
    };
    let id = given_id(connection.reborrow(), (&PERSON, "person"), person).await?;
    if id == caller.id || access.is_manager() {
        return Ok(id);
    }
    if access::membership(connection, project_id, id)
        .await?
        .is_none()
    {
        return Err(Error::invalid(
            "person_id must be of somebody in the team of the production.",
        ));
    }
    Ok(id)
}

/// Returns the revision after the last one.
///
/// # Errors
/// [`Error::Conflict`] if there are no more numbers.
pub(crate) fn next_revision(last: Option<i64>) -> Result<i64> {
    let next = last.unwrap_or_default() + 1;
    if next > i64::from(i32::MAX) {
        return Err(Error::Conflict("revision has no next number.".into()));
    }
    Ok(next)
}

/// Checks the separator of a path: it cannot bring in folders of its own, such
/// as `/../`.
///
/// # Errors
/// [`Error::Invalid`] with the field's name.
pub(crate) fn check_separator(field: &str, separator: &str) -> Result<()> {
    let is_mark = |letter: char| letter.is_ascii_punctuation() && letter != '.';
    if (1..=2).contains(&separator.len()) && separator.chars().all(is_mark) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "{field} must be / or \\, or other marks that separate folders."
    )))
}

/// An extension is part of the file's name: it cannot lead to another folder.
pub(super) fn check_extension(extension: &str) -> Result<()> {
    let is_plain = |letter: char| !letter.is_control() && !matches!(letter, '/' | '\\');
    if extension.chars().all(is_plain) {
        return Ok(());
    }
    Err(Error::invalid("extension must not have slashes."))
}

/// Refuses a path that does not fit its column.
pub(crate) fn check_path(path: &str) -> Result<()> {
    if path.chars().count() <= PATH_LENGTH {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "The path is longer than {PATH_LENGTH} characters: {path}"
    )))
}
