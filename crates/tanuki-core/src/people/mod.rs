//! People and bots: how they are shown, created, changed and deleted.

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

/// A person's JSON without secrets, departments included.
pub(crate) async fn safe(core: &Core, id: Uuid) -> Result<Option<Map<String, Value>>> {
    Ok(rows::by_id(core.database(), &FULL, id).await?)
}

/// Like [`safe`], with the departments at the end, where the answer to a login
/// has them.
pub(crate) async fn logged_in(core: &Core, id: Uuid) -> Result<Option<Map<String, Value>>> {
    let Some(mut person) = rows::by_id(core.database(), &FULL_UNLINKED, id).await? else {
        return Ok(None);
    };
    if let Some(departments) = rows::by_id(core.database(), &DEPARTMENTS, id).await? {
        person.extend(departments);
    }
    Ok(Some(person))
}

/// Leaves of a person's row what the caller may see of a colleague: all of it
/// for who manages in the studio, and of oneself.
pub(crate) fn show_colleague(caller: &Caller, person: &mut Value) {
    let Some(person) = person.as_object_mut() else {
        return;
    };
    if caller.manages() || crate::fields::id_of(person, "id") == Some(caller.id) {
        return;
    }
    person.retain(|key, _| MINIMAL.keys().any(|shown| shown == key));
}
