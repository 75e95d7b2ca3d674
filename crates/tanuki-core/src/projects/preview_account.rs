//! Preview accounts: a client account per project with which managers see the
//! project as its clients do. Logins work only while a manager has opened it.

use chrono::{Duration, NaiveDateTime};
use serde_json::{Map, Value, json};
use tanuki_store::query::people::{self, PreviewAccount};
use tanuki_store::query::rows;
use tanuki_store::schema::PERSON;
use tanuki_store::write::{self, Values};
use uuid::Uuid;

use super::{Setting, UNLINKED};
use crate::auth::secret::random_text;
use crate::settings::Strategy;
use crate::{Caller, Error, JsonRow, Projects, Result};

/// How long an account stays open: one hour.
const WINDOW: Duration = Duration::hours(1);

/// Length of generated passwords, in characters.
const PASSWORD_LENGTH: usize = 16;

impl Projects<'_> {
    /// Returns the preview account of a project; `None` if it has none.
    /// Requires a manager of the project or an admin.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such project (admins pass),
    /// [`Error::Denied`] for everybody who does not manage it.
    pub async fn preview_account(
        self,
        caller: &Caller,
        project_id: Uuid,
    ) -> Result<Option<JsonRow>> {
        let project = self
            .core
            .require_managed_project_unless_admin(caller, project_id)
            .await?;
        let account = people::preview_account(self.core.database(), project.project_id).await?;
        Ok(account.as_ref().map(shown))
    }

    /// Creates the preview account of a project, or gives the existing one a
    /// new password and closes it. Returns the account with its `password`,
    /// which cannot be read again. Requires a manager of the project.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] unless people log in with local passwords.
    pub async fn renew_preview_account(self, caller: &Caller, project_id: Uuid) -> Result<JsonRow> {
        let project = self
            .core
            .require_managed_project(caller, project_id)
            .await?;
        if self.core.settings().auth.strategy != Strategy::Password {
            return Err(Error::Refused(
                "Preview accounts require the local authentication strategy".into(),
            ));
        }
        let password = random_text(PASSWORD_LENGTH)?;
        let hash = self.core.passwords().hash(&password).await?;
        let mut transaction = self.core.database().begin().await?;
        let production = rows::locked(&mut transaction, &UNLINKED, project.project_id)
            .await?
            .ok_or(Error::NotFound)?;
        let account = people::preview_account(&mut transaction, project.project_id).await?;
        if let Some(account) = account {
            let values = Values::from([
                ("password", hash.into()),
                ("preview_opened_at", None::<NaiveDateTime>.into()),
                ("preview_open_until", None::<NaiveDateTime>.into()),
                ("updated_at", self.core.clock().timestamp().into()),
            ]);
            write::update(&mut transaction, &PERSON, account.id, values).await?;
        } else {
            let id = Uuid::new_v4();
            let name = production.get("name").and_then(Value::as_str);
            let values = Values::from([
                ("id", id.into()),
                ("email", unreachable_address().into()),
                ("password", hash.into()),
                ("first_name", "Preview".into()),
                ("last_name", name.unwrap_or_default().into()),
                ("role", "client".into()),
                ("preview_project_id", project.project_id.into()),
            ]);
            write::insert(&mut transaction, &PERSON, values, &self.core.defaults()).await?;
            self.link_setting(&mut transaction, project, Setting::Team, &id.into())
                .await?;
        }
        let account = people::preview_account(&mut transaction, project.project_id)
            .await?
            .ok_or(Error::NotFound)?;
        transaction.commit().await?;
        let mut answer = shown(&account);
        answer.insert("password".into(), password.into());
        Ok(answer)
    }

    /// Opens the preview account of a project for one hour from now, or closes
    /// it, which ends its sessions. Returns the account. Requires a manager of
    /// the project or an admin.
    ///
    /// # Errors
    ///
    /// [`Error::Absent`] if the project has no preview account.
    pub async fn open_preview_account(
        self,
        caller: &Caller,
        project_id: Uuid,
        open: bool,
    ) -> Result<JsonRow> {
        let project = self
            .core
            .require_managed_project_unless_admin(caller, project_id)
            .await?;
        let mut transaction = self.core.database().begin().await?;
        rows::lock(&mut transaction, "project", project.project_id).await?;
        let mut account = people::preview_account(&mut transaction, project.project_id)
            .await?
            .ok_or(Error::Absent("No preview account for this project"))?;
        let now = self.core.clock().timestamp();
        let is_open = account.open_until.is_some_and(|until| until >= now);
        account.open_until = open.then(|| now + WINDOW);
        let mut values = Values::from([
            ("preview_open_until", account.open_until.into()),
            ("updated_at", now.into()),
        ]);
        // Opening an open account only extends it: its sessions remain valid.
        if !(open && is_open) {
            values.insert("preview_opened_at", open.then_some(now).into());
        }
        write::update(&mut transaction, &PERSON, account.id, values).await?;
        transaction.commit().await?;
        Ok(shown(&account))
    }

    /// Deletes the preview account of a project. Idempotent. Requires a manager
    /// of the project or an admin.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such project (admins pass),
    /// [`Error::Denied`] for everybody who does not manage it.
    pub async fn delete_preview_account(self, caller: &Caller, project_id: Uuid) -> Result<()> {
        let project = self
            .core
            .require_managed_project_unless_admin(caller, project_id)
            .await?;
        let mut transaction = self.core.database().begin().await?;
        self.core
            .people()
            .remove_preview_account(&mut transaction, caller, project.project_id)
            .await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// Generates a unique email address that cannot receive mail.
fn unreachable_address() -> String {
    let random = Uuid::new_v4().simple().to_string();
    format!("preview-{}@preview.kitsu.invalid", &random[..12])
}

fn shown(account: &PreviewAccount) -> JsonRow {
    let name = [&*account.first_name, &*account.last_name];
    let until = account
        .open_until
        .map(|until| until.format("%Y-%m-%dT%H:%M:%S%.6f").to_string());
    let json = json!({
        "id": account.id,
        "email": account.email,
        "full_name": name.join(" ").trim(),
        "preview_open_until": until,
    });
    match json {
        Value::Object(account) => account,
        _ => Map::new(),
    }
}
