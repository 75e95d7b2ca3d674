//! The people of a department.

use tanuki_store::database::JsonChunks;
use tanuki_store::query::people;
use tanuki_store::schema::DEPARTMENT;
use tanuki_store::view::people::{CLIENT, FULL, MINIMAL};
use tanuki_store::{ListQuery, Shape};

use super::resource::scope;
use crate::access::require_row;
use crate::{Caller, MalformedId, MaybeId, People, Result};

/// The shape of a person of a department.
pub fn of_department_shape() -> Shape {
    FULL.shape().or(MINIMAL.shape())
}

impl People<'_> {
    /// Lists the people of a department by name. JSON: [`FULL`] for admins,
    /// [`MINIMAL`] for everybody else, but [`CLIENT`] for clients, who get the
    /// people in the teams of their open projects.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a malformed id, [`Error::NotFound`] if there is
    /// no such department.
    pub async fn of_department(self, caller: &Caller, department: &MaybeId) -> Result<JsonChunks> {
        let id = department.hyphenated(MalformedId::InPath)?;
        let database = self.core.database();
        require_row(database, &DEPARTMENT, id).await?;
        let projection = if caller.is_admin() {
            &FULL
        } else if caller.is_client() {
            &CLIENT
        } else {
            &MINIMAL
        };
        let list = ListQuery::new(projection)
            .filter(people::is_of_department(id))
            .filter(scope(caller))
            .ascending("first_name")
            .ascending("last_name");
        Ok(database.stream_list(list))
    }
}
