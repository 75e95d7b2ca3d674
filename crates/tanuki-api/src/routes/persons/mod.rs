//! People: their time, and what admins do with their accounts.

pub(crate) mod credentials;
pub(crate) mod day_offs;
pub(crate) mod departments;
pub(crate) mod presence;
pub(crate) mod quotas;
pub(crate) mod time;

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use tanuki_core::MaybeId;
use tanuki_core::tasks::Period;

use crate::error::HandlerResult;
use crate::extract::{Authenticated, PathIds, Person};
use crate::{Api, response};

/// The path of a person's year.
#[derive(Debug, Deserialize)]
pub(crate) struct PersonYear {
    pub person_id: MaybeId,
    year: String,
}

/// The path of a person's month.
#[derive(Debug, Deserialize)]
pub(crate) struct PersonMonth {
    pub person_id: MaybeId,
    pub year: String,
    pub month: String,
}

/// The path of a person's ISO week.
#[derive(Debug, Deserialize)]
pub(crate) struct PersonWeek {
    pub person_id: MaybeId,
    year: String,
    week: String,
}

/// The path of a person's day, by its numbers.
#[derive(Debug, Deserialize)]
pub(crate) struct PersonDay {
    pub person_id: MaybeId,
    year: String,
    month: String,
    day: String,
}

/// The path of a person's day, as a date.
#[derive(Debug, Deserialize)]
pub(crate) struct PersonDate {
    pub person_id: MaybeId,
    pub date: String,
}

/// The path of a year.
#[derive(Debug, Deserialize)]
pub(crate) struct YearPath {
    pub year: String,
}

/// The path of a month.
#[derive(Debug, Deserialize)]
pub(crate) struct MonthPath {
    pub year: String,
    pub month: String,
}

impl PersonYear {
    /// Returns the period that the path names. Its numbers are not checked yet.
    pub fn period(&self) -> Period<'_> {
        Period::Year(&self.year)
    }
}

impl PersonMonth {
    /// Returns the period that the path names. Its numbers are not checked yet.
    pub fn period(&self) -> Period<'_> {
        Period::Month(&self.year, &self.month)
    }
}

impl PersonWeek {
    /// Returns the period that the path names. Its numbers are not checked yet.
    pub fn period(&self) -> Period<'_> {
        Period::Week(&self.year, &self.week)
    }
}

impl PersonDay {
    /// Returns the period that the path names. Its numbers are not checked yet.
    pub fn period(&self) -> Period<'_> {
        Period::Day(&self.year, &self.month, &self.day)
    }
}

/// `DELETE /actions/persons/ID/clear-avatar`.
pub(crate) async fn clear_avatar(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(person): PathIds<MaybeId>,
) -> HandlerResult<Response> {
    let people = api.core.people();
    people.clear_avatar(caller.as_admin()?, &person).await?;
    Ok(response::no_content())
}

/// `DELETE /actions/user/clear-avatar`.
pub(crate) async fn clear_own_avatar(
    Person(caller): Person,
    State(api): State<Api>,
) -> HandlerResult<Response> {
    api.core.people().clear_own_avatar(&caller).await?;
    Ok(response::no_content())
}
