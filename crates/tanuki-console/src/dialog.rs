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

/// The five fields of a bot as they are filled in.
#[derive(Debug, Serialize)]
pub(crate) struct BotForm {
    name: String,
    expiration_date: String,
    departments: Vec<String>,
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
            role: Role::User.to_string(),
            active: true,
        }
    }

    pub fn of(bot: &Bot) -> Self {
        Self {
            name: bot.first_name.clone(),
            expiration_date: bot.expiration_date.clone().unwrap_or_default(),
            departments: bot.departments.iter().map(|own| own.id.clone()).collect(),
            role: bot.role.clone(),
            active: bot.active,
        }
    }

    pub fn read(form: &Form) -> Self {
        Self {
            name: form.text("name").to_owned(),
            expiration_date: form.text("expiration_date").to_owned(),
            departments: form.all("departments").map(str::to_owned).collect(),
            role: form.text("role").to_owned(),
            active: form.flag("active"),
        }
    }

    pub fn details(&self) -> Result<BotDetails, Error> {
        let departments = self
            .departments
            .iter()
            .map(|id| Uuid::try_parse(id))
            .collect::<Result<_, _>>()
            .map_err(|_| {
                Error::Fields(vec![FieldError {
                    field: "departments".into(),
                    message: "Choose departments of the list.".into(),
                }])
            })?;
        Ok(BotDetails {
            name: self.name.clone(),
            expiration_date: self.expiration_date.clone(),
            departments,
            role: self.role.clone(),
            active: self.active,
        })
    }
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
