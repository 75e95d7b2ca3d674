//! The JSON of the account that logs in.

use tanuki_store::query::rows;
use tanuki_store::view::people::{DEPARTMENTS, FULL, FULL_UNLINKED};
use uuid::Uuid;

use crate::{Core, JsonRow, Result};

/// Returns a person; `None` if there is none. JSON: [`FULL`], without secrets.
pub(crate) async fn safe(core: &Core, id: Uuid) -> Result<Option<JsonRow>> {
    Ok(rows::by_id(core.database(), &FULL, id).await?)
}

/// Like [`safe`], with the departments as the last key, as Zou's response to a
/// login has them.
pub(crate) async fn logged_in(core: &Core, id: Uuid) -> Result<Option<JsonRow>> {
    let Some(mut person) = rows::by_id(core.database(), &FULL_UNLINKED, id).await? else {
        return Ok(None);
    };
    if let Some(departments) = rows::by_id(core.database(), &DEPARTMENTS, id).await? {
        person.extend(departments);
    }
    Ok(Some(person))
}
