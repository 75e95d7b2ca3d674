//! The departments that people are in.

use tanuki_store::query::{people, rows};
use tanuki_store::schema::{DEPARTMENT, DEPARTMENT_LINK, PERSON};
use tanuki_store::view::people::FULL;
use tanuki_store::write::{self, Values};
use tanuki_store::{Shape, Transaction};
use uuid::Uuid;

use crate::access::require_row;
use crate::events::Event;
use crate::{Admin, Error, JsonRow, MaybeId, People, Result};

/// The shape of a person with all columns and departments.
pub fn full_shape() -> Shape {
    FULL.shape()
}

impl People<'_> {
    /// Adds a person to a department. Idempotent. Returns the person's JSON
    /// ([`FULL`]).
    ///
    /// # Errors
    /// [`Error::Invalid`] if there is no such department, [`Error::NotFound`]
    /// if there is no such person.
    pub async fn add_to_department(
        self,
        admin: Admin<'_>,
        person: &MaybeId,
        department_id: Uuid,
    ) -> Result<JsonRow> {
        let mut transaction = self.core.database().begin().await?;
        require_department(&mut transaction, department_id).await?;
        let person_id = self.lock_person(&mut transaction, person).await?;
        let link = Values::from([
            ("person_id", person_id.into()),
            ("department_id", department_id.into()),
        ]);
        let defaults = self.core.defaults();
        write::insert_new(&mut transaction, &DEPARTMENT_LINK, vec![link], &defaults).await?;
        let event = Event::about("person", "update", person_id);
        self.core
            .record(&mut transaction, event, Some(admin.caller()))
            .await?;
        let person = rows::by_id(&mut transaction, &FULL, person_id).await?;
        transaction.commit().await?;
        person.ok_or(Error::NotFound)
    }

    /// Removes a person from a department. Idempotent.
    ///
    /// # Errors
    /// As [`add_to_department`](Self::add_to_department).
    pub async fn remove_from_department(
        self,
        admin: Admin<'_>,
        person: &MaybeId,
        department: &MaybeId,
    ) -> Result<()> {
        let mut transaction = self.core.database().begin().await?;
        let department_id = department.id().ok_or_else(no_department)?;
        require_department(&mut transaction, department_id).await?;
        let person_id = self.lock_person(&mut transaction, person).await?;
        let link = people::is_department_link(person_id, department_id);
        write::delete_where(&mut transaction, DEPARTMENT_LINK.name, link).await?;
        let event = Event::about("person", "update", person_id);
        self.core
            .record(&mut transaction, event, Some(admin.caller()))
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Locks the row of a person that a path names. Returns their id.
    async fn lock_person(self, transaction: &mut Transaction, person: &MaybeId) -> Result<Uuid> {
        let id = person.found()?;
        require_row(&mut *transaction, &PERSON, id).await?;
        rows::lock(transaction, PERSON.name, id).await?;
        Ok(id)
    }
}

async fn require_department(transaction: &mut Transaction, id: Uuid) -> Result<()> {
    match require_row(transaction, &DEPARTMENT, id).await {
        Err(Error::NotFound) => Err(no_department()),
        other => other,
    }
}

fn no_department() -> Error {
    Error::invalid("Department ID matches no department")
}
