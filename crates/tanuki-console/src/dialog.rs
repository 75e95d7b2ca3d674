//! The dialogs above the list of bots, and the form of a bot.

use std::collections::BTreeMap;

use serde::Serialize;
use tanuki_core::{BotDetails, Error, FieldError};
use tanuki_domain::Role;
use uuid::Uuid;

use crate::bot::Bot;
use crate::failure::Failure;
use crate::form::Form;

/// Error messages by field; `form` is the form as a whole.
pub(crate) type Errors = BTreeMap<String, String>;

/// A dialog above the list of bots; the template selects it by `kind`.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum Dialog {
    New {
        form: BotForm,
        /// The id of the new bot, which makes creation idempotent: a form that
        /// is submitted twice creates one bot.
        form_id: Uuid,
        errors: Errors,
    },
    Edit {
        id: String,
        name: String,
        form: BotForm,
        errors: Errors,
    },
    Token {
        id: String,
        name: String,
        token: String,
        /// The API's URL, for the example script next to the token.
        host: String,
    },
    Regenerate {
        id: String,
        name: String,
        message: Option<String>,
    },
    Deactivate {
        id: String,
        name: String,
    },
    Delete {
        id: String,
        name: String,
        message: Option<String>,
        /// Whether to cascade the deletion to rows that refer to the bot.
        force: bool,
    },
}

impl Dialog {
    /// Returns the id of the bot that the dialog is about; `None` for a new
    /// one.
    pub fn bot_id(&self) -> Option<Uuid> {
        match self {
            Self::New { .. } => None,
            Self::Edit { id, .. }
            | Self::Token { id, .. }
            | Self::Regenerate { id, .. }
            | Self::Deactivate { id, .. }
            | Self::Delete { id, .. } => Uuid::try_parse(id).ok(),
        }
    }
}

/// The values of the fields of a bot's form.
#[derive(Debug, Serialize)]
pub(crate) struct BotForm {
    name: String,
    expiration_date: String,
    departments: Vec<String>,
    projects: Vec<String>,
    role: String,
    active: bool,
}

impl BotForm {
    /// Returns the values for a new bot.
    pub fn empty() -> Self {
        Self {
            name: String::new(),
            expiration_date: String::new(),
            departments: Vec::new(),
            projects: Vec::new(),
            role: Role::User.to_string(),
            active: true,
        }
    }

    /// Returns the values of an existing bot.
    pub fn of(bot: &Bot) -> Self {
        Self {
            name: bot.first_name.clone(),
            expiration_date: bot.expiration_date.clone().unwrap_or_default(),
            departments: bot.departments.iter().map(|own| own.id.clone()).collect(),
            projects: bot.productions.iter().map(|own| own.id.clone()).collect(),
            role: bot.role.clone(),
            active: bot.active,
        }
    }

    /// Reads a submitted form.
    pub fn read(form: &Form) -> Self {
        Self {
            name: form.text("name").to_owned(),
            expiration_date: form.text("expiration_date").to_owned(),
            departments: form.all("departments").map(str::to_owned).collect(),
            projects: form.all("projects").map(str::to_owned).collect(),
            role: form.text("role").to_owned(),
            active: form.flag("active"),
        }
    }

    /// Converts the values for the core.
    ///
    /// # Errors
    ///
    /// `Fields` if an id is not a UUID.
    pub fn details(&self) -> Result<BotDetails, Error> {
        let departments = ids(
            &self.departments,
            "departments",
            "Choose departments of the list.",
        )?;
        let projects = ids(
            &self.projects,
            "projects",
            "Choose productions of the list.",
        )?;
        Ok(BotDetails {
            name: self.name.clone(),
            expiration_date: self.expiration_date.clone(),
            departments,
            projects,
            role: self.role.clone(),
            active: self.active,
        })
    }
}

/// Parses the ids of the checkboxes that are checked.
fn ids(texts: &[String], field: &str, message: &str) -> Result<Vec<Uuid>, Error> {
    let ids = texts.iter().map(|id| Uuid::try_parse(id));
    ids.collect::<Result<_, _>>().map_err(|_| {
        Error::Fields(vec![FieldError {
            field: field.into(),
            message: message.into(),
        }])
    })
}

/// Converts a validation error to messages for the form; other errors are
/// passed on.
pub(crate) fn errors(error: Error) -> Result<Errors, Failure> {
    match error {
        Error::Fields(errors) => Ok(errors
            .into_iter()
            .map(|error| (error.field, error.message))
            .collect()),
        Error::Invalid { message, .. } => Ok(Errors::from([("form".into(), message)])),
        error => Err(error.into()),
    }
}
