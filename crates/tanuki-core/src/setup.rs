//! First-run setup, and the creation of admins on the command line.

use chrono::Duration;
use tanuki_store::query::{auth::accounts, people};
use tanuki_store::schema::PERSON;
use tanuki_store::write::{self, Values};
use uuid::Uuid;

use crate::auth::password::PasswordPolicyError;
use crate::auth::secret::Purpose;
use crate::events::Event;
use crate::{Error, Result, Setup, email};

/// Lifetime of the setup link.
const SETUP_LIFETIME: Duration = Duration::hours(24);

/// The subject of the setup link's secret. There is one link: a new one
/// replaces it.
const SETUP_SUBJECT: &str = "first-admin";

/// The form of a new admin.
#[derive(Debug)]
pub struct NewAdmin<'a> {
    pub first_name: &'a str,
    pub last_name: &'a str,
    pub email: &'a str,
    pub password: &'a str,
    pub repeated: &'a str,
}

impl Setup<'_> {
    /// Whether there are no people yet.
    ///
    /// # Errors
    /// Failures of the database only.
    pub async fn needs_setup(self) -> Result<bool> {
        Ok(!people::any(self.core.database()).await?)
    }

    /// Issues the one-time secret of the setup link, which creates the first
    /// admin. Valid for 24 hours; replaces the one before.
    ///
    /// # Errors
    /// Failures of the database only.
    pub async fn issue_link(self) -> Result<String> {
        self.core
            .auth()
            .issue_secret(Purpose::Setup, Some(SETUP_SUBJECT), None, SETUP_LIFETIME)
            .await
    }

    /// Whether the secret of a setup link is valid and nobody was created yet.
    ///
    /// # Errors
    /// Failures of the database only.
    pub async fn check_link(self, secret: &str) -> Result<bool> {
        Ok(self.needs_setup().await?
            && self
                .core
                .auth()
                .check_secret(Purpose::Setup, SETUP_SUBJECT, secret)
                .await?)
    }

    /// Creates the first admin with the secret of the setup link, and returns
    /// their id. Of two concurrent requests one succeeds.
    ///
    /// # Errors
    /// [`Error::Fields`] with a message for each invalid field;
    /// [`Error::NotFound`] if the secret is not valid or was used.
    pub async fn set_up(self, secret: &str, admin: &NewAdmin<'_>) -> Result<Uuid> {
        let password = self.check_admin(admin)?;
        if !self.check_link(secret).await? {
            return Err(Error::NotFound);
        }
        let hash = self.core.passwords().hash(password).await?;
        if self
            .core
            .auth()
            .consume_secret(Purpose::Setup, SETUP_SUBJECT)
            .await?
            .is_none()
        {
            return Err(Error::NotFound);
        }
        self.insert_admin(admin, hash).await
    }

    /// Creates an admin, or gives the existing person with that address the
    /// role admin. Returns whether a person was created.
    ///
    /// # Errors
    /// [`Error::Fields`] with a message for each invalid field;
    /// [`Error::Invalid`] if `USER_LIMIT` is reached.
    pub async fn create_admin(self, admin: &NewAdmin<'_>) -> Result<bool> {
        if let Some(account) = accounts::by_email(self.core.database(), admin.email).await? {
            let now = self.core.clock().timestamp();
            let mut transaction = self.core.database().begin().await?;
            let values = Values::from([("role", "admin".into()), ("updated_at", now.into())]);
            write::update(&mut transaction, &PERSON, account.id, values).await?;
            let event = Event::about("person", "update", account.id);
            self.core.record(&mut transaction, event, None).await?;
            transaction.commit().await?;
            return Ok(false);
        }
        let password = self.check_admin(admin)?;
        let limit = self.core.settings().studio.user_limit;
        if people::count_active_users(self.core.database()).await? >= limit {
            return Err(Error::invalid(format!(
                "the studio has its {limit} active users (USER_LIMIT)"
            )));
        }
        let hash = self.core.passwords().hash(password).await?;
        self.insert_admin(admin, hash).await?;
        Ok(true)
    }

    /// Validates the form and returns the password.
    ///
    /// # Errors
    /// [`Error::Fields`] with a message for each invalid field.
    fn check_admin<'a>(self, admin: &NewAdmin<'a>) -> Result<&'a str> {
        let mut errors = Vec::new();
        let mut wrong = |field: &str, message: String| {
            errors.push(crate::FieldError {
                field: field.into(),
                message,
            });
        };
        if admin.first_name.trim().is_empty() {
            wrong("first_name", "Enter a first name.".into());
        }
        // Zou accepts its documented example address, though example.com
        // receives no mail.
        if let Err(message) = email::validate(admin.email, true) {
            wrong("email", message);
        }
        match self
            .core
            .passwords()
            .check_new(admin.password, admin.repeated)
        {
            Ok(()) => {}
            Err(PasswordPolicyError::TooShort) => wrong(
                "password",
                format!(
                    "The password needs at least {} characters.",
                    self.core.passwords().min_length()
                ),
            ),
            Err(PasswordPolicyError::Mismatch) => {
                wrong("password_2", "The two passwords are not the same.".into());
            }
        }
        if errors.is_empty() {
            Ok(admin.password)
        } else {
            Err(Error::Fields(errors))
        }
    }

    async fn insert_admin(self, admin: &NewAdmin<'_>, hash: Vec<u8>) -> Result<Uuid> {
        let id = Uuid::new_v4();
        let values = Values::from([
            ("id", id.into()),
            ("first_name", admin.first_name.trim().into()),
            ("last_name", admin.last_name.trim().into()),
            ("email", admin.email.trim().to_lowercase().into()),
            ("phone", "".into()),
            ("desktop_login", "".into()),
            ("role", "admin".into()),
            ("password", hash.into()),
        ]);
        let mut transaction = self.core.database().begin().await?;
        write::insert(&mut transaction, &PERSON, values, &self.core.defaults()).await?;
        let event = Event::about("person", "new", id);
        self.core.record(&mut transaction, event, None).await?;
        transaction.commit().await?;
        Ok(id)
    }
}
