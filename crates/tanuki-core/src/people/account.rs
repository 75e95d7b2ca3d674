//! Finding, activating and deactivating accounts, for the command line.

use serde_json::{Map, Value};
use tanuki_domain::Role;
use tanuki_store::query::{auth::accounts, people};
use uuid::Uuid;

use super::PERSONS;
use crate::resource::RequestBody;
use crate::{Admin, Error, People, Result};

impl People<'_> {
    /// Returns the id of the person with an email address, in any case of
    /// letters, or else with a desktop login. Bots have neither. Requires an
    /// admin.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there is none.
    pub async fn find_by_login(self, _: Admin<'_>, login: &str) -> Result<Uuid> {
        let database = self.core.database();
        let account = accounts::by_login(database, login).await?;
        let account = account.ok_or_else(|| {
            Error::invalid(format!(
                "there is no person with the address or desktop login {login}"
            ))
        })?;
        Ok(account.id)
    }

    /// Activates or deactivates an account, as `PUT /data/persons/ID` does; who
    /// is deactivated is logged out. Requires an admin.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such account; [`Error::Invalid`] if
    /// `USER_LIMIT` is reached; [`Error::DeniedBecause`] if the account is
    /// protected and the caller is not the operator.
    pub async fn set_active(self, admin: Admin<'_>, id: Uuid, active: bool) -> Result<()> {
        self.update_field(admin, id, "active", active.into()).await
    }

    /// Gives a person another studio-wide role. Requires an admin.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such account;
    /// [`Error::DeniedBecause`] if it is protected and the caller is not the
    /// operator.
    pub async fn set_role(self, admin: Admin<'_>, id: Uuid, role: Role) -> Result<()> {
        self.update_field(admin, id, "role", role.as_str().into())
            .await
    }

    /// Logs a person out everywhere, of the API and the console. API tokens stay
    /// valid. Requires an admin.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such account.
    pub async fn end_sessions(self, _: Admin<'_>, id: Uuid) -> Result<()> {
        let mut transaction = self.core.database().begin().await?;
        accounts::by_id(&mut transaction, id)
            .await?
            .ok_or(Error::NotFound)?;
        self.core
            .auth()
            .end_sessions(&mut transaction, id, None)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Logs everybody out, of the API and the console. API tokens stay valid.
    /// Returns how many people there are. Requires an admin.
    ///
    /// # Errors
    /// Failures of the database only.
    pub async fn end_all_sessions(self, _: Admin<'_>) -> Result<usize> {
        let mut transaction = self.core.database().begin().await?;
        let everybody = people::everybody(&mut transaction).await?;
        for id in &everybody {
            let auth = self.core.auth();
            auth.end_sessions(&mut transaction, *id, None).await?;
        }
        transaction.commit().await?;
        Ok(everybody.len())
    }

    async fn update_field(
        self,
        admin: Admin<'_>,
        id: Uuid,
        field: &str,
        value: Value,
    ) -> Result<()> {
        let body = RequestBody::Object(Map::from_iter([(field.to_owned(), value)]));
        let resources = self.core.resources();
        resources
            .update(&PERSONS, admin.caller(), &id.into(), body)
            .await?;
        Ok(())
    }
}
