//! Time spent on a project, and days off of its team.

use chrono::NaiveDate;
use tanuki_store::database::JsonChunks;
use tanuki_store::query::planning::time;
use tanuki_store::{ListQuery, RowChange};
use uuid::Uuid;

use crate::access::ensure;
use crate::fields::{date, id_of};
use crate::resource::Relations;
use crate::tasks::time::{DAY_OFFS, TIME_SPENTS};
use crate::{Caller, Error, MalformedId, MaybeId, Planning, Result};

/// The query parameters of a range of days, both ends inclusive.
#[derive(Debug, Default)]
pub struct Days {
    pub start: Option<String>,
    pub end: Option<String>,
}

impl Days {
    /// Parses both dates; `Invalid` if one is malformed.
    fn read(&self) -> Result<[Option<NaiveDate>; 2]> {
        let day = |text: Option<&str>| text.map(date).transpose();
        let [start, end] = [self.start.as_deref(), self.end.as_deref()];
        match (day(start), day(end)) {
            (Ok(start), Ok(end)) => Ok([start, end]),
            _ => Err(Error::invalid(format!(
                "Wrong date format for {} and/or {}",
                start.unwrap_or("None"),
                end.unwrap_or("None")
            ))),
        }
    }
}

impl Planning<'_> {
    /// Lists all time spent on a project, in minutes. JSON: an array of
    /// `time_spent` rows. Requires access to the project; not for clients.
    /// Vendors get their own rows.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such project or its id is malformed,
    /// [`Error::Denied`] without access to it.
    pub async fn project_time_spents(
        self,
        caller: &Caller,
        project: &MaybeId,
    ) -> Result<JsonChunks> {
        let (project_id, access) = self.require_plan_reader(caller, project).await?;
        ensure(!access.is_client())?;
        let projection = (TIME_SPENTS.projection)(Relations::Without);
        let mut spent = ListQuery::new(projection).filter(time::spent_on(project_id, None));
        if access.is_vendor() {
            // Vendors must not see the time of others.
            spent = spent.filter(time::spent_by(caller.id));
        }
        Ok(self.core.database().stream_list(spent))
    }

    /// Lists the time spent on a task type of a project. JSON: an object by
    /// person with arrays of `time_spent` rows, newest first. Requires a
    /// manager of the project or an admin.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project does not exist, `Denied` if the caller does
    /// not manage it, `Invalid` if an id or a day is malformed.
    pub async fn task_type_time_spents(
        self,
        caller: &Caller,
        project: &MaybeId,
        task_type: &MaybeId,
        days: Days,
    ) -> Result<JsonChunks> {
        let production = self.require_plan_manager(caller, project).await?;
        let task_type_id = task_type.hyphenated(MalformedId::InPath)?;
        let [start, end] = days.read()?;
        let projection = (TIME_SPENTS.projection)(Relations::Without);
        let spent = ListQuery::new(projection)
            .filter(time::spent_on(production.project_id, Some(task_type_id)))
            .filter(time::spent_within(start, end))
            .descending("date");
        let database = self.core.database();
        Ok(database.fetch_groups(spent, "person_id").await?)
    }

    /// Lists the days off of a project's team. JSON: an object by person with
    /// arrays of `day_off` rows. Requires access to the project; not for
    /// clients and vendors. The description is visible to managers and to the
    /// person only.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project does not exist, `Denied` for clients, vendors
    /// and without access, `Invalid` if a day is malformed.
    pub async fn project_day_offs(
        self,
        caller: &Caller,
        project_id: Uuid,
        days: Days,
    ) -> Result<JsonChunks> {
        let (_, access) = self.core.require_project(caller, project_id).await?;
        access.deny_guests()?;
        let [start, end] = days.read()?;
        let projection = (DAY_OFFS.projection)(Relations::Without);
        let [start, end] = [start, end].map(|day| day.map(Into::into));
        let hides = !access.is_manager();
        let own = caller.id;
        let hide = RowChange::new(move |row| {
            if id_of(row, "person_id") != Some(own) {
                row.shift_remove("description");
            }
        });
        let days_off = ListQuery::new(projection)
            .filter(time::off_in_team(project_id))
            .filter(time::days_off(None, start, end, None))
            .ascending("date")
            .changing(hides.then_some(hide));
        let database = self.core.database();
        Ok(database.fetch_groups(days_off, "person_id").await?)
    }
}
