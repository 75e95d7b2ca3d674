//! People from the rows of an import.

use std::collections::HashMap;

use serde_json::{Map, Value};
use tanuki_store::Transaction;
use tanuki_store::query::auth::{passkeys, sessions};
use tanuki_store::query::{people, rows};
use tanuki_store::schema::PERSON;
use tanuki_store::view::people::FULL_UNLINKED;
use tanuki_store::write;
use uuid::Uuid;

use super::protected;
use crate::events::Event;
use crate::fields::{self, by_id, is_truthy};
use crate::{Admin, Caller, Error, JsonRow, People, Result};

/// A person whom a row of an import creates or changes.
#[derive(Debug)]
pub(crate) struct ImportedPerson {
    pub id: Uuid,
    pub is_new: bool,
    /// Values of columns.
    pub data: Map<String, Value>,
    /// The departments after the import, if it says so.
    pub departments: Option<Vec<Uuid>>,
    /// Whether the account becomes somebody else's, who may not be who has
    /// sessions and passkeys of it.
    pub is_handed_over: bool,
}

impl People<'_> {
    /// Creates and changes people, without passwords and without mails.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] if there would be more active people than `USER_LIMIT`
    /// allows, [`Error::DeniedBecause`] for a protected account.
    pub(crate) async fn write_imported(
        self,
        transaction: &mut Transaction,
        admin: Admin<'_>,
        imported: &[ImportedPerson],
    ) -> Result<()> {
        let caller = admin.caller();
        let before = self.before_import(transaction, imported).await?;
        let is_active = |data: &Map<String, Value>| is_truthy(data.get("active"));
        let wakes = imported
            .iter()
            .filter(|person| match before.get(&person.id) {
                Some(row) => !is_active(row) && is_active(&person.data),
                None => person
                    .data
                    .get("active")
                    .is_none_or(|_| is_active(&person.data)),
            });
        let wakes = i64::try_from(wakes.count()).unwrap_or(i64::MAX);
        if wakes > 0 {
            let active = people::count_active_users(&mut *transaction).await?;
            self.check_user_count(active.saturating_add(wakes - 1))?;
        }
        let defaults = self.core.defaults();
        let mut created = Vec::new();
        let mut events = Vec::new();
        for person in imported {
            let action = if person.is_new { "new" } else { "update" };
            events.push(Event::about("person", action, person.id));
            if person.is_new {
                let id = ("id", person.id.to_string().into());
                let values = columns(&person.data).chain([id]);
                created.push(fields::values(&PERSON, values)?);
            }
        }
        write::insert_by_columns(transaction, &PERSON, created, &defaults).await?;
        for person in imported {
            if let Some(row) = before.get(&person.id) {
                self.update_imported(transaction, caller, row, person)
                    .await?;
            }
            if let (Some(departments), Some(link)) =
                (&person.departments, PERSON.link("departments"))
            {
                write::replace_links(transaction, link, person.id, departments, &defaults).await?;
            }
        }
        self.core
            .record_all(transaction, events, Some(caller))
            .await
    }

    /// The rows of those who exist already, by id.
    async fn before_import(
        self,
        transaction: &mut Transaction,
        imported: &[ImportedPerson],
    ) -> Result<HashMap<Uuid, JsonRow>> {
        let existing = imported.iter().filter(|person| !person.is_new);
        let ids: Vec<Uuid> = existing.map(|person| person.id).collect();
        let rows = rows::by_ids(transaction, &FULL_UNLINKED, &ids);
        Ok(by_id(rows.await?))
    }

    /// Changes a person. Sessions end where the account is deactivated or gets
    /// another role.
    async fn update_imported(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        before: &JsonRow,
        person: &ImportedPerson,
    ) -> Result<()> {
        let changes = |field: &str| {
            let after = person.data.get(field);
            after.is_some() && after != before.get(field)
        };
        let mut data = person.data.clone();
        data.retain(|field, _| changes(field));
        protected::check_update(self.core, caller, before, &data)?;
        let mut values = fields::values(&PERSON, columns(&data))?;
        values.insert("updated_at", self.core.clock().timestamp().into());
        if !write::update(transaction, &PERSON, person.id, values).await? {
            return Err(Error::NotFound);
        }
        if person.is_handed_over {
            let passkeys = passkeys::remove_all(transaction, person.id).await?;
            tracing::warn!(person = %person.id, passkeys, "an account is handed over");
        }
        if person.is_handed_over || (changes("active") && !is_truthy(data.get("active"))) {
            let auth = self.core.auth();
            auth.end_sessions(transaction, person.id, None).await?;
        } else if changes("active") || changes("role") {
            sessions::end_all(&mut *transaction, person.id).await?;
        }
        Ok(())
    }
}

/// The values of an import by the names of their columns.
fn columns(data: &Map<String, Value>) -> impl Iterator<Item = (&'static str, Value)> + '_ {
    data.iter().filter_map(|(name, value)| {
        let column = PERSON.column(name)?;
        Some((column.name, value.clone()))
    })
}
