//! People and bots: projections, creation, updates and deletion.

mod checks;
pub(crate) mod projections;
mod protected;
mod resource;

use serde_json::{Map, Value};
use tanuki_store::query::rows;
use uuid::Uuid;

pub(crate) use projections::{CLIENT, FULL, MINIMAL, MINIMAL_UNLINKED, SECRET, own_projection};
use projections::{DEPARTMENTS, FULL_UNLINKED};
pub use resource::PERSONS;

use crate::{Caller, Core, Result};

/// Returns a person; `None` if there is none. JSON: [`FULL`], without secrets.
pub(crate) async fn safe(core: &Core, id: Uuid) -> Result<Option<Map<String, Value>>> {
    Ok(rows::by_id(core.database(), &FULL, id).await?)
}

/// Like [`safe`], with the departments as the last key, as Zou's response to a
/// login has them.
pub(crate) async fn logged_in(core: &Core, id: Uuid) -> Result<Option<Map<String, Value>>> {
    let Some(mut person) = rows::by_id(core.database(), &FULL_UNLINKED, id).await? else {
        return Ok(None);
    };
    if let Some(departments) = rows::by_id(core.database(), &DEPARTMENTS, id).await? {
        person.extend(departments);
    }
    Ok(Some(person))
}

/// Removes from a person's JSON what the caller may not see: nothing for admins
/// and managers and of the caller's own row, otherwise all but the keys of
/// [`MINIMAL`].
pub(crate) fn show_colleague(caller: &Caller, person: &mut Value) {
    let Some(person) = person.as_object_mut() else {
        return;
    };
    if caller.manages() || crate::fields::id_of(person, "id") == Some(caller.id) {
        return;
    }
    person.retain(|key, _| MINIMAL.keys().any(|shown| shown == key));
}
