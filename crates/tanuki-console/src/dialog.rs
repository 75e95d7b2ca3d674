//! The dialogs over the list of bots, and the form of a bot.

use std::collections::BTreeMap;

use serde::Serialize;
use tanuki_core::{BotDetails, Error, FieldError};
use tanuki_domain::Role;
use uuid::Uuid;

use crate::bot::Bot;
use crate::failure::Failure;
use crate::form::Form;

/// What is wrong with each field; `form` is the form as a whole.
pub(crate) type Errors = BTreeMap<String, String>;

#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum Dialog {
    New {
        form: BotForm,
        /// The id of the bot to be: a form that is sent twice creates one.
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
        /// Where the script beside the token finds the API.
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
        /// Confirming also deletes what refers to the bot.
        force: bool,
    },
}

impl Dialog {
    /// The id of the bot that it is about; a new one has none yet.
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

/// The fields of a bot as they are filled in.
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
    /// How a new bot starts.
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

/// The ids of the boxes that are ticked.
fn ids(texts: &[String], field: &str, message: &str) -> Result<Vec<Uuid>, Error> {
    let ids = texts.iter().map(|id| Uuid::try_parse(id));
    ids.collect::<Result<_, _>>().map_err(|_| {
        Error::Fields(vec![FieldError {
            field: field.into(),
            message: message.into(),
        }])
    })
}

/// What a rule found wrong with a form, to be shown in it.
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
