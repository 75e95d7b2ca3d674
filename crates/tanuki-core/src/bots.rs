//! Bots: accounts for programs, their API tokens, and how admins manage them.

use serde_json::{Map, Value};
use tanuki_domain::{Role, dates};
use tanuki_store::ListQuery;
use tanuki_store::query::{people, projects, rows};
use tanuki_store::view::people::FULL;
use uuid::Uuid;

use crate::people::PERSONS;
use crate::resource::RequestBody;
use crate::{Admin, Bots, Caller, ConstraintViolation, Error, FieldError, JsonRow, Result};

impl Bots<'_> {
    /// Returns every bot, ordered by name. JSON of each: `people::FULL`.
    ///
    /// # Errors
    /// Failures of the database only.
    pub async fn list(self) -> Result<Vec<JsonRow>> {
        let bots = ListQuery::new(&FULL)
            .filter(people::is_bot())
            .ascending("first_name")
            .ascending("id");
        Ok(bots.rows(self.core.database()).await?)
    }

    /// Returns the bot with a name or id. JSON: `people::FULL`.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there is none, or if several bots have the name:
    /// then an id is required.
    pub async fn find(self, name_or_id: &str) -> Result<JsonRow> {
        let mut matching: Vec<Map<String, Value>> = self
            .list()
            .await?
            .into_iter()
            .filter(|bot| {
                let is = |key| bot.get(key).is_some_and(|value| value == name_or_id);
                is("id") || is("first_name") || is("full_name")
            })
            .collect();
        match matching.len() {
            0 => Err(Error::invalid(format!(
                "there is no bot `{name_or_id}`; `tanuki list-bots` shows which there are"
            ))),
            1 => Ok(matching.remove(0)),
            several => Err(Error::invalid(format!(
                "{several} bots are called `{name_or_id}`; name one by its id"
            ))),
        }
    }

    /// Creates a bot and returns its JSON with the `access_token`, which cannot
    /// be read again later. Requires an admin.
    ///
    /// # Errors
    /// [`Error::Fields`] with a message for each invalid field,
    /// [`Error::Denied`].
    pub async fn create(self, admin: Admin<'_>, bot: &BotDetails) -> Result<JsonRow> {
        self.insert_bot(admin, Uuid::new_v4(), bot).await
    }

    /// Idempotent variant of [`create`](Self::create) for a form that
    /// may be submitted twice, as by a double click: the form's id becomes the
    /// bot's. `None` if that bot exists already.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub async fn create_once(
        self,
        admin: Admin<'_>,
        form: Uuid,
        bot: &BotDetails,
    ) -> Result<Option<JsonRow>> {
        match self.insert_bot(admin, form, bot).await {
            Ok(bot) => Ok(Some(bot)),
            Err(Error::Constraint(ConstraintViolation::Duplicate)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn insert_bot(self, admin: Admin<'_>, id: Uuid, bot: &BotDetails) -> Result<JsonRow> {
        let mut data = self.check_bot(bot, None)?;
        self.core
            .projects()
            .check_productions(&bot.projects)
            .await?;
        data.insert("last_name".into(), "".into());
        data.insert("is_bot".into(), true.into());
        let created = self
            .core
            .resources()
            .create_as(&PERSONS, admin.caller(), id, RequestBody::Object(data))
            .await?;
        self.core
            .projects()
            .set_teams_of_bot(admin, id, &bot.projects, &[])
            .await?;
        Ok(created)
    }

    /// Updates a bot and its membership in the teams of open projects; its
    /// teams in projects that are not open stay. Returns the bot's JSON, with
    /// an `access_token` if the update issued a new one (a changed expiration
    /// date).
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such bot, [`Error::Fields`] with a
    /// message for each invalid field.
    pub async fn update(self, admin: Admin<'_>, id: Uuid, bot: &BotDetails) -> Result<JsonRow> {
        let before = self.bot(id).await?;
        let date = before.get("expiration_date").and_then(Value::as_str);
        let data = self.check_bot(bot, date)?;
        self.core
            .projects()
            .check_productions(&bot.projects)
            .await?;
        let open = projects::ids(self.core.database(), projects::is_open()).await?;
        self.core
            .projects()
            .set_teams_of_bot(admin, id, &bot.projects, &open)
            .await?;
        self.core
            .resources()
            .update(
                &PERSONS,
                admin.caller(),
                &id.into(),
                RequestBody::Object(data),
            )
            .await
    }

    /// Deactivates or reactivates a bot. The token of an inactive bot stays
    /// valid, but is refused. Requires an admin.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such bot, [`Error::Denied`].
    pub async fn set_active(self, caller: &Caller, id: Uuid, active: bool) -> Result<()> {
        caller.require_admin()?;
        self.bot(id).await?;
        let data = Map::from_iter([("active".to_owned(), active.into())]);
        self.core
            .resources()
            .update(&PERSONS, caller, &id.into(), RequestBody::Object(data))
            .await?;
        Ok(())
    }

    /// Deletes a bot. `force` cascades to its comments, assignments and logs.
    /// Requires an admin.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such bot; [`Error::Refused`] if other
    /// rows refer to it and `force` is not set; [`Error::Denied`].
    pub async fn delete(self, caller: &Caller, id: Uuid, force: bool) -> Result<()> {
        caller.require_admin()?;
        self.bot(id).await?;
        self.core
            .resources()
            .delete(&PERSONS, caller, &id.into(), force)
            .await
    }

    /// Issues a new token for a bot and returns it; the one before is revoked
    /// at once. Requires an admin.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such bot; [`Error::Invalid`] if its
    /// expiration date has passed, and must be changed first;
    /// [`Error::Denied`].
    pub async fn rotate_token(self, caller: &Caller, id: Uuid) -> Result<String> {
        caller.require_admin()?;
        let before = self.bot(id).await?;
        let date = before.get("expiration_date").cloned().unwrap_or_default();
        let mut data = Map::new();
        data.insert("expiration_date".into(), date);
        let answer = self
            .core
            .resources()
            .update(&PERSONS, caller, &id.into(), RequestBody::Object(data))
            .await?;
        match answer.get("access_token") {
            Some(Value::String(token)) => Ok(token.clone()),
            _ => Err(Error::invalid(
                "Its expiration date has passed: choose a later one, which comes with a new token.",
            )),
        }
    }

    /// Returns the bot with an id; [`Error::NotFound`] for people.
    async fn bot(self, id: Uuid) -> Result<JsonRow> {
        rows::by_id(self.core.database(), &FULL, id)
            .await?
            .filter(|person| person.get("is_bot") == Some(&Value::Bool(true)))
            .ok_or(Error::NotFound)
    }

    /// Validates a bot's form and returns the body for the resource.
    /// `date_before`, the current expiration date, is accepted even if it has
    /// passed.
    ///
    /// # Errors
    /// [`Error::Fields`] with a message for each invalid field.
    fn check_bot(self, bot: &BotDetails, date_before: Option<&str>) -> Result<JsonRow> {
        let mut errors = Vec::new();
        let mut wrong = |field: &str, message: &str| {
            errors.push(FieldError {
                field: field.into(),
                message: message.into(),
            });
        };
        let name = bot.name.trim();
        if name.is_empty() {
            wrong("name", "Give the bot a name.");
        } else if name.chars().count() > 80 {
            wrong("name", "A name has at most 80 characters.");
        }
        if bot.role.parse::<Role>().is_err() {
            wrong("role", "Choose one of the roles.");
        }
        let date = Some(bot.expiration_date.trim()).filter(|date| !date.is_empty());
        match date.map(dates::parse_day) {
            Some(None) => wrong("expiration_date", "Write the date as YYYY-MM-DD."),
            Some(Some(day)) if day < self.core.clock().today() && date != date_before => {
                wrong(
                    "expiration_date",
                    "The date has passed; choose a later one.",
                );
            }
            _ => {}
        }
        if !errors.is_empty() {
            return Err(Error::Fields(errors));
        }
        let mut data = Map::new();
        data.insert("first_name".into(), name.into());
        data.insert("expiration_date".into(), date.into());
        data.insert("role".into(), bot.role.as_str().into());
        data.insert("active".into(), bot.active.into());
        let departments: Vec<String> = bot.departments.iter().map(Uuid::to_string).collect();
        data.insert("departments".into(), departments.into());
        Ok(data)
    }
}

/// The form of a bot.
#[derive(Debug, Clone)]
pub struct BotDetails {
    pub name: String,
    /// `YYYY-MM-DD`, or empty for a token that never expires.
    pub expiration_date: String,
    pub departments: Vec<Uuid>,
    /// Projects whose teams it is a member of. It receives only the events of
    /// these, unless it is an admin.
    pub projects: Vec<Uuid>,
    pub role: String,
    pub active: bool,
}
