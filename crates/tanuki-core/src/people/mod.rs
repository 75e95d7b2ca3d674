//! People and bots: projections, creation, updates and deletion.

mod account;
mod avatar;
mod checks;
mod credentials;
mod departments;
mod imported;
mod of_department;
mod presence;
mod protected;
mod resource;
mod zone;

use serde_json::Value;
use tanuki_store::Filter;
use tanuki_store::query::people;
use tanuki_store::view::people::MINIMAL;
use uuid::Uuid;

pub use departments::full_shape;
pub(crate) use imported::ImportedPerson;
pub use of_department::of_department_shape;
pub use presence::desktop_login_shape;
pub use resource::PERSONS;

pub(crate) use protected::is_protected;

use crate::access::ensure;
use crate::{Caller, Error, MaybeId, People, Result};

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

/// Condition on `person`: the caller may list them. Clients list the members of
/// their teams.
pub(crate) fn visible_to(caller: &Caller) -> Filter {
    resource::scope(caller)
}

impl People<'_> {
    /// Returns the id of a person that a path names.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such account, [`Error::Denied`] if it
    /// is a bot's.
    pub(crate) async fn require_person(self, person: &MaybeId) -> Result<Uuid> {
        let id = person.found()?;
        let is_bot = people::is_bot_account(self.core.database(), id).await?;
        ensure(!is_bot.ok_or(Error::NotFound)?)?;
        Ok(id)
    }
}
