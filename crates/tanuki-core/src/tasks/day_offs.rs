//! Days off of people, by period.

use std::collections::HashSet;

use chrono::NaiveDate;
use serde_json::{Map, Value};
use tanuki_domain::period::{self, Days};
use tanuki_store::database::JsonChunks;
use tanuki_store::query::planning::time;
use tanuki_store::query::visibility;
use tanuki_store::{ListQuery, RowChange};
use uuid::Uuid;

use super::time::DAY_OFFS;
use crate::access::ensure;
use crate::fields::{date, id_of};
use crate::resource::Relations;
use crate::{Caller, Error, MaybeId, Result, Tasks};

/// What the caller may read of somebody's days off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DayOffAccess {
    /// Everything: one's own, those of the people of a managed project, and
    /// everybody's for admins.
    Full,
    /// When they are, but not the description: those of supervised people.
    DatesOnly,
}

impl DayOffAccess {
    /// Removes what the caller may not read from a row.
    pub fn hide_in(self, row: &mut Map<String, Value>) {
        if self == Self::DatesOnly {
            row.shift_remove("description");
        }
    }
}

/// A period of the calendar, by its numbers as clients send them.
#[derive(Debug, Clone, Copy)]
pub enum Period<'a> {
    Year(&'a str),
    /// The year, and the month.
    Month(&'a str, &'a str),
    /// The ISO year, and the week of it.
    Week(&'a str, &'a str),
    /// The year, the month, and the day of it.
    Day(&'a str, &'a str, &'a str),
}

impl Period<'_> {
    /// Returns the days of the period.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the number that is malformed or out of range.
    pub fn days(self) -> Result<Days> {
        Ok(match self {
            Self::Year(year) => period::year(year),
            Self::Month(year, month) => period::month(year, month),
            Self::Week(year, week) => period::week(year, week),
            Self::Day(year, month, day) => period::day(year, month, day),
        }?)
    }
}

/// Parses a day in a path, `YYYY-MM-DD`.
///
/// # Errors
/// [`Error::Invalid`] if it is malformed.
pub(super) fn day_in_path(text: &str) -> Result<NaiveDate> {
    date(text).map_err(|_| Error::invalid("Invalid date format."))
}

impl Tasks<'_> {
    /// Lists the days off of a person that overlap the period, or all of them,
    /// oldest first. JSON: an array of `day_off` rows. Open to the person, to
    /// managers and supervisors of a project that they are in, and to admins;
    /// supervisors do not get the description.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the person does not exist, [`Error::Denied`] for
    /// other callers and for bots, [`Error::Invalid`] if the period does not
    /// exist.
    pub async fn day_offs_of(
        self,
        caller: &Caller,
        person: &MaybeId,
        period: Option<Period<'_>>,
    ) -> Result<JsonChunks> {
        let person_id = self.core.people().require_person(person).await?;
        let access = self.require_day_offs(caller, person_id).await?;
        let days = period.map(Period::days).transpose()?;
        let hide = RowChange::new(move |row| access.hide_in(row));
        let off = off_in(Some(person_id), days).changing(Some(hide));
        Ok(self.core.database().stream_list(off))
    }

    /// Returns the day off of a person on that day as a `day_off` row; empty if
    /// there is none. Who may call it is as in
    /// [`day_offs_of`](Self::day_offs_of).
    ///
    /// # Errors
    /// As in [`day_offs_of`](Self::day_offs_of); [`Error::Invalid`] if the day
    /// is malformed.
    pub async fn day_off_on(
        self,
        caller: &Caller,
        person: &MaybeId,
        day: &str,
    ) -> Result<Map<String, Value>> {
        let person_id = self.core.people().require_person(person).await?;
        let access = self.require_day_offs(caller, person_id).await?;
        let day = day_in_path(day)?;
        let off = off_in(Some(person_id), Some(day..=day)).limit(1);
        let mut rows = off.rows(self.core.database()).await?;
        let mut row = rows.pop().unwrap_or_default();
        access.hide_in(&mut row);
        Ok(row)
    }

    /// Lists the days off of all people whose days off the caller may read that
    /// overlap the period, oldest first. JSON: an array of `day_off` rows,
    /// without the description where the caller may not read it.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the period does not exist.
    pub async fn day_offs_in(self, caller: &Caller, period: Period<'_>) -> Result<JsonChunks> {
        let database = self.core.database();
        let mut off = off_in(None, Some(period.days()?));
        if !caller.is_admin() {
            let managed = visibility::time::managed_people(database, caller.id, caller.role);
            let mut described: HashSet<Uuid> = managed.await?.into_iter().collect();
            described.insert(caller.id);
            let hide = RowChange::new(move |row| {
                if !id_of(row, "person_id").is_some_and(|id| described.contains(&id)) {
                    DayOffAccess::DatesOnly.hide_in(row);
                }
            });
            off = off
                .filter(visibility::time::off_under(caller.id, caller.role))
                .changing(Some(hide));
        }
        Ok(database.stream_list(off))
    }

    /// Returns what the caller may read of the days off of a person. For a list
    /// in SQL: `visibility::time::off_under`.
    ///
    /// # Errors
    /// [`Error::Denied`] if the caller may read nothing of them.
    pub(super) async fn require_day_offs(
        self,
        caller: &Caller,
        person_id: Uuid,
    ) -> Result<DayOffAccess> {
        if caller.is_admin() || caller.id == person_id {
            return Ok(DayOffAccess::Full);
        }
        let database = self.core.database();
        if time::manages(database, caller.id, caller.role, person_id).await? {
            return Ok(DayOffAccess::Full);
        }
        ensure(time::supervises(database, caller.id, caller.role, person_id).await?)?;
        Ok(DayOffAccess::DatesOnly)
    }
}

/// The days off of a person, or of everybody, that overlap these days.
pub(crate) fn off_in(person_id: Option<Uuid>, days: Option<Days>) -> ListQuery {
    let bounds = days.map(Days::into_inner).unzip();
    let (start, end) = bounds;
    ListQuery::new((DAY_OFFS.projection)(Relations::Without))
        .filter(time::days_off(
            person_id.map(Into::into),
            start.map(Into::into),
            end.map(Into::into),
            None,
        ))
        .ascending("date")
}
